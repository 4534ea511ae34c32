// Inside WeChat: login, cashier, and what becomes of the order. Real browser, real runtime.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { configure } from "./harness/js-sdk.mjs";
import {
  PACKAGE, SHOP, assertBooksAgree, cashier, onlyOrder, outcome, signedFields,
} from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

/** A buyer in WeChat, looking at the cashier. */
async function atTheCashier() {
  const page = await w.open("wechat", SHOP);
  await page.locator("#pay").click();
  await cashier(page).pay.waitFor();
  return page;
}

test("a buyer logs in, pays, and both books say so with equal amounts", async () => {
  const page = await atTheCashier();
  await cashier(page).pay.click();
  const said = await outcome(page, "paid");
  const order = await assertBooksAgree(w, said.order.outTradeNo);
  assert.equal(said.order.amount, order.amount);
  const ledger = await onlyOrder(w.sandbox);
  assert.equal(ledger.trade_type, "JSAPI");
  await eventually("WeChat's notification is acknowledged", async () => {
    const { notifications } = await w.sandbox.order(said.order.outTradeNo);
    return notifications.some(({ outcome }) => outcome === "acknowledged");
  });
});

test("a cancelled cashier leaves the order unpaid, and the next tap goes on with it", async () => {
  const page = await atTheCashier();
  await cashier(page).cancel.click();
  const said = await outcome(page, "cancelled");
  assert.equal(said.order.status, "unpaid");
  assert.equal((await onlyOrder(w.sandbox)).trade_state, "NOTPAY");

  await page.locator("#pay").click();
  await cashier(page).pay.click();
  await outcome(page, "paid");
  const order = await assertBooksAgree(w, said.order.outTradeNo);
  assert.equal(order.attempts.length, 1);
  await onlyOrder(w.sandbox);
});

for (const [bridge, code] of [
  ["fail", "pay_unrecognised"],
  ["fail_unregistered_url", "pay_url_unregistered"],
  ["fail_missing_total_fee", "pay_prepay_id_invalid"],
]) {
  test(`a cashier that fails (${bridge}) is told as ${code} and nothing is paid`, async () => {
    await w.sandbox.faults({ bridge });
    const page = await w.open("wechat", SHOP);
    await page.locator("#pay").click();
    const said = await outcome(page, "failed");
    assert.equal(said.error.code, code);
    assert.equal(said.order.status, "unpaid");
    assert.equal((await w.worker.order(said.order.outTradeNo)).status, "unpaid");
  });
}

test("when the notification is lost, the Worker asks by itself and finds the payment", async () => {
  await w.sandbox.faults({ notify: "lost" });
  const page = await atTheCashier();
  // The buyer's page is gone before the money moves: nobody is left who could ask.
  await page.close();
  const { out_trade_no } = await onlyOrder(w.sandbox);
  assert.equal((await w.worker.order(out_trade_no)).status, "unpaid");
  await w.sandbox.pay(out_trade_no);

  const order = await assertBooksAgree(w, out_trade_no);
  const { notifications, paid_at } = await w.sandbox.order(out_trade_no);
  assert.ok(notifications.length > 0 && !notifications.some(({ outcome }) => outcome === "acknowledged"));
  // The first rung: five seconds after the buyer came to pay.
  const [started] = order.history.filter(({ what }) => what === "attempt_started");
  const [paid] = order.history.filter(({ what }) => what === "paid");
  assert.ok(paid.at - started.at >= 5 && paid.at >= paid_at, `${started.at} … ${paid.at}`);
});

test("twenty notifications at once make one transition to paid", async () => {
  await w.sandbox.faults({ notify: "duplicate", times: 20 });
  const page = await atTheCashier();
  await cashier(page).pay.click();
  const { order } = await outcome(page, "paid");
  const sent = await eventually("twenty notifications were sent", async () => {
    const { messages } = await w.sandbox.order(order.outTradeNo);
    const acks = messages.filter(({ what }) => what === "notify_ack");
    return acks.length === 20 && acks;
  });
  for (const { body } of sent) assert.match(body, /SUCCESS/);

  const { acks } = await w.sandbox.notify(order.outTradeNo, 20);
  assert.deepEqual(acks.map(({ outcome }) => outcome), Array(20).fill("acknowledged"));
  await assertBooksAgree(w, order.outTradeNo);
});

test("a double tap makes one order and raises one cashier", async () => {
  const page = await atTheCashier();
  await cashier(page).cancel.click();
  const { order } = await outcome(page, "cancelled");
  // Two clicks in one task: nothing, not even an answer from the Worker, comes between them.
  await page.evaluate(() => {
    const button = document.getElementById("pay");
    button.click();
    button.click();
  });
  await cashier(page).pay.waitFor();
  assert.equal(await page.locator("iframe").count(), 1);
  await cashier(page).pay.click();
  await outcome(page, "paid");
  await assertBooksAgree(w, order.outTradeNo);
  await onlyOrder(w.sandbox);
});

test("a double tap before the login makes one order, too", async () => {
  const page = await w.open("wechat", SHOP);
  await page.locator("#pay").dblclick();
  await cashier(page).pay.click();
  const said = await outcome(page, "paid");
  await assertBooksAgree(w, said.order.outTradeNo);
  await onlyOrder(w.sandbox);
});

test("the cashier is raised when the bridge arrives late, and only then", async () => {
  const page = await w.open("wechat", "/pages/blank");
  const fields = await signedFields(page);
  await page.waitForFunction(() => window.WeixinJSBridge);
  await page.evaluate(
    async ([at, fields]) => {
      const { requestPayment } = await import(at);
      const bridge = window.WeixinJSBridge;
      delete window.WeixinJSBridge;
      window.said = requestPayment(fields);
      window.arrive = () => {
        window.WeixinJSBridge = bridge;
        document.dispatchEvent(new Event("WeixinJSBridgeReady"));
      };
    },
    [PACKAGE, fields],
  );
  assert.equal(await page.locator("iframe").count(), 0);
  await page.evaluate(() => window.arrive());
  await cashier(page).pay.click();
  assert.deepEqual(await page.evaluate(() => window.said), { outcome: "ok" });
});

test("without a bridge the page is told so after the time it gave", async () => {
  const page = await w.open("phone", "/pages/blank");
  const fields = { appId: "wx2421b1c4370ec43b", timeStamp: "1700000000", nonceStr: "n",
    package: "prepay_id=wx1", signType: "MD5", paySign: "0" };
  const code = await page.evaluate(
    async ([at, fields]) => {
      const { requestPayment } = await import(at);
      return requestPayment(fields, { timeout: 50 }).catch((error) => error.code);
    },
    [PACKAGE, fields],
  );
  assert.equal(code, "bridge_absent");
});

for (const [button, expected] of [["pay", { outcome: "ok" }], ["cancel", { outcome: "cancel" }]]) {
  test(`wx.chooseWXPay raises the same cashier, and ${button} is told`, async () => {
    const page = await w.open("wechat", "/pages/blank");
    const fields = await signedFields(page);
    await configure(page, w.sandbox);
    await page.evaluate(
      async ([at, fields]) => {
        const { requestPayment } = await import(at);
        window.said = requestPayment(fields, { by: "chooseWXPay" });
      },
      [PACKAGE, fields],
    );
    await cashier(page)[button].click();
    assert.deepEqual(await page.evaluate(() => window.said), expected);
    const { trade_state } = await onlyOrder(w.sandbox);
    assert.equal(trade_state, button === "pay" ? "SUCCESS" : "NOTPAY");
  });
}
