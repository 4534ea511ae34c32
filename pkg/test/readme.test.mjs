// The README is a promise in two languages: what it names is there, what is there is named in both
// halves, and every example compiles against the built package's own types.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileScript, parse } from "vue/compiler-sfc";

const PKG = fileURLToPath(new URL("../", import.meta.url));
const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));

const read = (path) => readFileSync(join(PKG, path), "utf8");
const sources = (...names) => names.map((name) => read(`src/${name}.ts`)).join("\n");
const found = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
const sorted = (names) => [...new Set(names)].sort();

const [CHINESE, ENGLISH] = read("README.md").split(/^(?=## English$)/m);

function inBothHalves(title, check) {
  test(`in Chinese, ${title}`, () => check(CHINESE));
  test(`in English, ${title}`, () => check(ENGLISH));
}

const ENTRIES = Object.keys(JSON.parse(read("package.json")).exports)
  .filter((path) => !path.endsWith(".json"))
  .map((path) => "wxpay-h5" + path.slice(1));
const NAMES = sorted((await Promise.all(ENTRIES.map((entry) => import(entry)))).flatMap(Object.keys));

/** The rows, in cells, of the table whose head has this word. */
function table(half, word) {
  const lines = half.split("\n");
  const head = lines.findIndex((line) => line.startsWith("|") && line.includes(word));
  const rows = lines.slice(head + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) => row.split("|").slice(1, -1));
}

/** What stands in backquotes, if it is one word. */
const words = (text) => found(text, /`([\w-]+)`/g);

inBothHalves("the table of errors has every code once, and no other", (half) => {
  const codes = found(sources("sentences"), /^ {2}(\w+): \[/gm);
  assert.ok(codes.length > 40);
  assert.deepEqual(table(half, "`code`").flatMap(([, code]) => words(code)).sort(), codes.sort());
});

inBothHalves("the table of outcomes has every status once, and no other", (half) => {
  const [union] = sources("checkout").match(/type PaymentOutcome =.*?^export/ms);
  const types = found(union, /readonly status: ([^;]+);/g);
  const statuses = types.flatMap((type) => found(type, /"(\w+)"/g));
  assert.deepEqual(table(half, "`status`").flatMap(([status]) => words(status)).sort(), statuses.sort());
});

inBothHalves("the table of clients says what the vectors of user agents say", (half) => {
  const vectors = read("../tests/vectors/user_agents/expected.tsv").trim().split("\n").slice(1);
  const seen = vectors.map((row) => row.split("\t")).map((cells) => `${cells[1]} ${cells[4]}`);
  const told = table(half, "`client`").flatMap(([clients, what, channels]) =>
    words(clients).flatMap((client) => {
      // The channel of other versions stands in the text.
      const rare = words(what).filter((word) => seen.includes(`${client} ${word}`));
      return [...words(channels), ...rare].map((channel) => `${client} ${channel}`);
    }),
  );
  assert.deepEqual(sorted(told), sorted(seen));
});

inBothHalves("every entry and every exported function is named", (half) => {
  for (const name of [...ENTRIES, ...NAMES]) assert.match(half, new RegExp(`["\` ]${name}\\b`), name);
});

inBothHalves("every entry, file and function that is named exists", (half) => {
  const entries = found(half, /["`](wxpay-h5\/[\w-]+)["`]/g);
  assert.deepEqual(entries.filter((entry) => !ENTRIES.includes(entry)), []);
  for (const file of found(half, /(?:\/vendor\/wxpay-h5|`dist)\/([\w.]+)/g)) read(`dist/${file}`);
  const methods = found(sources("checkout"), /^ {2,}(\w+)\(/gm);
  const unknown = found(half, /`(\w+)\([^`]*\)`/g).filter((name) => ![...NAMES, ...methods].includes(name));
  // What nobody has to call.
  assert.deepEqual(unknown, ["init"]);
});

inBothHalves("events, custom properties and parts are those of the elements", (half) => {
  const own = sources("return-element", "qr-element");
  const events = /["`](wxpay-(?!h5|sandbox|edge|return|qr)\w+)["`]/g;
  assert.deepEqual(sorted(found(half, events)), sorted(found(own, /tell\(host, "([\w-]+)"/g)));
  const properties = /(--wxpay-[a-z-]+)/g;
  const looks = own + sources("element", "return-words");
  assert.deepEqual(sorted(found(half, properties)), sorted(found(looks, properties)));
  const parts = found(own, /\b(?:part\("\w+", |button\()"(\w+)"/g);
  assert.deepEqual(sorted(found(half, /::part\((\w+)\)/g)), sorted(parts));
});

/** The fenced blocks, each with the number of the line that opens it. */
function examples(half) {
  return [...half.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language, 2: code, index }) => {
    return { language, code, line: half.slice(0, index).split("\n").length };
  });
}

test("both halves have the same examples", () => {
  const languages = (half) => examples(half).map(({ language }) => language);
  assert.deepEqual(languages(ENGLISH), languages(CHINESE));
});

/** What an example may use without saying where it comes from. */
const GLOBALS = `
import type * as Wxpay from "wxpay-h5";
declare global {
  ${Object.keys(await import("wxpay-h5")).map((name) => `const ${name}: typeof Wxpay.${name};`).join("\n  ")}
  const wxpay: typeof Wxpay;
  const fields: Wxpay.PaymentParameters;
  const outcome: Wxpay.PaymentOutcome;
  const order: { mweb_url: string; expires_at: number };
  const appId: string, nonceStr: string, signature: string, timestamp: number;
  const codeUrl: string, checkoutToken: string, cart: string, returnToken: string;
  const request: Request, button: HTMLButtonElement, image: HTMLImageElement;
  const wx: any, WeixinJSBridge: any;
  function show(outcome: Wxpay.PaymentOutcome): void;
}`;

/** An example as a module for the compiler. */
function compilable(language, code) {
  if (language === "vue") {
    const isCustomElement = (tag) => tag.startsWith("wxpay-");
    const templateOptions = { compilerOptions: { isCustomElement } };
    const { descriptor } = parse(code);
    return compileScript(descriptor, { id: "readme", inlineTemplate: true, templateOptions }).content;
  }
  if (language !== "html") return code + "export {};";
  const [, above, script] = code.match(/^(.*<script[^>]*>)\n(.*)<\/script>\n$/s);
  const typed = script
    .replaceAll("/vendor/wxpay-h5/index.mjs", "wxpay-h5")
    .replaceAll(/\/vendor\/(wxpay-h5\/\w+)\.mjs/g, "$1")
    .replace("function show(", '/** @param {import("wxpay-h5").PaymentOutcome} outcome */ $&')
    .replace("function complain(", '/** @param {import("wxpay-h5").WxpayError} error */ $&');
  return above.replaceAll(/[^\n]/g, "") + "\n" + typed + "export {};";
}

const EXTENSIONS = { ts: "ts", tsx: "tsx", vue: "ts", js: "js", html: "js" };

/** Writes a half's examples into a folder, each line at the number it has in the README. */
async function write(half, folder, linesAbove) {
  await mkdir(folder);
  const written = examples(half).filter(({ language }) => language !== "sh");
  assert.ok(written.length > 10);
  for (const { language, code, line } of written) {
    const [, named] = code.match(/^\/\/ (\w+)\.ts\n/) ?? [];
    const file = `${named ?? `line-${linesAbove + line}`}.${EXTENSIONS[language]}`;
    await writeFile(join(folder, file), "\n".repeat(linesAbove + line) + compilable(language, code));
  }
}

test("every example compiles against the package's types", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-h5-readme-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "node_modules"));
  await symlink(PKG, join(folder, "node_modules/wxpay-h5"));
  for (const name of ["react", "vue", "@types"]) {
    await symlink(join(MODULES, name), join(folder, "node_modules", name));
  }
  await writeFile(join(folder, "globals.d.ts"), GLOBALS);
  await write(CHINESE, join(folder, "chinese"), 0);
  await write(ENGLISH, join(folder, "english"), CHINESE.split("\n").length - 1);
  const compilerOptions = {
    module: "esnext", moduleResolution: "bundler", target: "es2022", jsx: "react-jsx",
    lib: ["es2022", "dom", "dom.iterable"], types: [], allowJs: true, checkJs: true,
    noEmit: true, skipLibCheck: true, noUncheckedSideEffectImports: true,
  };
  // Plain JavaScript does not ask whether an element is there that stands some lines above.
  for (const [strict, include] of [[true, ["**/*.ts", "**/*.tsx"]], [false, ["globals.d.ts", "**/*.js"]]]) {
    const project = join(folder, `strict-${strict}.json`);
    await writeFile(project, JSON.stringify({ compilerOptions: { ...compilerOptions, strict }, include }));
    const tsc = join(MODULES, "typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", project], { encoding: "utf8" });
    assert.equal(stdout, "");
    assert.equal(status, 0);
  }
});
