import { renderSVG } from "uqr";
import type { PaymentOutcome } from "./checkout.js";
import { button, define, language, part, status, style, tell, type View } from "./element.js";
import { WxpayError, text } from "./error.js";

/** The outcome that a desktop's buyer pays by: `{ codeUrl, expiresAt, wait }`. */
export type Scan = Extract<PaymentOutcome, { status: "scan" }>;

/** `<wxpay-qr>`. */
export interface WxpayQrElement extends HTMLElement {
  /** What to show; set it again for a new code, or to null for none. */
  scan: Scan | null;
}

declare global {
  interface HTMLElementTagNameMap {
    "wxpay-qr": WxpayQrElement;
  }
  interface HTMLElementEventMap {
    "wxpay-outcome": CustomEvent<PaymentOutcome>;
    "wxpay-again": CustomEvent<unknown>;
    "wxpay-error": CustomEvent<WxpayError>;
  }
}

/** What it may show. */
type State = "scan" | "paid" | "refunded" | "expired" | "failed";

/** One language. */
interface Words extends Readonly<Record<State, readonly [title: string, text: string]>> {
  readonly label: string;
  readonly again: string;
}

const WORDS: Readonly<Record<"zh" | "en", Words>> = {
  zh: {
    label: "微信支付二维码",
    again: "重新获取二维码",
    scan: ["请用微信扫一扫付款", "%s 前有效，付款后此处自动更新。"],
    paid: ["支付成功", "商家已收到付款。"],
    refunded: ["已退款", "款项将原路退回。"],
    expired: ["二维码已失效", "请勿再扫。没有付款的，可重新获取。"],
    failed: ["暂时无法确认", "如已付款，请勿重复付款。"],
  },
  en: {
    label: "QR code to pay with WeChat",
    again: "Get a new code",
    scan: ["Scan with WeChat to pay", "Valid until %s. This page updates by itself once you have paid."],
    paid: ["Paid", "The shop has your payment."],
    refunded: ["Refunded", "Your money is on its way back."],
    expired: ["The code has expired", "Do not scan it any more. If you have not paid, get a new one."],
    failed: ["Not certain yet", "If you have paid, please do not pay twice."],
  },
};

// Dark on white whatever the page looks like: not every scanner reads the opposite.
const STYLE = `
:host(:not([data-state])){display:none}
p{margin-bottom:8px}
svg{display:block;width:var(--wxpay-qr-size,240px);max-width:100%;margin:8px auto;
border-radius:var(--wxpay-radius,8px);background:#fff;
shape-rendering:crispEdges;forced-color-adjust:none;color-scheme:only light}
:host(:not([data-state=scan])) path{opacity:.1}
:host([data-state=paid]) svg{display:none}
:host([data-state=paid]) [part=code]::before{content:"✓";display:block;width:64px;margin:24px auto;
font-size:40px;line-height:64px;border-radius:50%;
background:var(--wxpay-accent,#067b3e);color:var(--wxpay-on-accent,#fff)}
`;

/**
 * The text as a QR code: an SVG, dark on white, with the quiet zone that ISO/IEC 18004 asks for.
 *
 * ```ts
 * image.src = `data:image/svg+xml,${encodeURIComponent(qrSvg(outcome.codeUrl))}`;
 * ```
 */
export function qrSvg(content: string): string {
  try {
    // M forgives glare and dirt on a screen; better where that makes the code no bigger.
    return renderSVG(text(content), { border: 4, ecc: "M", boostEcc: true });
  } catch (cause) {
    // Longer than any code holds, or half a surrogate pair.
    throw new WxpayError("argument_malformed", { cause });
  }
}

