// A shop's folder with the packed tarball installed in it, as `npm install` would.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startBrowser } from "../../e2e/harness/browser.mjs";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const run = promisify(execFile);

/** The entries that have the whole interface. Each has a page and a script of its name. */
export const ENTRIES = ["index", "js", "wasm"];

/** For a browser alone; a bundler finds the package by itself. */
const IMPORT_MAP = `<script type="importmap">
{
  "imports": {
    "wxpay-h5": "./node_modules/wxpay-h5/dist/index.mjs",
    "wxpay-h5/js": "./node_modules/wxpay-h5/dist/js.mjs",
    "wxpay-h5/wasm": "./node_modules/wxpay-h5/dist/wasm.mjs",
    "wxpay-h5/return": "./node_modules/wxpay-h5/dist/return.mjs"
  }
}
</script>`;

/**
 * A copy of consumer/ with the package in its node_modules. It lies below the repository, because
 * that is where the shop's frameworks are: Next's bundler refuses links that lead out of its root.
 */
export async function openShop() {
  const shops = join(ROOT, "target/packaging");
  await mkdir(shops, { recursive: true });
  const folder = await mkdtemp(join(shops, "shop-"));
  await cp(new URL("../consumer", import.meta.url), folder, { recursive: true });
  const installed = join(folder, "node_modules/wxpay-h5");
  await mkdir(installed, { recursive: true });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: join(ROOT, "pkg") });
  const tarball = join(folder, Object.values(JSON.parse(stdout))[0].filename);
  await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  await writePages(folder, (entry) => `${IMPORT_MAP}
<script type="module" src="./${entry}.mjs"></script>`);
  return {
    folder,
    installed,
    tarball,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * A shop and a browser for the tests of a file: there before the first, gone after the last.
 * `prepare` is given the shop, for what has to be built in it.
 */
export function shopAndBrowser(prepare = () => {}) {
  const opened = {};
  before(async () => {
    [opened.shop, opened.browser] = await Promise.all([openShop(), startBrowser()]);
    await prepare(opened.shop);
  });
  after(async () => {
    await opened.browser?.close();
    await opened.shop?.close();
  });
  return opened;
}

/** A page for each entry; `script` gives the tags that load what is shown there. */
export async function writePages(folder, script) {
  for (const entry of ENTRIES) {
    await writeFile(join(folder, `${entry}.html`), page(script(entry)));
  }
}

function page(script) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A shop that installed the package</title>
<link rel="icon" href="data:,">
${script}
<wxpay-return endpoint=""></wxpay-return>
`;
}

/** The names of all files below a folder, relative to it. */
export async function filesOf(folder) {
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
