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
  /** Why this channel, in English. */
  readonly reason: string;
  /** 为什么是这个渠道。 */
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
  /** The Bridge needs it; `wx.chooseWXPay` knows it from `wx.config`. */
  readonly appId?: string;
  /** Unix seconds, ten digits. */
  readonly timeStamp?: string | number;
  /** The same. */
  readonly timestamp?: string | number;
  /** 1 to 32 characters. */
  readonly nonceStr: string;
  /** `prepay_id=…`, with the prefix. */
  readonly package: string;
  /** `MD5`, `HMAC-SHA256` or `RSA`; the one that was signed. */
  readonly signType: string;
  /** Over appId, timeStamp, nonceStr, package and signType. */
  readonly paySign: string;
}

/**
 * What is bought. The page names it; the price is the Worker's business. A `sku` is one of the
 * Worker's catalogue, its `quantity` a whole number above 0.
 */
export type Item =
  | { readonly checkoutToken: string }
  | { readonly cart: string }
  | { readonly sku: string; readonly quantity: number };

/** What the Worker knows about an order. */
export interface Order {
  /** `unknown`: WeChat has not said; ask again. */
  readonly status: "paid" | "unpaid" | "paying" | "closed" | "refunded" | "unknown";
  /** The merchant's order number, out_trade_no (商户订单号). */
  readonly outTradeNo: string;
  /** Fen (分), an integer. */
  readonly amount: number;
  /** What the buyer's bill says (商品描述). */
  readonly description: string;
  /** Unix seconds; nothing until it is paid. */
  readonly paidAt: number | undefined;
}

/** Problem details as the Worker sends them (RFC 9457). */
export interface Problem {
  /** The HTTP status. */
  readonly status: number;
  /** Stable; match on this. */
  readonly code: string;
  readonly title: string;
  readonly title_zh?: string;
  /** What exactly, for the log. */
  readonly detail?: string;
  readonly remedy?: string;
  /** Finds it in the Worker's log. */
  readonly request_id?: string;
}
