/**
 * `node --import ./test/engine.mjs`: with WXPAY_H5_ENGINE=js the tests run on `wxpay-h5/js`, the
 * same package without WebAssembly. It exports what `wxpay-h5/return` does, too; unset, nothing
 * changes.
 */
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const engine = process.env.WXPAY_H5_ENGINE;

// Node calls `resolve` on a thread of its own, for which it loads this file again.
if (engine && isMainThread) register(import.meta.url);

export function resolve(specifier, context, next) {
  return next(/^wxpay-h5(\/return)?$/.test(specifier) ? `wxpay-h5/${engine}` : specifier, context);
}
