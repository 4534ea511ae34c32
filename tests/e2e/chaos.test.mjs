// A hundred orders, a thousand and more notifications, questions and refunds in any order and more
// than once, and three times in between the Worker is killed. Afterwards the two books agree to the
// fen, each paid order was paid once, and the shop was told of everything exactly once.
//
// CHAOS_SEED=… repeats a run's draws; the clock's own chances remain.

import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { checkout, send } from "./harness/http.mjs";
import { SECRET, startReceiver } from "./harness/receiver.mjs";
import { startSandbox } from "./harness/sandbox.mjs";
import { seeded } from "./harness/seeded.mjs";
import { times } from "./harness/shop.mjs";
import { startWorkerd } from "./harness/workerd.mjs";

const SEED = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
const ORDERS = 100;
const KILLS = 3;
/** Calls under way at the same time. */
const AT_ONCE = 12;
/** Longer than the Worker's slowest way back to what a kill cut off. */
const PATIENCE = 90_000;

const w = {};
before(async () => {
  w.sandbox = await startSandbox();
  w.shop = await startReceiver();
  const vars = { WEBHOOK_URL: w.shop.url, WEBHOOK_SECRETS: SECRET, RATE_LIMIT: "off" };
  w.worker = await startWorkerd({ sandbox: w.sandbox, vars });
});
after(async () => {
  await w.worker?.close();
  w.shop?.close();
  await w.sandbox?.close();
});

const chance = seeded(SEED);

test("killed three times in a storm: the books agree, nothing is lost, nothing is doubled", async (t) => {
  t.diagnostic(`CHAOS_SEED=${SEED}`);
  const days = new Set([beijingDay()]);
  await w.sandbox.faults({ notify: "duplicate", times: 2, refund_seconds: 1 });
  const orders = Array.from({ length: ORDERS }, plan);
  const deeds = chance.shuffle(orders.flatMap(deedsOf));
  // In the first two thirds, so that much is left to go wrong afterwards.
  const early = Array.from({ length: Math.floor((deeds.length * 2) / 3) }, (_, i) => i + 1);
  const moments = chance.shuffle(early).slice(0, KILLS);
  await inParallel(orders, open);
  let begun = 0;
  const refunds = [];
  await inParallel(deeds, async (deed) => {
    begun += 1;
    if (moments.includes(begun)) await death();
    // A backend whose refund was not taken asks again with the same number, here when all is calm.
    if ((await deed()) === "again") refunds.push(deed);
  });
  // What WeChat told a dead Worker it tells again: 15 s later, 15 s, 30 s, 3 min, ...
  await w.sandbox.advance(600);
  await inParallel(refunds, (refund) =>
    eventually("the refund is taken", async () => (await refund()) !== "again", PATIENCE),
  );
  t.diagnostic(`${deeds.length} deeds, killed when these had begun: ${moments.sort((a, b) => a - b)}`);

  for (const order of orders) await settled(order);
  days.add(beijingDay());
  const ids = new Set(w.shop.tries.map(({ id }) => id));
  t.diagnostic(`${ids.size} events arrived in ${w.shop.tries.length} tries`);
  assert.ok(w.shop.tries.every(({ status }) => status === 204), "each try verifies");
  const words = new Set(w.shop.tries.map(({ id, body }) => `${id} ${body}`));
  assert.equal(words.size, ids.size, "a copy is a copy, byte for byte");

  const wanted = orders.map(({ line }) => line).sort();
  const book = await eventually("the day's book has everything", async () => {
    const lines = (await pagesOf(days)).map(lineOf).sort();
    return JSON.stringify(lines) === JSON.stringify(wanted) && lines;
  }, PATIENCE).catch(async () => (await pagesOf(days)).map(lineOf).sort());
  assert.deepEqual(book, wanted);
});

/** What will become of an order: four of five are paid, two of three of those refunded. */
function plan(_, i) {
  const number = `CHAOS${String(i).padStart(4, "0")}`;
  const amount = 100 + chance.below(10_000);
  const isPaid = chance.below(5) > 0;
  // One refund at most: WeChat wants a minute between two, and no test waits for minutes.
  const sum = [0, 1 + chance.below(amount), amount][chance.below(3)];
  const refund = isPaid && sum ? { out_refund_no: `${number}R`, amount: sum } : undefined;
  return { number, amount, isPaid, refund, return_token: undefined, paying: undefined };
}

/** Makes it, up to where the buyer could pay. */
async function open(order) {
  const { number, amount } = order;
  const created = await w.worker.createOrder({ out_trade_no: number, amount, description: "测试商品" });
  const { checkout_token } = created.body;
  const handed = await checkout(w.worker, { checkout_token, channel: "native", visitor: randomUUID() });
  assert.equal(handed.status, 200, JSON.stringify(handed.body));
  order.return_token = handed.body.return_token;
}

