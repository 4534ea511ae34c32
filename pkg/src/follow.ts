import { WxpayError } from "./error.js";
import type { Order } from "./types.js";

/** How long, and until when. */
export interface FollowOptions {
  /** Milliseconds after which the last answer has to do; a minute unless given. */
  readonly timeout?: number;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

/** Waits between questions; the last one repeats. The Worker limits how often it asks WeChat. */
const WAITS = [1000, 1000, 2000, 3000, 5000, 8000];

/** States that an order does not leave by itself. */
export function isSettled(order: Order | undefined): boolean {
  return order?.status === "paid" || order?.status === "closed" || order?.status === "refunded";
}

/**
 * Asks until the order is settled or time is up, more slowly each time, and at once when the buyer
 * comes back to the page. The last answer is returned; a page without network throws in the end.
 */
export async function follow(
  ask: () => Promise<Order>,
  options: FollowOptions = {},
): Promise<Order> {
  const end = Date.now() + (options.timeout ?? 60_000);
  for (let round = 0; ; round += 1) {
    let order: Order | undefined;
    let error: unknown;
    try {
      order = await ask();
    } catch (caught) {
      // Mobile networks come and go; a no from the Worker stays a no.
      if (!(caught instanceof WxpayError && caught.code === "network")) throw caught;
      error = caught;
    }
    const wait = WAITS[Math.min(round, WAITS.length - 1)]!;
    const over = options.signal?.aborted || Date.now() + wait > end;
    if (order && (over || isSettled(order))) return order;
    if (over) throw error;
    await untilLook(wait, options.signal);
  }
}

/** The wait, cut short by the buyer looking at the page again. */
function untilLook(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const events: [EventTarget | undefined, string][] = [
      [signal, "abort"],
      [globalThis.document, "visibilitychange"],
      [globalThis.window, "pageshow"],
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
