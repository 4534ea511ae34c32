// Webhooks in workerd, verified by the stock library: signed, in order, again until taken.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, disk, forget, openOrder } from "./harness/http.mjs";
import { SECRET, startReceiver } from "./harness/receiver.mjs";
import { startSandbox } from "./harness/sandbox.mjs";
import { paidInWorker } from "./harness/shop.mjs";
import { startWorker, variables } from "./harness/worker.mjs";

/** Another test secret, which the shop is changing over to. */
const NEXT = `whsec_${Buffer.from("the next webhook test key, 32 by").toString("base64")}`;

let receiver, sandbox, worker;

before(async () => {
  receiver = await startReceiver();
  sandbox = await startSandbox();
  const vars = { ...variables(sandbox), WEBHOOK_URL: receiver.url };
  worker = await startWorker({ vars, secrets: { WEBHOOK_SECRETS: `${NEXT} ${SECRET}` } });
});
after(async () => {
  await worker?.close();
  await sandbox?.close();
  receiver?.close();
});

async function paid() {
  const { number } = await openOrder(worker, { attach: "桌 7" });
  await sandbox.pay(number);
  await paidInWorker(worker, number);
  return number;
}

const arrives = (number, ...types) =>
  eventually(`${types} of ${number} arrive`, () => `${receiver.of(number)}` === `${types}`);

/** Makes an order's waiting letter due now. */
async function hurry(number) {
  await (await disk(worker, number)).exec("UPDATE outbox SET next_at = 0 WHERE state = 'pending'");
  await forget(worker, number);
  // Looking makes the object read its disk; changing something sets its alarm.
  await worker.closeOrder(number);
}

test("a payment is told, with what the shop needs, and only once", async () => {
  const number = await paid();
  await arrives(number, "order.paid");
  const { event, id } = receiver.events.find((it) => it.event.data.out_trade_no === number);
  const order = await worker.order(number);
  assert.equal(id, `evt_${number}_1`);
  assert.deepEqual(event.data, {
    out_trade_no: number,
    attach: "桌 7",
    what: "paid",
    number,
    transaction_id: order.payment.transaction_id,
    amount: 100,
    paid_at: order.payment.paid_at,
  });
  await sandbox.notify(number, 20);
  assert.deepEqual(receiver.of(number), ["order.paid"]);
  assert.equal(order.events.length, 1);
});

test("during a rotation each of the two secrets verifies", async () => {
  const number = await paid();
  await arrives(number, "order.paid");
  const { body, headers } = receiver.tries.find((it) => it.id === `evt_${number}_1`);
  for (const secret of [SECRET, NEXT]) new Webhook(secret).verify(body, headers);
  assert.throws(() => new Webhook(SECRET.replace("d2Vi", "d2Vj")).verify(body, headers));
});

test("a refund's steps arrive after the payment, in their order", async () => {
  const number = await paid();
  await worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 100 });
  await sandbox.advance(61);
  await arrives(number, "order.paid", "refund.processing", "refund.succeeded");
});

test("a letter that is not taken is sent again, the same to the byte, and holds back the next", async () => {
  receiver.answer = 500;
  const number = await paid();
  const mine = () => receiver.tries.filter((it) => it.id.startsWith(`evt_${number}_`));
  await eventually("the first try", () => mine().length === 1);
  await worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 1 });
  const waiting = (await worker.order(number)).events;
  assert.deepEqual(waiting.map((it) => [it.type, it.state, it.attempts]), [
    ["order.paid", "pending", 1],
    ["refund.processing", "pending", 0],
  ]);
  const [first] = mine();
  assert.equal(waiting[0].next_at - first.at <= 7, true, "again after 5 seconds");
  receiver.answer = 204;
  await arrives(number, "order.paid", "refund.processing");
  const copies = mine().filter((it) => it.id === first.id);
  assert.equal(copies.length, 2);
  assert.equal(copies[0].body, copies[1].body);
});

test("410 and ten tries in vain make a dead letter; the shop lists it and has it sent again", async () => {
  receiver.answer = 410;
  const gone = await paid();
  const state = async (number) => (await worker.order(number)).events[0].state;
  await eventually("dead", async () => (await state(gone)) === "dead");
  receiver.answer = 500;
  const tired = await paid();
  await eventually("tried", async () => (await worker.order(tired)).events[0].attempts === 1);
  await (await disk(worker, tired)).exec("UPDATE outbox SET tries = 9");
  await hurry(tired);
  await eventually("dead", async () => (await state(tired)) === "dead");

  receiver.answer = 204;
  const again = await worker.call("POST", `/v1/events/evt_${tired}_1/resend`);
  assert.equal(again.status, 202, JSON.stringify(again.body));
  await arrives(tired, "order.paid");
  await eventually("delivered", async () => (await state(tired)) === "delivered");
  for (const id of ["evt_NEVERWAS01_1", `evt_${tired}_9`, "evt_", "x", `evt_${tired}_x`]) {
    const answer = await worker.call("POST", `/v1/events/${encodeURIComponent(id)}/resend`);
    assertProblem(answer, 404, "event_not_found");
  }
});

test("a letter asked for again while it is being sent goes out again", async () => {
  let answer;
  receiver.held = new Promise((resolve) => (answer = resolve));
  const number = await paid();
  await arrives(number, "order.paid");
  const again = await worker.call("POST", `/v1/events/evt_${number}_1/resend`);
  assert.equal(again.status, 202, JSON.stringify(again.body));
  receiver.held = undefined;
  answer();
  await arrives(number, "order.paid", "order.paid");
  const state = async () => (await worker.order(number)).events[0];
  await eventually("delivered", async () => (await state()).state === "delivered");
  assert.equal((await state()).attempts, 1, "counted from the asking");
});

test("an endpoint is tried on set-up: it takes ours and has to refuse a stranger's", async () => {
  const verify = async () => (await worker.call("POST", "/v1/webhook/verify")).body;
  assert.deepEqual(await verify(), { accepted: true, refuses_forgeries: true });
  receiver.verifies = false;
  assert.deepEqual(await verify(), { accepted: true, refuses_forgeries: false });
  receiver.verifies = true;
  receiver.answer = 503;
  assert.deepEqual(await verify(), { accepted: false, refuses_forgeries: true });
  receiver.answer = 204;
  let answer;
  receiver.forged = new Promise((resolve) => (answer = resolve));
  assert.deepEqual(await verify(), { accepted: true, refuses_forgeries: false }, "silence is no no");
  receiver.forged = undefined;
  answer();
});

test("an order that closes and a contradiction are told too", async () => {
  const closed = await openOrder(worker);
  await worker.closeOrder(closed.number);
  await arrives(closed.number, "order.closed");
  const { event } = receiver.events.at(-1);
  assert.equal(event.data.reason, "by_shop");
});
