/** The WebAssembly, inside the script; as JavaScript, in a file of its own, where it is refused. */
import latin1 from "wxpay:latin1";
import type { Exports } from "./exports.js";

export type { Exports };

function bytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(latin1, (letter) => letter.charCodeAt(0));
}

export function start(): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes())).exports as unknown as Exports;
}

export async function load(): Promise<Exports> {
  try {
    return (await WebAssembly.instantiate(bytes())).instance.exports as unknown as Exports;
  } catch {
    return import("wxpay:script");
  }
}
