// Runs our own command line as a person would, on a copy of wrangler.toml in a folder of its own.

import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { PUBLIC_KEY_ID } from "./certificate.mjs";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The program. */
export const XTASK = process.env.WXPAY_XTASK_BIN ?? join(ROOT, "target/debug/xtask");

/** Runs `xtask` with these arguments; what was typed goes to its stdin. */
export async function xtask(args, { typed = "", env = {}, cwd = ROOT } = {}) {
  const child = spawn(XTASK, args, { cwd, env: { ...process.env, ...env } });
  child.stdin.on("error", () => {}).end(typed);
  const ended = new Promise((resolve) => child.on("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr, all: stdout + stderr };
}

/** A folder with the clone's wrangler.toml, removed after the test. */
export async function shop(t) {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-operations-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, "wrangler.toml");
  await copyFile(join(ROOT, "wrangler.toml"), config);
  return {
    folder,
    config,
    path: (name) => join(folder, name),
    read: (name = "wrangler.toml") => readFile(join(folder, name), "utf8"),
  };
}

/** Answers that fit, whichever API the test merchant has. */
export const ANSWERS = {
  WXPAY_APPID: "wx2421b1c4370ec43b",
  WXPAY_MCHID: "1900000109",
  PUBLIC_URL: "https://pay.example.com",
  ALLOWED_ORIGINS: "https://shop.example.com",
  SHOP_NAME: "测试茶舍",
  WEBHOOK_URL: "https://shop.example.com/hooks/wxpay",
};

/** Those of a merchant who has API V2. */
export const V2_ANSWERS = {
  ...ANSWERS,
  WXPAY_API: "v2",
  CERTIFICATE_ID: "11111111-2222-3333-4444-555555555555",
};

/** Those of a merchant who has API V3, by the files that WeChat gave; see `papers`. */
export const v3Answers = ({ cert, key, publicKey }) => ({
  ...ANSWERS,
  WXPAY_MERCHANT_SERIAL: cert,
  WXPAY_MERCHANT_KEY: key,
  WXPAY_PUBLIC_KEYS: `${PUBLIC_KEY_ID} ${publicKey}`,
});

/** `--set` for each of them. */
export function sets(answers) {
  return Object.entries(answers).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
}
