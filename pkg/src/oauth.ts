import { ask, Question } from "./ask.js";
import { named, needPage, text, WxpayError } from "./error.js";
import { randomId, recall, remember } from "./visitor.js";

/** What `oauthUrl` is told. */
export interface OauthOptions {
  /** The service account's: 1 to 32 letters and digits. */
  readonly appId: string;
  /** Where the buyer comes back to: absolute, https, not encoded; its host is the 网页授权域名. */
  readonly redirectUri: string;
  /** `snsapi_base` unless given; a payment needs no more. */
  readonly scope?: "snsapi_base" | "snsapi_userinfo";
  /** 1 to 128 letters and digits; made and kept for this tab unless given. A server has to give it. */
  readonly state?: string;
  /** Shows the consent page even where it could be skipped. */
  readonly forcePopup?: boolean;
}

/** Code and state as WeChat put them into the address. */
export interface TakenCode {
  readonly code: string;
  readonly state: string;
}

/** Codes that a tab may take in a row, and the minutes after which they are forgotten. */
const CODES = 3;
const MINUTES = 2;

/**
 * The address of WeChat's authorisation page, for those who do the login without `createCheckout`.
 *
 * ```ts
 * location.assign(oauthUrl({ appId, redirectUri: location.href }));
 * ```
 *
 * @throws WxpayError `appid_malformed`, `state_malformed`, `scope_unknown`, `url_malformed`,
 *   `url_encoded`, `url_insecure`; `no_page`: no state was given and there is no tab to keep one.
 */
export function oauthUrl(options: OauthOptions): string {
  const { appId, redirectUri, scope = "", state = tabState(), forcePopup } = named(options);
  return ask(Question.AuthorizeUrl, [
    text(appId),
    text(redirectUri),
    text(scope),
    text(state),
    forcePopup ? "popup" : "",
  ]);
}

/** Binds the login to this tab. Until it is taken it stays the same: a page may draw many links. */
function tabState(): string {
  // Without a tab there is nothing to bind to, and one state for all visitors guards nobody.
  needPage();
  const state = recall<string>("state") ?? randomId();
  remember("state", state);
  return state;
}

/**
 * Takes code and state out of the address bar, at once: call it before anything is awaited, and
 * before a router reads the address. Everything else in the address stays as it is, hash routes too.
 *
 * @param options `state`: the one to expect; the one that `oauthUrl` made in this tab unless given.
 *   `false` if your server made it and checks it.
 * @returns nothing if there is no code.
 * @throws WxpayError `state_foreign`: the login was begun elsewhere, perhaps by an attacker.
 *   `login_loop`: the fourth code within two minutes; going on would never end.
 *   The address is clean then, too. `not_ready`: nothing was taken yet.
 */
export function takeCode(options?: { readonly state?: string | false }): TakenCode | null {
  const { state = recall<string>("state") } = named(options);
  const taken = counted(cutCode());
  if (taken) remember("state", undefined);
  if (taken && state !== false && state !== taken.state) throw new WxpayError("state_foreign");
  return taken;
}

/** Cuts code and a state like this out of the address. Who uses them calls `counted`. */
export function cutCode(wanted = /^/): TakenCode | null {
  if (typeof location === "undefined") return null;
  const [cleaned, code, state] = ask(Question.TakeCode, [location.href]).split("\0");
  if (code === undefined || state === undefined || !wanted.test(state)) return null;
  // The router's own entry in history.state survives, or its "back" would break.
  history.replaceState(history.state, "", cleaned);
  return { code, state };
}

/** Throws if this is one code more than a login that works has. */
export function counted(taken: TakenCode | null): TakenCode | null {
  if (!taken) return null;
  const before = (recall<number[]>("codes") ?? []).filter((at) => at > Date.now() - MINUTES * 60_000);
  const looping = before.length >= CODES;
  // The buyer's next tap may try again.
  remember("codes", looping ? undefined : [...before, Date.now()]);
  if (looping) throw new WxpayError("login_loop");
  return taken;
}

/** The login was good for an order, so it is no loop. */
export function codeWorked(): void {
  remember("codes", undefined);
}
