import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const NAMES = [
  "WxpayError", "createCheckout", "defineReturnElement", "detect", "mwebUrl",
  "oauthUrl", "openMweb", "ready", "requestPayment", "resolveReturn", "signUrl", "takeCode",
];

for (const entry of ["wxpay-h5", "wxpay-h5/js", "wxpay-h5/wasm"]) {
  test(`the list of ${entry}'s exports is the reviewed one`, async () => {
    assert.deepEqual(Object.keys(await import(entry)).sort(), NAMES);
  });

  test(`importing ${entry} touches no global and asks for nothing`, () => {
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
      await import("${entry}");
      if (Object.getOwnPropertyNames(globalThis).length !== before) throw new Error("a new global");
    `;
    execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "inherit", "inherit"],
    });
  });
}

for (const entry of ["wxpay-h5", "wxpay-h5/js"]) {
  test(`CommonJS finds the same exports in ${entry}`, () => {
    assert.deepEqual(Object.keys(createRequire(import.meta.url)(entry)).sort(), NAMES);
  });
}

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

const dist = new URL("../dist/", import.meta.url);
const scripts = readdirSync(dist, { recursive: true }).filter((name) => /\.[cm]?js$/.test(name));

test("the package does not tell where it was built", () => {
  assert.ok(scripts.length > 12);
  for (const name of scripts) {
    assert.doesNotMatch(readFileSync(new URL(name, dist), "utf8"), /\.rs\b|rustup|\/home\/|\/root\//, name);
  }
});

test("nothing in the package has a byte that a page in GBK could misread", () => {
  for (const name of scripts) {
    assert.ok(readFileSync(new URL(name, dist)).every((byte) => byte < 128), name);
  }
});
