import { WxpayError, text } from "./error.js";
import { randomId, recall, remember } from "./visitor.js";
import { Question, ask } from "./wasm.js";

/** What `oauthUrl` is told. */
export interface OauthOptions {
  /** The service account's. */
  readonly appId: string;
  /** Where the buyer comes back to, not encoded. */
  readonly redirectUri: string;
  /** `snsapi_base` unless given; a payment needs no more. */
  readonly scope?: "snsapi_base" | "snsapi_userinfo";
  /** Letters and digits; made and kept for this tab unless given. A server has to give it. */
  readonly state?: string;
  /** Shows the consent page even where it could be skipped. */
  readonly forcePopup?: boolean;
}

/** Code and state as WeChat put them into the address. */
export interface TakenCode {
  readonly code: string;
  readonly state: string;
}

/**
 * The address of WeChat's authorisation page, for those who do the login without `createCheckout`.
 *
 * ```ts
 * location.assign(oauthUrl({ appId, redirectUri: location.href }));
 * ```
 */
export function oauthUrl(options: OauthOptions): string {
  let { state } = options;
  if (state === undefined) {
    // Without a tab there is no visit to bind to, and one state for all visitors guards nobody.
    if (typeof document === "undefined") throw new WxpayError("state_malformed");
    state = randomId();
    remember("state", state);
  }
  return ask(
    Question.AuthorizeUrl,
    text(options.appId),
    text(options.redirectUri),
    text(options.scope ?? ""),
    text(state),
    options.forcePopup ? "popup" : "",
  );
}

/**
 * Takes code and state out of the address bar, at once: call it before anything is awaited.
 * Everything else in the address stays as it is, hash routes too.
 *
 * @returns nothing if there is no code.
 * @throws WxpayError `state_foreign` if the state is not `options.state` or the one that `oauthUrl`
 *   made in this tab; the address is clean then, too.
 */
export function takeCode(options: { readonly state?: string } = {}): TakenCode | null {
  const taken = takeAnyCode();
  if (!taken) return null;
  const expected = options.state ?? recall<string>("state");
  remember("state", undefined);
  if (expected !== undefined && expected !== taken.state) throw new WxpayError("state_foreign");
  return taken;
}

/** The same for `createCheckout`, whose state the Worker has sealed and checks itself. */
export function takeAnyCode(): TakenCode | null {
  if (typeof location === "undefined") return null;
  const answer = ask(Question.TakeCode, location.href);
  if (!answer) return null;
  const [code, state, cleaned] = answer.split("\0") as [string, string, string];
  // The router's own entry in history.state survives, or its "back" would break.
  history.replaceState(history.state, "", cleaned);
  return { code, state };
}
