import { requestPayment, type CashierAnswer } from "./bridge.js";
import { detect } from "./context.js";
import { named, WxpayError } from "./error.js";
import { follow, isSettled, untilLook, type FollowOptions } from "./follow.js";
import { checkMwebPage, openMweb, withReturnToken } from "./mweb.js";
import { codeWorked, counted, cutCode } from "./oauth.js";
import { Login } from "./login.js";
import { Purchase } from "./purchase.js";
import type { Context, Item, Order } from "./types.js";
import { isReady, ready } from "./ask.js";
import { visitor } from "./visitor.js";
import { call, endpointOf, orderOf, type Handed } from "./worker.js";

/** What `createCheckout` is told. */
export interface CheckoutOptions {
  /** The Worker's address; empty for this page's own origin. */
  readonly endpoint: string;
  /** If given, an order under another appid is refused. */
  readonly appId?: string;
  /** Where the H5 cashier sends the buyer back to; this page unless given. */
  readonly returnUrl?: string;
  /** The registered H5 payment domains (H5支付域名), if the page knows them; host names only. */
  readonly hosts?: readonly string[];
}

/** How a payment stands, as far as the Worker says. The list is closed. */
export type PaymentOutcome =
  /** Paid. `order` is absent if the Worker refused to take the same purchase a second time. */
  | { readonly status: "paid"; readonly returnToken: string; readonly order?: Order }
  /** The buyer closed the cashier; nothing was paid. The next tap continues the same order. */
  | { readonly status: "cancelled"; readonly returnToken: string; readonly order: Order }
  /** The cashier failed; nothing was paid. */
  | { readonly status: "failed"; readonly returnToken: string; readonly order: Order; readonly error: WxpayError }
  /** Not known yet. Let the buyer ask again: `status(returnToken)` or `<wxpay-return>`. */
  | { readonly status: "pending"; readonly returnToken: string; readonly order?: Order }
  /** The order was closed or has expired. A new purchase makes a new order. */
  | { readonly status: "closed" | "refunded"; readonly returnToken: string; readonly order?: Order }
  /** Show `codeUrl` as a QR code, then `wait()`. */
  | {
      readonly status: "scan";
      readonly returnToken: string;
      readonly codeUrl: string;
      /** Unix seconds. */
      readonly expiresAt: number;
      wait(options?: FollowOptions): Promise<PaymentOutcome>;
    }
  /** The page is being left: for WeChat's login or its H5 cashier. */
  | { readonly status: "leaving"; readonly to: "login" | "cashier" }
  /** Logged in; HarmonyOS wants a tap that calls `pay` again. */
  | { readonly status: "tap" }
  /** There is no way to pay here; `context.reason` says why. */
  | { readonly status: "unsupported"; readonly context: Context };

/** One shop's checkout. */
export interface Checkout {
  /**
   * Pays; call it from a tap. A second tap meanwhile joins the first.
   *
   * @throws WxpayError `refused` by the Worker, `network`, `answer_malformed`, `login_loop`,
   *   `storage_refused`, `appid_differs`, `bridge_absent`, `not_ready`, `argument_malformed`; on the way to the H5
   *   cashier also what `openMweb` throws.
   */
  pay(item: Item): Promise<PaymentOutcome>;
  /**
   * Call it when the page loads: goes on after WeChat's login. Nothing, if nothing was begun.
   * However often it is called, it goes on once and gives everybody that answer.
   *
   * @throws WxpayError as `pay` does.
   */
  resume(): Promise<PaymentOutcome | null>;
  /**
   * What became of an order.
   *
   * @throws WxpayError `network`, `refused`, `answer_malformed`.
   */
  status(returnToken: string): Promise<Order>;
}

/** The states that the Worker seals. No other login and no coupon in an address has the like. */
const SEALED = /^[0-9a-f]{64,}$/;

/**
 * One shop's checkout. Create it once, and before the router: if this tab has left for WeChat's
 * login, it takes the code out of the address at once.
 *
 * ```ts
 * const checkout = createCheckout({ endpoint: "https://pay.example.com" });
 * await checkout.resume();
 * button.onclick = () => checkout.pay({ sku: "tea", quantity: 1 }).then(show);
 * ```
 *
 * @throws WxpayError `argument_malformed`: `endpoint` is not a text.
 */
