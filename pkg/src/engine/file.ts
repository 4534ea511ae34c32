/** The WebAssembly in a file of its own, which the bundler or the page's server has to serve. */
import type { Exports } from "./exports.js";

export type { Exports };

export function start(): Exports {
  throw new Error("the file has to be loaded");
}

export async function load(): Promise<Exports> {
  try {
    const answer = await fetch(new URL("./wxpay_h5.wasm", import.meta.url));
    // Not instantiateStreaming, which insists on a media type that many servers do not know.
    const { instance } = await WebAssembly.instantiate(await answer.arrayBuffer());
    return instance.exports as unknown as Exports;
  } catch {
    return import("wxpay:script");
  }
}
