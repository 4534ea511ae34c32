import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { WxpayError } from "wxpay-h5";
import { defineReturnElement, resolveReturn } from "wxpay-h5/return";
import { enterPage, workerOf } from "./fake.mjs";

const ORDER = { out_trade_no: "ORDER1", amount: 100, description: "茶" };
const TOKEN = "token";

let page;
let worker;
beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => {
  page?.leave();
  worker?.stop();
  page = worker = undefined;
  mock.timers.reset();
});

/** A Worker that says one status after the other, and the last of them for ever. */
function says(...statuses) {
  const at = (call) => statuses[Math.min(call, statuses.length) - 1];
  worker = workerOf({ [`GET /v1/checkout/${TOKEN}`]: (_, call) => [200, { ...ORDER, status: at(call) }] });
}

/** Lets time pass until the promise ends; how much it was. */
async function passing(promise) {
  const start = Date.now();
  let ended = false;
  promise.then(() => (ended = true), () => (ended = true));
  for (;;) {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    if (ended) return Date.now() - start;
    mock.timers.tick(500);
  }
}

const ask = (options) => resolveReturn({ endpoint: "https://pay.example/", token: TOKEN, ...options });

test("without a token there is nothing to ask, in a page as on a server", async () => {
  says("paid");
  assert.equal(await resolveReturn({ endpoint: "" }), null);
  assert.equal(await ask({ token: "" }), null);
  assert.deepEqual(worker.calls, []);
  defineReturnElement();
});

test("an order is followed until it is settled, and each answer is told", async () => {
  says("unknown", "unpaid", "paying", "paid");
  const told = [];
  const resolved = ask({ onOrder: ({ status }) => told.push(status) });
  await passing(resolved);
  assert.deepEqual(await resolved, {
    status: "paid", outTradeNo: "ORDER1", amount: 100, description: "茶", paidAt: undefined,
  });
  assert.deepEqual(told, ["unknown", "unpaid", "paying", "paid"]);
  assert.equal(worker.calls[0].url, "https://pay.example/v1/checkout/token");
});

test("after a minute the last answer has to do; with no time, the first", async () => {
  says("unpaid");
  const resolved = ask();
  const took = await passing(resolved);
  assert.equal((await resolved).status, "unpaid");
  assert.ok(took > 45_000 && took <= 60_000, `${took} ms`);
  const asked = worker.calls.length;
  assert.ok(asked > 5 && asked < 20, `${asked} questions`);
  assert.equal((await ask({ timeout: 0 })).status, "unpaid");
  await assert.rejects(ask({ timeout: "soon" }), { code: "argument_malformed" });
  assert.equal(worker.calls.length, asked + 1);
});

test("an abort ends the waiting with the last answer, and nothing is told after it", async () => {
  says("unpaid");
  const abort = new AbortController();
  const told = [];
  const resolved = ask({
    signal: abort.signal,
    onOrder: (order) => {
      told.push(order);
      abort.abort();
    },
  });
  assert.equal(await passing(resolved), 0);
  assert.equal((await resolved).status, "unpaid");
  assert.equal((await ask({ signal: abort.signal, onOrder: () => told.push("late") })).status, "unpaid");
  assert.equal(told.length, 1);
});

test("the tab forgets the purchase when its order has ended, and only then", async () => {
  page = enterPage();
  const purchase = JSON.stringify({ id: "1", item: { sku: "tea" }, returnToken: TOKEN });
  for (const [status, forgotten] of [
    ["paid", true], ["closed", true], ["refunded", true], ["unpaid", false], ["paying", false],
  ]) {
    page.kept.set("wxpay:purchase", purchase);
    says(status);
    await ask({ timeout: 0 });
    assert.equal(page.kept.has("wxpay:purchase"), !forgotten, status);
    worker.stop();
  }
  page.kept.set("wxpay:purchase", purchase.replace(TOKEN, "another"));
  says("paid");
  await ask();
  assert.ok(page.kept.has("wxpay:purchase"), "another order's end is not this purchase's");
});

test("who reaches nobody with the first question is told so; later the network may come and go", async () => {
  worker = workerOf({});
  const lost = ask();
  const took = await passing(lost);
  await assert.rejects(lost, { code: "network" });
  assert.ok(took < 10_000, `${took} ms`);
  worker.stop();

  worker = workerOf({
    [`GET /v1/checkout/${TOKEN}`]: (_, call) => {
      if (call > 1 && call < 7) throw new TypeError("network");
      return [200, { ...ORDER, status: call === 1 ? "unpaid" : "paid" }];
    },
  });
  const found = ask();
  await passing(found);
  assert.equal((await found).status, "paid");
});

test("the Worker's no is thrown at once, with its problem", async () => {
  const problem = { status: 400, code: "token_expired", title: "a token has expired" };
  worker = workerOf({ [`GET /v1/checkout/${TOKEN}`]: () => [400, problem] });
  await assert.rejects(ask(), { code: "refused", problem });
  assert.equal(worker.calls.length, 1);
});

test("wrong types from plain JavaScript give an error with a code", async () => {
  says("paid");
  const cyclic = {};
  cyclic.cyclic = cyclic;
  for (const wrong of [7, {}, [], () => 1, cyclic, true]) {
    for (const options of [{ token: wrong }, { endpoint: wrong }, { signal: wrong }]) {
      await assert.rejects(ask(options), (error) => {
        assert.ok(error instanceof WxpayError, String(error));
        return error.code === "argument_malformed";
      });
    }
  }
  await assert.rejects(ask({ onOrder: "print" }), { code: "argument_malformed" });
  await assert.rejects(ask({ endpoint: null }), { code: "argument_malformed" });
  for (const options of [undefined, null, 7, "https://pay.example"]) {
    await assert.rejects(resolveReturn(options), { code: "argument_malformed" });
  }
  assert.deepEqual(worker.calls, []);
});
