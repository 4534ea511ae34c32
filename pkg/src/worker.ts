/** The page's calls to the Worker. The page names things; it never names a price. */
import { WxpayError, text } from "./error.js";
import type { Order, PaymentParameters, Problem } from "./types.js";

/** What `POST /v1/checkout` answers. */
export interface Handed {
  readonly channel: "jsapi" | "mweb" | "native";
  readonly return_token: string;
  /** Unix seconds, of what was handed out. */
  readonly expires_at: number;
  readonly request_payment?: PaymentParameters;
  readonly mweb_url?: string;
  readonly code_url?: string;
}

/** What `GET /v1/checkout/{return_token}` answers. */
interface OrderJson extends Pick<Order, "status" | "amount" | "description"> {
  readonly out_trade_no: string;
  readonly paid_at?: number;
}

/** Longer than the Worker itself waits for WeChat. */
const TIMEOUT = 20_000;

/** Times an unanswered request is repeated, which is safe: the body is the same to the letter. */
const REPEATS = 3;

/** Codes that say "not known yet, ask again". */
const ASK_AGAIN = ["order_unknown", "login_unknown"];

type Answer =
  | { readonly json: unknown }
  | { readonly error: WxpayError; readonly retryAfter?: number };

/** One request, one JSON answer; a no from the Worker is thrown with its problem details. */
export async function call<T>(endpoint: string, path: string, body?: unknown): Promise<T> {
  const kept = body === undefined ? undefined : JSON.stringify(body);
  for (let repeat = 0; ; repeat += 1) {
    const answer = await send(endpoint + path, kept);
    if ("json" in answer) return answer.json as T;
    const { error, retryAfter } = answer;
    const unknown = error.code === "network" || ASK_AGAIN.includes(error.problem?.code ?? "");
    if (!unknown || repeat >= REPEATS) throw error;
    await pause(retryAfter ?? 1000 * 2 ** repeat);
  }
}

async function send(url: string, body: string | undefined): Promise<Answer> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(url, {
      credentials: "omit",
      cache: "no-store",
      signal: abort.signal,
      ...(body === undefined
        ? {}
        : { method: "POST", body, headers: { "content-type": "application/json" } }),
    });
    const json: unknown = await response.json().catch(() => undefined);
    if (response.ok && json) return { json };
    const problem = json as Problem | undefined;
    if (!problem?.code || !problem.title) return { error: new WxpayError("answer_malformed") };
    const error = new WxpayError("refused", { problem });
    const seconds = Number(response.headers.get("retry-after"));
    return seconds > 0 ? { error, retryAfter: Math.min(seconds, 5) * 1000 } : { error };
  } catch (cause) {
    return { error: new WxpayError("network", { cause }) };
  } finally {
    clearTimeout(timer);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** An endpoint without its last slash; empty means this page's own origin. */
export function endpointOf(value: unknown): string {
  return text(value).replace(/\/$/, "");
}

/** Asks what became of an order. */
export async function orderOf(endpoint: string, returnToken: string): Promise<Order> {
  // Whatever else somebody has put into an address is no token.
  if (!/^[\w-]{1,4000}$/.test(text(returnToken))) throw new WxpayError("argument_malformed");
  const answer = await call<OrderJson>(endpoint, "/v1/checkout/" + returnToken);
  const { status, out_trade_no: outTradeNo, amount, description, paid_at: paidAt } = answer;
  if (!outTradeNo) throw new WxpayError("answer_malformed");
  return { status, outTradeNo, amount, description, paidAt };
}
