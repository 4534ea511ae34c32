// The programs that drive the SDKs, and the versions of the SDKs that are installed.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const node = (driver) => [process.execPath, here(`drivers/${driver}`)];
/** `cargo xtask setup` makes both; `cargo xtask test --only interop` tells where they are. */
export const PYTHON = process.env.WXPAY_INTEROP_PYTHON ?? "python3";
export const python = (driver) => [PYTHON, here(`drivers/${driver}`)];
export const rust = (sdk) => [process.env.WXPAY_INTEROP_RUST ?? "wxpay-interop", sdk];

/** From the lock files that pin them. */
const locked = {
  npm: (name) => JSON.parse(text("package-lock.json")).packages[`node_modules/${name}`].version,
  PyPI: (name) => new RegExp(`^${name}==(\\S+)`, "m").exec(text("requirements.txt"))[1],
  "crates.io": (name) => new RegExp(`name = "${name}"\\nversion = "(.+)"`).exec(text("rust/Cargo.lock"))[1],
};
const text = (file) => readFileSync(here(file), "utf8");

/** Each with the `version` that is installed of it. */
export function withVersions(sdks) {
  return sdks.map((sdk) => ({ ...sdk, version: locked[sdk.registry](sdk.name) }));
}
