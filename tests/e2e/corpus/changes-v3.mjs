// What somebody does to a notification of API V3, in the words of the corpus: each gives changes for
// the steps of harness/notification-v3.mjs.

import { constants, createSign, sign } from "node:crypto";
import { moment, refundOf } from "../harness/notification-v3.mjs";

export const TIMESTAMP = "wechatpay-timestamp";
export const NONCE = "wechatpay-nonce";
export const SIGNED = "wechatpay-signature";
export const TYPE = "wechatpay-signature-type";
export const SERIAL = "wechatpay-serial";

// By WeChat's own hand: what follows is sealed and signed rightly.

/** Other fields of what is sealed: see `changed`. */
export const says = (changes) => ({ fields: (fields) => changed(fields, changes) });
/** What is sealed, written otherwise. */
export const writes = (from, to) => ({ text: replaced(from, to) });
export const seals = (otherwise) => ({ seal: (how) => ({ ...how, ...otherwise }) });
export const resource = (changes) => ({ resource: (fields) => changed(fields, changes) });
export const ciphertext = (change) => resource({ ciphertext: change });
export const envelope = (changes) => ({ envelope: (fields) => changed(fields, changes) });
export const body = (change) => ({ body: change });
export const proof = (otherwise) => ({ proof: (proof) => ({ ...proof, ...otherwise }) });
export const time = (change) => ({
  proof: (proof) => ({ ...proof, timestamp: change(proof.timestamp) }),
});
export const signs = (sign) => proof({ sign });
/** Signed so many seconds ago: such a row has to be made and judged in one second. */
export const late = (seconds) => ({ late: seconds, ...time((now) => now - seconds) });
/** The same news another time: signed under a nonce of its own. */
export const again = (otherwise) => ({
  proof: (proof) => ({ ...proof, nonce: moment().nonce, ...otherwise }),
});
/** News of a refund of one yuan, with these changes of what is sealed and of what is around it. */
export const refund = (changes = {}, around = {}) => ({
  ...again(),
  ...envelope(around),
  fields: (paid) => changed(refundOf(paid, 100), changes),
});

// By somebody in between: nothing is signed anew.

export const header = (name, change) => ({
  headers: (headers) => ({ ...headers, [name]: change(headers[name]) }),
});
export const without = (name) => header(name, () => undefined);
export const twice = (name) => header(name, (value) => [value, value]);
export const sent = (change) => ({ request: (request) => ({ ...request, ...change(request) }) });
export const sentBody = (change) => sent(({ body }) => ({ body: change(body) }));

// What is done to a text.

/** Other values of fields, by their paths; a function makes it of the old one, undefined takes it out. */
function changed(fields, changes) {
  const copy = structuredClone(fields);
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop();
    const at = names.reduce((at, name) => at[name], copy);
    at[last] = typeof value === "function" ? value(at[last]) : value;
  }
  return copy;
}

/** A text that has to be there, by another. */
export function replaced(from, to) {
  return (text) => {
    if (!text.includes(from)) throw new Error(`there is no ${from} in ${text}`);
    return text.replace(from, to);
  };
}

/** One bit of the character at this place; the last one is at -1. */
export const flip = (place) => (text) => {
  const at = place < 0 ? text.length + place : place;
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
};
/** One bit of the first character behind these. */
export const flipAfter = (mark) => (text) => flip(text.indexOf(mark) + mark.length)(text);

const bytes = (change) => (base64) => change(Buffer.from(base64, "base64")).toString("base64");
/** One bit of the byte at this place, in base64. */
export const flipByte = (place) =>
  bytes((raw) => {
    raw[place < 0 ? raw.length + place : place] ^= 1;
    return raw;
  });
export const cut = (count) => bytes((raw) => raw.subarray(0, -count));
export const lengthened = bytes((raw) => Buffer.concat([raw, Buffer.alloc(1)]));
export const unpadded = (base64) => base64.replace(/=+$/, "");
export const urlSafe = (base64) => unpadded(base64).replaceAll("+", "-").replaceAll("/", "_");
export const asProbe = (signature) => `WECHATPAY/SIGNTEST/${signature}`;

export const padded = (length) => (json) => json + " ".repeat(length - Buffer.byteLength(json));
export const spaced = (json) => JSON.stringify(JSON.parse(json), null, 4);
export const reordered = (json) =>
  JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json)).reverse()));
/** Without what is not ASCII: no UTF-8 any more. */
export const latin1 = (json) => Buffer.from(json.replaceAll(/[^\0-\x7f]/g, "\u00a1"), "latin1");
export const nested = (levels) => "[".repeat(levels) + "]".repeat(levels);

// Ways to sign that are not WeChat's.

export const hash = (name) => (text, key) => createSign(name).update(text).sign(key, "base64");
export const sha256Of = (change) => (text, key) => hash("sha256")(change(text), key);
export const pss = (text, key) =>
  sign("sha256", text, { key, padding: constants.RSA_PKCS1_PSS_PADDING }).toString("base64");
