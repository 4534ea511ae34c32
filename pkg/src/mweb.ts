import { ask, Question } from "./ask.js";
import { detect } from "./context.js";
import { named, needPage, number, text, WxpayError } from "./error.js";

/** Hosts a buyer may be sent back to. */
export interface MwebOptions {
  /** The registered H5 payment domains (H5支付域名), if the page knows them; host names only. */
  readonly hosts?: readonly string[];
}

/** How `openMweb` goes there. */
export interface OpenMwebOptions extends MwebOptions {
  /** Where the buyer comes back to; this page unless given. */
  readonly returnUrl?: string;
  /** Unix seconds; the address lives five minutes. */
  readonly expiresAt?: number;
}

/**
 * `mweb_url` with the way back appended, encoded exactly once.
 *
 * ```ts
 * mwebUrl(answer.mweb_url, "https://shop.example/result?order=1")
 * ```
 *
 * @param returnUrl absolute, https (http on this machine only), not encoded.
 * @throws WxpayError `mweb_url_malformed`, `redirect_url_present`, `url_malformed`, `url_encoded`,
 *   `url_insecure`, `url_foreign`: its host is none of `hosts`.
 */
export function mwebUrl(mweb_url: string, returnUrl: string, options?: MwebOptions): string {
  const { hosts = [] } = named<MwebOptions>(options);
  const known = Object.values(named(hosts)).map((host) => "," + text(host)).join("");
  if (!Array.isArray(hosts)) throw new WxpayError("argument_malformed");
  return ask(Question.MwebUrl, [text(mweb_url), text(returnUrl), known]);
}

/** The return page's address, by which any browser can ask for the order's state. */
export function withReturnToken(returnUrl: string, token: string): string {
  return ask(Question.ReturnUrl, [text(returnUrl), text(token)]);
}

/**
 * Goes to WeChat's H5 cashier: in this very window, with a Referer, and only while the address
 * lives. Anything WeChat's page would refuse is thrown before the buyer sees it.
 *
 * ```ts
 * openMweb(answer.mweb_url, { returnUrl: "https://shop.example/result", expiresAt: answer.expires_at });
 * ```
 *
 * @throws WxpayError as `mwebUrl` does, and `mweb_inside_wechat`, `in_frame`,
 *   `referrer_suppressed`, `mweb_url_expired`, `no_page`.
 */
export function openMweb(mweb_url: string, options?: OpenMwebOptions): void {
  checkMwebPage();
  const given = named<OpenMwebOptions>(options);
  const url = mwebUrl(mweb_url, given.returnUrl ?? location.href, given);
  if (number(given.expiresAt, Infinity) * 1000 <= Date.now()) throw new WxpayError("mweb_url_expired");
  const link = document.createElement("a");
  link.href = url;
  // Over the page's own policy: an empty Referer ends in 商家参数格式有误.
  link.referrerPolicy = "origin";
  link.target = "_self";
  link.click();
}

/** Throws what would make WeChat's page refuse any `mweb_url` that is opened from here. */
export function checkMwebPage(): void {
  needPage();
  const { client } = detect();
  if (/^wechat|^mini/.test(client)) throw new WxpayError("mweb_inside_wechat");
  if (window.top !== window.self) throw new WxpayError("in_frame");
  const meta = document.querySelector<HTMLMetaElement>('meta[name="referrer" i]');
  // Links overrule the page's policy, except in Safari before 14, which has no such property.
  const silenced =
    /^(no-referrer|same-origin|never)$/i.test(meta?.content ?? "") &&
    !("referrerPolicy" in HTMLAnchorElement.prototype);
  if (silenced || !/^http/.test(location.protocol)) throw new WxpayError("referrer_suppressed");
}
