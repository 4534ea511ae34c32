// Made by build.mjs from pkg/generated, which is wasm-bindgen's output for crates/h5.
declare module "wasm:glue" {
  export function ask(question: number, parts: string): string;
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
declare module "wasm:latin1" {
  /** The WebAssembly, one letter a byte. */
  const latin1: string;
  export default latin1;
}
