// docs/moving-to-v3.md, walked: a shop on API V2 prepares V3, moves, goes back, lets V2 go, with
// orders under way at every step. Each step is a deployment on the same storage.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, checkout, from, newOrder, openOrder, rewrite, send } from "./harness/http.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { paidInWorker, times } from "./harness/shop.mjs";
import { seconds, token } from "./harness/wechat.mjs";
import { WITHOUT_V2, startWorker, v3, variables } from "./harness/worker.mjs";

const w = {};
/** What is set at each station of the way. */
const SET = {};
before(async () => {
  w.sandbox = await startSandbox();
  w.worker = await startWorker({ vars: variables(w.sandbox) });
  await w.sandbox.site(w.worker.url);
  const V3 = await v3(w.sandbox);
  const V2 = { WXPAY_API_V2_KEY: MERCHANT.v2Key };
  SET.before = { ...V2, ...V3, WXPAY_API_V3_KEY: "", WXPAY_API: "" };
  SET.prepared = { ...V2, ...V3, WXPAY_API: "v2" };
  SET.moved = { ...V2, ...V3, WXPAY_API: "" };
  SET.without = { ...V3, ...WITHOUT_V2, WXPAY_API: "" };
});
afterEach(() => w.sandbox.reset());
after(async () => {
  await w.worker?.close();
  await w.sandbox?.close();
});

const deploy = (station) => w.worker.reconfigure(SET[station]);
const refund = (number, ask) => w.worker.call("POST", `/v1/orders/${number}/refunds`, ask);

/** By which API WeChat was called about an attempt: `v2`, `v3` or both. */
async function askedBy(number) {
  const { messages } = await w.sandbox.order(number);
  const calls = messages.filter(({ direction, what }) => direction === "in" && what !== "notify_ack");
  return [...new Set(calls.map(({ what }) => (what.startsWith("v3_") ? "v3" : "v2")))].join(" ");
}

/** What WeChat told of an attempt and its refunds was acknowledged at the first try. */
async function assertAcknowledged(number) {
  const { notifications, refunds } = await w.sandbox.order(number);
  const tries = [notifications, ...refunds.map((it) => it.notifications)];
  assert.deepEqual(tries.flat().map(({ outcome }) => outcome), tries.map(() => "acknowledged"));
}

const becomes = (number, is) =>
  eventually(`order ${number} ends`, async () => is(await w.worker.order(number)));

/** Pays, and gives a part back; the Worker has all of it by being told. */
async function paidAndRefunded({ number }) {
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  assert.equal((await refund(number, { amount: 30 })).body.status, "processing");
  await w.sandbox.advance(61);
  await becomes(number, ({ refunded }) => refunded === 30);
  await assertAcknowledged(number);
}

async function paidOrder() {
  const order = await openOrder(w.worker);
  await w.sandbox.pay(order.number);
  await paidInWorker(w.worker, order.number);
  return order;
}

const visit = (handed) => send(w.worker, "GET", `/v1/checkout/${handed.return_token}`);

/** A buyer inside WeChat, whose login needs no browser here. */
function insideWechat(checkout_token) {
  const openid = "oSandboxBuyer_0000000000001A";
  const session = token("session", { appid: MERCHANT.appid, openid }, seconds() + 600);
  return { checkout_token, channel: "jsapi", session };
}

test("orders begun on V2 finish on V2, however far they were; new ones live on V3", async () => {
  await deploy("before");
  const unpaid = await openOrder(w.worker);
  const asked = await openOrder(w.worker);
  const unwanted = await openOrder(w.worker);
  const paid = await paidOrder();
  const refunded = await paidOrder();
  await refund(refunded.number, { amount: 100 });

  await deploy("moved");
  await paidAndRefunded(unpaid);
  await w.sandbox.faults({ notify: "lost" });
  await w.sandbox.pay(asked.number);
  assert.equal((await visit(asked.handed)).body.status, "paid", "by asking");
  await w.sandbox.faults({ notify: "normal" });
  assert.equal((await w.worker.closeOrder(unwanted.number)).body.status, "closed");
  assert.equal((await w.sandbox.order(unwanted.number)).trade_state, "CLOSED");
  assert.equal((await refund(paid.number, { amount: 40 })).body.status, "processing");
  await w.sandbox.advance(61);
  await becomes(paid.number, (order) => order.refunded === 40);
  await becomes(refunded.number, ({ status }) => status === "refunded");
  for (const { number } of [unpaid, asked, unwanted, paid, refunded]) {
    assert.equal(await askedBy(number), "v2", number);
    assert.deepEqual((await w.worker.order(number)).conflicts, []);
  }

  const fresh = await openOrder(w.worker);
  await paidAndRefunded(fresh);
  assert.equal(await askedBy(fresh.number), "v3");
});

