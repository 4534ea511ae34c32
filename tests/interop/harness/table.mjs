// The tables of ../README.md, made of what was seen.

import { readFile, writeFile } from "node:fs/promises";

const README = new URL("../README.md", import.meta.url);
const BETWEEN = /(?<=<!-- what was seen -->\n)[^]*(?=<!-- end of what was seen -->)/;

const WORDS = { certificate: "平台证书", public_key: "微信支付公钥", mixed: "公钥切换" };

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
    return asked.map(([mode, word]) => `${WORDS[mode]} ${word}`).join(", ");
  };
  const mark = (sdk, chapter, outcome) => {
    if (outcome === "no") return `✗ [${numberOf(sdk, sdk.known[chapter])}]`;
    return { yes: "✓", none: "—", never: "" }[outcome];
  };
  const packages = sdks.map(({ name, version, registry, licence, address, modes }) => {
    return [name, version, registry, licence, address, modes.map((mode) => WORDS[mode]).join(", ")];
  });
  const rows = chapters.map((chapter) => [chapter, ...sdks.map((sdk) => cell(sdk, chapter))]);
  return [
    table(["SDK", "version", "from", "licence", "address changed by", "modes"], packages),
    table(["", ...sdks.map(({ name }) => name)], rows),
    notes.map((note, index) => `${index + 1}. ${note}\n`).join(""),
  ].join("\n");
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/** The tables as README.md has them. */
export async function written() {
  const [text] = BETWEEN.exec(await readFile(README, "utf8"));
  return text;
}

/** Puts these tables into README.md. */
export async function write(text) {
  const before = await readFile(README, "utf8");
  await writeFile(README, before.replace(BETWEEN, () => text));
}
