// What every SDK is asked to do, in this order. A chapter is a row of the table in ../README.md.

import assert from "node:assert/strict";
import { createHash, createVerify, generateKeyPairSync, X509Certificate } from "node:crypto";
import { answerOf } from "./driver.mjs";
import { BACK, TOTAL } from "./teller.mjs";

const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

/** Keys of somebody whom nobody knows. */
const STRANGER = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

/** Each gets the teller, and fails if anything is not as it should be. */
export const STORY = {
  "opens with certificates it downloads, or with the public key": async (t) => {
    answerOf(await t.open("main"));
  },
  "JSAPI order, and `paySign`": async (t) => {
    const params = await t.call("jsapi", { ...t.order("jsapi"), payer: { openid: OPENID } });
    assert.match(params.package, /^prepay_id=wx[0-9a-zA-Z]{34}$/);
    const lines = [params.appId, params.timeStamp, params.nonceStr, params.package, ""];
    const { publicKey } = new X509Certificate(t.merchant.certificate);
    const byNode = createVerify("sha256").update(lines.join("\n"));
    assert.ok(byNode.verify(publicKey, params.paySign, "base64"), "node:crypto refuses paySign");
    assert.equal((await t.sandbox.v3.cashier(params)).right, true);
  },
  "App order, and `sign`": async (t) => {
    const params = await t.call("app", t.order("app"));
    assert.match(params.prepayid, /^wx[0-9a-zA-Z]{34}$/);
    const { right, expected } = await t.sandbox.v3.cashier(params);
    assert.ok(right, `the cashier refused: ${expected}`);
  },
  "H5 order": async (t) => {
    const scene_info = { payer_client_ip: "203.0.113.7", h5_info: { type: "Wap" } };
    const { h5_url } = await t.call("h5", { ...t.order("h5"), scene_info });
    assert.equal(new URL(h5_url).pathname, "/cgi-bin/mmpayweb-bin/checkmweb");
  },
  "Native order": async (t) => {
    const { code_url } = await t.call("native", t.order("native"));
    assert.match(code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
  },
  "query by `out_trade_no`": async (t) => {
    const told = await t.call("queryByNumber", t.number("native"));
    assert.deepEqual([told.out_trade_no, told.trade_state], [t.number("native").out_trade_no, "NOTPAY"]);
  },
  "a number with `|`: order and query": async (t) => {
    await t.call("native", t.order("bar|"));
    const told = await t.call("queryByNumber", t.number("bar|"));
    assert.equal(told.out_trade_no, t.number("bar|").out_trade_no);
  },
  "payment notification, verified and opened": async (t) => {
    const told = await t.call("payment", await t.paid());
    const seen = [told.out_trade_no, told.trade_state, told.amount.total];
    assert.deepEqual(seen, [t.number("native").out_trade_no, "SUCCESS", TOTAL]);
  },
  "query by `transaction_id`": async (t) => {
    const { transaction_id } = await t.call("payment", await t.paid());
    const told = await t.call("queryById", { transaction_id });
    const seen = [told.out_trade_no, told.trade_state, told.amount.total];
    assert.deepEqual(seen, [t.number("native").out_trade_no, "SUCCESS", TOTAL]);
  },
  "close": async (t) => {
    await t.call("close", t.number("h5"));
    const told = await t.call("queryByNumber", t.number("h5"));
    assert.equal(told.trade_state, "CLOSED");
  },
  "refund": async (t) => {
    const told = await t.call("refund", t.refund);
    const seen = [told.out_refund_no, told.status, told.amount.refund];
    assert.deepEqual(seen, [t.refund.out_refund_no, "PROCESSING", BACK]);
  },
  "refund notification, verified and opened": async (t) => {
    const { out_refund_no, message } = await t.settled();
    const told = await t.call("refunded", message);
    const seen = [told.out_refund_no, told.refund_status, told.amount.refund];
    assert.deepEqual(seen, [out_refund_no, "SUCCESS", BACK]);
  },
  "refund query": async (t) => {
    const { out_refund_no } = await t.settled();
    const told = await t.call("queryRefund", { out_refund_no });
    assert.deepEqual([told.status, told.amount.refund], ["SUCCESS", BACK]);
  },
  "trade bill, downloaded": (t) => bill(t, "tradeBill"),
  "fund flow bill, downloaded": (t) => bill(t, "fundFlowBill"),
  "tells WeChat's refusal by its code": async (t) => {
    const said = await t.ask("queryByNumber", t.number("nobody"));
    assert.equal(said.no?.code, "ORDER_NOT_EXIST", JSON.stringify(said));
  },
  "another merchant key: refused by the sandbox": async (t) => {
    const merchant = { ...t.merchant, privateKey: STRANGER.privateKey };
    const said = await firstCall(t, "stranger", { merchant });
    assert.ok(said.no || said.sdk, JSON.stringify(said));
    if (said.no) assert.equal(said.no.code, "SIGN_ERROR");
    const { out_trade_no } = t.number("stranger");
    await assert.rejects(t.sandbox.order(out_trade_no), /no order/);
    const ours = ({ url, expected }) => url === "/v3/certificates" || expected.includes(out_trade_no);
    const wrong = (await t.sandbox.v3.signatures()).filter(ours);
    assert.match(wrong.map(({ mistake }) => mistake).join(), /the private key does not belong to/);
  },
  "a reply signed with another key: refused": async (t) => {
    // A public key is handed over, so a wrong one can be. Certificates come from the sandbox, sealed.
    if (t.platform.certificates) throw new NotInThisMode();
    const names = Object.keys(t.platform.publicKeys);
    const publicKeys = Object.fromEntries(names.map((name) => [name, STRANGER.publicKey]));
    const said = await firstCall(t, "deceived", { platform: { certificates: false, publicKeys } });
    assert.ok(said.sdk, `taken: ${JSON.stringify(said)}`);
  },
  "an unsigned reply: refused": async (t) => {
    const said = await firstCall(t, "trusting", { gateway: t.unsigned });
    assert.ok(said.sdk, `taken: ${JSON.stringify(said)}`);
  },
  "notifications signed by either kind of key": async (t) => {
    const { mode, platform } = await t.sandbox.v3.keys();
    if (mode !== "mixed") throw new NotInThisMode();
    await t.paid();
    for (const { serial } of platform) {
      const told = await t.call("payment", await crafted(t, { key: serial }));
      assert.equal(told.trade_state, "SUCCESS");
    }
  },
  "a notification with one byte changed: refused": async (t) => {
    const { headers, body } = await t.paid();
    const changed = body.replace("encrypt-resource", "encrypt-resourcf");
    assert.notEqual(changed, body);
    await isRefused(t, { headers, body: changed });
  },
  "a notification with a probe for a signature: refused": async (t) => {
    const { headers, body } = await t.paid();
    const probe = `WECHATPAY/SIGNTEST/${headers["wechatpay-signature"].slice(19)}`;
    await isRefused(t, { headers: { ...headers, "wechatpay-signature": probe }, body });
  },
  "a notification sealed with another APIv3 key, rightly signed: refused": async (t) => {
    await t.paid();
    await isRefused(t, await crafted(t, { v3_key: "another_v3_key_0123456789abcdefg" }));
  },
  "a notification with a changed tag, rightly signed: refused": async (t) => {
    const message = JSON.parse((await t.paid()).body);
    const sealed = Buffer.from(message.resource.ciphertext, "base64");
    sealed[sealed.length - 1] ^= 1;
    message.resource.ciphertext = sealed.toString("base64");
    await isRefused(t, await crafted(t, { body: JSON.stringify(message) }));
  },
  "a notification ten minutes old, rightly signed: refused": async (t) => {
    await t.paid();
    const timestamp = String(Math.floor(Date.now() / 1000) - 600);
    await isRefused(t, await crafted(t, { timestamp }));
  },
};

/** An order by another client; who downloads certificates may be refused before. */
async function firstCall(t, client, changes) {
  const opened = await t.open(client, changes);
  return opened.ok ? t.ask("native", t.order(client), client) : opened;
}

/** A notification of the order that was paid, made to measure. */
function crafted(t, wanted) {
  return t.sandbox.v3.craft(wanted.body ? wanted : { ...t.number("native"), ...wanted });
}

/** What cannot be asked in this mode. */
export class NotInThisMode extends Error {}

async function isRefused(t, message) {
  const said = await t.ask("payment", message);
  assert.ok(said.sdk, `taken: ${JSON.stringify(said)}`);
}

async function bill(t, call) {
  const { text, hash } = await t.call(call, { bill_date: t.sold.day });
  assert.equal(createHash("sha1").update(text).digest("hex"), hash);
  assert.ok(text.includes(t.sold.out_trade_no), text);
}
