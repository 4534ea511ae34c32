// Bundles code as a shop would: for its pages, minified, and with what is rarely needed apart.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The module that a page's script tag names; what it loads at once; what it may load later. */
export async function bundle(contents, { conditions = ["production"] } = {}) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: ROOT },
    absWorkingDir: ROOT,
    // Never written: the files stay in memory.
    outdir: "bundle",
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    target: "es2020",
    conditions,
    // A page that uses an entry for them has them already.
    external: ["react", "vue"],
    logLevel: "error",
  });
  const entry = "bundle/stdin.js";
  const files = new Map(
    outputFiles.map(({ path, contents }) => [path.slice(ROOT.length), Buffer.from(contents)]),
  );
  const atOnce = new Set([entry]);
  // A set grows while it is walked, so this follows imports of imports.
  for (const name of atOnce) {
    for (const { path, kind, external } of metafile.outputs[name].imports) {
      if (kind === "import-statement" && !external) atOnce.add(path);
    }
  }
  const named = (wanted) => [...files].filter(([name]) => atOnce.has(name) === wanted);
  return { entry, atOnce: new Map(named(true)), later: new Map(named(false)) };
}
