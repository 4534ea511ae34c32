// What TypeScript and the checkers of published packages see in the tarball.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { ROOT, openShop, run } from "./harness/shop.mjs";

let shop;

before(async () => {
  shop = await openShop();
});

after(() => shop?.close());

/** Runs a program of an npm package; what it printed if it was not content, and "" if it was. */
async function complaints(program, ...args) {
  const done = run(process.execPath, [program, ...args], { cwd: shop.folder });
  return done.then(() => "", ({ stdout, stderr }) => stdout + stderr);
}

for (const module of ["nodenext", "preserve"]) {
  test(`TypeScript finds the types of every entry (--module ${module})`, async () => {
    const files = module === "nodenext" ? ["typed.mts", "typed.cts"] : ["typed.mts"];
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", module, "--types", ""];
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    assert.equal(await complaints(tsc, ...flags, ...files), "");
  });
}

test("publint has nothing to say, not even a suggestion", async () => {
  const { messages, pkg } = await publint({ pkgDir: shop.installed, pack: false });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg, { color: false })), []);
});

test("the types are not wrong: every entry, for every way TypeScript looks for modules", async () => {
  const attw = join(ROOT, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const format = ["--format", "ascii", "--no-color", "--no-emoji", "--no-definitely-typed"];
  const [others, wasm] = await Promise.all([
    complaints(attw, shop.tarball, ...format, "--exclude-entrypoints", "wasm"),
    // Its file lies at an address relative to `import.meta.url`, which CommonJS does not have.
    complaints(attw, shop.tarball, ...format, "--entrypoints", "wasm", "--profile", "esm-only"),
  ]);
  assert.equal(others, "");
  assert.equal(wasm, "");
});
