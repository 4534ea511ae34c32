// Notifications of API V3 as WeChat makes them, with a place to interfere at every step: from the
// payment to the bytes on the wire. By node:crypto, so that neither the Worker's code nor the
// sandbox's is its own judge.

import { createCipheriv, createSign, randomBytes } from "node:crypto";
import { MERCHANT } from "./sandbox.mjs";

const hex = (bytes) => randomBytes(bytes).toString("hex");

/** What is new in every notification: its nonces, and the second it is signed in. */
export const moment = () => ({ timestamp: Math.floor(Date.now() / 1000), nonce: hex(16), iv: hex(6) });

/** 微信支付订单号, 28 digits. */
export const transactionId = () => `4200${Array.from(randomBytes(24), (byte) => byte % 10).join("")}`;

/** A payment (支付成功), as it is sealed. */
export function payment({ number, openid, amount }) {
  return {
    ...{ mchid: MERCHANT.mchid, appid: MERCHANT.appid, out_trade_no: number },
    transaction_id: transactionId(),
    ...{ trade_type: "JSAPI", trade_state: "SUCCESS", trade_state_desc: "支付成功" },
    ...{ bank_type: "CMB_DEBIT", attach: "", success_time: "2026-11-23T12:00:00+08:00" },
    payer: { openid },
    amount: { total: amount, payer_total: amount, currency: "CNY", payer_currency: "CNY" },
  };
}

/** A refund of some of it (退款成功), as it is sealed. */
export function refundOf(paid, refund) {
  const { mchid, out_trade_no, transaction_id, amount } = paid;
  return {
    ...{ mchid, out_trade_no, transaction_id, out_refund_no: `R${hex(8)}` },
    ...{ refund_id: "50200207182018070300011301001", refund_status: "SUCCESS" },
    ...{ success_time: "2026-11-23T13:00:00+08:00", user_received_account: "支付用户零钱" },
    amount: { total: amount.total, refund, payer_total: amount.total, payer_refund: refund },
  };
}

/**
 * The request that tells `fields`: `{ method, path, headers, body }`, as WeChat sends it.
 *
 * `changes` has a function for each step that somebody interferes with, which is given what the step
 * would make and answers with what it makes instead:
 *
 * - `fields`: what is sealed; `text`: its JSON. `seal`: `{ key, iv, aad }` it is sealed with.
 * - `resource`: the sealed part; `envelope`: what is around it; `body`: the JSON of both.
 * - `proof`: `{ timestamp, nonce }`, to which may come `by`, who signs, `as`, who it says it is (names
 *   of `keys`; both are `keys.usual` or `publicKey`), and `sign`, which signs a text, base64.
 * - `headers`, `request`: what is sent at last, signed or not.
 */
export function notification(fields, keys, { timestamp, nonce, iv }, changes = {}) {
  const step = (name, made) => changes[name]?.(made) ?? made;
  const told = step("fields", fields);
  const aad = "refund_status" in told ? "refund" : "transaction";
  const text = step("text", JSON.stringify(told));
  const how = step("seal", { key: keys.v3Key, iv, aad });
  const resource = step("resource", { original_type: aad, ...sealed(text, how) });
  const envelope = step("envelope", {
    id: `EV-${iv}`,
    create_time: "2026-11-23T12:00:01+08:00",
    resource_type: "encrypt-resource",
    event_type: aad === "refund" ? "REFUND.SUCCESS" : "TRANSACTION.SUCCESS",
    summary: "支付成功",
    resource,
  });
  const body = step("body", JSON.stringify(envelope));
  const proof = proven(body, keys, step("proof", { timestamp, nonce }));
  const headers = step("headers", { "content-type": "application/json", ...proof });
  return step("request", { method: "POST", path: "/notify/v3", headers, body });
}

/** AEAD_AES_256_GCM: the tag is the last 16 bytes of `ciphertext`. Source: 证书和回调报文解密. */
function sealed(text, { key, iv, aad }) {
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(aad));
  const bytes = [cipher.update(text), cipher.final(), cipher.getAuthTag()];
  const ciphertext = Buffer.concat(bytes).toString("base64");
  return { algorithm: "AEAD_AES_256_GCM", ciphertext, associated_data: aad, nonce: iv };
}

/**
 * The headers that prove a notification or an answer: three lines are signed, each ended by a line
 * feed. Source: API V3, 签名验证.
 */
export function proven(body, keys, { timestamp, nonce, by = keys.usual ?? "publicKey", as = by, sign = signed }) {
  const text = Buffer.concat([`${timestamp}\n${nonce}\n`, body, "\n"].map((part) => Buffer.from(part)));
  return {
    "wechatpay-timestamp": String(timestamp),
    "wechatpay-nonce": nonce,
    "wechatpay-signature": sign(text, keys[by].key),
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    "wechatpay-serial": keys[as].serial,
  };
}

/** SHA256withRSA, base64: the one way to sign in API V3, for both sides. */
export const signed = (text, key) => createSign("sha256").update(text).sign(key, "base64");
