// The package in a shop's bundle: built without a setting for WebAssembly, and run in Chromium.

import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { BUNDLERS, scriptsOf } from "./harness/bundlers.mjs";
import { NOT_AT_ONCE, ON_A_PAGE, PRODUCTION, TOLD } from "./harness/expected.mjs";
import { ENTRIES, shopAndBrowser } from "./harness/shop.mjs";
import { visit } from "./harness/visit.mjs";

/** What the package says about one error, in both languages. */
const SENTENCES = ["register it as", "支付授权目录"];

const opened = shopAndBrowser();

/** The folder that a bundler has built, and the sentences found in it. */
async function bundled(name, entries, condition) {
  const folder = join(opened.shop.folder, `${name}-${condition ?? "as-it-is"}`);
  await BUNDLERS[name](opened.shop.folder, folder, entries, condition);
  const text = await scriptsOf(folder);
  return { folder, sentences: SENTENCES.filter((sentence) => text.includes(sentence)) };
}

for (const name of ["Vite", "webpack"]) {
  test(`${name} bundles all three entries, the file of wxpay-h5/wasm among its assets`, async () => {
    const { folder, sentences } = await bundled(name, ENTRIES);
    assert.deepEqual(sentences, []);
    for (const entry of ENTRIES) {
      const { told, asked, missing } = await visit(opened.browser, folder, `${entry}.html`);
      const start = entry === "wasm" ? NOT_AT_ONCE : {};
      assert.deepEqual(told, { ...PRODUCTION, ...ON_A_PAGE, ...start });
      assert.deepEqual(missing, []);
      assert.equal(asked.some((path) => path.endsWith(".wasm")), entry === "wasm", entry);
    }
  });
}

for (const [name, expected, said] of [
  ["Rollup", PRODUCTION, []],
  // The one bundler that leaves the condition to its user.
  ["esbuild", TOLD, SENTENCES],
]) {
  test(`${name} bundles wxpay-h5 and wxpay-h5/js`, async () => {
    const { folder, sentences } = await bundled(name, ["index", "js"]);
    assert.deepEqual(sentences, said);
    for (const entry of ["index", "js"]) {
      const { told, missing } = await visit(opened.browser, folder, `${entry}.html`);
      assert.deepEqual(told, { ...expected, ...ON_A_PAGE });
      assert.deepEqual(missing, []);
    }
  });

  test(`${name} copies no assets: until its file is, wxpay-h5/wasm runs as a script`, async () => {
    const { folder } = await bundled(name, ["wasm"], "production");
    const without = await visit(opened.browser, folder, "wasm.html");
    assert.deepEqual(without.told, { ...PRODUCTION, ...NOT_AT_ONCE, ...ON_A_PAGE });
    assert.deepEqual(without.missing, ["wxpay_h5.wasm"]);
    await cp(join(opened.shop.installed, "dist/wxpay_h5.wasm"), join(folder, "wxpay_h5.wasm"));
    const beside = await visit(opened.browser, folder, "wasm.html");
    assert.deepEqual(beside.told, without.told);
    assert.ok(!beside.asked.some((path) => path.includes("script")), `${beside.asked}`);
  });
}

for (const [name, condition, said] of [
  ["webpack", "development", SENTENCES],
  ["Rollup", "development", SENTENCES],
  ["esbuild", "production", []],
]) {
  const how = said.length ? "with" : "without";
  test(`${name} takes the package ${how} sentences under the condition ${condition}`, async () => {
    const { sentences } = await bundled(name, ["index"], condition);
    assert.deepEqual(sentences, said);
  });
}
