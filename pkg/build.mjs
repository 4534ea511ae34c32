/**
 * pkg/generated (wasm-bindgen's output for crates/h5) and pkg/src → pkg/dist.
 *
 *   npm run build -w pkg
 *
 * What has to be there before: `cargo build --package wxpay-h5 --profile page --target
 * wasm32-unknown-unknown`, then `wasm-bindgen --target bundler --out-dir pkg/generated` on it.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import binaryen from "binaryen";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const generated = join(here, "generated");
const dist = join(here, "dist");

/** Exports the page does not call; the externref table alone would need Chromium 96. */
const UNUSED = ["__wbindgen_externrefs", "__wbindgen_start", "__abort_handler", "__instance_terminated"];

/** What WebViews of 2020 know. Never "all": newer proposals are refused by bundlers and by Node. */
const FEATURES =
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.SignExt;

async function smallWasm() {
  const module = binaryen.readBinary(await readFile(join(generated, "wxpay_h5_bg.wasm")));
  module.setFeatures(FEATURES);
  for (const name of UNUSED) module.removeExport(name);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  // The second round finds what the first has uncovered.
  module.optimize();
  module.runPasses(["strip-debug", "strip-producers", "strip-target-features"]);
  module.optimize();
  if (!module.validate()) throw new Error("the optimised module is not valid");
  return withoutPaths(Buffer.from(module.emitBinary()));
}

/**
 * Blanks the paths of the standard library's sources, which panics would print if anybody read
 * them: they tell where the package was built, and make two builds of one source differ.
 */
function withoutPaths(wasm) {
  for (const { index, 0: path } of wasm.toString("latin1").matchAll(/\/[\w./-]+\.rs/g)) {
    wasm.fill(0, index, index + path.length);
  }
  return wasm;
}

/** The two modules that src/wasm.ts imports and no file holds. */
function wasmModules(wasm) {
  return {
    name: "wasm",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^wasm:latin1$/ }, ({ path }) => ({ path, namespace: "wasm" }));
      onResolve({ filter: /^wasm:glue$/ }, () => ({ path: join(generated, "wxpay_h5_bg.js") }));
      // One letter a byte, and not base64: gzip still finds the repetitions, which saves 1.5 KB.
      onLoad({ filter: /.*/, namespace: "wasm" }, () => ({
        contents: `export default ${JSON.stringify(wasm.toString("latin1"))}`,
      }));
    },
  };
}

async function bundle(wasm, format, extension) {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: { index: "src/index.ts", return: "src/entry/return.ts" },
    outdir: "dist",
    outExtension: { ".js": extension },
    format,
    bundle: true,
    splitting: format === "esm",
    minify: true,
    metafile: true,
    sourcemap: true,
    // async functions and nothing newer: what WebViews with WebAssembly understand.
    target: "es2017",
    // No byte above 127: a classic page in GBK could not read it.
    charset: "ascii",
    legalComments: "none",
    plugins: [wasmModules(wasm)],
  });
  return metafile;
}

/** tsc writes `.d.ts`; each module system wants the same under its own extension. */
async function types() {
  const emitted = join(dist, "types");
  // The compiler's own launcher, so that no shell and no PATH is needed.
  const tsc = join(dirname(fileURLToPath(import.meta.resolve("typescript/package.json"))), "bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", here, "--outDir", emitted], { stdio: "inherit" });
  for (const name of await readdir(emitted, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const text = await readFile(join(emitted, name), "utf8");
    for (const [kind, own] of [["m", ".mjs"], ["c", ".cjs"]]) {
      const file = join(dist, name.replace(/\.d\.ts$/, `.d.${kind}ts`));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text.replace(/(from "\.[^"]*)\.js"/g, `$1${own}"`));
    }
  }
  await rm(emitted, { recursive: true });
}

async function main() {
  const wasm = await smallWasm();
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  const metafile = await bundle(wasm, "esm", ".mjs");
  await bundle(wasm, "cjs", ".cjs");
  await types();
  await cp(join(here, "..", "LICENSE-MIT"), join(dist, "LICENSE-MIT"));
  await cp(join(here, "..", "LICENSE-APACHE"), join(dist, "LICENSE-APACHE"));

  const size = async (name) => gzipSync(await readFile(join(here, name)), { level: 9 }).length;
  let total = 0;
  for (const name of Object.keys(metafile.outputs).filter((name) => name.endsWith(".mjs"))) {
    const bytes = await size(name);
    total += bytes;
    console.log(`${name}: ${bytes} bytes gzip -9`);
  }
  console.log(`all: ${total} bytes gzip -9, of them ${gzipSync(wasm, { level: 9 }).length} wasm (${wasm.length} raw)`);
}

await main();
