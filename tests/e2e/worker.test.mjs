// The built Worker in workerd, against the sandbox, over plain HTTP: orders and carts.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import {
  assertProblem, checkout, disk, forget, newOrder, openOrder, rewrite,
} from "./harness/http.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { cart, seconds, sign, xml } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const w = world({ browser: false });

test("an order sent again is the same order; changed, it is refused", async () => {
  const { number, order } = await newOrder(w.worker, { attach: "table 7" });
  const again = await w.worker.createOrder(order);
  assert.equal(again.status, 200);
  assert.equal(again.body.out_trade_no, number);
  const changes = { amount: 101, description: "别的", attach: "table 8", expires_in: 600 };
  for (const [field, value] of Object.entries(changes)) {
    assertProblem(await w.worker.createOrder({ ...order, [field]: value }), 409, "order_differs");
  }
  assert.equal((await w.worker.order(number)).amount, 100);
});

test("an order without a number gets one nobody guesses", async () => {
  const ask = { amount: 1, description: "测试商品" };
  const [one, two] = await Promise.all([w.worker.createOrder(ask), w.worker.createOrder(ask)]);
  assert.match(one.body.out_trade_no, /^[0-9a-f]{28}$/);
  assert.notEqual(one.body.out_trade_no, two.body.out_trade_no);
});

test("a double tap makes one order", async () => {
  const ask = { sku: "cup", purchase_id: randomUUID(), channel: "native", visitor: randomUUID() };
  const handed = await Promise.all(Array.from({ length: 5 }, () => checkout(w.worker, ask)));
  for (const { status, body } of handed) {
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.out_trade_no, handed[0].body.out_trade_no);
  }
  const { orders } = await w.sandbox.state();
  assert.equal(orders.length, 1);
  assert.equal(orders[0].total_fee, 4500);
  const differs = await checkout(w.worker, { ...ask, quantity: 2 });
  assertProblem(differs, 409, "order_differs");
});

test("a cart the shop signed is an order without a call to the shop", async () => {
  const number = `CART${seconds()}`;
  const exp = seconds() + 600;
  const claims = { out_trade_no: number, amount: 1990, description: "龙井", exp };
  const ask = { cart: cart(claims), channel: "native", visitor: randomUUID() };
  assert.equal((await checkout(w.worker, ask)).status, 200);
  assert.equal((await checkout(w.worker, ask)).status, 200);
  const order = await w.worker.order(number);
  assert.equal(order.amount, 1990);
  assert.equal(order.attempts.length, 1);
  const cheaper = { ...ask, cart: cart({ ...claims, amount: 1 }) };
  assertProblem(await checkout(w.worker, cheaper), 409, "order_differs");
});

test("a signed no of WeChat's is told with its remedy", async () => {
  const { number, token } = await newOrder(w.worker);
  // Somebody else of this merchant has used the number for another order.
  const fields = {
    ...{ appid: MERCHANT.appid, mch_id: MERCHANT.mchid, nonce_str: "n0", sign_type: "HMAC-SHA256" },
    ...{ body: "别的", out_trade_no: number, total_fee: "1" },
    ...{ trade_type: "NATIVE", product_id: "1" },
    ...{ spbill_create_ip: "203.0.113.9", notify_url: `${w.worker.url}/notify/v2/pay` },
  };
  const body = xml({ ...fields, sign: sign(fields) });
  await fetch(`${w.sandbox.addresses.gateway}/pay/unifiedorder`, { method: "POST", body });
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  const refused = await checkout(w.worker, ask);
  assertProblem(refused, 502, "gateway_refused");
  assert.match(refused.body.detail, /^`INVALID_REQUEST`: repeat an order number only with/);
});

test("an order whose time is over takes no buyer", async () => {
  const { number, token } = await newOrder(w.worker);
  await rewrite(w.worker, number, "$.created_at", seconds() - 7200);
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  assertProblem(await checkout(w.worker, ask), 409, "order_expired");
});

test("an order survives its object; looking for one that never was leaves nothing", async () => {
  const { number } = await openOrder(w.worker);
  const before = await w.worker.order(number);
  await forget(w.worker, number);
  assert.deepEqual(await w.worker.order(number), before);

  assertProblem(await w.worker.call("GET", "/v1/orders/NEVERWAS01"), 404, "order_not_found");
  assertProblem(await w.worker.call("GET", "/v1/orders/no"), 404, "order_not_found");
  const ours = "SELECT name FROM sqlite_master WHERE name IN ('orders', 'history')";
  assert.deepEqual(await (await disk(w.worker, "NEVERWAS01")).exec(ours), []);
  // A row that is gone is an order that is gone: an answer, not an exception past Rust.
  await (await disk(w.worker, number)).exec("DELETE FROM orders");
  await forget(w.worker, number);
  assertProblem(await w.worker.call("GET", `/v1/orders/${number}`), 404, "order_not_found");
});
