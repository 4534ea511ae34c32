// wxpay-h5/react and wxpay-h5/vue without a browser: on a server, as a file, to the compiler.
// What they do in a page is tests/e2e/frameworks.test.mjs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { StrictMode, createElement } from "react";
import { renderToString as renderReact } from "react-dom/server";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";

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
  test(`${name}: a server renders the page as it is before anybody pays, and calls nothing`, async () => {
    const { useCheckout } = await import(`wxpay-h5/${name}`);
    const html = await render(useCheckout);
    assert.equal(html.replaceAll("&quot;", '"'), '<p>{"busy":false}</p>');
  });

  test(`${name}: the entry imports its framework, and nothing of the package's engine`, async () => {
    const script = await readFile(new URL(`../dist/${name}.mjs`, import.meta.url), "utf8");
    const imported = [...script.matchAll(/\b(?:from|import)\s*\(?"([^"]*)"/g)].map(([, from]) => from);
    assert.deepEqual(imported, [name]);
    const size = gzipSync(script, { level: 9 }).length;
    assert.ok(size <= 700, `${size} bytes gzip`);
  });
}

const PAGES = {
  "page.tsx": `
    import { createCheckout } from "wxpay-h5";
    import { useCheckout } from "wxpay-h5/react";
    const checkout = createCheckout({ endpoint: "" });
    export function Page() {
      const { pay, outcome, error, busy } = useCheckout(checkout);
      return <>
        <button disabled={busy} onClick={() => pay({ sku: "tea", quantity: 1 })}>{error?.remedyZh}</button>
        <wxpay-return endpoint="" token="t" lang="zh" className="c" onwxpay-status={(e) => e.detail.amount} />
        <wxpay-qr scan={outcome?.status === "scan" ? outcome : null} onwxpay-error={(e) => e.detail.remedy} />
        {/* @ts-expect-error: an address is text */}
        <wxpay-return endpoint={1} />
        {/* @ts-expect-error: there is no such event */}
        <wxpay-qr onwxpay-paid={() => {}} />
        {/* @ts-expect-error: what is bought has a quantity */}
        <button onClick={() => pay({ sku: "tea" })} />
      </>;
    }`,
  "page.ts": `
    import type { GlobalComponents } from "vue";
    import { useCheckout } from "wxpay-h5/vue";
    type Props<Name extends keyof GlobalComponents> = InstanceType<GlobalComponents[Name]>["$props"];
    export const back: Props<"wxpay-return"> = { endpoint: "", class: "c", onWxpayStatus: (e) => e.detail.amount };
    export const code: Props<"wxpay-qr"> = { scan: null, onWxpayOutcome: (e) => e.detail.status };
    // @ts-expect-error: an address is text
    export const wrong: Props<"wxpay-return"> = { endpoint: 1 };
    // @ts-expect-error: there is no such event
    export const deaf: Props<"wxpay-qr"> = { onWxpayPaid: () => {} };
    export const text = (used: ReturnType<typeof useCheckout>) => used.error.value?.remedyZh;`,
};

test("TypeScript knows the custom elements in JSX and in Vue's templates, and what each takes", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-h5-types-"));
  t.after(() => rm(folder, { recursive: true }));
  const root = fileURLToPath(new URL("../../", import.meta.url));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const settings = {
    extends: `${root}pkg/tsconfig.json`,
    compilerOptions: { rootDir: "/", jsx: "react-jsx", noEmit: true },
    include: Object.keys(PAGES),
  };
  const files = { ...PAGES, "tsconfig.json": JSON.stringify(settings) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", folder], { encoding: "utf8" });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
});
