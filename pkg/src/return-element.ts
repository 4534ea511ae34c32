import { WxpayError } from "./error.js";
import { follow, isSettled } from "./follow.js";
import { Purchase } from "./purchase.js";
import { STYLE, WORDS, type Words } from "./return-words.js";
import type { Order } from "./types.js";
import { endpointOf, orderOf } from "./worker.js";

type State = Order["status"] | "asking" | "waiting" | "network" | "lost";

/**
 * Defines `<wxpay-return endpoint lang token>`, the page a buyer comes back to.
 *
 * WeChat may send the buyer back after five seconds, paid or not, and into another browser. So the
 * element asks nothing until the buyer taps "I have paid", finds the order by the token in the
 * address (`wxpay_return`) alone, and then follows it until it is settled.
 *
 * Events: `wxpay-status` (detail: `Order`) for each answer; `wxpay-again` when the buyer taps
 * "pay again" and the order is indeed not paid.
 * Styling: `--wxpay-accent`, `--wxpay-on-accent`, `--wxpay-text`, `--wxpay-muted`,
 * `--wxpay-radius`, `--wxpay-gap`; parts `title`, `text`, `paid`, `again`.
 *
 * On a server, or a second time, it does nothing.
 */
export function defineReturnElement(name = "wxpay-return"): void {
  if (typeof customElements === "undefined" || customElements.get(name)) return;
  customElements.define(name, elementClass());
}

/** The class is made on call: `HTMLElement` does not exist on a server. */
function elementClass(): CustomElementConstructor {
  return class extends HTMLElement {
    static readonly observedAttributes = ["lang", "endpoint", "token"];

    private state: State = "waiting";
    private following: AbortController | undefined;
    private readonly titleLine = line("h2", "title");
    private readonly textLine = line("p", "text");
    private readonly paid = button("paid", () => this.ask(false));
    private readonly again = button("again", () => this.ask(true));

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      style(root);
      const live = document.createElement("div");
      live.setAttribute("role", "status");
      live.append(this.titleLine, this.textLine);
      // Focus goes to the result, which no button follows.
      this.titleLine.tabIndex = -1;
      root.append(live, this.paid, this.again);
    }

    connectedCallback(): void {
      this.show(this.token() ? "waiting" : "lost");
    }

    disconnectedCallback(): void {
      this.following?.abort();
    }

    attributeChangedCallback(attribute: string): void {
      if (!this.isConnected) return;
      if (attribute === "lang") this.show(this.state);
      else this.connectedCallback();
    }

    private token(): string {
      const address = new URLSearchParams(location.search);
      return this.getAttribute("token") || address.get("wxpay_return") || "";
    }

    /** The buyer's tap. "Pay again" asks too: who has paid must not pay twice. */
    private async ask(again: boolean): Promise<void> {
      if (this.following) return;
      const token = this.token();
      const following = new AbortController();
      this.following = following;
      this.show("asking");
      try {
        const endpoint = endpointOf(this.getAttribute("endpoint") ?? "");
        const once = (): Promise<Order> => orderOf(endpoint, token);
        const told = async (): Promise<Order> => {
          const order = await once();
          if (!following.signal.aborted) this.tell("wxpay-status", order);
          return order;
        };
        const order = await (again ? told() : follow(told, { signal: following.signal }));
        if (following.signal.aborted) return;
        if (isSettled(order)) Purchase.forget(token);
        this.show(order.status);
        if (isSettled(order)) this.titleLine.focus();
        if (again && (order.status === "unpaid" || order.status === "closed")) {
          this.tell("wxpay-again", order);
        }
      } catch (error) {
        const code = error instanceof WxpayError ? error.code : "";
        this.show(code === "network" ? "network" : "unknown");
      } finally {
        if (this.following === following) this.following = undefined;
      }
    }

    private tell(event: string, detail: Order): void {
      this.dispatchEvent(new CustomEvent(event, { detail, bubbles: true, composed: true }));
    }

    private words(): Words {
      const lang = this.lang || document.documentElement.lang || navigator.language || "zh";
      return WORDS[/^zh\b/i.test(lang) ? "zh" : "en"];
    }

    private show(state: State): void {
      this.state = state;
      const words = this.words();
      const [title, text] = words[state];
      const open = !/^(paid|refunded|lost)$/.test(state);
      this.dataset.state = state;
      this.titleLine.textContent = title;
      this.textLine.textContent = text;
      this.paid.textContent = words.paidButton;
      this.again.textContent = words.againButton;
      this.paid.hidden = !open || state === "closed";
      this.again.hidden = !open;
      // Not `disabled`, which would drop the focus of who has just tapped.
      for (const one of [this.paid, this.again]) {
        one.setAttribute("aria-disabled", String(state === "asking"));
      }
    }
  };
}

function line(tag: string, part: string): HTMLElement {
  const element = document.createElement(tag);
  element.setAttribute("part", part);
  return element;
}

function button(part: string, tapped: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.setAttribute("part", part);
  element.addEventListener("click", tapped);
  return element;
}

/** A constructed sheet passes a strict content-security-policy; older engines get an element. */
function style(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const element = document.createElement("style");
    element.textContent = STYLE;
    root.append(element);
  }
}
