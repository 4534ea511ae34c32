/** What `<wxpay-return>` and `<wxpay-qr>` have in common. */
import { text } from "./error.js";

/** The living half of an element: what it does when the page does something to it. */
export interface View {
  /** It came into the document, or to another place in it. */
  connected(): void;
  /** It left the document. */
  removed(): void;
  /** An attribute has another value than before; maybe it is not in the document yet. */
  changed(attribute: string): void;
}

/** Defines an element, once. On a server, where there are none, it does nothing. */
export function define(
  name: string,
  attributes: readonly string[],
  view: (host: HTMLElement, root: ShadowRoot) => View,
): void {
  if (typeof customElements === "undefined" || customElements.get(text(name))) return;
  // Not at the top of this file: `HTMLElement` does not exist on a server.
  class Element extends HTMLElement {
    static readonly observedAttributes = attributes;
    private readonly view: View;

    constructor() {
      super();
      this.view = view(this, this.attachShadow({ mode: "open" }));
    }

    connectedCallback(): void {
      this.view.connected();
    }

    disconnectedCallback(): void {
      // Of a move this is told when it is in its new place already.
      if (!this.isConnected) this.view.removed();
    }

    attributeChangedCallback(attribute: string, before: string | null, after: string | null): void {
      if (before !== after) this.view.changed(attribute);
    }
  }
  customElements.define(name, Element);
}

/** An element that the page can style by `::part(name)`. */
export function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.setAttribute("part", name);
  return element;
}

/** A button that the page can style by `::part(name)`. */
export function button(name: string, tapped: () => void): HTMLButtonElement {
  const element = part("button", name);
  element.onclick = tapped;
  return element;
}

/** What screen readers read out whenever it changes. */
export function status(...lines: HTMLElement[]): HTMLElement {
  const element = part("div", "status");
  element.setAttribute("role", "status");
  element.append(...lines);
  return element;
}

// No colours but the buttons': what the page writes in, light or dark, can be read on it. A `var()`
// without a value is as good as `inherit`.
const LOOKS = `
:host{display:block;text-align:center;font:16px/1.5 system-ui,sans-serif;color:var(--wxpay-text)}
:host([hidden]),[hidden]{display:none}
h2{width:fit-content;font-size:1.375em;margin:0 auto 8px}
p{margin:0 0 var(--wxpay-gap,24px);color:var(--wxpay-muted)}
button{display:block;width:100%;max-width:320px;min-height:48px;margin:12px auto;
font:inherit;font-weight:600;cursor:pointer;border-radius:var(--wxpay-radius,8px);
border:1px solid transparent;background:var(--wxpay-accent,#067b3e);color:var(--wxpay-on-accent,#fff)}
:focus-visible{outline:3px solid currentColor;outline-offset:2px}
`;

/** The looks that both elements have, and the one's own. */
export function style(root: ShadowRoot, own: string): void {
  const css = LOOKS + own;
  try {
    // A constructed sheet passes a strict content-security-policy; older engines get an element.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const element = document.createElement("style");
    element.textContent = css;
    root.append(element);
  }
}

/** The language around the element, else the browser's: Chinese, or English for all others. */
export function language(host: HTMLElement): "zh" | "en" {
  const around = host.closest<HTMLElement>("[lang]") || document.documentElement;
  return /^zh\b/i.test(around.lang || navigator.language) ? "zh" : "en";
}

/** Dispatches an event that also leaves the page's own shadow roots. */
export function tell(host: HTMLElement, event: string, detail: unknown): void {
  host.dispatchEvent(new CustomEvent(event, { detail, bubbles: true, composed: true }));
}
