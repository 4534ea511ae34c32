// API V3 as WeChat speaks it: what it answers, and how it says that an order was paid; and the
// strings that an order has signed and verified. Keys live for one run.

import assert from "node:assert/strict";
import {
  createCipheriv,
  createPublicKey,
  createSign,
  createVerify,
  generateKeyPairSync,
  randomBytes,
} from "node:crypto";
import { MERCHANT } from "../e2e/harness/sandbox.mjs";

const PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092026112300000000000000";
const MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
const API_V3_KEY = "bench_v3_key_0123456789abcdefghi";

const pkcs8 = ({ privateKey }) => privateKey.export({ type: "pkcs8", format: "pem" });
const nonce = () => randomBytes(16).toString("hex");
const seconds = () => String(Math.floor(Date.now() / 1000));

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

/** SHA256withRSA, base64. */
export const sign = (text, key) => createSign("sha256").update(text).sign(key, "base64");
const isRight = (text, signature, key) => createVerify("sha256").update(text).verify(key, signature, "base64");

/** The headers that prove a reply or a notification. Source: API V3, "签名验证". */
function proof(body, platform) {
  const [timestamp, random] = [seconds(), nonce()];
  return {
    "wechatpay-timestamp": timestamp,
    "wechatpay-nonce": random,
    "wechatpay-signature": sign(`${timestamp}\n${random}\n${body}\n`, platform),
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    "wechatpay-serial": PUBLIC_KEY_ID,
  };
}

/** The gateway's answer to a request: `{ status, headers, body }`. */
export function gateway(keys) {
  const merchant = publicOf(keys.merchant);
  return ({ method, url, headers }, asked) => {
    const right = isSigned(headers.authorization ?? "", `${method}\n${url}`, asked, merchant);
    const { status, said } = right ? answer(method, url, asked) : REFUSED;
    const body = said ? JSON.stringify(said) : "";
    const type = body && { "content-type": "application/json" };
    return { status, headers: { ...type, ...proof(body, keys.platform) }, body };
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
    notification: (number, facts) => notification(number, facts, keys.platform),
    taken: (answer) => assert.equal(answer.status, 204, answer.text),
    isPaySigned({ appId, timeStamp, nonceStr, package: what, signType, paySign }) {
      const text = `${appId}\n${timeStamp}\n${nonceStr}\n${what}\n`;
      return signType === "RSA" && isRight(text, paySign, merchant);
    },
  };
}

/** A payment notification (支付成功回调通知), sealed and signed, as `load` sends it. */
function notification(out_trade_no, { amount, transaction_id, openid, trade_type }, platform) {
  const paid = {
    ...{ mchid: MERCHANT.mchid, appid: MERCHANT.appid, out_trade_no, transaction_id, trade_type },
    ...{ trade_state: "SUCCESS", trade_state_desc: "支付成功", bank_type: "CMB_DEBIT", attach: "" },
    ...{ success_time: "2026-11-23T12:00:00+08:00", payer: { openid } },
    amount: { total: amount, payer_total: amount, currency: "CNY", payer_currency: "CNY" },
  };
  const body = JSON.stringify({
    id: `EV-${nonce()}`,
    create_time: "2026-11-23T12:00:00+08:00",
    resource_type: "encrypt-resource",
    event_type: "TRANSACTION.SUCCESS",
    summary: "支付成功",
    resource: { original_type: "transaction", ...sealed(JSON.stringify(paid), "transaction") },
  });
  const headers = { "content-type": "application/json", ...proof(body, platform) };
  return { method: "POST", path: "/notify/v3", headers, body };
}

/** AEAD_AES_256_GCM: the tag is the last 16 bytes of `ciphertext`. */
function sealed(text, associated_data) {
  const iv = randomBytes(6).toString("hex");
  const cipher = createCipheriv("aes-256-gcm", API_V3_KEY, iv).setAAD(Buffer.from(associated_data));
  const bytes = [cipher.update(text), cipher.final(), cipher.getAuthTag()];
  const ciphertext = Buffer.concat(bytes).toString("base64");
  return { algorithm: "AEAD_AES_256_GCM", ciphertext, associated_data, nonce: iv };
}

const PREPAY_ID = "wx26112221580621e9b071c00d9e093b0000";

/** What is signed and verified when a JSAPI order is placed: `{ order, reply, page }`. */
export function strings() {
  const asked = JSON.stringify({
    ...{ appid: MERCHANT.appid, mchid: MERCHANT.mchid, description: "湖山茶舍-明前龙井" },
    ...{ out_trade_no: `B${nonce()}`.slice(0, 25), time_expire: "2026-11-23T14:00:00+08:00" },
    notify_url: "https://pay.example.com/notify/v3",
    amount: { total: 1990, currency: "CNY" },
    payer: { openid: "oUpF8uMEb4qRXf22hE3X68TekukE" },
  });
  const [timestamp, random] = [seconds(), nonce()];
  return {
    order: `POST\n/v3/pay/transactions/jsapi\n${timestamp}\n${random}\n${asked}\n`,
    reply: `${timestamp}\n${random}\n${JSON.stringify({ prepay_id: PREPAY_ID })}\n`,
    page: `${MERCHANT.appid}\n${timestamp}\n${random}\nprepay_id=${PREPAY_ID}\n`,
  };
}
