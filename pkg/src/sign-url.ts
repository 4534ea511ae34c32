import { detect } from "./context.js";
import { needPage } from "./error.js";

/**
 * The address that `wx.config` has to be signed for (JS-SDK 签名 url).
 *
 * In a single-page app on iOS that is the address the page was opened with, for the whole visit,
 * whatever the router has shown since; elsewhere it is the current one. Never with the hash. Safari
 * before 15 does not remember the first address: call this before the router moves there.
 *
 * ```ts
 * const config = await fetch("/jssdk?url=" + encodeURIComponent(signUrl()));
 * ```
 *
 * @throws WxpayError `no_page`, `not_ready`.
 */
export function signUrl(): string {
  needPage();
  // Source: "JS-SDK 常见错误", invalid signature; pages in the wild agree. UNCONFIRMED: iPadOS.
  const isIos = /^i/.test(detect().platform);
  const [visit] = isIos ? performance.getEntriesByType("navigation") : [];
  return (visit?.name || location.href).split("#")[0]!;
}
