// A panic answers 500 and harms nobody else: no other request, no object, not even its own.
// The Worker under test is the build with `fault-injection` (cargo xtask worker --faults).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, checkout, newOrder, openOrder, send } from "./harness/http.mjs";
import { times } from "./harness/shop.mjs";
import { notification } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const w = world({ browser: false, entry: "crates/worker/entry-faults.mjs" });

const panic = (number) => send(w.worker, "POST", `/__fault/panic${number ? `/${number}` : ""}`);

test("a panic answers 500 without its text, and requests under way go on", async () => {
  await w.sandbox.faults({ order: "timeout" });
  const { number, token } = await newOrder(w.worker);
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  // This one waits five seconds for WeChat, inside an object of the same isolate.
  const waiting = checkout(w.worker, ask);
  await eventually("WeChat has the order", () => w.sandbox.order(number).catch(() => false));
  const panics = await Promise.all([panic(), panic(), panic()]);
  for (const answer of panics) {
    assertProblem(answer, 500, "internal");
    assert.doesNotMatch(JSON.stringify(answer.body), /asked to|panic/);
  }
  assert.equal((await send(w.worker, "GET", "/healthz")).status, 200, "the next request is served");
  assertProblem(await waiting, 503, "order_unknown");
  await w.sandbox.faults({ order: "normal" });
  assert.equal((await checkout(w.worker, ask)).status, 200);
});

test("a panic inside an order's object leaves the order, and every other, as it was", async () => {
  const [hit, other] = await Promise.all([openOrder(w.worker), openOrder(w.worker)]);
  const before = [await w.worker.order(hit.number), await w.worker.order(other.number)];
  assertProblem(await panic(hit.number), 500, "internal");
  assert.deepEqual([await w.worker.order(hit.number), await w.worker.order(other.number)], before);

  const body = notification(hit.number);
  const acks = await Promise.all([
    send(w.worker, "POST", "/notify/v2/pay", { body }),
    panic(hit.number),
    send(w.worker, "POST", "/notify/v2/pay", { body }),
  ]);
  assert.match(acks[0].body + acks[2].body, /SUCCESS.*SUCCESS/s);
  assert.equal(times(await w.worker.order(hit.number), "paid"), 1);
});

test("an order can be made in an object that panicked before it had one", async () => {
  const number = `T${randomUUID().replaceAll("-", "").slice(0, 24)}`;
  assertProblem(await panic(number), 500, "internal");
  const order = { out_trade_no: number, amount: 1, description: "测试商品" };
  const made = await w.worker.createOrder(order);
  assert.equal(made.status, 201);
});
