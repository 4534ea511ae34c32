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
import binaryen from "binaryen";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const generated = join(here, "generated");
const dist = join(here, "dist");

/** Exports the page does not call; the externref table alone would need Chromium 96. */
const UNUSED = ["__wbindgen_externrefs", "__wbindgen_start", "__abort_handler", "__instance_terminated"];

/** What the compiler has used. Never "all": newer proposals are refused by bundlers and by Node. */
const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt } = binaryen.Features;

async function optimised() {
  const module = binaryen.readBinary(await readFile(join(generated, "wxpay_h5_bg.wasm")));
  module.setFeatures(BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt);
  // To what every engine with WebAssembly knows: Safari learnt the rest in 14.1 and 15.
  module.runPasses(["signext-lowering"]);
  module.setFeatures(MutableGlobals);
  for (const name of UNUSED) module.removeExport(name);
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  // The second round finds what the first has uncovered.
  module.optimize();
  module.runPasses(["strip-debug", "strip-producers", "strip-target-features"]);
  module.optimize();
  module.runPasses(["reorder-functions", "reorder-locals"]);
  if (!module.validate()) throw new Error("the optimised module is not valid");
  return Buffer.from(module.emitBinary());
}

/** The same module as JavaScript, for pages without WebAssembly. */
async function asScript(wasm) {
  const input = join(generated, "small.wasm");
  const output = join(generated, "script.mjs");
  await writeFile(input, wasm);
  const wasm2js = join(dirname(fileURLToPath(import.meta.resolve("binaryen"))), "bin/wasm2js");
  execFileSync(process.execPath, [wasm2js, input, "-Oz", "-o", output], { stdio: "inherit" });
  return readFile(output, "utf8");
}

/** The modules named `wxpay:…`, which no file holds. */
function virtual({ latin1, script, engine, outside }) {
  const contents = { latin1: `export default ${JSON.stringify(latin1)}`, script };
  const files = { glue: join(generated, "wxpay_h5_bg.js"), engine: join(here, "src/engine", engine) };
  return {
    name: "virtual",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^wxpay:/ }, ({ path, kind }) => {
        const name = path.slice("wxpay:".length);
        if (name === "script" && kind === "dynamic-import" && outside) return { path: outside, external: true };
        return files[name] ? { path: files[name] } : { path, namespace: "wxpay", pluginData: name };
      });
      onLoad({ filter: /.*/, namespace: "wxpay" }, ({ pluginData }) => ({ contents: contents[pluginData] }));
    },
  };
}

/** Production builds know each error by its code; what to do stands in the README. */
const withoutSentences = {
  name: "without-sentences",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]sentences\.ts$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "ts", format: "esm" });
      const { ERRORS } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const keys = Object.keys(ERRORS).map((key) => `${key}:[]`);
      return { contents: `export const ERRORS={${keys}}` };
    });
  },
};

const SHARED = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  sourcemap: true,
  // Chromium 80 and Safari 13.1, both of early 2020; older ones take dist/global.js.
  target: "es2020",
  // No byte above 127: a classic page in GBK could not read it.
  charset: "ascii",
  legalComments: "none",
};

/** One folder: everything as modules and as CommonJS. */
async function bundles(outdir, parts, plugins, sourcemap) {
  const own = (engine, outside) => [virtual({ ...parts, engine, outside }), ...plugins];
  const pages = { index: "src/index.ts", return: "src/entry/return.ts", qr: "src/entry/qr.ts" };
  const module = { ...SHARED, sourcemap, outdir, format: "esm", outExtension: { ".js": ".mjs" } };
  const common = { ...SHARED, sourcemap, outdir, format: "cjs", outExtension: { ".js": ".cjs" } };
  const script = { script: "wxpay:script" };
  await build({ ...module, entryPoints: pages, splitting: true, plugins: own("inline.ts", "./script.mjs") });
  await build({ ...common, entryPoints: pages, plugins: own("inline.ts", "./script.mjs") });
  // CommonJS imports the module too: its own form would arrive as one `default`.
  await build({ ...module, entryPoints: script, plugins: own("inline.ts") });
  for (const form of [module, common]) {
    await build({ ...form, entryPoints: { js: "src/index.ts" }, plugins: own("script.ts") });
  }
  await build({ ...module, entryPoints: { wasm: "src/index.ts" }, plugins: own("file.ts", "./script.mjs") });
}

/** The hooks take types from the package and nothing else, so one build does for every engine. */
async function hooks() {
  const entryPoints = { react: "src/entry/react.ts", vue: "src/entry/vue.ts" };
  const shared = { ...SHARED, entryPoints, outdir: "dist", external: ["react", "vue"] };
  // For React's server components; Vue's compiler does not mind.
  const banner = { js: '"use client";' };
  await build({ ...shared, banner, format: "esm", outExtension: { ".js": ".mjs" } });
  await build({ ...shared, banner, format: "cjs", outExtension: { ".js": ".cjs" } });
}

/** tsc writes `.d.ts`; each module system wants the same under its own extension. */
async function types() {
  const emitted = join(dist, "types");
  // The compiler's own launcher, so that no shell and no PATH is needed.
  const tsc = join(dirname(fileURLToPath(import.meta.resolve("typescript/package.json"))), "bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", here, "--outDir", emitted], { stdio: "inherit" });
  await rm(join(emitted, "engine"), { recursive: true });
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
  const wasm = await optimised();
  // One letter a byte, and not base64: gzip still finds the repetitions, which saves 0.9 KB.
  const parts = { latin1: wasm.toString("latin1"), script: await asScript(wasm) };
  await rm(dist, { recursive: true, force: true });
  await mkdir(join(dist, "production"), { recursive: true });
  await bundles("dist", parts, [], true);
  // Their sources are those of the other build; twice would be a megabyte more to install.
  await bundles("dist/production", parts, [withoutSentences], false);
  await hooks();
  await build({
    ...SHARED,
    entryPoints: { global: "src/index.ts" },
    outdir: "dist",
    format: "iife",
    globalName: "wxpay",
    // A browser of 2017 knows no other name for it.
    define: { globalThis: "window" },
    // async functions, and nothing newer.
    target: "es2017",
    plugins: [virtual({ ...parts, engine: "script.ts" })],
  });
  for (const folder of [dist, join(dist, "production")]) {
    await writeFile(join(folder, "wxpay_h5.wasm"), wasm);
  }
  await types();
  await cp(join(here, "..", "LICENSE-MIT"), join(dist, "LICENSE-MIT"));
  await cp(join(here, "..", "LICENSE-APACHE"), join(dist, "LICENSE-APACHE"));
  // The QR code's own library is inside qr.mjs and qr.cjs.
  const uqr = dirname(dirname(fileURLToPath(import.meta.resolve("uqr"))));
  await cp(join(uqr, "LICENSE"), join(dist, "LICENSE-uqr"));
}

await main();
