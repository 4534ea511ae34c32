// Pages without a build: the browser loads the package's files as they are.

import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { createServer } from "vite";
import { NOT_AT_ONCE, ON_A_PAGE, TOLD } from "./harness/expected.mjs";
import { ENTRIES, shopAndBrowser } from "./harness/shop.mjs";
import { titleOf, visit } from "./harness/visit.mjs";

const opened = shopAndBrowser();

for (const [entry, start, files] of [
  ["index", {}, []],
  ["js", {}, []],
  ["wasm", NOT_AT_ONCE, ["wxpay_h5.wasm"]],
]) {
  test(`<script type=module> loads dist/${entry}.mjs, which asks for no more than it needs`, async () => {
    const { told, asked, missing } = await visit(opened.browser, opened.shop.folder, `${entry}.html`);
    assert.deepEqual(told, { ...TOLD, ...start, ...ON_A_PAGE });
    assert.deepEqual(missing, []);
    const names = asked.map((path) => basename(path));
    const engines = names.filter((name) => /^script|wasm$/.test(name));
    assert.deepEqual(engines, files);
  });
}

for (const charset of ["utf-8", "gbk"]) {
  test(`a classic <script> gives the global wxpay, in a page written in ${charset}`, async () => {
    const { told, missing } = await visit(opened.browser, opened.shop.folder, "classic.html", { charset });
    assert.deepEqual(told, { ...TOLD, ...ON_A_PAGE });
    assert.deepEqual(missing, []);
  });
}

test("Vite's server for developers serves all three entries, with the sentences of errors", async () => {
  const server = { port: 0, host: "127.0.0.1" };
  const vite = await createServer({ root: opened.shop.folder, configFile: false, logLevel: "error", server });
  try {
    await vite.listen();
    for (const entry of ENTRIES) {
      const address = `http://127.0.0.1:${vite.httpServer.address().port}/${entry}.html`;
      const start = entry === "wasm" ? NOT_AT_ONCE : {};
      assert.deepEqual(await titleOf(opened.browser, address), { ...TOLD, ...ON_A_PAGE, ...start });
    }
  } finally {
    await vite.close();
  }
});
