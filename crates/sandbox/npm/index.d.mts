/** The program: `WXPAY_SANDBOX_BIN`, or the one in this package. */
export function program(): string;

export interface SandboxOptions {
  /** The merchant's site, an `http://` address on this machine, for the fake clients. */
  site?: string;
  /** Seed of ids, codes and nonces; 1 unless told otherwise, so that every start is the same. */
  seed?: number;
  /** The time on its clock at the start, RFC 3339 with its zone. */
  now?: string;
  /** Time stands still until it is moved. */
  freeze?: boolean;
  /** A file that keeps everything over restarts. */
  data?: string;
  /** More flags of `wxpay-sandbox --help`. */
  args?: string[];
}

/** Base addresses, without a final slash. */
export interface Addresses {
  /** Instead of api.mch.weixin.qq.com, api.weixin.qq.com, open.weixin.qq.com and wx.tenpay.com. */
  gateway: string;
  /** Your site inside WeChat. */
  wechat: string;
  /** WeChat's own pages inside WeChat. */
  wechat_pages: string;
  phone: string;
  phone_pages: string;
  desktop: string;
  desktop_pages: string;
}

/** An order as the control API tells it; amounts in fen, times in Unix seconds. */
export interface Order {
  out_trade_no: string;
  transaction_id: string | null;
  api: "v2" | "v3";
  trade_type: "JSAPI" | "MWEB" | "NATIVE" | "APP";
  trade_state: "NOTPAY" | "SUCCESS" | "REFUND" | "CLOSED";
  total_fee: number;
  notifications: Array<{ try_no: number; due_at: number; sent_at: number | null; outcome: string | null }>;
  [more: string]: unknown;
}

/** What came back for notifications that were sent by hand. */
export interface Acks {
  acks: Array<{ outcome: string; status?: number; body?: string }>;
}

/** A running sandbox. Its control API is described at `${url}/sandbox/openapi.yaml`. */
export class Sandbox implements AsyncDisposable {
  /** The gateway: the base address for your SDK. */
  readonly url: string;
  readonly addresses: Addresses;
  /** 商户资料 as environment variables: WXPAY_BASE_URL, WXPAY_APPID, WXPAY_MCHID, keys. */
  readonly env: Record<string, string>;
  /** `GET /sandbox/{path}`. Rejects with the sandbox's own words. */
  get(path: string): Promise<any>;
  /** `POST /sandbox/{path}`. Rejects with the sandbox's own words. */
  post(path: string, body?: object): Promise<any>;
  state(): Promise<any>;
  order(outTradeNo: string): Promise<Order>;
  /** Somebody pays, without a page; the notification leaves at once. */
  pay(outTradeNo: string, buyer?: { openid?: string }): Promise<Order>;
  /** The notification of its payment again, so many times at once. */
  notify(outTradeNo: string, times?: number): Promise<Acks>;
  /** Faults that stay until changed back: `{ notify: "lost" }`. `GET faults` has all of them. */
  faults(changes: Record<string, string | number>): Promise<any>;
  /** Moves the clock, stopping at each notification due on the way. */
  advance(seconds: number): Promise<{ now: number }>;
  /** Forgets orders, codes, faults, clock and clients. */
  reset(): Promise<any>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one on free ports, and returns when it answers. */
export function startSandbox(options?: SandboxOptions): Promise<Sandbox>;

/** A fixture for `test.extend` of vitest and of Playwright. */
export function sandboxFixture(others: {}, use: (sandbox: Sandbox) => Promise<void>): Promise<void>;
