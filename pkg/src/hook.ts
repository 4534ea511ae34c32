/** What React's hook and Vue's composable share. It imports types only: the checkout is given. */
import type { Checkout, PaymentOutcome } from "./checkout.js";
import type { WxpayError } from "./error.js";
import type { Item } from "./types.js";

/** How a component's payment stands. */
export interface CheckoutState {
  /** The last answer of `resume` or `pay`; nothing while the next one is on its way. */
  readonly outcome: PaymentOutcome | undefined;
  /** What `resume` or `pay` threw instead. */
  readonly error: WxpayError | undefined;
  /** An answer is on its way, or the page is being left: disable the button. */
  readonly busy: boolean;
}

/** The state of who has not paid yet. */
export const IDLE: CheckoutState = { outcome: undefined, error: undefined, busy: false };

/** One component's part in a checkout. */
export interface Part {
  /** Pays; the answer becomes the state, a refusal its `error`. */
  readonly pay: (item: Item) => void;
  /** Begins with the mounted component; what it returns ends with it. */
  readonly mount: () => () => void;
}

type Answer = Promise<PaymentOutcome | null>;

/**
 * The answer that no mounted component has heard to its end. The component that called `resume` may
 * be gone when it comes (StrictMode mounts twice, routers mount anew), so the next one has to hear
 * it, and none after that: `resume` gives the same answer for ever.
 */
const unheard = new WeakMap<Checkout, Answer | undefined>();

/** Takes part in the checkout and shows each new state. */
export function takePart(checkout: Checkout, show: (state: CheckoutState) => void): Part {
  let turn = new AbortController();

  async function hear(answer: Answer): Promise<void> {
    turn.abort();
    const { signal } = (turn = new AbortController());
    const tell = (busy: boolean, outcome?: PaymentOutcome, error?: WxpayError): void => {
      if (!signal.aborted) show({ outcome, error, busy });
    };
    unheard.set(checkout, answer);
    tell(true);
    try {
      const outcome = (await answer) || undefined;
      const leaving = outcome?.status === "leaving";
      tell(leaving, outcome);
      // The browser may keep the page as it is left, and show it again when the buyer goes back.
      if (leaving) addEventListener("pageshow", (event) => event.persisted && tell(false), { signal });
      if (outcome?.status === "scan") tell(false, await outcome.wait({ signal }));
    } catch (error) {
      tell(false, undefined, error as WxpayError);
    }
    if (!signal.aborted) unheard.set(checkout, undefined);
  }

  return {
    pay: (item) => void hear(checkout.pay(item)),
    mount() {
      const answer = unheard.has(checkout) ? unheard.get(checkout) : checkout.resume();
      if (answer) hear(answer);
      return () => turn.abort();
    },
  };
}
