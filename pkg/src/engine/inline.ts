/** The WebAssembly, inside the script; as JavaScript, in a file of its own, where it is refused. */
import latin1 from "wxpay:latin1";
import type { Exports } from "./exports.js";

export type { Exports };

function bytes(): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(latin1.length);
  // Not Uint8Array.from: a slow phone would spend ten milliseconds on it.
  for (let at = 0; at < out.length; at += 1) out[at] = latin1.charCodeAt(at);
  return out;
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
