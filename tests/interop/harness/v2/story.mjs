// What every SDK of API V2 is asked to do, in this order. A chapter is a row of the table.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { answerOf } from "../driver.mjs";
import { BACK, TOTAL } from "../teller.mjs";

const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const SCENE = { h5_info: { type: "Wap", wap_url: "http://localhost", wap_name: "湖山茶舍" } };
const ANOTHER_KEY = "another_v2_key_0123456789abcdefg";

/** Each gets the teller, and fails if anything is not as it should be. */
export const STORY = {
  "JSAPI order, and `paySign`": async (t) => {
    const params = await t.call("jsapi", { ...t.order("jsapi"), openid: OPENID });
    assert.match(params.package, /^prepay_id=wx[0-9a-zA-Z]{34}$/);
    const { appId, timeStamp, nonceStr, package: order, signType } = params;
    assert.equal(signType, t.signType);
    const signed = { appId, nonceStr, package: order, signType, timeStamp };
    assert.equal(params.paySign, signature(signed, t.merchant.key, signType));
  },
  "H5 order": async (t) => {
    const { mweb_url } = await t.call("h5", { ...t.order("h5"), scene_info: JSON.stringify(SCENE) });
    assert.equal(new URL(mweb_url).pathname, "/cgi-bin/mmpayweb-bin/checkmweb");
  },
  "Native order": async (t) => {
    const { code_url } = await t.call("native", { ...t.order("native"), product_id: "茶-1" });
    assert.match(code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
  },
  "query by `out_trade_no`": async (t) => {
    const told = await t.call("queryByNumber", t.number("native"));
    assert.deepEqual([told.out_trade_no, told.trade_state], [t.number("native").out_trade_no, "NOTPAY"]);
  },
  "payment notification, verified": async (t) => {
    const told = await t.call("payment", await t.paid());
    const seen = [told.out_trade_no, told.result_code, `${told.total_fee}`];
    assert.deepEqual(seen, [t.number("native").out_trade_no, "SUCCESS", `${TOTAL}`]);
  },
  "query by `transaction_id`": async (t) => {
    const { transaction_id } = await t.sandbox.order(t.number("native").out_trade_no);
    const told = await t.call("queryById", { transaction_id });
    const seen = [told.out_trade_no, told.trade_state, `${told.total_fee}`];
    assert.deepEqual(seen, [t.number("native").out_trade_no, "SUCCESS", `${TOTAL}`]);
  },
  "close": async (t) => {
    await t.call("close", t.number("h5"));
    const told = await t.call("queryByNumber", t.number("h5"));
    assert.equal(told.trade_state, "CLOSED");
  },
  "refund": async (t) => {
    const told = await t.call("refund", t.refund);
    assert.deepEqual([told.out_refund_no, `${told.refund_fee}`], [t.refund.out_refund_no, `${BACK}`]);
  },
  "refund notification, opened": async (t) => {
    const told = await t.call("refunded", (await t.settled()).message);
    const seen = [told.out_refund_no, told.refund_status, `${told.refund_fee}`];
    assert.deepEqual(seen, [t.refund.out_refund_no, "SUCCESS", `${BACK}`]);
  },
  "refund query": async (t) => {
    await t.settled();
    const told = await t.call("queryRefund", { out_refund_no: t.refund.out_refund_no });
    assert.deepEqual([told.refund_status_0, `${told.refund_fee_0}`], ["SUCCESS", `${BACK}`]);
  },
  "trade bill, downloaded": (t) => bill(t, "tradeBill", t.sold.out_trade_no),
  "fund flow bill, downloaded": (t) => bill(t, "fundFlowBill", t.sold.transaction_id),
  "tells WeChat's refusal by its code": async (t) => {
    const said = await t.ask("queryByNumber", t.number("nobody"));
    assert.equal(said.no?.code, "ORDERNOTEXIST", JSON.stringify(said));
  },
  "another merchant key: refused by the sandbox": async (t) => {
    await t.open("stranger", { merchant: { ...t.merchant, key: ANOTHER_KEY } });
    const said = await t.ask("native", { ...t.order("stranger"), product_id: "1" }, "stranger");
    assert.ok(said.no || said.sdk, JSON.stringify(said));
    await assert.rejects(t.sandbox.order(t.number("stranger").out_trade_no), /no order/);
  },
  "a reply with one character changed: refused": (t) => deceived(t, "changed"),
  "an unsigned reply: refused": (t) => deceived(t, "unsigned"),
  "a notification with one byte changed: refused": async (t) => {
    const { headers, body } = await t.paid();
    const changed = body.replace(`>${TOTAL}<`, `>${TOTAL + 1}<`).replace(`[${TOTAL}]`, `[${TOTAL + 1}]`);
    assert.notEqual(changed, body);
    await isRefused(t, "payment", { headers, body: changed });
  },
  "an unsigned notification: refused": async (t) => {
    const { headers, body } = await t.paid();
    await isRefused(t, "payment", { headers, body: unsigned(body) });
  },
  "a refund notification sealed with another key: refused": async (t) => {
    const { message } = await t.settled();
    await t.open("other", { merchant: { ...t.merchant, key: ANOTHER_KEY } });
    const said = await t.ask("refunded", message, "other");
    assert.ok(said.sdk, `taken: ${JSON.stringify(said)}`);
  },
};

/** Source: pay.weixin.qq.com V2 "安全规范". Every field here has a value. */
function signature(fields, key, signType) {
  const pairs = Object.keys(fields).sort().map((name) => `${name}=${fields[name]}`);
  const text = [...pairs, `key=${key}`].join("&");
  const hash = signType === "MD5" ? createHash("md5") : createHmac("sha256", key);
  return hash.update(text).digest("hex").toUpperCase();
}

/** The same text without its signature. */
export const unsigned = (xml) => xml.replace(/<sign>.*?<\/sign>/s, "");

/** A query through somebody who changes what WeChat says. */
async function deceived(t, by) {
  await t.open(by, { gateway: t.liars[by] });
  const said = await t.ask("queryByNumber", t.number("native"), by);
  assert.ok(said.sdk, `taken: ${JSON.stringify(said)}`);
}

async function isRefused(t, call, message) {
  const said = await t.ask(call, message);
  assert.ok(said.sdk || said.no, `taken: ${JSON.stringify(said)}`);
}

async function bill(t, call, number) {
  await t.open("later", { gateway: t.sold.gateway });
  const said = await t.ask(call, { bill_date: t.sold.day.replaceAll("-", "") }, "later");
  const { text } = answerOf(said);
  assert.ok(text.includes(number), text);
}