/** Everything that happens to an order, in no order: whatever comes before the payment does nothing. */
function deedsOf(order) {
  const path = encodeURIComponent(order.number);
  const read = () => quietly(() => w.worker.order(path));
  const ask = () => quietly(() => send(w.worker, "GET", `/v1/checkout/${order.return_token}`));
  const deeds = [read, ask, ask];
  if (!order.isPaid) return deeds;
  const pay = () => (order.paying ??= w.sandbox.pay(order.number));
  const notify = () => pay().then(() => w.sandbox.notify(order.number, 1));
  const refund = () => pay().then(() => refundOnce(order));
  const notifyRefund = () => quietly(() => w.sandbox.notifyRefund(order.refund.out_refund_no, 1));
  const refunds = order.refund ? [...copies(refund, 3), ...copies(notifyRefund, 3)] : [];
  return [...deeds, pay, ...copies(ask, 2), ...copies(notify, 6), ...refunds];
}

const copies = (one, count) => Array.from({ length: count }, () => one);

async function refundOnce({ number, refund }) {
  const path = `/v1/orders/${number}/refunds`;
  const taken = await quietly(() => w.worker.call("POST", path, refund));
  // Nobody is there, or the payment has not arrived yet.
  if (!taken || taken.body.code === "order_not_paid") return "again";
  assert.ok(taken.status === 201 || taken.status === 200, `${number}: ${JSON.stringify(taken.body)}`);
  return undefined;
}

/** Both books say the same of it, and the shop was told each thing once. */
async function settled(order) {
  const { number, amount, isPaid, refund } = order;
  const status = refund?.amount === amount ? "refunded" : isPaid ? "paid" : "unpaid";
  const isOver = ({ refunds, events, ...ours }) =>
    ours.status === status &&
    refunds.length === (refund ? 1 : 0) &&
    refunds.every((one) => one.status === "succeeded") &&
    events.every(({ state }) => state === "delivered");
  let ours;
  const look = async () => isOver((ours = await w.worker.order(number)));
  await eventually(`${number} is settled`, look, PATIENCE).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(ours)}`);
  });

  const theirs = await w.sandbox.order(number);
  assert.equal(theirs.trade_state, refund ? "REFUND" : isPaid ? "SUCCESS" : "NOTPAY");
  assert.deepEqual(ours.conflicts, []);
  assert.equal(times(ours, "paid"), isPaid ? 1 : 0, number);
  assert.equal(ours.payment?.transaction_id ?? null, theirs.transaction_id);
  assert.deepEqual(
    ours.refunds.map((one) => [one.out_refund_no, one.refund_id, one.amount]),
    theirs.refunds.map((one) => [one.out_refund_no, one.refund_id, one.refund_fee]),
  );
  assert.equal(ours.refunded, refund ? refund.amount : 0);
  order.line = lineOf({ ...ours, transaction_id: ours.payment?.transaction_id });

  const told = new Map();
  for (const { id, event } of w.shop.events) {
    if (event.data.out_trade_no === number) told.set(id, event.type);
  }
  assert.deepEqual([...told.keys()], ours.events.map(({ id }) => id), "each, in the order it happened");
  const types = [...told.values()];
  // Asked late enough, WeChat says at once that it succeeded.
  const steps = types.filter((type) => type !== "refund.processing");
  const wanted = [...(isPaid ? ["order.paid"] : []), ...(refund ? ["refund.succeeded"] : [])];
  assert.deepEqual(steps, wanted, number);
  assert.ok(types.length - steps.length <= 1, `${types}`);
}

/** What the day's book says of an order, in one line. */
const lineOf = ({ out_trade_no, amount, status, refunded, transaction_id }) =>
  [out_trade_no, amount, status, refunded, transaction_id].join(" ");

const beijingDay = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);

async function pagesOf(days) {
  const found = [];
  for (const day of days) {
    let cursor = "";
    do {
      const { body } = await w.worker.call("GET", `/v1/orders?day=${day}&limit=100${cursor}`);
      found.push(...body.orders);
      cursor = body.next && `&cursor=${encodeURIComponent(body.next)}`;
    } while (cursor);
  }
  return found;
}

/** One after the other: nobody dies before being alive again. */
let dying = Promise.resolve();
function death() {
  dying = dying.then(w.worker.kill).then(w.worker.start);
  return dying;
}

/** Who only looks does not mind that nobody is there. */
const quietly = (ask) => ask().catch(() => undefined);

async function inParallel(list, work) {
  const rest = list.values();
  const worker = async () => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