export function createCheckout(options: CheckoutOptions): Checkout {
  const { endpoint: given, appId, returnUrl, hosts = [] } = named<CheckoutOptions>(options);
  const endpoint = endpointOf(given);
  const login = new Login(endpoint);
  let flight: Promise<PaymentOutcome> | undefined;
  let resumed: Promise<PaymentOutcome | null> | undefined;
  // Now, and not when `resume` is called: a router that is made meanwhile would keep the code, and
  // write it into the address again with its first navigation.
  let early = login.begun && isReady() ? cutCode(SEALED) : null;

  /** Starts the WebAssembly, takes the code, and only then awaits anything. */
  async function enter<T>(go: (finished: Promise<void> | undefined) => Promise<T>): Promise<T> {
    if (!isReady()) await ready();
    const taken = early ?? cutCode(SEALED);
    early = null;
    // A code that this tab has not left for is an old one or an attacker's: it goes no further.
    const code = login.begun ? counted(taken) : null;
    return go(code ? login.finish(code) : undefined);
  }

  function pay(item: Item): Promise<PaymentOutcome> {
    flight ??= enter(() => run(Purchase.of(item))).finally(() => (flight = undefined));
    return flight;
  }

  function resume(): Promise<PaymentOutcome | null> {
    return (resumed ??= enter(async (finished) => {
      const purchase = Purchase.recall();
      if (!finished || !purchase) return finished?.then(() => null) ?? null;
      if (detect().client === "wechat-harmony") return finished.then(() => ({ status: "tap" }));
      flight ??= run(purchase).finally(() => (flight = undefined));
      return flight;
    }));
  }

  async function run(purchase: Purchase): Promise<PaymentOutcome> {
    const context = detect();
    const { channel } = context;
    if (channel === "mini-program" || channel === "unsupported") {
      return { status: "unsupported", context };
    }
    // Before the order, so that none is made which nobody can pay.
    if (channel === "mweb") checkMwebPage();
    let session: string | undefined;
    if (channel === "jsapi") {
      session = await login.session();
      if (!session) return login.begin(purchase);
    }
    let handed: Handed;
    try {
      handed = await order(purchase, channel, session);
    } catch (error) {
      const answer = await ended(error, purchase, login, endpoint, run);
      if (answer) return answer;
      throw error;
    }
    if (handed.request_payment) return raise(purchase, handed);
    if (handed.mweb_url) return leave(purchase, handed, handed.mweb_url);
    return scan(purchase, handed);
  }

  async function order(purchase: Purchase, channel: string, session?: string): Promise<Handed> {
    const body = { ...purchase.body(), channel, session, visitor: visitor() };
    const handed = await call<Handed>(endpoint, "/v1/checkout", body);
    if (!handed.return_token) throw new WxpayError("answer_malformed");
    purchase.handed(handed.return_token);
    codeWorked();
    return handed;
  }

  async function raise(purchase: Purchase, handed: Handed): Promise<PaymentOutcome> {
    const fields = handed.request_payment!;
    if (appId && fields.appId !== appId) throw new WxpayError("appid_differs");
    const ask = (): Promise<Order> => orderOf(endpoint, handed.return_token);
    const over = new AbortController();
    const said = await Promise.race([requestPayment(fields), seenPaid(ask, over.signal)])
      .finally(() => over.abort());
    if (said.outcome === "fail" && said.error.code === "pay_cross_account") {
      // 跨号支付: whoever scans may pay with any account. If that cannot be had, the failure stands.
      const code = await order(purchase, "native").catch(() => undefined);
      if (code) return scan(purchase, code);
    }
    try {
      // After "ok" the money is on its way and the Worker hears of it soon; else one answer does.
      const found = await (said.outcome === "ok" ? follow(ask, { timeout: 30_000 }) : ask());
      return settle(purchase, handed.return_token, found, said);
    } catch {
      // Whatever the Worker's trouble is: the cashier was open, so nobody may say "not paid".
      return { status: "pending", returnToken: handed.return_token };
    }
  }

  async function leave(purchase: Purchase, handed: Handed, url: string): Promise<PaymentOutcome> {
    let { expires_at: expiresAt } = handed;
    if (expiresAt * 1000 <= Date.now()) {
      // The tab slept over it. If the fresh one looks old too, this phone's clock is wrong.
      const fresh = await order(purchase, "mweb");
      url = fresh.mweb_url ?? url;
      expiresAt = Infinity;
    }
    const back = withReturnToken(returnUrl ?? location.href, purchase.returnToken);
    openMweb(url, { returnUrl: back, expiresAt, hosts });
    return { status: "leaving", to: "cashier" };
  }

  function scan(purchase: Purchase, handed: Handed): PaymentOutcome {
    const { return_token: returnToken, code_url: codeUrl, expires_at: expiresAt } = handed;
    if (!codeUrl) throw new WxpayError("answer_malformed");
    let asking: Promise<Order> | undefined;
    // A hook and an element may wait for the same code; one question does for both.
    const ask = (): Promise<Order> =>
      (asking ??= orderOf(endpoint, returnToken).finally(() => (asking = undefined)));
    const wait = async (options?: FollowOptions): Promise<PaymentOutcome> => {
      const waiting = named<FollowOptions>(options);
      const timeout = waiting.timeout ?? Math.max(expiresAt * 1000 - Date.now(), 60_000);
      const found = await follow(ask, { ...waiting, timeout });
      return settle(purchase, returnToken, found);
    };
    return { status: "scan", returnToken, codeUrl, expiresAt, wait };
  }

  async function status(returnToken: string): Promise<Order> {
    const found = await orderOf(endpoint, returnToken);
    if (isSettled(found)) Purchase.forget(returnToken);
    return found;
  }

  return { pay, resume, status };
}

