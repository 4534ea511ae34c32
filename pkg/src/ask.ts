/**
 * The border to crates/h5: one question, its parts with a NUL before each, and a flat answer.
 *
 * The engine is what build.mjs puts in for `wxpay:engine`: one of the files in engine/.
 */
import * as glue from "wxpay:glue";
import { load, start, type Exports } from "wxpay:engine";
import { WxpayError, codeOf, type WxpayErrorDetail } from "./error.js";

/** Numbers as crates/h5/src/lib.rs has them. */
export const enum Question {
  Detect = 0,
  AuthorizeUrl = 1,
  TakeCode = 2,
  MwebUrl = 3,
  ReturnUrl = 4,
  ForBridge = 5,
  ForChooseWxPay = 6,
  BridgeNews = 7,
}

/** Characters of one question: more than any browser's address, less than would stop the page. */
const LONGEST = 2.5e6;

let memory: WebAssembly.Memory | undefined;

function connect(exports: Exports): void {
  glue.__wbg_set_wasm(exports);
  memory = exports.memory;
}

/**
 * Starts the package where that cannot be done at once: in Chromium before 114, which compiles no
 * more than 4096 bytes in place, and where WebAssembly is missing or refused by the page's
 * content-security-policy, so that the same code has to be loaded as JavaScript. Elsewhere there is
 * nothing to wait for. A checkout and `requestPayment` await it themselves.
 *
 * @throws WxpayError `not_ready`: neither could be loaded; see `cause`.
 */
export async function ready(): Promise<void> {
  try {
    if (!isReady()) connect(await load());
  } catch (cause) {
    throw new WxpayError("not_ready", { cause });
  }
}

/** Whether questions can be asked now, which saves most engines the `await`. */
export function isReady(): boolean {
  try {
    if (!memory) connect(start());
  } catch {
    return false;
  }
  return true;
}

/** Asks; throws what the answer refuses. */
export function ask(
  question: number,
  parts: readonly string[],
  detail?: WxpayErrorDetail,
): string {
  if (!isReady()) throw new WxpayError("not_ready");
  const asked = parts.map((part) => "\0" + part.replace(/\0/g, "\ufffd")).join("");
  if (asked.length > LONGEST) throw new WxpayError("argument_malformed");
  // A lone surrogate becomes U+FFFD here, so what arrives is always UTF-8.
  const bytes = new TextEncoder().encode(asked);
  const begin = roomFor(bytes.length);
  const view = new Uint8Array(memory!.buffer);
  view.set(bytes, begin);
  const length = glue.ask(question, bytes.length);
  if (length < 0) throw new WxpayError(codeOf(~length), detail);
  const end = begin + bytes.length;
  return new TextDecoder().decode(view.subarray(end, end + length));
}

function roomFor(bytes: number): number {
  try {
    return glue.room(bytes);
  } catch (cause) {
    // The phone has no memory left for it.
    throw new WxpayError("argument_malformed", { cause });
  }
}
