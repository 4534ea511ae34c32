// The built Worker in workerd, against the sandbox, over plain HTTP: orders, checkouts, the truth.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import {
  assertProblem,
  checkout,
  disk,
  forget,
  from,
  newOrder,
  openOrder,
  rewrite,
  send,
} from "./harness/http.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { paidInWorker, times } from "./harness/shop.mjs";
import { cart, notification, seconds, sign, xml } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const w = world({ browser: false });

const messages = async (number, path) => {
  const { messages } = await w.sandbox.order(number);
  return messages.filter(({ direction, what }) => direction === "in" && what.includes(path));
};

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

test("an mweb_url goes to one visitor at one address only", async () => {
  const { number, token } = await newOrder(w.worker);
  const first = { checkout_token: token, channel: "mweb", visitor: randomUUID() };
  const ip = from("203.0.113.7");
  const one = await checkout(w.worker, first, ip);
  const same = await checkout(w.worker, first, ip);
  assert.equal(same.body.mweb_url, one.body.mweb_url, "a reload gets the link it had");

  const others = [
    await checkout(w.worker, { ...first, visitor: randomUUID() }, ip),
    await checkout(w.worker, first, from("203.0.113.70")),
    await checkout(w.worker, { checkout_token: token, channel: "mweb" }, ip),
  ];
  const links = [one, ...others].map(({ body }) => body.mweb_url);
  assert.ok(links.every(Boolean), JSON.stringify(others.map(({ body }) => body)));
  assert.equal(new Set(links).size, links.length, "no link twice");
  // The link that was taken over can not be paid any more, so nobody pays twice.
  assert.equal((await w.sandbox.order(number)).trade_state, "CLOSED");
});

test("an mweb_url is not handed out when its five minutes are over", async () => {
  const { number, token } = await newOrder(w.worker);
  const ask = { checkout_token: token, channel: "mweb", visitor: randomUUID() };
  const old = await checkout(w.worker, ask, from("203.0.113.7"));
  assert.ok(old.body.expires_at <= seconds() + 300);
  await rewrite(w.worker, number, "$.attempts[0].stage.open.expires_at", seconds() + 5);
  const fresh = await checkout(w.worker, ask, from("203.0.113.7"));
  assert.equal(fresh.status, 200);
  assert.notEqual(fresh.body.mweb_url, old.body.mweb_url);
  assert.ok(fresh.body.expires_at > seconds() + 200);
  assert.equal((await w.worker.order(number)).attempts.length, 1, "the same order at WeChat");
});

test("a gateway that does not answer leaves the order unknown; the same is asked again", async () => {
  const { number, token } = await newOrder(w.worker);
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  await w.sandbox.faults({ order: "timeout" });
  const lost = await checkout(w.worker, ask);
  assertProblem(lost, 503, "order_unknown");
  assert.ok(Number(lost.headers.get("retry-after")) > 0);

  await w.sandbox.faults({ order: "systemerror_after_effect" });
  assertProblem(await checkout(w.worker, ask), 503, "order_unknown");

  await w.sandbox.faults({ order: "normal" });
  assert.equal((await checkout(w.worker, ask)).status, 200);
  const asked = (await messages(number, "unifiedorder")).map(({ body }) =>
    body.replaceAll(/<(nonce_str|sign)>.*?<\/\1>/g, ""),
  );
  assert.equal(asked.length, 3);
  assert.equal(new Set(asked).size, 1, "identical but for nonce and signature");
  assert.equal((await w.worker.order(number)).attempts.length, 1);
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

test("a notification repeated twenty times at once is one payment", async () => {
  const { number, handed } = await openOrder(w.worker);
  await w.sandbox.faults({ notify: "duplicate", times: 20 });
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  const { acks } = await w.sandbox.notify(number, 20);
  assert.equal(acks.length, 20, "twenty more");
  const order = await w.worker.order(number);
  assert.equal(times(order, "paid"), 1);
  assert.deepEqual(order.conflicts, []);
  const shown = await send(w.worker, "GET", `/v1/checkout/${handed.return_token}`);
  assert.equal(shown.body.status, "paid");
  assert.equal(shown.body.amount, 100);
  assert.equal(shown.body.paid_at, order.payment.paid_at);
});

test("a second payment is kept as a conflict and never as a second paid", async () => {
  const { number } = await openOrder(w.worker);
  const post = (body) => send(w.worker, "POST", "/notify/v2/pay", { body });
  assert.match((await post(notification(number))).body, /SUCCESS/);
  const second = { transaction_id: "4200001234202611230000000002" };
  assert.match((await post(notification(number, second))).body, /SUCCESS/);
  const order = await w.worker.order(number);
  assert.equal(times(order, "paid"), 1);
  assert.deepEqual(order.conflicts.map(({ conflict }) => conflict), ["paid_twice"]);
});

test("a page that keeps asking makes the Worker ask WeChat once in two seconds", async () => {
  const { number, handed } = await openOrder(w.worker);
  const path = `/v1/checkout/${handed.return_token}`;
  for (let i = 0; i < 5; i += 1) {
    const { status, body } = await send(w.worker, "GET", path);
    assert.equal(status, 200);
    assert.equal(body.status, "unpaid");
  }
  assert.ok((await messages(number, "orderquery")).length <= 2);
});

test("a lost payment is found by asking, an order nobody paid is closed at its end", async () => {
  await w.sandbox.faults({ notify: "lost" });
  const [paid, idle] = await Promise.all([openOrder(w.worker), openOrder(w.worker)]);
  await w.sandbox.pay(paid.number);
  await rewrite(w.worker, idle.number, "$.created_at", seconds() - 7200);
  // The first rung of the ladder is five seconds after the buyer came; real ones, here.
  const found = paidInWorker(w.worker, paid.number);
  const closed = eventually("the order is closed", async () => {
    const order = await w.worker.order(idle.number);
    return order.status === "closed" && order;
  });
  assert.equal(times(await found, "paid"), 1);
  assert.equal((await closed).history.at(-1).reason, "expired");
  assert.equal((await w.sandbox.order(idle.number)).trade_state, "CLOSED");
});

test("the shop closes an order, and what is over says how it ended", async () => {
  const open = await openOrder(w.worker);
  const closing = await w.worker.closeOrder(open.number);
  assert.equal(closing.status, 200);
  assert.equal(closing.body.status, "closed");
  assert.equal((await w.sandbox.order(open.number)).trade_state, "CLOSED");
  assertProblem(await checkout(w.worker, open.ask), 409, "order_closed");

  const paid = await openOrder(w.worker);
  await w.sandbox.pay(paid.number);
  await paidInWorker(w.worker, paid.number);
  assertProblem(await w.worker.closeOrder(paid.number), 409, "order_paid");
  assertProblem(await checkout(w.worker, paid.ask), 409, "order_paid");
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
