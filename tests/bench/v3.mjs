// API V3 as WeChat speaks it: what it answers, and how it says that an order was paid; and the
// strings that an order has signed and verified. Keys live for one run.

import assert from "node:assert/strict";
import { createPublicKey, createVerify, generateKeyPairSync } from "node:crypto";
import { moment, notification, payment, proven, signed } from "../e2e/harness/notification-v3.mjs";
import { MERCHANT } from "../e2e/harness/sandbox.mjs";

export { signed as sign };

const PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092026112300000000000000";
const MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
const API_V3_KEY = "bench_v3_key_0123456789abcdefghi";

const pkcs8 = ({ privateKey }) => privateKey.export({ type: "pkcs8", format: "pem" });
/** What WeChat signs and seals with. */
const wechat = (keys) => ({ v3Key: API_V3_KEY, publicKey: { serial: PUBLIC_KEY_ID, key: keys.platform } });

/** The merchant's private key and WeChat's, PEM, 2048 bits as both have. */
export function newKeys() {
  const [merchant, platform] = Array.from({ length: 2 }, () => generateKeyPairSync("rsa", { modulusLength: 2048 }));
  return { merchant: pkcs8(merchant), platform: pkcs8(platform) };
}

/** The public half of a private key, PEM. */
export const publicOf = (key) => createPublicKey(key).export({ type: "spki", format: "pem" });

/** What a Worker in public-key mode (微信支付公钥) needs, besides what both APIs need. */
export function variables(keys) {
  return {
    WXPAY_API_V3_KEY: API_V3_KEY,
    WXPAY_MERCHANT_KEY: keys.merchant,
    WXPAY_MERCHANT_SERIAL: MERCHANT_SERIAL,
    WXPAY_PUBLIC_KEYS: { [PUBLIC_KEY_ID]: publicOf(keys.platform) },
  };
}

const isRight = (text, signature, key) => createVerify("sha256").update(text).verify(key, signature, "base64");

/** The gateway's answer to a request: `{ status, headers, body }`. */
export function gateway(keys) {
  const merchant = publicOf(keys.merchant);
  return ({ method, url, headers }, asked) => {
    const right = isSigned(headers.authorization ?? "", `${method}\n${url}`, asked, merchant);
    const { status, said } = right ? answer(method, url, asked) : REFUSED;
    const body = said ? JSON.stringify(said) : "";
    const type = body && { "content-type": "application/json" };
    return { status, headers: { ...type, ...proven(body, wechat(keys), moment()) }, body };
  };
}

const REFUSED = { status: 401, said: { code: "SIGN_ERROR", message: "签名错误" } };

function isSigned(authorization, asked, body, merchant) {
  const field = (name) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(authorization)?.[1];
  const text = `${asked}\n${field("timestamp")}\n${field("nonce_str")}\n${body}\n`;
  return field("serial_no") === MERCHANT_SERIAL && isRight(text, field("signature") ?? "", merchant);
}

function answer(method, url, asked) {
  const name = /^[^?]*\/([^?]*)/.exec(url)[1];
  if (method === "GET") {
    const facts = { appid: MERCHANT.appid, mchid: MERCHANT.mchid, out_trade_no: name };
    return { status: 200, said: { ...facts, trade_state: "NOTPAY", trade_state_desc: "订单未支付" } };
  }
  if (name === "close") return { status: 204 };
  const prepay_id = `wx${JSON.parse(asked).out_trade_no}`;
  const code_url = `weixin://wxpay/bizpayurl?pr=${prepay_id}`;
  const h5_url = `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepay_id}`;
  return { status: 200, said: { jsapi: { prepay_id }, native: { code_url }, h5: { h5_url } }[name] };
}

/** How a Worker on V3 hears that an order was paid, and what it says when it took that. */
export function speaker(keys) {
  const merchant = publicOf(keys.merchant);
  return {
    notification: (number, facts) => paid(number, facts, wechat(keys)),
    taken: (answer) => assert.equal(answer.status, 204, answer.text),
    isPaySigned({ appId, timeStamp, nonceStr, package: what, signType, paySign }) {
      const text = `${appId}\n${timeStamp}\n${nonceStr}\n${what}\n`;
      return signType === "RSA" && isRight(text, paySign, merchant);
    },
  };
}

/** A payment notification (支付成功回调通知), sealed and signed, as `load` sends it. */
function paid(number, { transaction_id, trade_type, ...facts }, wechat) {
  const fields = { ...payment({ number, ...facts }), transaction_id, trade_type };
  return notification(fields, wechat, moment());
}

const PREPAY_ID = "wx26112221580621e9b071c00d9e093b0000";

/** What is signed and verified when a JSAPI order is placed: `{ order, reply, page }`. */
export function strings() {
  const { timestamp, nonce } = moment();
  const asked = JSON.stringify({
    ...{ appid: MERCHANT.appid, mchid: MERCHANT.mchid, description: "湖山茶舍-明前龙井" },
    ...{ out_trade_no: `B${nonce}`.slice(0, 25), time_expire: "2026-11-23T14:00:00+08:00" },
    notify_url: "https://pay.example.com/notify/v3",
    amount: { total: 1990, currency: "CNY" },
    payer: { openid: "oUpF8uMEb4qRXf22hE3X68TekukE" },
  });
  return {
    order: `POST\n/v3/pay/transactions/jsapi\n${timestamp}\n${nonce}\n${asked}\n`,
    reply: `${timestamp}\n${nonce}\n${JSON.stringify({ prepay_id: PREPAY_ID })}\n`,
    page: `${MERCHANT.appid}\n${timestamp}\n${nonce}\nprepay_id=${PREPAY_ID}\n`,
  };
}
