// Pages whose content-security-policy refuses WebAssembly, and engines that have none.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { BUNDLERS } from "./harness/bundlers.mjs";
import { NOT_AT_ONCE, ON_A_PAGE, TOLD } from "./harness/expected.mjs";
import { ENTRIES, shopAndBrowser } from "./harness/shop.mjs";
import { visit } from "./harness/visit.mjs";

const REFUSED = { policy: "script-src 'self'" };
const ALLOWED = { policy: "script-src 'self' 'wasm-unsafe-eval'" };
const ABSENT = { prepare: () => delete globalThis.WebAssembly };

let folder;
const opened = shopAndBrowser(async (shop) => {
  // Bundled, since policies as strict as these allow no import map inside the page either.
  folder = join(shop.folder, "bundled");
  await BUNDLERS.esbuild(shop.folder, folder, ENTRIES);
});

/** What an entry's page told, and which engines it asked for beside its own scripts. */
async function open(entry, circumstances) {
  const { told, asked } = await visit(opened.browser, folder, `${entry}.html`, circumstances);
  const engines = asked.filter((path) => /^script-|\.wasm$/.test(path));
  return { told, engines: engines.map((path) => path.replace(/-.*\./, ".")) };
}

const AT_ONCE = { ...TOLD, ...ON_A_PAGE };
const AFTER_READY = { ...AT_ONCE, ...NOT_AT_ONCE };

for (const [how, circumstances] of [["refused by the policy", REFUSED], ["absent", ABSENT]]) {
  test(`where WebAssembly is ${how}, wxpay-h5 becomes a script in ready()`, async () => {
    const { told, engines } = await open("index", circumstances);
    assert.deepEqual(told, AFTER_READY);
    assert.deepEqual(engines, ["script.js"]);
  });

  test(`where WebAssembly is ${how}, wxpay-h5/wasm runs as a script`, async () => {
    const { told, engines } = await open("wasm", circumstances);
    assert.deepEqual(told, AFTER_READY);
    assert.equal(engines.at(-1), "script.js");
  });

  test(`where WebAssembly is ${how}, wxpay-h5/js runs at once and asks for nothing more`, async () => {
    const { told, engines } = await open("js", circumstances);
    assert.deepEqual(told, AT_ONCE);
    assert.deepEqual(engines, []);
  });
}

test("with 'wasm-unsafe-eval' wxpay-h5 runs at once, and never asks for the script", async () => {
  const { told, engines } = await open("index", ALLOWED);
  assert.deepEqual(told, AT_ONCE);
  assert.deepEqual(engines, []);
});

test("wxpay-h5/js and <wxpay-return> violate nothing where default-src is 'self'", async () => {
  const { told } = await open("js", {
    // The page's own empty icon is an image.
    policy: "default-src 'self'; img-src data:",
    prepare: () => addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      throw new Error(`${violatedDirective} ${blockedURI}`);
    }),
  });
  assert.deepEqual(told, AT_ONCE);
});
