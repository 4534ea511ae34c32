import { named, text } from "./error.js";
import { follow, isSettled, type FollowOptions } from "./follow.js";
import { Purchase } from "./purchase.js";
import type { Order } from "./types.js";
import { endpointOf, orderOf } from "./worker.js";

/** What `resolveReturn` is told. */
export interface ReturnOptions extends FollowOptions {
  /** The Worker's address; empty for this page's own origin. */
  readonly endpoint: string;
  /** The return token; that of the page's address (`wxpay_return`) unless given. */
  readonly token?: string | null | undefined;
}

/**
 * What became of the order that the buyer comes back from. Call it from the buyer's tap on "I have
 * paid" and never by itself: WeChat may send the buyer back after five seconds, in the midst of it.
 *
 * It asks at once and then follows the order until it is settled or time is up. The token alone is
 * enough, so it works in another browser than the one that ordered.
 *
 * ```ts
 * button.onclick = async () => {
 *   const order = await resolveReturn({ endpoint: "https://pay.example.com" });
 *   if (order?.status === "paid") showReceipt(order);
 * };
 * ```
 *
 * @returns the order, or null where there is no token to ask by.
 * @throws WxpayError `network` if the Worker cannot be reached, `refused` if it says no.
 */
export async function resolveReturn(options: ReturnOptions): Promise<Order | null> {
  const given = named<ReturnOptions>(options);
  const endpoint = endpointOf(given.endpoint);
  const token = text(given.token ?? tokenInAddress());
  if (!token) return null;
  const order = await follow(() => orderOf(endpoint, token), given);
  // The tab would go on buying what has ended.
  if (isSettled(order)) Purchase.forget(token);
  return order;
}

/** The return token in this page's address; empty where there is none, as on a server. */
export function tokenInAddress(): string {
  const page: { location?: Location } = globalThis;
  return new URLSearchParams(page.location?.search).get("wxpay_return") || "";
}
