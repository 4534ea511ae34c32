// The hostile notifications of API V3: what somebody does to one, and how it has to end.
//
// A row is `[what, end, changes, moved]`. `changes` interfere with the making of an order's true
// notification (harness/notification-v3.mjs). `moved`: what the order's history gains, if not what
// `end` says; an order that gains nothing is, to the last byte of its view, as it was.

import { gzipSync } from "node:zlib";
import { FOREIGN_V3_KEY, SECOND_V3_KEY } from "../harness/keys-v3.mjs";
import { transactionId } from "../harness/notification-v3.mjs";
import { xml } from "../harness/wechat.mjs";
import {
  NONCE, SERIAL, SIGNED, TIMESTAMP, TYPE,
  again, asProbe, body, ciphertext, cut, envelope, flip, flipAfter, flipByte, hash,
  header, late, latin1, lengthened, nested, padded, proof, pss, refund, reordered, replaced,
  resource, says, seals, sent, sentBody, sha256Of, signs, spaced, time, twice, unpadded,
  urlSafe, without, writes,
} from "./changes-v3.mjs";

// How it ends. `word` is the log's. `heard`: it is WeChat's own message, and used its nonce up.

const refused = (status, word, message) => {
  return { status, word: `notification_${word}`, body: JSON.stringify({ code: "FAIL", message }) };
};
const unproven = (word) => refused(401, word, "签名失败");
const elsewhere = (status, word) => ({ status, word, problem: true });

const TAKEN = { status: 204, word: "ok", body: "", heard: true, moved: ["paid"] };
const REFUNDED = { ...TAKEN, moved: ["refund succeeded"] };
const REPEATED = { ...TAKEN, word: "notification_repeated", moved: [] };
const LATE = { ...TAKEN, word: "notification_late", moved: ["conflict paid_after_close", "paid"] };
const MISSING_HEADER = unproven("missing_header");
const STALE = unproven("stale");
const FUTURE = unproven("future");
const PROBE = unproven("probe");
const UNKNOWN_SERIAL = unproven("unknown_serial");
const SIGNATURE = unproven("signature");
const ALGORITHM = unproven("algorithm");
const SEALED = unproven("sealed");
const NOT_OURS = unproven("not_ours");
const REPLAYED = refused(401, "replayed", "重复的请求");
const MALFORMED = refused(400, "malformed", "参数格式校验错误");
const TOO_LARGE = refused(413, "malformed", "请求内容过长");
const AT_V2 = {
  ...MALFORMED,
  status: 200,
  body: xml({ return_code: "FAIL", return_msg: "参数格式校验错误" }),
};
const UNKNOWN_ORDER = { ...refused(404, "unknown_order", "订单不存在"), heard: true };
const MISMATCH = { ...refused(409, "mismatch", "订单信息不一致"), heard: true };
const FAULT = { ...refused(500, "fault", "处理失败"), heard: true };

// What a mismatch leaves in the order's history, for a person to look at.
const OTHER_AMOUNT = ["conflict mismatch total_fee"];
const OTHER_BUYER = ["conflict mismatch openid"];
const PAID_TWICE = ["conflict paid_twice"];
const OTHER_REFUND = ["conflict refund_mismatch"];

const lower = (text) => text.toLowerCase();

