// 退款 and 改价 in workerd, against the sandbox: to the last fen, told once, believed
// when signed; by either API.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, checkout, openOrder, rewrite, send } from "./harness/http.mjs";
import { paidInWorker, times } from "./harness/shop.mjs";
import { seconds } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

/** Where refunds are told. */
const TOLD_AT = { v2: "/notify/v2/refund", v3: "/notify/v3" };

/** What the sandbox calls the question about refunds. */
const ASKED_BY = { v2: "refundquery", v3: "v3_refund_query" };

// At once: what takes real seconds takes them once.
describe("refunds", { concurrency: true }, () => {
  for (const api of ["v2", "v3"]) describe(`by API ${api}`, { concurrency: 1 }, () => refunds(api));
});

function refunds(api) {
  const w = world({ browser: false, api });

  const refund = (number, body) => w.worker.call("POST", `/v1/orders/${number}/refunds`, body);

  /** An order of 100 fen that was paid. */
  async function paidOrder() {
    const order = await openOrder(w.worker);
    await w.sandbox.pay(order.number);
    await paidInWorker(w.worker, order.number);
    return order;
  }

  /** Waits until a refund has come so far. */
  const becomes = (number, no, status) =>
    eventually(`refund ${no} is ${status}`, async () => {
      const { body } = await w.worker.call("GET", `/v1/orders/${number}/refunds/${no}`);
      return body.status === status && body;
    });

  test("a refund is taken, told by WeChat, asked about, and told to the shop once", async () => {
    const { number } = await paidOrder();
    const taken = await refund(number, { amount: 30, out_refund_no: `R-${number}`, reason: "少发一件" });
    assert.equal(taken.status, 201, JSON.stringify(taken.body));
    assert.equal(taken.body.status, "processing");
    assert.ok(taken.body.refund_id);
    const again = await refund(number, { amount: 30, out_refund_no: `R-${number}`, reason: "少发一件" });
    assert.equal(again.status, 200);
    assert.deepEqual(again.body, taken.body);

    // A minute later by WeChat's clock the money is back, and WeChat says so, twenty times.
    await w.sandbox.faults({ notify: "duplicate" });
    await w.sandbox.advance(61);
    const done = await becomes(number, `R-${number}`, "succeeded");
    assert.equal(done.recv_account, "支付用户零钱");
    const order = await w.worker.order(number);
    assert.equal(order.refunded, 30);
    assert.equal(order.status, "paid", "70 fen are still paid");
    const told = order.history.filter((line) => line.what === "refund").map((line) => line.status);
    assert.deepEqual(told, ["asked", "processing", "succeeded"]);
    const { refunds } = await w.sandbox.order(number);
    assert.deepEqual(refunds.map((it) => [it.out_refund_no, it.refund_fee]), [[`R-${number}`, 30]]);
  });

  test("a refund of which nothing is heard is asked about", async () => {
    await w.sandbox.faults({ notify: "lost" });
    const { number } = await openOrder(w.worker);
    await w.sandbox.pay(number);
    // Asked to close it, WeChat says that it is paid.
    assertProblem(await w.worker.closeOrder(number), 409, "order_paid");
    await refund(number, { amount: 30, out_refund_no: `Q-${number}` });
    await w.sandbox.advance(61);
    // The question is due in a minute. Here it is due now, and comes when refunds are looked at.
    await rewrite(w.worker, number, "$.refunds[0].next_at", seconds());
    await refund(number, { amount: 1 });
    await becomes(number, `Q-${number}`, "succeeded");
    const { messages } = await w.sandbox.order(number);
    assert.ok(messages.some(({ what }) => what === ASKED_BY[api]), "by its own number");
  });

  test("no fen more than was paid goes back; the last one may", async () => {
    const { number } = await paidOrder();
    assertProblem(await refund(number, { amount: 101 }), 409, "refund_exceeds");
    assertProblem(await refund(number, { amount: 0 }), 400, "invalid_field");
    assert.equal((await refund(number, { amount: 99, out_refund_no: "A" + number })).status, 201);
    assertProblem(await refund(number, { amount: 2 }), 409, "refund_exceeds");
    assertProblem(await refund(number, { amount: 98, out_refund_no: "A" + number }), 409, "refund_differs");
    // WeChat wants a minute between two of one order, so the second waits for its turn.
    const last = await refund(number, { amount: 1, out_refund_no: "B" + number });
    assert.deepEqual([last.status, last.body.status], [201, "waiting"]);
    assertProblem(await refund(number, { amount: 1 }), 409, "refund_exceeds");
  });

  test("what was not paid is not refunded, what is not there is not found", async () => {
    const { number } = await openOrder(w.worker);
    assertProblem(await refund(number, { amount: 1 }), 409, "order_not_paid");
    assertProblem(await refund("NEVERWAS01", { amount: 1 }), 404, "order_not_found");
    const path = `/v1/orders/${number}/refunds`;
    assertProblem(await w.worker.call("GET", `${path}/NONE`), 404, "refund_not_found");
  });

  test("a refund that WeChat refuses may be asked for again by the same number", async () => {
    const { number } = await paidOrder();
    await w.sandbox.faults({ refund: "notenough" });
    const refused = await refund(number, { amount: 100, out_refund_no: "N" + number });
    assert.deepEqual([refused.body.status, refused.body.err_code], ["refused", "NOTENOUGH"]);
    await w.sandbox.faults({ refund: "normal" });
    // It was sent a moment ago: WeChat wants a minute.
    const again = await refund(number, { amount: 100, out_refund_no: "N" + number });
    assert.deepEqual([again.status, again.body.status], [201, "waiting"]);
  });

  test("a refund made at the merchant platform is learned from WeChat's word about it", async () => {
    const { number } = await paidOrder();
    const notify_url = w.worker.url + TOLD_AT[api];
    await w.sandbox.refund(number, { refund_fee: 40, notify_url });
    await w.sandbox.advance(61);
    const order = await eventually("the refund is known", async () => {
      const order = await w.worker.order(number);
      return order.refunded === 40 && order;
    });
    assert.equal(times(order, "refund"), 1);
  });

  if (api === "v2") {
    test("a refund notification that says what WeChat does not is asked about and moves nothing", async () => {
      const { number } = await paidOrder();
      await refund(number, { amount: 10, out_refund_no: "F" + number });
      await w.sandbox.faults({ notify: "forged" });
      const { acks } = await w.sandbox.notifyRefund("F" + number, 1).catch(() => ({ acks: [] }));
      for (const ack of acks) assert.doesNotMatch(ack.body ?? "", /SUCCESS/);
      await w.sandbox.faults({ notify: "wrong_amount" });
      await w.sandbox.advance(61);
      await becomes(number, "F" + number, "succeeded");
      assert.equal((await w.worker.order(number)).refunded, 10);
    });
  } else {
    test("a refund notification that WeChat did not sign moves nothing; signed, it does", async () => {
      const { number } = await paidOrder();
      await refund(number, { amount: 10, out_refund_no: "F" + number });
      await w.sandbox.faults({ notify: "forged" });
      await w.sandbox.advance(61);
      const { acks } = await w.sandbox.notifyRefund("F" + number, 1);
      assert.deepEqual(acks.map(({ status }) => status), [401]);
      assert.equal((await w.worker.order(number)).refunded, 0);
      await w.sandbox.faults({ notify: "normal" });
      await w.sandbox.notifyRefund("F" + number, 1);
      await becomes(number, "F" + number, "succeeded");
      assert.equal((await w.worker.order(number)).refunded, 10);
    });
  }

  test("a changed amount closes the live link, and the next one has the new amount", async () => {
    const { number, ask } = await openOrder(w.worker);
    const amount = (amount) => w.worker.call("POST", `/v1/orders/${number}/amount`, { amount });
    const changed = await amount(80);
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.amount, 80);
    assert.equal((await w.sandbox.order(number)).trade_state, "CLOSED");
    const handed = await checkout(w.worker, ask);
    assert.equal(handed.status, 200, JSON.stringify(handed.body));
    const next = await w.sandbox.order(`${number}*2`);
    assert.equal(next.total_fee, 80);
    await w.sandbox.pay(`${number}*2`);
    const order = await paidInWorker(w.worker, number);
    assert.deepEqual([order.payment.total_fee, order.conflicts], [80, []]);
    assertProblem(await amount(70), 409, "order_paid");
  });

  test("while WeChat does not close the old link, nobody gets a second one", async () => {
    await w.sandbox.faults({ close: "too_soon" });
    const { number, ask } = await openOrder(w.worker);
    const changed = await w.worker.call("POST", `/v1/orders/${number}/amount`, { amount: 80 });
    assert.equal(changed.status, 202);
    assertProblem(await checkout(w.worker, ask), 409, "order_held");
    // Whoever pays the old link has paid; the shop is told that it was another amount.
    await w.sandbox.pay(number);
    const order = await paidInWorker(w.worker, number);
    assert.equal(order.payment.total_fee, 100);
    assert.deepEqual(order.conflicts.map((it) => it.conflict), ["paid_old_amount"]);
  });

  test("a page may not refund, nor change an amount", async () => {
    const { number } = await paidOrder();
    for (const path of ["refunds", "amount"]) {
      const answer = await send(w.worker, "POST", `/v1/orders/${number}/${path}`, { body: { amount: 1 } });
      assertProblem(answer, 401, "unauthorized");
    }
  });
}
