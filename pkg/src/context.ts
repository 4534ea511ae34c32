import { ask, Question } from "./ask.js";
import { named, text } from "./error.js";
import { REASONS } from "./reasons.js";
import type { Channel, Client, Context, Hints, Platform } from "./types.js";

/** What a page can be asked for its hints. */
interface Page {
  readonly navigator?: Navigator & { readonly userAgentData?: Hints };
  readonly __wxjs_environment?: unknown;
}

/**
 * Tells which WeChat, if any, the page runs in, and the way to pay there.
 *
 * ```ts
 * if (detect().channel === "jsapi") showWeChatButton();
 * ```
 *
 * @param userAgent this browser's unless given; its own hints are then not read.
 * @param hints what is known besides.
 * @throws WxpayError `not_ready`: `await ready()` first. `argument_malformed`.
 */
export function detect(userAgent?: string | null, hints?: Hints | null): Context {
  const { navigator, __wxjs_environment: environment } = globalThis as Page;
  const { platform, mobile } = navigator?.userAgentData ?? {};
  const maxTouchPoints = navigator?.maxTouchPoints;
  // The browser's own hints say nothing about a user agent from elsewhere.
  const own = userAgent == null ? { environment, maxTouchPoints, platform, mobile } : {};
  const known: { [name in keyof Hints]: unknown } = { ...own, ...named<Hints>(hints) };
  const [reason, client, platform_, channel, version] = ask(Question.Detect, [
    text(userAgent ?? navigator?.userAgent ?? ""),
    word(known.environment),
    typeof known.maxTouchPoints === "number" && known.maxTouchPoints > 1 ? "touch" : "",
    known.mobile === true ? "mobile" : "",
    word(known.platform),
  ]).split("\0") as [string, Client, Platform, Channel, string];
  const [english, chinese] = REASONS[reason.charCodeAt(0) - 97]!;
  return { client, platform: platform_, version, channel, reason: english, reasonZh: chinese };
}

/** A hint is the page's or the browser's; one of a wrong type is none. */
function word(hint: unknown): string {
  return typeof hint === "string" ? hint : "";
}