/** To an order that nobody has paid. */
export const UNPAID = {
  "one bit flipped on the way": [
    ["Wechatpay-Timestamp, the last digit", SIGNATURE, header(TIMESTAMP, flip(-1))],
    ["Wechatpay-Timestamp, the first digit", STALE, header(TIMESTAMP, flip(0))],
    ["Wechatpay-Nonce, first", SIGNATURE, header(NONCE, flip(0))],
    ["Wechatpay-Nonce, last", SIGNATURE, header(NONCE, flip(-1))],
    ["Wechatpay-Signature, its first byte", SIGNATURE, header(SIGNED, flipByte(0))],
    ["Wechatpay-Signature, a byte in the middle", SIGNATURE, header(SIGNED, flipByte(128))],
    ["Wechatpay-Signature, its last byte", SIGNATURE, header(SIGNED, flipByte(-1))],
    ["Wechatpay-Signature-Type", ALGORITHM, header(TYPE, flip(-1))],
    ["Wechatpay-Serial, first", UNKNOWN_SERIAL, header(SERIAL, flip(0))],
    ["Wechatpay-Serial, last", UNKNOWN_SERIAL, header(SERIAL, flip(-1))],
    ["body: its first byte", SIGNATURE, sentBody(flip(0))],
    ["body: id", SIGNATURE, sentBody(flipAfter('"id":"EV-'))],
    ["body: create_time", SIGNATURE, sentBody(flipAfter('"create_time":"'))],
    ["body: event_type", SIGNATURE, sentBody(flipAfter('"event_type":"'))],
    ["body: resource_type", SIGNATURE, sentBody(flipAfter('"resource_type":"'))],
    ["body: summary", SIGNATURE, sentBody(flipAfter('"summary":"'))],
    ["body: resource.original_type", SIGNATURE, sentBody(flipAfter('"original_type":"'))],
    ["body: resource.algorithm", SIGNATURE, sentBody(flipAfter('"algorithm":"'))],
    ["body: resource.ciphertext", SIGNATURE, sentBody(flipAfter('"ciphertext":"'))],
    ["body: resource.associated_data", SIGNATURE, sentBody(flipAfter('"associated_data":"'))],
    ["body: resource.nonce", SIGNATURE, sentBody(flipAfter('"nonce":"'))],
    ["body: its last byte", SIGNATURE, sentBody(flip(-1))],
  ],

  "headers": [
    ["no Wechatpay-Timestamp", MISSING_HEADER, without(TIMESTAMP)],
    ["no Wechatpay-Nonce", MISSING_HEADER, without(NONCE)],
    ["no Wechatpay-Signature", MISSING_HEADER, without(SIGNED)],
    ["no Wechatpay-Serial", MISSING_HEADER, without(SERIAL)],
    ["an empty Wechatpay-Signature", MISSING_HEADER, header(SIGNED, () => "")],
    ["an empty Wechatpay-Serial", MISSING_HEADER, header(SERIAL, () => "")],
    ["Wechatpay-Timestamp twice", MALFORMED, twice(TIMESTAMP)],
    ["Wechatpay-Nonce twice", MALFORMED, twice(NONCE)],
    ["Wechatpay-Signature twice", SIGNATURE, twice(SIGNED)],
    ["Wechatpay-Serial twice", UNKNOWN_SERIAL, twice(SERIAL)],
    ["Wechatpay-Signature-Type twice", ALGORITHM, twice(TYPE)],
    ["blanks around a value, which HTTP takes off", TAKEN, header(NONCE, (value) => `  ${value} \t`)],
    ["no Wechatpay-Signature-Type: there is only one", TAKEN, without(TYPE)],
    ["an empty Wechatpay-Signature-Type", ALGORITHM, header(TYPE, () => "")],
    ["SM2 and SM3", ALGORITHM, header(TYPE, () => "WECHATPAY2-SM2-WITH-SM3")],
    ["an algorithm in lower case", ALGORITHM, header(TYPE, lower)],
    ["no algorithm at all", ALGORITHM, header(TYPE, () => "none")],
    ["a nonce of 128 characters", TAKEN, proof({ nonce: "n".repeat(128) })],
    ["a nonce of 129", MALFORMED, proof({ nonce: "n".repeat(129) })],
    ["a nonce of 8,000", MALFORMED, proof({ nonce: "n".repeat(8_000) })],
    ["a blank in the nonce", MALFORMED, proof({ nonce: "593BEC0C930BF1AF EB40B4A08C8FB242" })],
    ["a nonce that is not ASCII", MALFORMED, header(NONCE, () => "\u00e9\u00e9\u00e9\u00e9")],
    ["a content type that is not JSON's: nobody looks", TAKEN, header("content-type", () => "text/xml")],
  ],

  "time": [
    ["301 seconds ago", STALE, late(301)],
    ["300 seconds ago", STALE, late(300)],
    ["299 seconds ago", TAKEN, late(299)],
    ["299 seconds from now", TAKEN, late(-299)],
    ["300 seconds from now", FUTURE, late(-300)],
    ["301 seconds from now", FUTURE, late(-301)],
    ["in 1970", STALE, proof({ timestamp: 0 })],
    ["in milliseconds", FUTURE, time((now) => now * 1000)],
    ["more than 64 bits", MALFORMED, proof({ timestamp: "99999999999999999999" })],
    ["negative", MALFORMED, time((now) => -now)],
    ["with a plus", MALFORMED, time((now) => `+${now}`)],
    ["with a fraction", MALFORMED, time((now) => `${now}.0`)],
    ["in hex", MALFORMED, time((now) => `0x${now.toString(16)}`)],
    ["a date", MALFORMED, proof({ timestamp: "2026-11-23T12:00:00+08:00" })],
  ],

  "who signs": [
    ["the second public key", TAKEN, proof({ by: "nextPublicKey" })],
    ["a platform certificate", TAKEN, proof({ by: "certificate" })],
    ["the next platform certificate", TAKEN, proof({ by: "nextCertificate" })],
    ["a stranger in the public key's name", SIGNATURE, proof({ by: "stranger", as: "publicKey" })],
    ["a stranger in a certificate's name", SIGNATURE, proof({ by: "stranger", as: "certificate" })],
    ["a stranger in its own name", UNKNOWN_SERIAL, proof({ by: "stranger" })],
    ["the public key in the second's name", SIGNATURE, proof({ as: "nextPublicKey" })],
    ["the public key in a certificate's name", SIGNATURE, proof({ as: "certificate" })],
    ["a certificate in the public key's name", SIGNATURE, proof({ by: "certificate", as: "publicKey" })],
    ["the next certificate in the last's name", SIGNATURE, proof({ by: "nextCertificate", as: "certificate" })],
    ["the merchant's own certificate", UNKNOWN_SERIAL, proof({ by: "merchant" })],
    ["the merchant's key in the public key's name", SIGNATURE, proof({ by: "merchant", as: "publicKey" })],
    ["a certificate that nobody has", UNKNOWN_SERIAL, header(SERIAL, () => "0".repeat(40))],
    ["a certificate's serial in lower case", TAKEN, {
      ...proof({ by: "certificate" }),
      ...header(SERIAL, lower),
    }],
    ["a certificate's serial of 41 digits", UNKNOWN_SERIAL, {
      ...proof({ by: "certificate" }),
      ...header(SERIAL, (serial) => `0${serial}`),
    }],
    ["the public key's ID in lower case", UNKNOWN_SERIAL, header(SERIAL, lower)],
    ["the public key's ID without its prefix", UNKNOWN_SERIAL, header(SERIAL, (id) => id.slice(11))],
    ["a path for a serial", UNKNOWN_SERIAL, header(SERIAL, () => "../../keys/1")],
  ],

  "the signature": [
    ["a probe (签名探测)", PROBE, header(SIGNED, (value) => asProbe(value.slice(19)))],
    ["a probe in a stranger's name", PROBE, {
      ...proof({ by: "stranger" }),
      ...header(SIGNED, asProbe),
    }],
    ["nearly a probe", SIGNATURE, header(SIGNED, (value) => `WECHATPAY/SIGNTES/${value.slice(18)}`)],
    ["SHA-1", SIGNATURE, signs(hash("sha1"))],
    ["MD5", SIGNATURE, signs(hash("md5"))],
    ["SHA-512", SIGNATURE, signs(hash("sha512"))],
    ["RSASSA-PSS", SIGNATURE, signs(pss)],
    ["of an empty message", SIGNATURE, signs(sha256Of(() => ""))],
    ["without the last line feed", SIGNATURE, signs(sha256Of((text) => text.subarray(0, -1)))],
    ["with CR LF", SIGNATURE, signs(sha256Of((text) => `${text}`.replaceAll("\n", "\r\n")))],
    ["one byte short", SIGNATURE, header(SIGNED, cut(1))],
    ["one byte long", SIGNATURE, header(SIGNED, lengthened)],
    ["one byte", SIGNATURE, header(SIGNED, () => "AA==")],
    ["2,048 zero bits", SIGNATURE, header(SIGNED, () => Buffer.alloc(256).toString("base64"))],
    ["2,048 set bits", SIGNATURE, header(SIGNED, () => Buffer.alloc(256, 255).toString("base64"))],
    ["without its padding", SIGNATURE, header(SIGNED, unpadded)],
    ["of the URL's alphabet", SIGNATURE, header(SIGNED, urlSafe)],
    ["a blank inside", SIGNATURE, header(SIGNED, (value) => `${value.slice(0, 76)} ${value.slice(76)}`)],
    ["in hex", SIGNATURE, header(SIGNED, (value) => Buffer.from(value, "base64").toString("hex"))],
    ["not base64", SIGNATURE, header(SIGNED, () => "!".repeat(344))],
  ],

  "the body, changed on the way": [
    ["empty", SIGNATURE, sentBody(() => "")],
    ["its fields in another order", SIGNATURE, sentBody(reordered)],
    ["written again with other spaces", SIGNATURE, sentBody(spaced)],
    ["non-ASCII letters escaped", SIGNATURE, sentBody((json) => json.replace("支", "\\u652f"))],
    ["a line feed behind", SIGNATURE, sentBody((json) => `${json}\n`)],
    ["CR LF behind", SIGNATURE, sentBody((json) => `${json}\r\n`)],
    ["a byte order mark before", SIGNATURE, sentBody((json) => `\ufeff${json}`)],
    ["not UTF-8", SIGNATURE, sentBody(latin1)],
    ["cut off", SIGNATURE, sentBody((json) => json.slice(0, -20))],
    ["gzip", SIGNATURE, {
      ...header("content-encoding", () => "gzip"),
      ...sentBody((json) => gzipSync(json)),
    }],
    ["the nonce's last digit moved into it", SIGNATURE, {
      ...header(NONCE, (nonce) => nonce.slice(0, -1)),
      ...sent(({ body, headers }) => ({ body: headers[NONCE].slice(-1) + body })),
    }],
    ["sent in pieces: the same bytes", TAKEN, sent(() => ({ chunked: true }))],
  ],

  "the body, as it was signed": [
    ["empty", MALFORMED, body(() => "")],
    ["null", MALFORMED, body(() => "null")],
    ["a list", MALFORMED, body((json) => `[${json}]`)],
    ["XML", MALFORMED, body(() => "<xml><return_code>SUCCESS</return_code></xml>")],
    ["not UTF-8", MALFORMED, body(latin1)],
    ["a byte order mark before", MALFORMED, body((json) => `\ufeff${json}`)],
    ["gzip, and it says so", MALFORMED, {
      ...body((json) => gzipSync(json)),
      ...header("content-encoding", () => "gzip"),
    }],
    ["two objects", MALFORMED, body((json) => json + json)],
    ["a comma too many", MALFORMED, body(replaced('"}}', '"},}'))],
    ["10,000 levels deep", MALFORMED, body(replaced('"支付成功"', nested(10_000)))],
    ["100 levels deep, where nobody looks", TAKEN, body(replaced('"支付成功"', nested(100)))],
    ["spaces and line feeds", TAKEN, body((json) => `\n${spaced(json)}\r\n`)],
    ["its fields in another order", TAKEN, body(reordered)],
    ["a field that no document has", TAKEN, envelope({ risk_level: { of: ["nobody"] } })],
    ["a field twice: the last one counts", MALFORMED, body(replaced('"summary"', '"event_type":"","summary"'))],
    ["65,535 bytes", TAKEN, body(padded(65_535))],
    ["65,536 bytes", TAKEN, body(padded(65_536))],
    ["65,537 bytes", TOO_LARGE, body(padded(65_537))],
    ["65,537 bytes in pieces", TOO_LARGE, { ...body(padded(65_537)), ...sent(() => ({ chunked: true })) }],
    ["no event_type", MALFORMED, envelope({ event_type: undefined })],
    ["an event_type that no document has", MALFORMED, envelope({ event_type: "TRANSACTION.PAYSCORE" })],
    ["an event_type in lower case", MALFORMED, envelope({ event_type: "transaction.success" })],
    ["a refund's event_type", MALFORMED, envelope({ event_type: "REFUND.SUCCESS" })],
    ["no resource", MALFORMED, envelope({ resource: undefined })],
    ["no id, no create_time: nobody looks", TAKEN, envelope({ id: undefined, create_time: undefined })],
  ],

  "the seal": [
    ["the second APIv3 key", TAKEN, seals({ key: SECOND_V3_KEY })],
    ["another APIv3 key", SEALED, seals({ key: FOREIGN_V3_KEY })],
    ["one bit of the ciphertext", SEALED, ciphertext(flipByte(0))],
    ["one bit of the tag", SEALED, ciphertext(flipByte(-1))],
    ["one bit of its nonce", SEALED, resource({ nonce: flip(0) })],
    ["the tag one byte short", SEALED, ciphertext(cut(1))],
    ["the tag taken away", SEALED, ciphertext(cut(16))],
    ["one block left", MALFORMED, ciphertext(() => Buffer.alloc(15).toString("base64"))],
    ["a tag of nothing", SEALED, ciphertext(() => Buffer.alloc(16).toString("base64"))],
    ["no associated_data", SEALED, resource({ associated_data: undefined })],
    ["other associated_data", SEALED, resource({ associated_data: "refund" })],
    ["associated_data empty, in the seal too", TAKEN, seals({ aad: "" })],
    ["other associated_data in the seal", SEALED, {
      ...seals({ aad: "refund" }),
      ...resource({ associated_data: "transaction" }),
    }],
    ["a nonce of 11 bytes", MALFORMED, seals({ iv: "a".repeat(11) })],
    ["a nonce of 13 bytes", MALFORMED, seals({ iv: "a".repeat(13) })],
    ["a nonce of 16 bytes", MALFORMED, seals({ iv: "a".repeat(16) })],
    ["no nonce", MALFORMED, resource({ nonce: undefined })],
    ["no ciphertext", MALFORMED, resource({ ciphertext: undefined })],
    ["an empty ciphertext", MALFORMED, resource({ ciphertext: "" })],
    ["no algorithm", MALFORMED, resource({ algorithm: undefined })],
    ["AES-128-GCM", ALGORITHM, resource({ algorithm: "AEAD_AES_128_GCM" })],
    ["SM4-GCM", ALGORITHM, resource({ algorithm: "AEAD_SM4_GCM" })],
    ["the algorithm in lower case", ALGORITHM, resource({ algorithm: "aead_aes_256_gcm" })],
    ["base64 of the URL's alphabet", MALFORMED, ciphertext((text) => `_-${text.slice(2)}`)],
    ["base64 without its padding", MALFORMED, ciphertext((text) => unpadded(text.slice(0, 398)))],
    ["base64 in two lines", MALFORMED, ciphertext((text) => `${text.slice(0, 76)}\n${text.slice(76)}`)],
    ["not sealed at all", MALFORMED, envelope({ resource: { trade_state: "SUCCESS" } })],
  ],

  "what is sealed": [
    ["not JSON", MALFORMED, { text: () => "trade_state=SUCCESS" }],
    ["nothing", MALFORMED, { text: () => "" }],
    ["1,000 levels deep", MALFORMED, writes('""', nested(1_000))],
    ["another appid", NOT_OURS, says({ appid: "wx0000000000000001" })],
    ["another mchid", NOT_OURS, says({ mchid: "1900000110" })],
    ["a service provider's fields", MALFORMED, writes('"mchid":', '"sp_mchid":')],
    ["an order that never was", UNKNOWN_ORDER, says({ out_trade_no: "NEVERWAS01" })],
    ["an attempt that never was", UNKNOWN_ORDER, says({ out_trade_no: (number) => `${number}*7` })],
    ["an order number of another form", MALFORMED, says({ out_trade_no: "../../orders" })],
    ["one fen more", MISMATCH, says({ "amount.total": 4501 }), OTHER_AMOUNT],
    ["one fen", MISMATCH, says({ "amount.total": 1 }), OTHER_AMOUNT],
    ["nothing", MISMATCH, says({ "amount.total": 0 }), OTHER_AMOUNT],
    ["a coupon paid some of it: the order's amount counts", TAKEN, says({ "amount.payer_total": 4000 })],
    ["US dollars", MISMATCH, says({ "amount.currency": "USD" }), ["conflict mismatch fee_type"]],
    ["a currency that is no text", MALFORMED, says({ "amount.currency": 156 })],
    ["another buyer", MISMATCH, says({ "payer.openid": "oUpF8uMEb4qRXf22hE3X68TekukE" }), OTHER_BUYER],
    ["an openid that is no text", MALFORMED, says({ "payer.openid": 1 })],
    ["4500.0", MALFORMED, writes('"total":4500', '"total":4500.0')],
    ["45e2", MALFORMED, writes('"total":4500', '"total":45e2')],
    ['"4500"', MALFORMED, says({ "amount.total": "4500" })],
    ["-4500", MALFORMED, says({ "amount.total": -4500 })],
    ["2^32 + 4500", MALFORMED, says({ "amount.total": 2 ** 32 + 4500 })],
    ["2^53 + 1", MALFORMED, writes('"total":4500', '"total":9007199254740993')],
    ["2^64 + 4500", MALFORMED, writes('"total":4500', '"total":18446744073709556116')],
    ["the amount twice: the last one counts", MISMATCH, writes(':4500', ':4500,"total":1'), OTHER_AMOUNT],
    ["not paid yet", MALFORMED, says({ trade_state: "NOTPAY" })],
    ["refunded", MALFORMED, says({ trade_state: "REFUND" })],
    ["a time that never was", MALFORMED, says({ success_time: "2026-02-30T12:00:00+08:00" })],
    ["a time without its zone", MALFORMED, says({ success_time: "2026-11-23T12:00:00" })],
    ["a field that no document has", TAKEN, says({ "amount.bonus": 1, device_id: null })],
    ["no appid", MALFORMED, says({ appid: undefined })],
    ["no mchid", MALFORMED, says({ mchid: undefined })],
    ["no out_trade_no", MALFORMED, says({ out_trade_no: undefined })],
    ["no transaction_id", MALFORMED, says({ transaction_id: undefined })],
    ["no trade_type", MALFORMED, says({ trade_type: undefined })],
    ["no trade_state", MALFORMED, says({ trade_state: undefined })],
    ["no success_time", MALFORMED, says({ success_time: undefined })],
    ["no amount", MALFORMED, says({ amount: undefined })],
    ["no amount.total", MALFORMED, says({ "amount.total": undefined })],
    ["amount.total null", MALFORMED, says({ "amount.total": null })],
    ["no payer", MISMATCH, says({ payer: undefined }), OTHER_BUYER],
    ["a refund of what is not paid here yet", REFUNDED, refund()],
    ["no amount.currency: then it is yuan", TAKEN, says({ "amount.currency": undefined })],
    ["no bank_type, no attach", TAKEN, says({ bank_type: undefined, attach: undefined })],
  ],

  "another way": [
    ["GET", elsewhere(405, "method_not_allowed"), sent(() => ({ method: "GET", body: "" }))],
    ["PUT", elsewhere(405, "method_not_allowed"), sent(() => ({ method: "PUT" }))],
    ["DELETE", elsewhere(405, "method_not_allowed"), sent(() => ({ method: "DELETE", body: "" }))],
    ["a slash too many", elsewhere(404, "not_found"), sent(() => ({ path: "/notify/v3/" }))],
    ["another name", elsewhere(404, "not_found"), sent(() => ({ path: "/notify/v3/pay" }))],
    ["from a page elsewhere", elsewhere(403, "origin_not_allowed"), header("origin", () => "https://evil.test")],
    ["with a query", TAKEN, sent(() => ({ path: "/notify/v3?a=b" }))],
    ["at V2's address", AT_V2, sent(() => ({ path: "/notify/v2/pay" }))],
    ["V2's own, unsigned", MISSING_HEADER, sent(() => ({ headers: {}, body: xml({ total_fee: "1" }) }))],
  ],
};

