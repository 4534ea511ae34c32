// Bundled pages, as a merchant's own build would make them, in a folder that the Worker serves.

import { build } from "esbuild";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const dist = (name) => fileURLToPath(new URL(`../../../pkg/dist/${name}.mjs`, import.meta.url));

/**
 * Bundles each script, and writes the pages; gone after the tests of this file.
 *
 * - `scripts`: the files, by the name that a page loads: `{ react: URL }` is `/react.js`.
 * - `pages`: by its path, what stands in a page. Every address below the path is answered by the
 *   same page, as a shop's server does it for a router that uses the browser's history.
 */
export async function bundledSite({ scripts, pages }) {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-edge-bundled-"));
  after(() => rm(folder, { recursive: true, force: true }));
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(scripts).map(([name, url]) => [name, fileURLToPath(url)]),
    ),
    outdir: folder,
    bundle: true,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    alias: {
      "wxpay-h5/react": dist("react"),
      "wxpay-h5/vue": dist("vue"),
      "wxpay-h5": dist(process.env.WXPAY_H5_ENGINE || "index"),
    },
  });
  for (const [path, html] of Object.entries(pages)) {
    await writeFile(join(folder, `${path}.html`), `<!doctype html>\n<link rel="icon" href="data:,">\n${html}`);
  }
  const below = Object.keys(pages).map((path) => `/${path}/* /${path} 200\n`);
  await writeFile(join(folder, "_redirects"), below.join(""));
  return folder;
}
