// `cargo xtask size`: what a page loads and what the edge starts, in bytes, against budgets.
//
//   node tests/size/size.mjs crates/worker/build
//
// Measures what is built: `cargo xtask pkg` and `cargo xtask worker` come first.

import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { bundle } from "./bundle.mjs";

/** More than so many bytes fails CI. Measured in November 2026, with 1.5 % on top. */
const BUDGETS = {
  // Gzipped, as a phone downloads it.
  detect: 6_950,
  journeys: 8_700,
  everything: 13_900,
  // Plain, as an engine reads it: a Worker starts within a request, so a buyer waits for it.
  pageWasm: 8_250,
  workerWasm: 1_060_000,
};

const PKG = fileURLToPath(new URL("../../pkg/", import.meta.url));
const WORKER = process.argv[2];

const JOURNEYS = "detect, oauthUrl, takeCode, requestPayment, mwebUrl, openMweb";
const EVERYTHING = 'export * from "wxpay-h5";';

/** The sizes of some files together. */
function sizes(files) {
  const sum = (size) => files.reduce((total, file) => total + size(file), 0);
  return {
    raw: sum((file) => file.length),
    // The program, not node:zlib: another deflate has other numbers than anybody's `gzip -9`.
    gzip: sum((input) => execFileSync("gzip", ["-9", "-n", "-c"], { input }).length),
    brotli: sum((file) => brotliCompressSync(file).length),
  };
}

/** What is left of `whole` without two of its parts. */
const rest = (whole, one, other) => ({
  raw: whole.raw - one.raw - other.raw,
  gzip: whole.gzip - one.gzip - other.gzip,
  brotli: whole.brotli - one.brotli - other.brotli,
});

const atOnce = async (...how) => sizes([...(await bundle(...how)).atOnce.values()]);

const failures = [];

function heading(title) {
  const columns = ["bytes", "gzip -9", "brotli"].map((name) => name.padStart(9)).join("");
  console.log(`\n${title.padEnd(58)}${columns}`);
}

/** One line of the table. A budget is for the size named by `of`. */
function line(name, size, budget, of = "gzip") {
  const bytes = [size.raw, size.gzip, size.brotli];
  const numbers = bytes.map((number) => `${number}`.padStart(9)).join("");
  const room = budget === undefined ? "" : `  of ${budget} ${of}`;
  console.log(`  ${name.padEnd(56)}${numbers}${room}`);
  if (size[of] > budget) failures.push(`${name}: ${size[of]} bytes ${of}, more than ${budget}`);
}

async function thePackage() {
  heading("wxpay-h5: what a page loads");
  line("only detect", await atOnce('export { detect } from "wxpay-h5";'), BUDGETS.detect);
  const journeys = await atOnce(`export { ${JOURNEYS} } from "wxpay-h5";`);
  line("detect, OAuth, Bridge and MWEB", journeys, BUDGETS.journeys);
  const { atOnce: loaded, later } = await bundle(EVERYTHING);
  const everything = sizes([...loaded.values()]);
  line("everything: with checkout and return element", everything, BUDGETS.everything);
  line("everything, with the sentences of errors", await atOnce(EVERYTHING, { conditions: [] }));
  line("everything, without WebAssembly (/js)", await atOnce('export * from "wxpay-h5/js";'));
  line("besides, only where WebAssembly is refused", sizes([...later.values()]));
  const { exports } = JSON.parse(await readFile(join(PKG, "package.json"), "utf8"));
  for (const entry of ["qr", "react", "vue"].filter((name) => exports[`./${name}`])) {
    line(`besides, by choice: /${entry}`, await atOnce(`export * from "wxpay-h5/${entry}";`));
  }
  return everything;
}

/** Where the bytes of everything are; each part is compressed alone. */
async function itsParts(everything) {
  heading("of everything");
  const file = await readFile(join(PKG, "dist/production/wxpay_h5.wasm"));
  line("(the WebAssembly as a file)", sizes([file]), BUDGETS.pageWasm, "raw");
  const letters = JSON.stringify(file.toString("latin1"));
  const wasm = await atOnce(`export default ${letters};`);
  line("the WebAssembly as a string", wasm);
  const words = ["reasons", "return-words"];
  const spoken = await atOnce(words.map((name) => `export * from "./pkg/src/${name}";`).join(""));
  line("words that people read, and the style", spoken);
  line("JavaScript: the rest", rest(everything, wasm, spoken));
}

async function theOthers() {
  heading("what others load, bundled in the same way");
  const wx = 'export { default as wx } from "weixin-js-sdk";';
  const bowser = 'export { default as bowser } from "bowser";';
  line("weixin-js-sdk 1.6.5", await atOnce(wx));
  line("bowser 2.15.0", await atOnce(bowser));
  line("ua-parser-js 2.0.10", await atOnce('export { UAParser } from "ua-parser-js";'));
  line("bowser and weixin-js-sdk", await atOnce(bowser + wx));
}

async function theWorker() {
  heading("the Worker");
  for (const [name, ...budget] of [["index_bg.wasm", BUDGETS.workerWasm, "raw"], ["index.js"]]) {
    line(name, sizes([await readFile(join(WORKER, name))]), ...budget);
  }
}

await itsParts(await thePackage());
await theOthers();
await theWorker();
for (const failure of failures) {
  console.error(`${failure}; the budgets stand in tests/size/size.mjs`);
  process.exitCode = 1;
}