/**
 * Some cashiers never answer: a killed overlay, 点金计划's own page. Who comes back to this page and
 * has paid is told so all the same.
 */
async function seenPaid(ask: () => Promise<Order>, over: AbortSignal): Promise<CashierAnswer> {
  for (;;) {
    await untilLook(2e9, over);
    const order = over.aborted ? undefined : await ask().catch(() => undefined);
    if (over.aborted || isSettled(order)) return { outcome: "ok" };
  }
}

/** The Worker's word decides; the cashier's tells only the buyer's side of "unpaid". */
function settle(
  purchase: Purchase,
  returnToken: string,
  order: Order,
  said?: CashierAnswer,
): PaymentOutcome {
  if (isSettled(order)) purchase.end();
  switch (order.status) {
    case "paid":
    case "closed":
    case "refunded":
      return { status: order.status, returnToken, order };
    case "unpaid":
      if (said?.outcome === "cancel") return { status: "cancelled", returnToken, order };
      if (said?.outcome === "fail") return { status: "failed", returnToken, order, error: said.error };
      return { status: "pending", returnToken, order };
    default:
      return { status: "pending", returnToken, order };
  }
}

/** The Worker's refusals that are an outcome, or that a fresh login or purchase mends. */
async function ended(
  error: unknown,
  purchase: Purchase,
  login: Login,
  endpoint: string,
  again: (purchase: Purchase) => Promise<PaymentOutcome>,
): Promise<PaymentOutcome | undefined> {
  const code = error instanceof WxpayError && error.problem?.code;
  switch (code) {
    case "order_paid":
      // The buyer has paid for this tap already. The next tap is a new purchase.
      purchase.end();
      return { status: "paid", returnToken: purchase.returnToken };
    case "order_closed":
    case "order_expired":
    case "order_exhausted":
    case "order_differs": {
      const { returnToken } = purchase;
      // The Worker says so before WeChat has closed it: who has just paid must not pay anew.
      const found = returnToken && (await orderOf(endpoint, returnToken));
      if (found && !/^(unpaid|closed)$/.test(found.status)) return settle(purchase, returnToken, found);
      purchase.end();
      if (purchase.isRenewable) return again(purchase.renewed());
      // A shop that gave one number to two carts has to hear of it.
      return code === "order_differs" ? undefined : { status: "closed", returnToken };
    }
    case "session_required":
    case "session_other_appid":
    case "token_expired":
    case "token_tampered":
      if (!login.forget()) return undefined;
      return login.begin(purchase);
    default:
      return undefined;
  }
}
