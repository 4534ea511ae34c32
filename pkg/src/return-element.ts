import { button, define, language, part, status, style, tell, type View } from "./element.js";
import type { WxpayError } from "./error.js";
import { resolveReturn, tokenInAddress } from "./return.js";
import { STYLE, WORDS, type State } from "./return-words.js";
import type { Order } from "./types.js";

declare global {
  interface HTMLElementTagNameMap {
    "wxpay-return": HTMLElement;
  }
  interface HTMLElementEventMap {
    "wxpay-status": CustomEvent<Order>;
    "wxpay-again": CustomEvent<unknown>;
    "wxpay-error": CustomEvent<WxpayError>;
  }
}

/**
 * Defines `<wxpay-return endpoint lang token>`, the page a buyer comes back to: `resolveReturn`
 * with words and buttons, so nothing is asked before the buyer taps.
 *
 * Events: `wxpay-status` (detail: `Order`) for each answer; `wxpay-again` when the buyer taps
 * "pay again" and the order is indeed not paid; `wxpay-error` (detail: `WxpayError`) when there was
 * no answer.
 * Styling: `--wxpay-accent`, `--wxpay-on-accent`, `--wxpay-text`, `--wxpay-muted`,
 * `--wxpay-radius`, `--wxpay-gap`; parts `title`, `text`, `paid`, `again`; the attribute
 * `data-state` says what it shows.
 *
 * On a server, or a second time, it does nothing.
 */
export function defineReturnElement(name = "wxpay-return"): void {
  define(name, ["lang", "endpoint", "token"], returnView);
}

function returnView(host: HTMLElement, root: ShadowRoot): View {
  const title = part("h2", "title");
  const line = part("p", "text");
  const paid = button("paid", () => asking || ask());
  const again = button("again", () => ask(true));
  // Focus goes to the result, which no button follows.
  title.tabIndex = -1;
  style(root, STYLE);
  root.append(status(title, line), paid, again);

  let shown: State | undefined;
  let asking: AbortController | undefined;

  const token = (): string => host.getAttribute("token") || tokenInAddress();

  function begin(): void {
    asking?.abort();
    asking = undefined;
    show(token() ? "waiting" : "lost");
  }

  /** The buyer's tap. "Pay again" asks too, but once: who has paid must not pay twice. */
  async function ask(isAgain?: boolean): Promise<void> {
    asking?.abort();
    const { signal } = (asking = new AbortController());
    show("asking");
    try {
      const order = await resolveReturn({
        endpoint: host.getAttribute("endpoint") || "",
        token: token(),
        timeout: isAgain ? 0 : undefined,
        signal,
        onOrder: (answer) => tell(host, "wxpay-status", answer),
      });
      if (signal.aborted) return;
      asking = undefined;
      const now = order ? order.status : "lost";
      show(now);
      if (isAgain && /^(unpaid|closed)$/.test(now)) tell(host, "wxpay-again", order);
    } catch (error) {
      if (signal.aborted) return;
      asking = undefined;
      const { code, problem } = error as WxpayError;
      // A token that is none, or too old: no later answer will differ.
      const lost = /^token|not_found$|^argument/.test(problem?.code ?? code);
      show(code === "network" ? code : lost ? "lost" : "unknown");
      tell(host, "wxpay-error", error);
    }
  }

  function show(wanted: State): void {
    const words = WORDS[language(host)];
    // A newer Worker may say more than this package knows.
    const state = words[wanted] ? wanted : "unknown";
    const focused = root.activeElement;
    const open = !/^(paid|refunded|lost)$/.test(state);
    shown = host.dataset.state = state;
    [title.textContent, line.textContent] = words[state];
    [paid.textContent, again.textContent] = words.buttons;
    paid.hidden = !open || state === "closed";
    again.hidden = !open;
    // Not `disabled`, which would drop the focus of who has just tapped.
    paid.setAttribute("aria-disabled", String(state === "asking"));
    if (focused && paid.hidden) title.focus();
  }

  return {
    connected: () => shown || begin(),
    removed: () => asking && begin(),
    changed: (attribute) => shown && (attribute === "lang" ? show(shown) : begin()),
  };
}