/** To an order whose true notification was taken a moment ago; without changes it is the same again. */
export const PAID = {
  "once more": [
    ["the same bytes", REPLAYED, {}],
    ["the same bytes, by another certificate's signature", REPLAYED, proof({ by: "certificate" })],
    ["under the same nonce, a second later", REPLAYED, time((now) => now + 1)],
    ["under the same nonce, with another id", REPLAYED, envelope({ id: "EV-2" })],
    ["under the same nonce, of another amount", REPLAYED, says({ "amount.total": 1 })],
    ["under the same nonce with a blank behind", REPLAYED, header(NONCE, (value) => `${value} `)],
    ["the same bytes, with one bit of the signature flipped", SIGNATURE, header(SIGNED, flipByte(0))],
    ["the same bytes, as a probe", PROBE, header(SIGNED, asProbe)],
    ["the same news, signed anew", REPEATED, again()],
    ["the same news, signed anew by a certificate", REPEATED, again({ by: "nextCertificate" })],
    ["one fen more", MISMATCH, { ...again(), ...says({ "amount.total": 4501 }) }, OTHER_AMOUNT],
    ["a second payment", TAKEN, { ...again(), ...says({ transaction_id: transactionId }) }, PAID_TWICE],
  ],

  "a refund": [
    ["made at the merchant platform", REFUNDED, refund()],
    ["that is closed, by the event_type alone", REFUNDED, refund({}, { event_type: "REFUND.CLOSED" })],
    ["in the words of a payment", MALFORMED, refund({}, { event_type: "TRANSACTION.SUCCESS" })],
    ["of a status that no document has", FAULT, refund({ refund_status: "MAYBE" })],
    ["of another merchant", NOT_OURS, refund({ mchid: "1900000110" })],
    ["of an order that never was", UNKNOWN_ORDER, refund({ out_trade_no: "NEVERWAS01" })],
    ["of another payment", MISMATCH, refund({ transaction_id: transactionId }), OTHER_REFUND],
    ["of one fen more than was paid", MISMATCH, refund({ "amount.refund": 4501 }), OTHER_REFUND],
    ["of 1.0", MALFORMED, { ...refund(), ...writes('"refund":100', '"refund":100.0') }],
    ["of a negative amount", MALFORMED, refund({ "amount.refund": -100 })],
    ["no mchid", MALFORMED, refund({ mchid: undefined })],
    ["no out_trade_no", MALFORMED, refund({ out_trade_no: undefined })],
    ["no transaction_id", MALFORMED, refund({ transaction_id: undefined })],
    ["no refund_id", MALFORMED, refund({ refund_id: undefined })],
    ["no refund_status", MALFORMED, refund({ refund_status: undefined })],
    ["no amount.refund", MALFORMED, refund({ "amount.refund": undefined })],
    ["a time that never was", MALFORMED, refund({ success_time: "2026-02-30T12:00:00+08:00" })],
  ],
};

