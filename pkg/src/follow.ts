import { named, number, WxpayError } from "./error.js";
import type { Order } from "./types.js";

/** How long, and until when. */
export interface FollowOptions {
  /** Milliseconds after which the last answer has to do; a minute unless given. 0 asks once. */
  readonly timeout?: number | undefined;
  /** Ends the waiting; a question under way is still answered. */
  readonly signal?: AbortSignal | undefined;
  /** Told each answer, the last one too. */
  readonly onOrder?: ((order: Order) => void) | undefined;
}

/** Waits between questions; the last one repeats. The Worker limits how often it asks WeChat. */
const WAITS = [1000, 1000, 2000, 3000, 5000, 8000];

/** States that an order does not leave by itself. */
export function isSettled(order: Order | undefined): boolean {
  return order?.status === "paid" || order?.status === "closed" || order?.status === "refunded";
}

/**
 * Asks until the order is settled or time is up, more slowly each time, and at once when the buyer
 * comes back to the page. The last answer is returned; without network it throws, at the first
 * question or in the end.
 */
export async function follow(
  ask: () => Promise<Order>,
  options?: FollowOptions,
): Promise<Order> {
  const { timeout, signal, onOrder } = named<FollowOptions>(options);
  named(signal);
  if ((onOrder != null && typeof onOrder !== "function") || (signal && !signal.addEventListener)) {
    throw new WxpayError("argument_malformed");
  }
  const end = Date.now() + number(timeout, 60_000);
  for (let round = 0; ; round += 1) {
    let order: Order | undefined;
    let error: unknown;
    try {
      order = await ask();
    } catch (caught) {
      // Mobile networks come and go, and so do the troubles of servers; a no from the Worker stays a
      // no. One question is several requests already: who gets no answer to the first is told so.
      const isNo = !(caught instanceof WxpayError) || (caught.problem?.status ?? 500) < 500;
      if (!round || isNo) throw caught;
      error = caught;
    }
    if (order && !signal?.aborted) onOrder?.(order);
    const wait = WAITS[Math.min(round, WAITS.length - 1)]!;
    const over = signal?.aborted || Date.now() + wait > end;
    if (order && (over || isSettled(order))) return order;
    if (over) throw error;
    await untilLook(wait, signal);
  }
}

/** The wait, cut short by the buyer looking at the page again, or by a network that is back. */
export function untilLook(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const events: [EventTarget | undefined, string][] = [
      [signal, "abort"],
      [globalThis.document, "visibilitychange"],
      [globalThis.window, "pageshow"],
      [globalThis.window, "online"],
    ];
    const timer = setTimeout(wake, milliseconds);
    function wake(event?: Event): void {
      if (event?.type === "visibilitychange" && document.hidden) return;
      clearTimeout(timer);
      for (const [target, name] of events) target?.removeEventListener(name, wake);
      resolve();
    }
    for (const [target, name] of events) target?.addEventListener(name, wake);
  });
}