test("a buyer who comes back after the move has the same link, and once it is dead one of V3", async () => {
  await deploy("before");
  const { number, token } = await newOrder(w.worker);
  const ask = { checkout_token: token, channel: "mweb", visitor: randomUUID() };
  const ip = from("203.0.113.7");
  const old = await checkout(w.worker, ask, ip);
  const inside = await newOrder(w.worker);
  const prepaid = await checkout(w.worker, insideWechat(inside.token));

  await deploy("moved");
  assert.equal((await checkout(w.worker, ask, ip)).body.mweb_url, old.body.mweb_url);
  const again = await checkout(w.worker, insideWechat(inside.token));
  const { package: prepay_id, signType } = again.body.request_payment;
  assert.equal(prepay_id, prepaid.body.request_payment.package);
  assert.equal(signType, "HMAC-SHA256", "what V2 ordered is signed as V2 wants it");

  await rewrite(w.worker, number, "$.attempts[0].stage.open.expires_at", seconds() + 5);
  const next = await checkout(w.worker, ask, ip);
  assert.equal(next.status, 200, JSON.stringify(next.body));
  assert.notEqual(next.body.mweb_url, old.body.mweb_url);
  assert.equal((await w.sandbox.order(number)).trade_state, "CLOSED", "nobody pays twice");
  assert.equal(await askedBy(number), "v2");
  await paidInV3(`${number}*2`, number);
});

async function paidInV3(attempt, number) {
  await w.sandbox.pay(attempt);
  const order = await paidInWorker(w.worker, number);
  assert.deepEqual([times(order, "paid"), order.conflicts], [1, []]);
  assert.equal(await askedBy(attempt), "v3");
  await assertAcknowledged(attempt);
}

test("prepared, new orders still go by V2; after going back V3's finish on V3", async () => {
  await deploy("prepared");
  const still = await openOrder(w.worker);
  await deploy("moved");
  const [open, unwanted] = [await openOrder(w.worker), await openOrder(w.worker)];
  const paid = await paidOrder();

  await deploy("prepared");
  await paidAndRefunded(still);
  await paidAndRefunded(open);
  assert.equal((await w.worker.closeOrder(unwanted.number)).body.status, "closed");
  assert.equal((await refund(paid.number, { amount: 100 })).body.status, "processing");
  await w.sandbox.advance(61);
  await becomes(paid.number, ({ status }) => status === "refunded");
  for (const { number } of [open, unwanted, paid]) assert.equal(await askedBy(number), "v3");
  const fresh = await openOrder(w.worker);
  await paidAndRefunded(fresh);
  for (const { number } of [still, fresh]) assert.equal(await askedBy(number), "v2");
});

test("once V2's secrets are gone, V3 asks about its orders, closes and refunds them", async () => {
  await deploy("before");
  const [open, unwanted] = [await openOrder(w.worker), await openOrder(w.worker)];
  const inside = await newOrder(w.worker);
  await checkout(w.worker, insideWechat(inside.token));
  const paid = await paidOrder();

  await deploy("without");
  await w.sandbox.pay(open.number);
  const { acks } = await w.sandbox.notify(open.number, 1);
  assert.doesNotMatch(acks[0].body, /SUCCESS/, "nobody can check what V2 says");
  assert.equal((await visit(open.handed)).body.status, "paid", "by asking");
  assert.equal((await w.worker.closeOrder(unwanted.number)).body.status, "closed");
  const again = await checkout(w.worker, insideWechat(inside.token));
  assertProblem(again, 503, "misconfigured");
  assert.match(again.body.detail, /WXPAY_API_V2_KEY/, "a link of V2's that nobody can sign");
  assert.equal((await refund(paid.number, { amount: 40 })).body.status, "processing");
  await w.sandbox.advance(61);
  await becomes(paid.number, ({ refunded }) => refunded === 40);
  for (const { number } of [open, unwanted, paid]) assert.equal(await askedBy(number), "v2 v3");
});

test("with half of V3 set nothing is sold, and which half is missing is said", async () => {
  await w.worker.reconfigure({ ...SET.moved, WXPAY_MERCHANT_KEY: "" });
  const health = await send(w.worker, "GET", "/healthz");
  assertProblem(health, 503, "misconfigured");
  assert.match(health.body.detail, /WXPAY_MERCHANT_KEY/);
});