/**
 * Defines `<wxpay-qr lang>`, the code a desktop's buyer scans. Give it the outcome "scan":
 *
 * ```ts
 * if (outcome.status === "scan") document.querySelector("wxpay-qr").scan = outcome;
 * ```
 *
 * It draws the code and waits for the payment. What the page knows of amount and goods goes inside
 * the element, between its title and its code; the element itself claims nothing of the kind.
 *
 * Events: `wxpay-outcome` (detail: the final `PaymentOutcome`); `wxpay-again` when the code has
 * expired and the buyer wants a new one; `wxpay-error` (detail: `WxpayError`) when waiting failed.
 * Styling: `--wxpay-qr-size`, `--wxpay-accent`, `--wxpay-on-accent`, `--wxpay-text`,
 * `--wxpay-muted`, `--wxpay-radius`; parts `title`, `text`, `code`, `again`; the attribute
 * `data-state` says what it shows.
 *
 * On a server, or a second time, it does nothing.
 */
export function defineQrElement(name = "wxpay-qr"): void {
  define(name, ["lang"], qrView);
}

function qrView(host: HTMLElement, root: ShadowRoot): View {
  const title = part("h2", "title");
  const line = part("p", "text");
  const code = part("div", "code");
  const again = button("again", () => tell(host, "wxpay-again", scan));
  // Focus goes to the title when the button goes.
  title.tabIndex = -1;
  style(root, STYLE);
  root.append(status(title, line), document.createElement("slot"), code, again);

  let scan: Scan | null = null;
  let shown: State = "scan";
  let waiting: AbortController | undefined;

  function take(next: Scan | null): void {
    const drawing = next && draw(checked(next).codeUrl);
    stop();
    scan = next;
    code.textContent = "";
    if (drawing) code.append(drawing);
    show("scan");
    if (host.isConnected) watch();
  }

  async function watch(): Promise<void> {
    if (!scan || waiting || shown !== "scan") return;
    const { signal } = (waiting = new AbortController());
    try {
      const outcome = await scan.wait({ signal });
      if (signal.aborted) return;
      show(STATES[outcome.status] ?? "failed");
      tell(host, "wxpay-outcome", outcome);
    } catch (error) {
      if (signal.aborted) return;
      show("failed");
      tell(host, "wxpay-error", error);
    }
  }

  function stop(): void {
    waiting?.abort();
    waiting = undefined;
  }

  function show(state: State): void {
    shown = state;
    if (!scan) {
      delete host.dataset.state;
      return;
    }
    const tongue = language(host);
    const words = WORDS[tongue];
    const focused = root.activeElement;
    host.dataset.state = state;
    title.textContent = words[state][0];
    line.textContent = words[state][1].replace("%s", clock(scan.expiresAt, tongue));
    code.firstElementChild?.setAttribute("aria-label", words.label);
    code.setAttribute("aria-hidden", String(state !== "scan"));
    again.textContent = words.again;
    again.hidden = state !== "expired" && state !== "failed";
    if (focused && again.hidden) title.focus();
  }

  // Whoever was quicker than this definition has put a plain property there.
  const { scan: early } = host as Partial<WxpayQrElement>;
  Object.defineProperty(host, "scan", { get: () => scan, set: take });
  if (early) take(early);

  return { connected: watch, removed: stop, changed: () => show(shown) };
}

/** How a payment stands → what is shown. The code is of no use any more in both middle ones. */
const STATES: Partial<Record<PaymentOutcome["status"], State>> = {
  paid: "paid",
  closed: "expired",
  pending: "expired",
  refunded: "refunded",
};

/** Plain JavaScript sets anything. */
function checked(scan: Scan): Scan {
  if (typeof scan.wait !== "function" || !(scan.expiresAt > 0)) {
    throw new WxpayError("argument_malformed");
  }
  return scan;
}

/** The code as an image to the eye and to a screen reader. Parsed as XML, so that nothing runs. */
function draw(codeUrl: string): Element {
  const svg = new DOMParser().parseFromString(qrSvg(codeUrl), "image/svg+xml").documentElement;
  svg.setAttribute("role", "img");
  return svg;
}

/** The time of day, as the language writes it. */
function clock(seconds: number, tongue: string): string {
  const style = { hour: "numeric", minute: "2-digit" } as const;
  return new Date(seconds * 1000).toLocaleTimeString(tongue, style);
}
