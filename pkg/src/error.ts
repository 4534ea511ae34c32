import { ERRORS } from "./text.js";
import type { Problem } from "./types.js";

/** The closed list of what can be wrong. The README's table says what to do about each. */
export type WxpayErrorCode = keyof typeof ERRORS;

/** What more is known about an error. */
export interface WxpayErrorDetail {
  /** WeChat's own words, for the log. */
  raw?: string;
  /** The Worker's problem details, with code `refused`. */
  problem?: Problem;
  /** The error underneath. */
  cause?: unknown;
}

/** The one error of this package. */
export class WxpayError extends Error {
  override readonly name = "WxpayError";
  /** Stable; match on this. */
  readonly code: WxpayErrorCode;
  /** What to do about it. */
  readonly remedy: string;
  /** 怎么办。 */
  readonly remedyZh: string;
  /** WeChat's own words, for the log. */
  readonly raw: string;
  /** The Worker's problem details, with code `refused`. */
  readonly problem: Problem | undefined;
  /** The error underneath, if there is one. */
  readonly cause: unknown;

  constructor(code: WxpayErrorCode, detail: WxpayErrorDetail = {}) {
    const [message, remedy, remedyZh] = ERRORS[code];
    const { problem } = detail;
    super(problem ? `${problem.title} (${problem.code})` : message);
    this.code = code;
    this.remedy = problem?.remedy || remedy;
    this.remedyZh = problem?.title_zh || remedyZh;
    this.raw = detail.raw ?? "";
    this.problem = problem;
    this.cause = detail.cause;
  }
}

/** Plain JavaScript passes anything; what is not text stops here and not as a trap further in. */
export function text(value: unknown): string {
  if (typeof value !== "string") throw new WxpayError("argument_malformed");
  return value;
}
