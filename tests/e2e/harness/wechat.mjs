// What WeChat, a shop's backend and an attacker would write, made here by a few lines of their own:
// neither the Worker's code nor the sandbox's.

import { createCipheriv, createHash, createHmac, createSign, randomBytes } from "node:crypto";
import { MERCHANT } from "./sandbox.mjs";
import { SECRETS } from "./worker.mjs";

/** `签名算法`: sorted, joined, keyed; HMAC-SHA256 unless told otherwise. */
export function sign(fields, { key = MERCHANT.v2Key, md5 = false } = {}) {
  const named = Object.entries(fields).filter(([name, value]) => name !== "sign" && value !== "");
  const joined = named.sort(([a], [b]) => (a < b ? -1 : 1)).map((pair) => pair.join("="));
  const text = [...joined, `key=${key}`].join("&");
  const digest = md5 ? createHash("md5") : createHmac("sha256", key);
  return digest.update(text).digest("hex").toUpperCase();
}

export function xml(fields) {
  const line = ([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`;
  const lines = Object.entries(fields).map(line);
  return `<xml>${lines.join("")}</xml>`;
}

/** The fields of a payment notification; `changes` replaces some of them. */
export function payment(out_trade_no, changes = {}) {
  return {
    appid: MERCHANT.appid,
    mch_id: MERCHANT.mchid,
    nonce_str: "5d2b6c2a8db53831f7eda20af46e531c",
    return_code: "SUCCESS",
    result_code: "SUCCESS",
    openid: "oUpF8uMEb4qRXf22hE3X68TekukE",
    is_subscribe: "N",
    trade_type: "NATIVE",
    bank_type: "CMB_DEBIT",
    total_fee: "100",
    cash_fee: "100",
    fee_type: "CNY",
    transaction_id: "4200001234202611230000000001",
    out_trade_no,
    time_end: "20261123120000",
    ...changes,
  };
}

/** A notification as WeChat signs it. */
export function notification(out_trade_no, changes, how) {
  const fields = payment(out_trade_no, changes);
  return xml({ ...fields, sign: sign(fields, how) });
}

/** `Authorization` of API V3 for a GET; `keys` are the sandbox's. */
export function authorization(pathAndQuery, keys, now = seconds()) {
  const [{ serial, private_key_pem }] = keys.merchant;
  const nonce = randomBytes(16).toString("hex");
  const text = ["GET", pathAndQuery, now, nonce, "", ""].join("\n");
  const signature = createSign("RSA-SHA256").update(text).sign(private_key_pem, "base64");
  const said = { mchid: keys.mchid, serial_no: serial, nonce_str: nonce, timestamp: now, signature };
  const fields = Object.entries(said).map(([name, value]) => `${name}="${value}"`);
  return `WECHATPAY2-SHA256-RSA2048 ${fields.join(",")}`;
}

const base64url = (value) => Buffer.from(value).toString("base64url");

const HS256 = { alg: "HS256", typ: "JWT" };

/** A cart as the shop's backend signs it: JWT, HS256. */
export function cart(claims, { key = SECRETS.CART_KEY, header = HS256 } = {}) {
  const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join(".");
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

/** A token as the Worker seals it: the only way to have one that has expired. */
export function token(kind, claims, expiresAt) {
  const root = Buffer.from(SECRETS.TOKEN_KEY, "hex");
  const key = createHmac("sha256", root).update("wxpay-edge token v1").digest();
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(`wxpay-edge v1 ${kind}`));
  const expiry = Buffer.alloc(8);
  expiry.writeBigUInt64BE(BigInt(expiresAt));
  const sealed = [cipher.update(expiry), cipher.update(JSON.stringify(claims)), cipher.final()];
  return base64url(Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]));
}

/** Now, in Unix seconds. */
export const seconds = () => Math.floor(Date.now() / 1000);