/** To an order that the shop has closed. */
export const CLOSED = {
  "late": [
    ["the true one", LATE, {}],
    ["one fen more", MISMATCH, says({ "amount.total": 4501 }), OTHER_AMOUNT],
    ["a stranger's", SIGNATURE, proof({ by: "stranger", as: "publicKey" })],
  ],
};

/** To a Worker with one public key and one APIv3 key, as new merchants have it. */
export const PUBLIC_KEY_ALONE = {
  "strangers": [
    ["a platform certificate", UNKNOWN_SERIAL, proof({ by: "certificate" })],
    ["the second public key", UNKNOWN_SERIAL, proof({ by: "nextPublicKey" })],
    ["a certificate in the public key's name", SIGNATURE, proof({ by: "certificate", as: "publicKey" })],
    ["the second APIv3 key", SEALED, seals({ key: SECOND_V3_KEY })],
  ],
};

/** To a Worker with downloaded certificates alone, as merchants have it who began before 2024. */
export const CERTIFICATES_ALONE = {
  "strangers": [
    ["the next certificate", TAKEN, proof({ by: "nextCertificate" })],
    ["the public key", UNKNOWN_SERIAL, proof({ by: "publicKey" })],
    ["the public key in a certificate's name", SIGNATURE, proof({ by: "publicKey", as: "certificate" })],
    ["the merchant's own certificate", UNKNOWN_SERIAL, proof({ by: "merchant" })],
    ["the merchant's key in a certificate's name", SIGNATURE, proof({ by: "merchant", as: "certificate" })],
  ],
};
