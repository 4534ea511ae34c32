// The packed tarball: what it holds, and whether servers can load it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NOT_AT_ONCE, PRODUCTION, TOLD } from "./harness/expected.mjs";
import { filesOf, openShop, run } from "./harness/shop.mjs";

let shop;

before(async () => {
  shop = await openShop();
});

after(() => shop?.close());

/** Besides modules and their types: the WebAssembly, and the script for pages without modules. */
const PROMISED = [
  /^(package\.json|README\.md)$/,
  /^dist\/LICENSE-(MIT|APACHE|uqr)$/,
  /^dist\/(production\/)?[\w-]+\.(mjs|cjs)(\.map)?$/,
  /^dist\/(production\/)?wxpay_h5\.wasm$/,
  /^dist\/global\.js(\.map)?$/,
  /^dist\/(entry\/)?[\w-]+\.d\.(mts|cts)$/,
];

test("the tarball holds the built package, its README and licences, and nothing else", async () => {
  const files = await filesOf(shop.installed);
  assert.deepEqual(files.filter((name) => !PROMISED.some((form) => form.test(name))), []);
  for (const form of PROMISED) assert.ok(files.some((name) => form.test(name)), String(form));
  // A source map names sources; an absolute one would tell where this was built.
  for (const name of files.filter((name) => name.endsWith(".map"))) {
    const { sources } = JSON.parse(await readFile(join(shop.installed, name), "utf8"));
    assert.deepEqual(sources.filter((source) => !/^(\.\.\/|wxpay:)/.test(source)), [], name);
  }
});

for (const [file, kind] of [["server.mjs", "an ES module"], ["server.cjs", "CommonJS"]]) {
  test(`a server without a window loads it as ${kind}, and it answers`, async () => {
    const { stdout } = await run(process.execPath, [join(shop.folder, file)]);
    assert.deepEqual(JSON.parse(stdout), TOLD);
  });

  test(`the same in production, where the errors have their codes alone (${file})`, async () => {
    const { stdout } = await run(process.execPath, ["--conditions=production", join(shop.folder, file)]);
    assert.deepEqual(JSON.parse(stdout), PRODUCTION);
  });

  test(`the same where V8 has no WebAssembly: after ready() (${file})`, async () => {
    const { stdout } = await run(process.execPath, ["--jitless", join(shop.folder, file)]);
    assert.deepEqual(JSON.parse(stdout), { ...TOLD, ...NOT_AT_ONCE });
  });
}
