// The packed tarball, installed as a shop would: does it load everywhere it promises to?

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { startBrowser } from "../e2e/harness/browser.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

// Source of the address: "H5支付 常见问题", the example of a rightly encoded redirect_url.
const SAID = {
  channel: "jsapi",
  reasonZh: "在微信内",
  url:
    "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096" +
    "&redirect_url=https%3A%2F%2Fwww.wechatpay.com.cn",
};

let shop;
let packed;
let browser;

before(async () => {
  shop = await mkdtemp(join(tmpdir(), "wxpay-edge-shop-"));
  const starting = startBrowser().then((started) => (browser = started));
  await cp(new URL("consumer", import.meta.url), shop, { recursive: true });
  packed = await install();
  await starting;
});

after(async () => {
  await browser?.close();
  if (shop) await rm(shop, { recursive: true, force: true });
});

/** `npm pack`, then what `npm install` of the tarball does; the names of its files. */
async function install() {
  const folder = join(shop, "node_modules/wxpay-h5");
  await mkdir(folder, { recursive: true });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", shop];
  const { stdout } = await run("npm", pack, { cwd: join(ROOT, "pkg") });
  const { filename } = Object.values(JSON.parse(stdout))[0];
  await run("tar", ["-xzf", join(shop, filename), "-C", folder, "--strip-components=1"]);
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

const TYPES = { ".html": "text/html", ".mjs": "text/javascript", ".js": "text/javascript" };

/** Opens a folder's index.html in Chromium; what its script said. */
async function open(folder) {
  const server = createServer(async (request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url;
    const body = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "text/plain" });
    response.end(body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const page = await browser.newPage({ locale: "zh-CN" });
  try {
    const missing = [];
    page.on("response", (answer) => answer.ok() || missing.push(answer.url()));
    const thrown = [];
    page.on("pageerror", (error) => thrown.push(error));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    assert.deepEqual(thrown, []);
    assert.deepEqual(missing, []);
    return JSON.parse(await page.title());
  } finally {
    await page.close();
    await new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    });
  }
}

test("the tarball holds the built package, its README and licences, and nothing else", async () => {
  const promised =
    /^(package\.json|README\.md|dist\/LICENSE-(MIT|APACHE)|dist\/.*\.(mjs|cjs|d\.mts|d\.cts|map))$/;
  assert.deepEqual(packed.filter((name) => !promised.test(name)), []);
  for (const name of ["README.md", "dist/index.mjs", "dist/index.cjs", "dist/return.mjs",
    "dist/index.d.mts", "dist/index.d.cts", "dist/LICENSE-MIT", "dist/LICENSE-APACHE"]) {
    assert.ok(packed.includes(name), name);
  }
  // A source map names sources; an absolute one would tell where this was built.
  for (const name of packed.filter((name) => name.endsWith(".map"))) {
    const { sources } = JSON.parse(await readFile(join(shop, "node_modules/wxpay-h5", name), "utf8"));
    assert.deepEqual(sources.filter((source) => !/^(\.\.\/|wasm:)/.test(source)), []);
  }
});

test("a page loads it by <script type=module>, with no build at all", async () => {
  const { element, ...said } = await open(shop);
  assert.deepEqual(said, SAID);
  assert.equal(element, "No order found");
});

test("esbuild bundles it without any setting for WebAssembly, and the bundle runs", async () => {
  const outdir = join(shop, "by-esbuild");
  await esbuild({
    absWorkingDir: shop,
    entryPoints: ["main.mjs"],
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    outdir,
    logLevel: "error",
  });
  await cp(join(shop, "index.html"), join(outdir, "index.html"));
  const { element, ...said } = await open(outdir);
  assert.deepEqual(said, SAID);
  assert.equal(element, "No order found");
});

test("Vite builds it without any setting for WebAssembly, and the build runs", async () => {
  const outDir = join(shop, "by-vite");
  await vite({ root: shop, configFile: false, logLevel: "error", build: { outDir } });
  const { element, ...said } = await open(outDir);
  assert.deepEqual(said, SAID);
  assert.equal(element, "No order found");
});

test("a bundler drops what a page does not use", async () => {
  const contents = 'import { createCheckout } from "wxpay-h5"; console.log("no shop today");';
  const stdin = { contents, resolveDir: shop };
  const { outputFiles } = await esbuild({ stdin, bundle: true, format: "esm", write: false });
  assert.match(outputFiles[0].text, /^(\/\/.*\n)?console\.log\("no shop today"\);\n$/);
});

for (const [name, kind] of [["server.mjs", "an ES module"], ["server.cjs", "CommonJS"]]) {
  test(`a server without a window loads it as ${kind}, and it answers`, async () => {
    const { stdout } = await run(process.execPath, [join(shop, name)]);
    assert.deepEqual(JSON.parse(stdout), { ...SAID, code: null, refused: "url_encoded" });
  });
}

for (const module of ["nodenext", "preserve"]) {
  test(`TypeScript finds the types of both module systems (--module ${module})`, async () => {
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const files = module === "nodenext" ? ["typed.mts", "typed.cts"] : ["typed.mts"];
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", module, "--types", ""];
    const { stdout } = await run(process.execPath, [tsc, ...flags, ...files], { cwd: shop })
      .catch((error) => error);
    assert.equal(stdout, "");
  });
}
