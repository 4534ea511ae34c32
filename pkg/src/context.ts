import { text } from "./error.js";
import { REASONS } from "./text.js";
import type { Channel, Client, Context, Hints, Platform } from "./types.js";
import { Question, ask } from "./wasm.js";

/**
 * Tells which WeChat, if any, the page runs in, and the way to pay there.
 *
 * ```ts
 * if (detect().channel === "jsapi") showWeChatButton();
 * ```
 */
export function detect(userAgent?: string, hints: Hints = {}): Context {
  const page = globalThis as { navigator?: Navigator; __wxjs_environment?: unknown };
  const agent = userAgent ?? page.navigator?.userAgent ?? "";
  // The browser's own hints say nothing about a user agent from elsewhere.
  const own = userAgent === undefined;
  const environment = hints.environment ?? (own ? page.__wxjs_environment : "");
  const touch = hints.maxTouchPoints ?? (own ? page.navigator?.maxTouchPoints : 0);
  const [client, platform, version, channel, word] = ask(
    Question.Detect,
    text(agent),
    typeof environment === "string" ? environment : "",
    Number(touch) > 1 ? "touch" : "",
  ).split("\0") as [Client, Platform, string, Channel, string];
  const [reason, reasonZh] = REASONS[word] ?? ["", ""];
  return { client, platform, version, channel, reason, reasonZh };
}
