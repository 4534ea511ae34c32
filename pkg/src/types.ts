/** What a page is looked at with. */
export type Client =
  | "wechat-ios" | "wechat-android" | "wechat-harmony" | "wechat-ipad"
  | "wechat-windows" | "wechat-mac" | "wechat-devtools"
  | "wecom" | "mini-program" | "alipay" | "qq" | "in-app"
  | "phone-browser" | "desktop-browser";

/** The system underneath. */
export type Platform = "ios" | "ipados" | "android" | "harmony" | "windows" | "mac" | "other";

/** The way to pay: Bridge, H5 cashier, QR code, the mini program itself, none. */
export type Channel = "jsapi" | "mweb" | "native" | "mini-program" | "unsupported";

/** The answer of `detect`. */
export interface Context {
  readonly client: Client;
  readonly platform: Platform;
  /** The client's version as the user agent tells it; may be empty. */
  readonly version: string;
  readonly channel: Channel;
  readonly reason: string;
  readonly reasonZh: string;
}

/** What the page knows besides its user agent; taken from the browser unless given. */
export interface Hints {
  /** `window.__wxjs_environment` */
  readonly environment?: string;
  /** `navigator.maxTouchPoints` */
  readonly maxTouchPoints?: number;
  /** `navigator.userAgentData.platform` */
  readonly platform?: string;
  /** `navigator.userAgentData.mobile` */
  readonly mobile?: boolean;
}

/** The six signed fields. `wx.chooseWXPay` spells the second `timestamp`; either is taken. */
export interface PaymentParameters {
  readonly appId?: string;
  readonly timeStamp?: string | number;
  readonly timestamp?: string | number;
  readonly nonceStr: string;
  readonly package: string;
  readonly signType: string;
  readonly paySign: string;
}

/** What is bought. The page names it; the price is the Worker's business. */
export type Item =
  | { readonly checkoutToken: string }
  | { readonly cart: string }
  | { readonly sku: string; readonly quantity: number };

/** What the Worker knows about an order. */
export interface Order {
  readonly status: "paid" | "unpaid" | "paying" | "closed" | "refunded" | "unknown";
  readonly outTradeNo: string;
  /** Fen (分), an integer. */
  readonly amount: number;
  readonly description: string;
  /** Unix seconds. */
  readonly paidAt: number | undefined;
}

/** Problem details as the Worker sends them (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly title_zh?: string;
  readonly detail?: string;
  readonly remedy?: string;
  readonly request_id?: string;
}
