// Each bundler with the least that it can be told: nothing of it is about WebAssembly.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";
import { filesOf, writePages } from "./shop.mjs";

/**
 * Name → a function that bundles scripts of the shop for its pages. A condition, "production" or
 * "development", is the one under which packages are found; without it, the bundler's own.
 */
export const BUNDLERS = {
  async Vite(shop, outDir, entries) {
    const input = entries.map((entry) => join(shop, `${entry}.html`));
    const build = { outDir, rollupOptions: { input } };
    await vite({ root: shop, configFile: false, logLevel: "error", build });
  },

  async webpack(shop, path, entries, condition = "production") {
    const entry = Object.fromEntries(entries.map((name) => [name, `./${name}.mjs`]));
    const stats = await promisify(webpack)({ mode: condition, context: shop, entry, output: { path } });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
    await writePages(path, (name) => `<script defer src="./${name}.js"></script>`);
  },

  async Rollup(shop, dir, entries, condition) {
    const bundle = await rollup({
      input: entries.map((entry) => join(shop, `${entry}.mjs`)),
      plugins: [nodeResolve(condition ? { exportConditions: [condition] } : {})],
    });
    await bundle.write({ dir });
    await bundle.close();
    await writePages(dir, (name) => `<script type="module" src="./${name}.js"></script>`);
  },

  async esbuild(shop, outdir, entries, condition) {
    await esbuild({
      absWorkingDir: shop,
      entryPoints: entries.map((entry) => `${entry}.mjs`),
      bundle: true,
      minify: true,
      splitting: true,
      format: "esm",
      conditions: condition ? [condition] : [],
      outdir,
      logLevel: "error",
    });
    await writePages(outdir, (name) => `<script type="module" src="./${name}.js"></script>`);
  },
};

/** All scripts of a folder as one text, with Chinese as Chinese however it was written. */
export async function scriptsOf(folder) {
  const scripts = (await filesOf(folder)).filter((name) => /\.[mc]?js$/.test(name));
  const texts = scripts.map((name) => readFile(join(folder, name), "utf8"));
  return (await Promise.all(texts)).join("\n").replace(/\\+u([0-9a-f]{4})/gi, (_, digits) =>
    String.fromCharCode(parseInt(digits, 16)));
}
