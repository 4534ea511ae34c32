import { WxpayError } from "./error.js";
import type { PaymentParameters } from "./types.js";
import { Question, ask, askFreely, isReady, ready, refusal } from "./wasm.js";

/** What the cashier said. A hint in all three cases: ask the Worker what happened. */
export type CashierAnswer =
  | { readonly outcome: "ok" }
  | { readonly outcome: "cancel" }
  | { readonly outcome: "fail"; readonly error: WxpayError };

type Answer = Record<string, unknown>;

interface Bridge {
  invoke(name: string, fields: Record<string, string>, done: (answer: unknown) => void): void;
}

interface Jweixin {
  chooseWXPay?(fields: Record<string, unknown>): void;
}

const page = globalThis as { WeixinJSBridge?: Bridge; wx?: Jweixin };

let open: { package: string; answer: Promise<CashierAnswer> } | undefined;

/**
 * Raises the cashier through `WeixinJSBridge`, which may arrive late. Call it from a tap.
 *
 * While the cashier is open, a second call for the same order gets the same answer.
 *
 * ```ts
 * const { outcome } = await requestPayment(fields);  // then ask the Worker
 * ```
 */
export function requestPayment(
  parameters: PaymentParameters,
  options: { readonly timeout?: number } = {},
): Promise<CashierAnswer> {
  return once(parameters, async () => {
    if (!isReady()) await ready();
    const fields = named(Question.ForBridge, parameters);
    const bridge = page.WeixinJSBridge ?? (await bridgeReady(options.timeout ?? 3000));
    return new Promise((resolve) =>
      bridge.invoke("getBrandWCPayRequest", fields, (answer) => resolve(read(answer))),
    );
  });
}

/** The same through jweixin's `wx.chooseWXPay`, after your `wx.config` has succeeded. */
export function chooseWXPay(parameters: PaymentParameters): Promise<CashierAnswer> {
  return once(parameters, async () => {
    if (!isReady()) await ready();
    const fields = named(Question.ForChooseWxPay, parameters);
    const { wx } = page;
    if (!wx?.chooseWXPay) throw new WxpayError("bridge_absent");
    return new Promise((resolve) => {
      const done = (answer: unknown): void => resolve(read(answer));
      const cancel = (): void => resolve({ outcome: "cancel" });
      wx.chooseWXPay?.({ ...fields, success: done, fail: done, cancel });
    });
  });
}

function once(
  parameters: PaymentParameters,
  raise: () => Promise<CashierAnswer>,
): Promise<CashierAnswer> {
  const key = String(parameters?.package);
  if (open?.package === key) return open.answer;
  const mine = { package: key, answer: raise() };
  open = mine;
  const close = (): void => {
    if (open === mine) open = undefined;
  };
  mine.answer.then(close, close);
  return mine.answer;
}

/** The fields under the names this cashier wants, all of them strings. */
function named(question: number, parameters: PaymentParameters): Record<string, string> {
  const given = parameters as unknown as Answer;
  if (typeof given !== "object" || !given) throw new WxpayError("argument_malformed");
  const time = given.timeStamp ?? given.timestamp;
  const values = [given.appId, time, given.nonceStr, given.package, given.signType, given.paySign];
  const parts = ask(question, ...values.map(plain)).split("\0");
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < parts.length; at += 2) fields[parts[at]!] = parts[at + 1]!;
  return fields;
}

function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
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
    const timer = setTimeout(settle, timeout);
    document.addEventListener(event, settle);
  });
}

/** Old Androids hand the answer over as JSON text. */
function read(answer: unknown): CashierAnswer {
  let said = answer as Answer;
  if (typeof answer === "string") {
    try {
      said = JSON.parse(answer) as Answer;
    } catch {
      said = { err_msg: answer };
    }
  }
  const message = plain(said?.err_msg ?? said?.errMsg);
  const description = plain(said?.err_desc);
  const news = askFreely(Question.BridgeNews, [message, description, plain(said?.err_code)]);
  const code = refusal(news);
  if (!code) return { outcome: news as "ok" | "cancel" };
  return { outcome: "fail", error: new WxpayError(code, { raw: `${message} ${description}`.trim() }) };
}
