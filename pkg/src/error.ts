import { ERRORS } from "./sentences.js";
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
  /** What to do about it. In a production build: where it is written. */
  readonly remedy: string;
  /** 怎么办。 */
  readonly remedyZh: string;
  /** WeChat's own words, for the log. */
  readonly raw: string;
  /** The Worker's problem details, with code `refused`. */
  readonly problem: Problem | undefined;
  /** The error underneath, if there is one. */
  readonly cause: unknown;

  constructor(code: WxpayErrorCode, { raw = "", problem, cause }: WxpayErrorDetail = {}) {
    const sentences: readonly string[] = ERRORS[code];
    const [message = code, remedy = "wxpay-h5 README: " + code, remedyZh = remedy] = sentences;
    super(problem ? `${problem.title} (${problem.code})` : message);
    this.code = code;
    this.remedy = problem?.remedy || remedy;
    this.remedyZh = problem?.title_zh || remedyZh;
    this.raw = raw;
    this.problem = problem;
    this.cause = cause;
  }
}

/** The code of a number that crates/h5 has answered with. */
export function codeOf(number: number): WxpayErrorCode {
  return Object.keys(ERRORS)[number] as WxpayErrorCode;
}

/** Plain JavaScript passes anything; what is not text stops here and not as a trap further in. */
export function text(value: unknown): string {
  if (typeof value !== "string") throw new WxpayError("argument_malformed");
  return value;
}

/**
 * The same for an object of named arguments; nothing stands for an empty one. It is a copy: each
 * property is looked at once and here, where one that throws does no harm.
 */
export function named<T extends object>(value: T | null = null): Partial<T> {
  try {
    if (typeof value === "object") return { ...value };
  } catch {
    // As malformed as the rest.
  }
  throw new WxpayError("argument_malformed");
}

/** The same for a number that may be left out. */
export function number(value: unknown, otherwise: number): number {
  const given = value ?? otherwise;
  // NaN, too: no comparison with it is ever true.
  if (typeof given !== "number" || given !== given) throw new WxpayError("argument_malformed");
  return given;
}

/** For what only a browser can do. */
export function needPage(): void {
  if (typeof document === "undefined") throw new WxpayError("no_page");
}
