// The SDKs of API V2, as ../sdks.mjs has those of API V3. A mode is a signature algorithm.

import { node, python, withVersions } from "../programs.mjs";

const UNVERIFIED = "verifies no reply: what it hands on has a signature of another text, or none.";
const OPTIONAL = "verifies a signature where there is one: without `sign` everything is taken.";
const CHANGED = "a reply with one character changed: refused";
const UNSIGNED = "an unsigned reply: refused";
const taken = /^taken: /;

/** `known` is as in ../sdks.mjs. */
export const SDKS = withVersions([
  {
    name: "wechatpay-axios-plugin",
    short: "axios",
    registry: "npm",
    licence: "MIT",
    address: "option `baseURL`",
    command: node("axios-plugin-v2.mjs"),
    modes: ["MD5", "HMAC-SHA256"],
    known: {},
  },
  {
    name: "tenpay",
    short: "tenpay",
    registry: "npm",
    licence: "MIT",
    address: "property `urls` of its object",
    command: node("tenpay.mjs"),
    modes: ["MD5", "HMAC-SHA256"],
    known: {
      "payment notification, verified": {
        fails: /sign签名错误/,
        modes: ["HMAC-SHA256"],
        note:
          "verifies a notification by MD5 unless it has a `sign_type`, which notifications do not have: " +
          "what was ordered by HMAC-SHA256 is refused.",
      },
    },
  },
  {
    name: "wechat-pay",
    short: "pay",
    registry: "npm",
    licence: "ISC",
    address: "its two HTTP methods in a class below it, which ask another host",
    command: node("wechat-pay.mjs"),
    modes: ["MD5"],
    known: {
      [UNSIGNED]: { fails: taken, note: OPTIONAL },
      "an unsigned notification: refused": { fails: taken, note: OPTIONAL },
    },
  },
  {
    name: "wechat-payment-node",
    short: "node",
    registry: "npm",
    licence: "MIT",
    address: "the addresses in its module `lib/urls.js`",
    command: node("wechat-payment-node.mjs"),
    modes: ["MD5"],
    known: {
      [CHANGED]: { fails: taken, note: UNVERIFIED },
      [UNSIGNED]: { fails: taken, note: UNVERIFIED },
    },
  },
  {
    name: "wechatpy",
    short: "python",
    registry: "PyPI",
    licence: "MIT",
    address: "`WeChatPay.API_BASE_URL` in a class below it",
    command: python("wechatpy.driver.py"),
    modes: ["MD5"],
    known: {
      [CHANGED]: { fails: taken, note: UNVERIFIED },
      [UNSIGNED]: { fails: taken, note: UNVERIFIED },
    },
  },
]);
