import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const NAMES = [
  "WxpayError", "createCheckout", "defineReturnElement", "detect", "mwebUrl",
  "oauthUrl", "openMweb", "ready", "requestPayment", "signUrl", "takeCode",
];

test("the list of exports is the reviewed one, as module and as CommonJS", async () => {
  assert.deepEqual(Object.keys(await import("wxpay-h5")).sort(), NAMES);
  assert.deepEqual(Object.keys(createRequire(import.meta.url)("wxpay-h5")).sort(), NAMES);
});

test("importing touches no global and asks for nothing", () => {
  // In a process of its own: every page global throws when it is read.
  const script = `
    for (const name of ["window", "document", "location", "history", "navigator", "sessionStorage",
                        "customElements", "HTMLElement", "fetch", "WebAssembly", "crypto"]) {
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get() { throw new Error("import reads " + name); },
      });
    }
    const before = Object.getOwnPropertyNames(globalThis).length;
    await import("wxpay-h5");
    if (Object.getOwnPropertyNames(globalThis).length !== before) throw new Error("a new global");
  `;
  execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "inherit", "inherit"],
  });
});

test("the return entry may be imported on a server", async () => {
  await import("wxpay-h5/return");
});

test("every file the manifest names is there", () => {
  const root = new URL("../", import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const named = JSON.stringify(manifest).match(/\.\/dist\/[\w./-]+/g);
  assert.ok(named.length > 8);
  for (const path of named) readFileSync(new URL(path, root));
});

test("the package does not tell where it was built", () => {
  const text = readFileSync(new URL("../dist/index.mjs", import.meta.url), "utf8");
  assert.doesNotMatch(text, /\.rs\b|rustup|\/home\/|\/root\//);
});

test("nothing in the package has a byte that a page in GBK could misread", () => {
  for (const name of ["index.mjs", "index.cjs", "return.mjs", "return.cjs"]) {
    const bytes = readFileSync(new URL(`../dist/${name}`, import.meta.url));
    assert.ok(bytes.every((byte) => byte < 128), name);
  }
});
