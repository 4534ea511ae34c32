// Modules that build.mjs makes of pkg/generated, which is wasm-bindgen's output for crates/h5.
declare module "wxpay:glue" {
  /** Makes room for a question of so many bytes; where it goes. */
  export function room(bytes: number): number;
  /** The length of the answer, which stands behind the question, or `~` a refusal's number. */
  export function ask(question: number, bytes: number): number;
  export function __wbg_set_wasm(exports: object): void;
}
declare module "wxpay:latin1" {
  /** The WebAssembly, one letter a byte. */
  const latin1: string;
  export default latin1;
}
declare module "wxpay:script" {
  /** wasm2js gives it as an object with `buffer` and `grow`. */
  export const memory: WebAssembly.Memory;
}
declare module "wxpay:engine" {
  export type Exports = import("./engine/exports.js").Exports;
  /** At once, or an exception. */
  export function start(): Exports;
  /** In a while, by whatever way works here. */
  export function load(): Promise<Exports>;
}
