// Who is measured: the Worker as built, and its rival in plain JavaScript.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { SECRETS, SHOP_KEY, variables } from "../e2e/harness/worker.mjs";
import { start } from "./contender.mjs";
import * as v2 from "./v2.mjs";
import * as v3 from "./v3.mjs";

const { unstable_readConfig: readConfig } = await import("wrangler");

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RIVAL = fileURLToPath(new URL("rival/", import.meta.url));

const deployed = readConfig({ config: join(ROOT, "wrangler.toml") }, { hideWarnings: true });

/** workerd's behaviour is that of this day. */
export const DATE = deployed.compatibility_date;

/** The variables of both: the test shop's, with a WeChat that answers at once. */
function vars(gateway) {
  const texts = { ...deployed.vars, ...SECRETS, ...variables({ addresses: { gateway } }) };
  return { ...texts, PUBLIC_URL: "https://pay.example.com", SHOP_API_KEY: SHOP_KEY };
}

/**
 * The Worker built by `cargo xtask worker`, of this clone or of another's crates/worker.
 *
 * - `api`: `v2`, or `v3` with its `keys` (`newKeys`): by which it places orders and is notified.
 */
export async function ours(gateway, { api = "v2", keys, folder = join(ROOT, "crates/worker"), flags } = {}) {
  const entry = join(folder, "build/bench.mjs");
  await build({
    entryPoints: [join(folder, "entry.mjs")],
    ...{ bundle: true, format: "esm", target: "esnext", outfile: entry },
    external: ["cloudflare:*", "./build/index.js"],
    loader: { ".yaml": "text" },
    logLevel: "error",
  });
  const { bindings } = deployed.durable_objects;
  const contender = await start({
    modules: [
      ["entry.mjs", entry],
      ["build/index.js", join(folder, "build/index.js")],
      ["build/index_bg.wasm", join(folder, "build/index_bg.wasm")],
    ],
    objects: Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name])),
    vars: { ...vars(gateway), ...(api === "v3" && v3.variables(keys)), WXPAY_API: api },
    date: DATE,
    flags,
  });
  return { ...contender, wechat: api === "v3" ? v3.speaker(keys) : v2.speaker() };
}

/** The rival, bundled for production as wrangler would. */
export async function rival(gateway, { flags } = {}) {
  const outfile = join(RIVAL, "node_modules/.bundle/worker.mjs");
  await build({
    entryPoints: [join(RIVAL, "worker.mjs")],
    ...{ bundle: true, minify: true, format: "esm", target: "esnext", outfile },
    external: ["cloudflare:*", "node:*"],
    logLevel: "error",
  });
  const contender = await start({
    modules: [["worker.mjs", outfile]],
    objects: { ORDER: "Order", DAY: "Day" },
    vars: vars(gateway),
    date: DATE,
    flags,
  });
  return { ...contender, wechat: v2.speaker() };
}
