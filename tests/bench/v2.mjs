// API V2 as WeChat speaks it: what it answers, and how it says that an order was paid.

import assert from "node:assert/strict";
import { notification, payment, sign, xml } from "../e2e/harness/wechat.mjs";

const NONCE = "5d2b6c2a8db53831f7eda20af46e531c";

const field = (text, name) => new RegExp(`<${name}><!\\[CDATA\\[([^\\]]*)`).exec(text)?.[1];

const ANSWERS = {
  "/pay/unifiedorder": (asked) => {
    const trade_type = field(asked, "trade_type");
    const link = trade_type === "NATIVE" ? "code_url" : "mweb_url";
    const prepay_id = `wx${field(asked, "out_trade_no")}`;
    return { trade_type, prepay_id, [link]: `weixin://wxpay/bizpayurl?pr=${prepay_id}` };
  },
  "/pay/orderquery": () => ({ trade_state: "NOTPAY" }),
  "/pay/closeorder": () => ({}),
};

const { appid, mch_id } = payment("1");

/** The gateway's answer: `{ status, headers, body }`. */
export function answer({ url }, asked) {
  const out_trade_no = field(asked, "out_trade_no");
  const said = { return_code: "SUCCESS", result_code: "SUCCESS", appid, mch_id, nonce_str: NONCE };
  const fields = { ...said, out_trade_no, ...ANSWERS[url](asked) };
  const body = xml({ ...fields, sign: sign(fields) });
  return { status: 200, headers: { "content-type": "text/xml" }, body };
}

/** How a Worker on V2 hears that an order was paid, and what it says when it took that. */
export function speaker() {
  return {
    notification: (number, { amount, transaction_id, openid, trade_type }) => ({
      method: "POST",
      path: "/notify/v2/pay",
      headers: { "content-type": "text/xml" },
      body: notification(number, {
        ...{ total_fee: String(amount), cash_fee: String(amount) },
        ...{ transaction_id, openid, trade_type },
      }),
    }),
    taken(answer) {
      assert.equal(answer.status, 200);
      assert.match(answer.text, /<return_code><!\[CDATA\[SUCCESS\]\]>/);
    },
    isPaySigned: ({ paySign, ...signed }) => paySign === sign(signed),
  };
}
