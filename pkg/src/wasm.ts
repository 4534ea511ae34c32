/**
 * The border to crates/h5: one question, NUL-separated parts, a flat answer.
 *
 * The module is inlined and starts on the first question, so importing this package does nothing.
 */
import * as glue from "wasm:glue";
import latin1 from "wasm:latin1";
import { WxpayError, type WxpayErrorCode } from "./error.js";

/** Numbers as crates/h5/src/lib.rs has them. */
export const Question = {
  Detect: 0,
  AuthorizeUrl: 1,
  TakeCode: 2,
  MwebUrl: 3,
  WithReturnToken: 4,
  ForBridge: 5,
  ForChooseWxPay: 6,
  BridgeNews: 7,
} as const;

let started = false;

function bytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(latin1, (letter) => letter.charCodeAt(0));
}

function start(instance: WebAssembly.Instance): void {
  glue.__wbg_set_wasm(instance.exports);
  started = true;
}

/**
 * Starts the WebAssembly where the engine does not compile it synchronously: Chromium before 114
 * refuses more than 4096 bytes on the main thread. Elsewhere there is nothing to wait for.
 * `createCheckout` and `requestPayment` await it themselves.
 */
export async function ready(): Promise<void> {
  if (started) return;
  try {
    start((await WebAssembly.instantiate(bytes())).instance);
  } catch (cause) {
    throw new WxpayError("wasm_refused", { cause });
  }
}

/** Whether questions can be asked now, which saves most engines the `await`. */
export function isReady(): boolean {
  try {
    if (!started) start(new WebAssembly.Instance(new WebAssembly.Module(bytes())));
  } catch {
    return false;
  }
  return true;
}

/** Asks; the answer may be a refusal, which begins with `!`. */
export function askFreely(question: number, parts: readonly string[]): string {
  if (!isReady()) throw new WxpayError("wasm_refused");
  try {
    return glue.ask(question, parts.map((part) => part.replace(/\0/g, "\ufffd")).join("\0"));
  } catch (cause) {
    // Out of memory, by an enormous text: the instance is done for, the next question gets a new one.
    started = false;
    throw new WxpayError("argument_malformed", { cause });
  }
}

/** The code of a refusal. */
export function refusal(answer: string): WxpayErrorCode | undefined {
  return answer[0] === "!" ? (answer.slice(1) as WxpayErrorCode) : undefined;
}

/** Asks and throws a refusal. */
export function ask(question: number, ...parts: string[]): string {
  const answer = askFreely(question, parts);
  const code = refusal(answer);
  if (code) throw new WxpayError(code);
  return answer;
}
