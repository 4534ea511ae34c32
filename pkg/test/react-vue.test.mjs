// wxpay-h5/react and wxpay-h5/vue without a browser: on a server, in a bundle, to the compiler.
// What they do in a page is tests/e2e/frameworks.test.mjs.

import { build } from "esbuild";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { StrictMode, createElement } from "react";
import { renderToString as renderReact } from "react-dom/server";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "wxpay-h5-hooks-"));
after(() => rm(folder, { recursive: true, force: true }));
await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));

/** The checkout that a server must not touch. */
const untouched = new Proxy({}, {
  get(_, name) {
    throw new Error(`the server uses checkout.${String(name)}`);
  },
});

const shown = ({ busy, outcome, error }) => JSON.stringify({ busy, outcome, error });

const FRAMEWORKS = {
  react: (useCheckout) => {
    const Page = () => createElement("p", null, shown(useCheckout(untouched)));
    return renderReact(createElement(StrictMode, null, createElement(Page)));
  },
  vue: (useCheckout) => {
    const setup = () => {
      const { busy, outcome, error } = useCheckout(untouched);
      return () => h("p", shown({ busy: busy.value, outcome: outcome.value, error: error.value }));
    };
    return renderVue(createSSRApp({ setup }));
  },
};

for (const [name, render] of Object.entries(FRAMEWORKS)) {
  const file = join(folder, `${name}.mjs`);
  const { metafile } = await build({
    entryPoints: [join(ROOT, `pkg/src/entry/${name}.ts`)],
    outfile: file,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2020",
    external: ["react", "vue"],
    metafile: true,
  });

  test(`${name}: a server renders the page as it is before anybody pays, and calls nothing`, async () => {
    const { useCheckout } = await import(file);
    const html = await render(useCheckout);
    assert.equal(html.replaceAll("&quot;", '"'), '<p>{"busy":false}</p>');
  });

  test(`${name}: the entry holds its framework's name and nothing of the package's engine`, async () => {
    const [{ imports, bytes }] = Object.values(metafile.outputs);
    assert.deepEqual(imports, [{ path: name, kind: "import-statement", external: true }]);
    const size = gzipSync(await readFile(file), { level: 9 }).length;
    assert.ok(size <= 700, `${size} bytes gzip of ${bytes}`);
  });
}

const page = (name, ...lines) => [`import { useCheckout } from "${ROOT}pkg/src/entry/${name}.ts";`, ...lines].join("\n");

test("TypeScript knows the custom elements in JSX and in Vue's templates, and what each takes", async () => {
  const files = {
    "page.tsx": page(
      "react",
      `import { createCheckout } from "${ROOT}pkg/src/index.ts";`,
      `const checkout = createCheckout({ endpoint: "" });`,
      `export function Page() {`,
      `  const { pay, outcome, error, busy } = useCheckout(checkout);`,
      `  return <>`,
      `    <button disabled={busy} onClick={() => pay({ sku: "tea", quantity: 1 })}>{error?.remedyZh}</button>`,
      `    <wxpay-return endpoint="" token="t" lang="zh" className="c" onwxpay-status={(e) => e.detail.amount} />`,
      `    <wxpay-qr scan={outcome?.status === "scan" ? outcome : null} onwxpay-error={(e) => e.detail.remedy} />`,
      `    {/* @ts-expect-error: an address is text */}`,
      `    <wxpay-return endpoint={1} />`,
      `    {/* @ts-expect-error: there is no such event */}`,
      `    <wxpay-qr onwxpay-paid={() => {}} />`,
      `    {/* @ts-expect-error: what is bought has a quantity */}`,
      `    <button onClick={() => pay({ sku: "tea" })} />`,
      `  </>;`,
      `}`,
    ),
    "page.ts": page(
      "vue",
      `import type { GlobalComponents } from "vue";`,
      `type Props<Name extends keyof GlobalComponents> = InstanceType<GlobalComponents[Name]>["$props"];`,
      `export const back: Props<"wxpay-return"> = { endpoint: "", class: "c", onWxpayStatus: (e) => e.detail.amount };`,
      `export const code: Props<"wxpay-qr"> = { scan: null, onWxpayOutcome: (e) => e.detail.status };`,
      `// @ts-expect-error: an address is text`,
      `export const wrong: Props<"wxpay-return"> = { endpoint: 1 };`,
      `// @ts-expect-error: there is no such event`,
      `export const deaf: Props<"wxpay-qr"> = { onWxpayPaid: () => {} };`,
      `export const text = (used: ReturnType<typeof useCheckout>) => used.error.value?.remedyZh;`,
    ),
    "tsconfig.json": JSON.stringify({
      extends: `${ROOT}pkg/tsconfig.json`,
      compilerOptions: { rootDir: "/", jsx: "react-jsx", noEmit: true, allowImportingTsExtensions: true },
      include: ["page.ts", "page.tsx", `${ROOT}pkg/src/virtual.d.ts`],
    }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", folder], { encoding: "utf8" });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
});
