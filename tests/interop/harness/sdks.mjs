// The SDKs: how each is driven, where its address is changed, and what each is known to get wrong.

import { node, python, rust, withVersions } from "./programs.mjs";

const BAR =
  "signs the path with a bare `|`, which the HTTP library below it sends as `%7C`: `401 SIGN_ERROR`. " +
  "WeChat Pay verifies what was sent, too.";
const OWN_CLOCK = "looks at no time: what was rightly signed once is taken for ever.";
const PATH =
  "asks `/v3/pay/refund/domestic/refunds`; WeChat Pay has `/v3/refund/domestic/refunds`. The answer is " +
  "an empty 404.";
const FILE =
  "wants the file of a bill signed, which WeChat Pay never signs: asking for it works, fetching does not.";
const TAG =
  "`decipher_gcm` never looks at the tag (it does not call `final()`): with a wrong key it answers garbage, " +
  "with a wrong tag what was forged.";
const UNVERIFIED =
  "hands every reply on unverified, without its headers. In the rows above each reply was caught " +
  "on its way and given to `verifySign`, which took it.";
const signError = /WeChat refused: .*SIGN_ERROR/;
const notThere = /WeChat refused: \{"code":"UNKNOWN"\}/;
const fileRefused = /the SDK refused: .*response missing signature headers/;
const taken = /^taken: /;

/**
 * `known` is what an SDK gets wrong: by chapter of story.mjs, the words with which the chapter fails,
 * and the note that the table has on it. A chapter that fails in another way, or does not fail any
 * more, is a failed test.
 */
export const SDKS = withVersions([
  {
    name: "wechatpay-axios-plugin",
    short: "axios",
    registry: "npm",
    licence: "MIT",
    address: "option `baseURL`",
    command: node("axios-plugin.mjs"),
    modes: ["certificate", "public_key", "mixed"],
    known: {
      "a notification ten minutes old, rightly signed: refused": {
        fails: taken,
        note:
          "has parts for notifications (`Rsa.verify`, `Aes.AesGcm.decrypt`) and no call that takes one: " +
          "the time is left to its user, and the driver adds nothing.",
      },
    },
  },
  {
    name: "wechatpay-node-v3",
    short: "node",
    registry: "npm",
    licence: "MIT",
    address: "`createHttp` with its own HTTP client, which asks another host",
    command: node("node-v3.mjs"),
    modes: ["certificate", "public_key", "mixed"],
    // It hands replies on unverified, so after each call the reply is given to its `verifySign`.
    verifiesReplies: false,
    known: {
      "a number with `|`: order and query": { fails: signError, note: BAR },
      "an unsigned reply: refused": {
        fails: taken,
        note: UNVERIFIED,
      },
      "a notification sealed with another APIv3 key, rightly signed: refused": {
        fails: taken,
        note: TAG,
      },
      "a notification with a changed tag, rightly signed: refused": {
        fails: taken,
        note: TAG,
      },
      "a notification ten minutes old, rightly signed: refused": {
        fails: taken,
        note: `\`verifySign\` ${OWN_CLOCK}`,
      },
    },
  },
  {
    name: "wxpay-v3",
    short: "wxpayv3",
    registry: "npm",
    licence: "ISC",
    address: "property `urls` of its object, in a class below it",
    command: node("wxpay-v3.mjs"),
    modes: ["certificate"],
    verifiesReplies: false,
    known: {
      "a number with `|`: order and query": { fails: signError, note: BAR },
      "an unsigned reply: refused": { fails: taken, note: UNVERIFIED },
      "a notification ten minutes old, rightly signed: refused": {
        fails: taken,
        note: `\`verifySign\` ${OWN_CLOCK}`,
      },
    },
  },
  {
    name: "wechatpayv3",
    short: "python",
    registry: "PyPI",
    licence: "MIT",
    address: "`Core._gate_way` as a property of the class",
    command: python("wechatpayv3.driver.py"),
    modes: ["certificate", "public_key", "mixed"],
    known: {
      "a number with `|`: order and query": { fails: signError, note: BAR },
      "a notification ten minutes old, rightly signed: refused": {
        fails: taken,
        note: `\`callback\` ${OWN_CLOCK}`,
      },
    },
  },
  {
    name: "wxpay-rs",
    short: "wxpayrs",
    registry: "crates.io",
    licence: "Apache-2.0",
    address: "its own HTTP client behind `HttpClient`, which asks another host",
    command: rust("wxpay-rs"),
    modes: ["certificate", "public_key", "mixed"],
    known: {},
  },
  {
    name: "rswxpay",
    short: "rswxpay",
    registry: "crates.io",
    licence: "MIT",
    address: "option `base_url`",
    command: rust("rswxpay"),
    modes: ["certificate"],
    known: {
      "App order, and `sign`": {
        fails: /the cashier refused: /,
        note: "signs `prepay_id=wx…` for an app; what WeChat Pay verifies there is the bare `wx…`.",
      },
      refund: { fails: notThere, note: PATH },
      "refund query": { fails: notThere, note: PATH },
      "trade bill, downloaded": { fails: fileRefused, note: FILE },
      "fund flow bill, downloaded": { fails: fileRefused, note: FILE },
    },
  },
]);

/** SDKs that can be installed and are not tried, and why. */
export const NOT_RUN = [
  {
    name: "weixin-pay",
    version: "1.1.7",
    registry: "npm",
    reason: "WeChat's address is written into each of its functions, below which is an HTTP client of its own",
  },
  {
    name: "nest-wechatpay-node-v3",
    version: "1.0.2",
    registry: "npm",
    reason: "hands out the object of wechatpay-node-v3, and has no calls of its own",
  },
  {
    name: "node-easywechat",
    version: "3.6.2",
    registry: "npm",
    reason: "a client that signs what its user writes: option `http.baseURL`, and no calls to try",
  },
  {
    name: "wechat-pay-rust-sdk",
    version: "0.2.21",
    registry: "crates.io",
    reason: "its base URL is private, and every call makes an HTTP client of its own",
  },
  {
    name: "wechat-pay",
    version: "0.1.0",
    registry: "crates.io",
    reason: "field `base_url`; left out for the minutes that its dependencies take to compile",
  },
];
