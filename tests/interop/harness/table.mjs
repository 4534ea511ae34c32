// The tables of ../README.md and of other documents, made of what was seen.

import { readFile, writeFile } from "node:fs/promises";

export const README = new URL("../README.md", import.meta.url);

const WORDS = { certificate: "平台证书", public_key: "微信支付公钥", mixed: "公钥切换" };
/** API V2's modes are called by the names of their algorithms. */
const inWords = (mode) => WORDS[mode] ?? mode;

/** Markdown. `outcomeOf(sdk, mode, chapter)` is `yes`, `no`, `none` or `never`. */
export function tables(sdks, chapters, outcomeOf) {
  const notes = [];
  const numberOf = (sdk, { note }) => {
    const sentence = `${sdk.name} ${note}`;
    if (!notes.includes(sentence)) notes.push(sentence);
    return notes.indexOf(sentence) + 1;
  };
  const cell = (sdk, chapter) => {
    const seen = sdk.modes.map((mode) => [mode, mark(sdk, chapter, outcomeOf(sdk, mode, chapter))]);
    const asked = seen.filter(([, word]) => word !== "");
    const words = new Set(asked.map(([, word]) => word));
    if (words.size <= 1) return asked[0]?.[1] ?? "";
    return asked.map(([mode, word]) => `${inWords(mode)} ${word}`).join(", ");
  };
  const mark = (sdk, chapter, outcome) => {
    if (outcome === "no") return `✗ [${numberOf(sdk, sdk.known[chapter])}]`;
    return { yes: "✓", none: "—", never: "" }[outcome];
  };
  const packages = sdks.map(({ name, version, registry, licence, address, modes }) => {
    return [name, version, registry, licence, address, modes.map(inWords).join(", ")];
  });
  const rows = chapters.map((chapter) => [chapter, ...sdks.map((sdk) => cell(sdk, chapter))]);
  return [
    table(["SDK", "version", "from", "licence", "address changed by", "modes"], packages),
    table(["", ...sdks.map(({ name }) => name)], rows),
    notes.map((note, index) => `${index + 1}. ${note}\n`).join(""),
  ].join("\n");
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/**
 * What the file has between `<!-- name -->` and `<!-- end of name -->`, and what it should have. With
 * WXPAY_INTEROP_WRITE=1 it is made so first.
 */
export async function section(file, name, wanted) {
  const between = new RegExp(`(?<=<!-- ${name} -->\\n)[^]*(?=<!-- end of ${name} -->)`);
  if (process.env.WXPAY_INTEROP_WRITE) {
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace(between, () => wanted));
  }
  const [written] = between.exec(await readFile(file, "utf8"));
  return [written, wanted];
}
