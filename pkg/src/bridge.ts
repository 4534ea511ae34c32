import { ask, Question, ready } from "./ask.js";
import { named, needPage, number, WxpayError } from "./error.js";
import type { PaymentParameters } from "./types.js";

/** What the cashier said. A hint in all three cases: ask the Worker what happened. */
export type CashierAnswer =
  | { readonly outcome: "ok" }
  | { readonly outcome: "cancel" }
  | { readonly outcome: "fail"; readonly error: WxpayError };

/** How `requestPayment` raises the cashier. */
export interface RequestPaymentOptions {
  /**
   * `bridge`: `WeixinJSBridge`, which is in every WeChat and needs nothing else; the default.
   * `chooseWXPay`: jweixin's `wx`, after your `wx.config` has succeeded.
   */
  readonly by?: "bridge" | "chooseWXPay";
  /** Milliseconds to wait for a Bridge that is late; three seconds unless given. */
  readonly timeout?: number;
}

type Fields = Record<string, unknown>;

interface Bridge {
  invoke(name: string, fields: Fields, done: (answer: unknown) => void): void;
}

interface Jweixin {
  chooseWXPay?(fields: Fields): void;
}

const page = globalThis as { WeixinJSBridge?: Bridge; wx?: Jweixin };

let open: { readonly order: unknown; readonly answer: Promise<CashierAnswer> } | undefined;

/**
 * Raises the cashier. Call it from a tap.
 *
 * While the cashier is open, a second call for the same order gets the same answer.
 *
 * ```ts
 * const { outcome } = await requestPayment(fields);  // then ask the Worker
 * ```
 *
 * @throws WxpayError `bridge_absent`: no Bridge in time, or no `wx.chooseWXPay`. `no_page`,
 *   `not_ready`. A field that WeChat would refuse, by its name: `time_stamp_malformed`, … What the
 *   cashier itself says is never thrown; it is the answer "fail".
 */
export async function requestPayment(
  parameters: PaymentParameters,
  options?: RequestPaymentOptions,
): Promise<CashierAnswer> {
  const given = named(parameters);
  const order = given.package;
  if (open && open.order === order) return open.answer;
  const answer = raise(given, options).finally(() => {
    if (open?.answer === answer) open = undefined;
  });
  open = { order, answer };
  return answer;
}

async function raise(
  given: Fields,
  options?: RequestPaymentOptions,
): Promise<CashierAnswer> {
  needPage();
  await ready();
  const { by, timeout } = named<RequestPaymentOptions>(options);
  const patience = number(timeout, 3000);
  const byJweixin = by === "chooseWXPay";
  if (by !== undefined && by !== "bridge" && !byJweixin) throw new WxpayError("argument_malformed");
  const { appId, timeStamp, timestamp = timeStamp, nonceStr, signType, paySign } = given;
  // All of them are strings for the cashier, the time too: iOS refuses a number.
  const values = [appId, timestamp, nonceStr, given.package, signType, paySign].map(plain);
  ask(byJweixin ? Question.ForChooseWxPay : Question.ForBridge, values);
  const fields: Fields = {};
  // The one difference in spelling that has cost so many an evening.
  const time = byJweixin ? "timestamp" : "timeStamp";
  ["appId", time, "nonceStr", "package", "signType", "paySign"].forEach((name, at) => {
    fields[name] = values[at];
  });
  const bridge = byJweixin ? jweixin() : page.WeixinJSBridge ?? (await bridgeReady(patience));
  const answering = new Promise((done) => bridge.invoke("getBrandWCPayRequest", fields, done));
  // Thrown by what only calls itself a Bridge.
  const answer = await answering.catch((cause) => {
    throw new WxpayError("bridge_absent", { cause });
  });
  return read(answer);
}

/** `wx.chooseWXPay` in the shape of the Bridge. */
function jweixin(): Bridge {
  const { wx } = page;
  if (!wx?.chooseWXPay) throw new WxpayError("bridge_absent");
  return {
    invoke(_, fields, done) {
      wx.chooseWXPay!({ ...fields, success: done, fail: done, cancel: done });
    },
  };
}

function bridgeReady(timeout: number): Promise<Bridge> {
  return new Promise((resolve, reject) => {
    const event = "WeixinJSBridgeReady";
    const settle = (): void => {
      clearTimeout(timer);
      document.removeEventListener(event, settle);
      if (page.WeixinJSBridge) resolve(page.WeixinJSBridge);
      else reject(new WxpayError("bridge_absent"));
    };
    // More than a timer can hold would be over at once.
    const timer = setTimeout(settle, Math.min(timeout, 2e9));
    document.addEventListener(event, settle);
  });
}

function read(answer: unknown): CashierAnswer {
  let said: Fields;
  try {
    // Old Androids hand the answer over as JSON text.
    said = named((typeof answer === "string" ? JSON.parse(answer) : answer) as Fields);
  } catch {
    said = { err_msg: answer };
  }
  const texts = [said.err_msg ?? said.errMsg, said.err_desc, said.err_code].map(plain);
  try {
    return { outcome: ask(Question.BridgeNews, texts, { raw: texts.join(" ").trim() }) as "ok" };
  } catch (error) {
    return { outcome: "fail", error: error as WxpayError };
  }
}

function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
