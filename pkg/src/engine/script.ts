/** No WebAssembly at all: the same module, made JavaScript by binaryen's wasm2js. */
import * as script from "wxpay:script";
import type { Exports } from "./exports.js";

export type { Exports };

export function start(): Exports {
  return script;
}

export async function load(): Promise<Exports> {
  return script;
}
