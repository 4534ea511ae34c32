// API V3 alone: which answers of WeChat's are believed, and what is signed for the cashier.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { beforeEach, test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, checkout, newOrder, openOrder, send } from "./harness/http.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { paidInWorker, times } from "./harness/shop.mjs";
import { seconds, sign, token, xml } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const w = world({ browser: false, api: "v3" });
beforeEach(() => w.worker.server.clearLogs());

const visit = async ({ return_token }) =>
  (await send(w.worker, "GET", `/v1/checkout/${return_token}`)).body.status;

/** The log's lines about one of WeChat's addresses: what came of each call. */
function calls(name) {
  const lines = w.worker.server.getLogs().map(({ message }) => JSON.parse(message));
  return lines.filter((line) => line.kind === "gateway" && line.name === name);
}

const ORDER = "/v3/pay/transactions/native";
const QUERY = "/v3/pay/transactions/out-trade-no";
const CLOSE = "/v3/pay/transactions/out-trade-no/close";

/** What comes instead of an answer, what the log calls it, and what it says of it. */
const NO_ANSWERS = [
  [{ v3_answer: "unsigned" }, "distrusted", /expected header `Wechatpay-Timestamp`$/],
  [{ v3_answer: "wrong_serial" }, "distrusted", /a key we do not know$/],
  [{ v3_answer: "unknown_serial" }, "distrusted", /a key we do not know$/],
  [{ v3_answer: "stale" }, "distrusted", /signed 30\d seconds ago/],
  [{ v3_answer: "future" }, "distrusted", /signed \d+ seconds in the future/],
  [{ v3_answer: "wrong_signature" }, "distrusted", /the signature does not check$/],
  [{ v3_answer: "wrong_algorithm" }, "distrusted", /another algorithm/],
  [{ v3_status: "frequency_limited" }, "busy", /^$/],
  [{ v3_status: "system_error" }, "busy", /^$/],
  [{ v3_status: "service_unavailable" }, "transport", /^$/],
];

for (const [fault, outcome, words] of NO_ANSWERS) {
  test(`where an answer is ${Object.values(fault)} nothing moves, and nothing is lost`, async () => {
    const { token: checkout_token } = await newOrder(w.worker);
    const ask = { checkout_token, channel: "native", visitor: randomUUID() };
    const [open, paid] = [await openOrder(w.worker), await openOrder(w.worker)];
    await w.sandbox.faults({ ...fault, notify: "lost" });
    await w.sandbox.pay(paid.number);
    assertProblem(await checkout(w.worker, ask), 503, "order_unknown");
    assert.equal(await visit(paid.handed), "unknown");
    // WeChat has closed it, and says so by 204 and a signature, or does not say so.
    const closing = await w.worker.closeOrder(open.number);
    assert.deepEqual([closing.status, closing.body.status], [202, "unpaid"]);
    for (const name of [ORDER, QUERY, CLOSE]) {
      const last = calls(name).at(-1);
      assert.equal(last.outcome, outcome, name);
      assert.match(last.said ?? "", words, name);
    }

    await w.sandbox.faults({ v3_answer: "normal", v3_status: "normal" });
    assert.equal((await checkout(w.worker, ask)).status, 200);
    assert.equal((await w.worker.closeOrder(open.number)).body.status, "closed");
    assertProblem(await w.worker.closeOrder(paid.number), 409, "order_paid");
  });
}

test("where WeChat only tries whether we check its signatures the same is asked once more", async () => {
  await w.sandbox.faults({ probe_answer_percent: 100 });
  const { token: checkout_token } = await newOrder(w.worker);
  const ask = { checkout_token, channel: "native", visitor: randomUUID() };
  assertProblem(await checkout(w.worker, ask), 503, "order_unknown");
  assert.deepEqual(calls(ORDER).map((call) => call.outcome), ["distrusted", "distrusted"], "once");
  assert.match(calls(ORDER)[0].said, /probe/);

  await w.sandbox.faults({ probe_answer_percent: 50 });
  await eventually("a probe is followed by an answer", async () => {
    w.worker.server.clearLogs();
    const order = await newOrder(w.worker);
    const { status } = await checkout(w.worker, { ...ask, checkout_token: order.token });
    const asked = calls(ORDER).map((call) => call.outcome);
    return status === 200 && asked.join() === "distrusted,ok";
  });
});

test("closing what somebody has paid meanwhile finds the payment", async () => {
  const { number } = await openOrder(w.worker);
  await w.sandbox.faults({ notify: "lost" });
  await w.sandbox.pay(number);
  assertProblem(await w.worker.closeOrder(number), 409, "order_paid");
  assert.equal(times(await paidInWorker(w.worker, number), "paid"), 1);
});

test("a signed no of WeChat's is told with its remedy, and the log has its name for the call", async () => {
  const { number, token: checkout_token } = await newOrder(w.worker);
  // Somebody else of this merchant has used the number for another order, by V2.
  const fields = {
    ...{ appid: MERCHANT.appid, mch_id: MERCHANT.mchid, nonce_str: "n0", sign_type: "HMAC-SHA256" },
    ...{ body: "别的", out_trade_no: number, total_fee: "1" },
    ...{ trade_type: "NATIVE", product_id: "1" },
    ...{ spbill_create_ip: "203.0.113.9", notify_url: `${w.worker.url}/notify/v2/pay` },
  };
  const body = xml({ ...fields, sign: sign(fields) });
  await fetch(`${w.sandbox.addresses.gateway}/pay/unifiedorder`, { method: "POST", body });
  const refused = await checkout(w.worker, { checkout_token, channel: "native", visitor: randomUUID() });
  assertProblem(refused, 502, "gateway_refused");
  assert.match(refused.body.detail, /^`OUT_TRADE_NO_USED`: /);
  const [{ outcome, said }] = calls(ORDER);
  assert.equal(outcome, "refused");
  assert.match(said, /^OUT_TRADE_NO_USED [0-9A-F]+-268498688 the same number came with other parameters$/);
});

test("what raises the cashier is signed as the cashier wants it", async () => {
  const { token: checkout_token } = await newOrder(w.worker);
  const claims = { appid: MERCHANT.appid, openid: "oSandboxBuyer_0000000000001A" };
  const session = token("session", claims, seconds() + 600);
  const { body } = await checkout(w.worker, { checkout_token, channel: "jsapi", session });
  const { expected, right } = await w.sandbox.v3.cashier(body.request_payment);
  assert.ok(right, expected);
  const other = { ...body.request_payment, package: "prepay_id=wx21201855730335ac86f8c43d1889123400" };
  assert.equal((await w.sandbox.v3.cashier(other)).right, false);
});
