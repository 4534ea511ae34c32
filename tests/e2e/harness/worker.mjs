// Starts the built Worker in workerd, as wrangler.toml describes it, on a free port of this machine.

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { api } from "./backend.mjs";
import { MERCHANT } from "./sandbox.mjs";

// Before wrangler is loaded: no look-ups of the machine's place in the world, no statistics, no chat.
Object.assign(process.env, {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_LOG: "error",
  CI: "true",
});
const { createTestHarness, unstable_readConfig: readConfig } = await import("wrangler");

const ROOT = new URL("../../../", import.meta.url);

/** The key that the shop's backend shows in most tests, and what it may do; a test key. */
export const SHOP_KEY = "wes_test_0123456789abcdefghijklmnopqrstuvwxyzABC";

/** A line of SHOP_API_KEYS. */
export function keyLine(name, scopes, key, until) {
  const digest = createHash("sha256").update(key).digest("hex");
  return `${name} ${scopes} ${digest}${until ? ` until ${until}` : ""}`;
}

/** What the operator of the test shop keeps secret; test keys, all of them. */
export const SECRETS = {
  WXPAY_API_V2_KEY: MERCHANT.v2Key,
  WXPAY_APP_SECRET: MERCHANT.appSecret,
  SHOP_API_KEYS: keyLine("backend", "all", SHOP_KEY),
  CART_KEY: "cart_test_key_0123456789abcdefghijklmnop",
  TOKEN_KEY: "00".repeat(16) + "5a".repeat(16),
};

/** The variables of a Worker whose WeChat is this sandbox. */
export function variables(sandbox) {
  const { gateway } = sandbox.addresses;
  return {
    WXPAY_APPID: MERCHANT.appid,
    WXPAY_MCHID: MERCHANT.mchid,
    WXPAY_SIGN_TYPE: "HMAC-SHA256",
    GATEWAY_URL: gateway,
    API_URL: gateway,
    OPEN_URL: gateway,
    CLIENT_IP_HEADER: "X-Sandbox-Client-Ip",
  };
}

/** WXPAY_PUBLIC_KEYS with what a sandbox has of them. */
export function publicKeys(platform) {
  const keys = platform.filter(({ kind }) => kind === "public_key");
  return Object.fromEntries(keys.map(({ serial, pem }) => [serial, pem]));
}

/**
 * What makes a Worker speak API V3 as this sandbox's merchant, by the keys that its mode has. API V2
 * stays set unless it is taken away.
 */
export async function v3(sandbox) {
  const { mode, v3_key, merchant, platform } = await sandbox.v3.keys();
  return {
    WXPAY_API_V3_KEY: v3_key,
    WXPAY_MERCHANT_KEY: merchant[0].private_key_pem,
    WXPAY_MERCHANT_SERIAL: merchant[0].serial,
    WXPAY_PUBLIC_KEYS: mode === "certificate" ? {} : publicKeys(platform),
    WXPAY_CERTIFICATES: mode === "mixed" ? "download" : "",
  };
}

/** An empty variable is one that is not set. */
export const WITHOUT_V2 = { WXPAY_API_V2_KEY: "" };

/**
 * Starts the Worker.
 *
 * - `vars`, `secrets`: on top of wrangler.toml's and the test shop's.
 * - `assets`: the folder of pages it serves; none unless given.
 * - `certificate`: a module that stands in for the mTLS binding WXPAY_CERT.
 * - `entry`: another build than crates/worker/entry.mjs.
 *
 * It listens before it knows its own address, so PUBLIC_URL is told in a second step. `reconfigure`
 * starts it again on the same storage, with these variables on top.
 */
export async function startWorker({ vars = {}, secrets = {}, assets, entry, certificate } = {}) {
  let set = vars;
  const config = (PUBLIC_URL) => ({
    workers: [
      { config: inlineConfig({ vars: { PUBLIC_URL, ...set }, secrets, assets, entry, certificate }) },
      ...(certificate ? [{ config: standIn(certificate) }] : []),
    ],
  });
  const server = createTestHarness(config("http://127.0.0.1:1"));
  try {
    const { url } = await server.listen();
    const reconfigure = (more) => {
      set = { ...set, ...more };
      return server.update(config(url.origin));
    };
    await reconfigure({});
    return { ...api(url.origin, SHOP_KEY), server, reconfigure, close: () => server.close() };
  } catch (error) {
    server.debug();
    await server.close();
    throw error;
  }
}

/** wrangler.toml without its build step: what is tested is what was built. */
function inlineConfig({ vars, secrets, assets, entry, certificate }) {
  const path = (name) => fileURLToPath(new URL(name, ROOT));
  const deployed = readConfig({ config: path("wrangler.toml") }, { hideWarnings: true });
  return {
    name: deployed.name,
    main: path(entry ?? "crates/worker/entry.mjs"),
    compatibility_date: deployed.compatibility_date,
    rules: deployed.rules,
    durable_objects: deployed.durable_objects,
    migrations: deployed.migrations,
    ...(certificate && { services: [{ binding: "WXPAY_CERT", service: "certificate" }] }),
    ...(assets && { assets: { ...deployed.assets, directory: assets } }),
    // Secrets are variables that are not shown: the Worker cannot tell them apart.
    vars: { ...deployed.vars, ...SECRETS, ...vars, ...secrets },
  };
}

/** A binding is a Worker as well as a certificate: both are asked by `fetch`. */
function standIn(module) {
  const main = fileURLToPath(new URL(module, ROOT));
  return { name: "certificate", main, compatibility_date: "2026-10-01" };
}
