/** What the border has to see of crates/h5; the rest is called by wasm-bindgen's own code. */
export interface Exports {
  readonly memory: WebAssembly.Memory;
}
