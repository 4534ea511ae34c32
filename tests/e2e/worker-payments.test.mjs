// From the checkout to the money: the built Worker in workerd, against the sandbox, by either API.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, checkout, from, newOrder, openOrder, rewrite, send } from "./harness/http.mjs";
import { payment } from "./harness/notification-v3.mjs";
import { paidInWorker, times } from "./harness/shop.mjs";
import { notification, seconds } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

/** What the sandbox calls the calls of each API, and what of a body differs between two the same. */
const CALLS = {
  v2: { order: "unifiedorder", query: "orderquery", once: /<(nonce_str|sign)>.*?<\/\1>/g },
  v3: { order: "v3_order", query: "v3_query", once: /^$/g },
};

// At once: what takes real seconds takes them once.
describe("paying", { concurrency: true }, () => {
  for (const api of ["v2", "v3"]) describe(`by API ${api}`, { concurrency: 1 }, () => paying(api));
});

function paying(api) {
  const w = world({ browser: false, api });

  const messages = async (number, call) => {
    const { messages } = await w.sandbox.order(number);
    return messages.filter(({ direction, what }) => direction === "in" && what === CALLS[api][call]);
  };

  /** Tells of a payment as WeChat does, and whether it was taken. */
  const tell = {
    v2: async (number, transaction_id) => {
      const body = notification(number, { transaction_id });
      return /SUCCESS/.test((await send(w.worker, "POST", "/notify/v2/pay", { body })).body);
    },
    v3: async (number, transaction_id) => {
      const paid = payment({ number, openid: "oUpF8uMEb4qRXf22hE3X68TekukE", amount: 100 });
      const told = await w.sandbox.v3.craft({ resource: { ...paid, transaction_id } });
      return (await send(w.worker, "POST", "/notify/v3", told)).status === 204;
    },
  }[api];

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
    const asked = (await messages(number, "order")).map(({ body }) =>
      body.replaceAll(CALLS[api].once, ""),
    );
    assert.equal(asked.length, 3);
    assert.equal(new Set(asked).size, 1, "identical but for nonce and signature");
    assert.equal((await w.worker.order(number)).attempts.length, 1);
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
    for (const digit of [1, 2]) {
      assert.ok(await tell(number, `420000123420261123000000000${digit}`), `${digit}`);
    }
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
    assert.ok((await messages(number, "query")).length <= 2);
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
}
