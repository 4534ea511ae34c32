/**
 * WeChat Pay on an H5 page. Importing this does nothing and is safe on a server.
 *
 * @packageDocumentation
 */
export { ready } from "./ask.js";
export { requestPayment, type CashierAnswer, type RequestPaymentOptions } from "./bridge.js";
export {
  createCheckout,
  type Checkout,
  type CheckoutOptions,
  type PaymentOutcome,
} from "./checkout.js";
export { detect } from "./context.js";
export { WxpayError, type WxpayErrorCode } from "./error.js";
export type { FollowOptions } from "./follow.js";
export { mwebUrl, openMweb, type MwebOptions, type OpenMwebOptions } from "./mweb.js";
export { oauthUrl, takeCode, type OauthOptions, type TakenCode } from "./oauth.js";
export { resolveReturn, type ReturnOptions } from "./return.js";
export { defineReturnElement } from "./return-element.js";
export { signUrl } from "./sign-url.js";
export type {
  Channel, Client, Context, Hints, Item, Order, PaymentParameters, Platform, Problem,
} from "./types.js";
