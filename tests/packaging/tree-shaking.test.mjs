// What a page does not use is not in its bundle.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build as esbuild } from "esbuild";
import { BUNDLERS, scriptsOf } from "./harness/bundlers.mjs";
import { openShop } from "./harness/shop.mjs";

/** Strings that no bundler can change: of the checkout, the bridge, the visit and the element. */
const ELSEWHERE = ["/v1/checkout", "getBrandWCPayRequest", "sessionStorage", "wxpay-return"];

/**
 * The bytes that a page loads for `detect` alone, under the "production" condition. Two thirds of
 * them are the WebAssembly, which is one piece: 15.4 KB were measured, everything has 32.
 */
const CEILING = 17_000;

let shop;

before(async () => {
  shop = await openShop();
});

after(() => shop?.close());

test("each of those strings is in the package", async () => {
  const text = await scriptsOf(join(shop.installed, "dist/production"));
  assert.deepEqual(ELSEWHERE.filter((string) => !text.includes(string)), []);
});

for (const name of ["webpack", "Rollup", "esbuild"]) {
  test(`${name}: importing only detect brings nothing of checkout, bridge and element`, async () => {
    const folder = join(shop.folder, `by-${name}`);
    await BUNDLERS[name](shop.folder, folder, ["detect"], "production");
    const text = await scriptsOf(folder);
    assert.match(text, /微信内/);
    assert.deepEqual(ELSEWHERE.filter((string) => text.includes(string)), []);
    const { size } = await stat(join(folder, "detect.js"));
    assert.ok(size < CEILING, `${size} bytes`);
  });
}

test("an import that is not used leaves nothing behind", async () => {
  const contents = 'import { createCheckout } from "wxpay-h5"; console.log("no shop today");';
  const stdin = { contents, resolveDir: shop.folder };
  const { outputFiles } = await esbuild({ stdin, bundle: true, format: "esm", write: false });
  assert.match(outputFiles[0].text, /^(\/\/.*\n)?console\.log\("no shop today"\);\n$/);
});
