// What `pay` can end with, beyond "paid" and "cancelled" (jsapi, mweb and native.test.mjs have them
// and the cashier's own failures): each in a real browser, by the real Worker and the local WeChat.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configure } from "./harness/js-sdk.mjs";
import {
  PACKAGE, SHOP, assertBooksAgree, cashier, onlyOrder, outcome, refundedUnheard,
} from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

const pay = (page) => page.locator("#pay").click();

/** A buyer in WeChat who has closed the cashier once: logged in, with an order that is not paid. */
async function backFromTheCashier() {
  const page = await w.open("wechat", SHOP);
  await pay(page);
  await cashier(page).cancel.click();
  return { page, said: await outcome(page, "cancelled") };
}

/** The shop, seen by another client than the sandbox's own: a row of the table of user agents. */
async function openAs(client, id) {
  const table = new URL("../vectors/user_agents/user_agents.tsv", import.meta.url);
  const row = readFileSync(table, "utf8").split("\n").find((line) => line.startsWith(`${id}\t`));
  const page = await w.open(client, "/pages/blank");
  await page.addInitScript((userAgent) => {
    Object.defineProperty(navigator, "userAgent", { value: userAgent });
  }, row.split("\t")[3]);
  await page.goto(SHOP);
  return page;
}

test("who is signed in to WeChat as somebody else is shown a code, and that account pays by scanning it", async () => {
  const { page, said } = await backFromTheCashier();
  await w.sandbox.client("wechat", { openid: "oSandboxOther_0000000000002B" });
  await pay(page);
  const { codeUrl } = await outcome(page, "scan");
  const scan = `${w.sandbox.addresses.wechat_pages}/scan?code_url=${encodeURIComponent(codeUrl)}`;
  const scanner = await w.open("wechat", scan);
  await scanner.locator("#sandbox-pay").click();
  await scanner.getByText("支付成功").waitFor();
  const { order } = await outcome(page, "paid");
  assert.equal(order.outTradeNo, said.order.outTradeNo, "it is still the same order");
  const { payment } = await w.worker.order(order.outTradeNo);
  const paid = await w.sandbox.order(payment.out_trade_no);
  assert.deepEqual([paid.trade_type, paid.trade_state], ["NATIVE", "SUCCESS"]);
  const { orders } = await w.sandbox.state();
  assert.equal(orders.filter(({ trade_state }) => trade_state === "NOTPAY").length, 0, "no way is left to pay twice");
});

test("a cashier that WeChat denies is a failure that says so, and nothing is paid", async () => {
  const { page } = await backFromTheCashier();
  // Source: what a mini program's web-view answers; the sandbox has no such fault.
  await page.evaluate(() => {
    window.WeixinJSBridge.invoke = (name, fields, done) => done({ err_msg: "system:access_denied" });
  });
  await pay(page);
  const { error, order } = await outcome(page, "failed");
  assert.equal(error.code, "pay_access_denied");
  assert.equal(order.status, "unpaid");
});

test("while WeChat says that the buyer is paying, it is pending and not cancelled", async () => {
  const page = await w.open("wechat", SHOP);
  await pay(page);
  await cashier(page).cancel.waitFor();
  await w.sandbox.faults({ query: "userpaying" });
  await cashier(page).cancel.click();
  const { order, returnToken } = await outcome(page, "pending");
  assert.equal(order.status, "paying");
  assert.ok(returnToken);
});

test("a Worker that is out of reach after the cashier leaves it pending, with the token to ask by", async () => {
  // Elsewhere, because the clock is the whole profile's.
  const page = await w.openElsewhere("wechat", SHOP);
  await pay(page);
  await cashier(page).pay.waitFor();
  await page.route("**/v1/checkout/*", (route) => route.abort());
  await page.clock.install();
  await cashier(page).pay.click();
  await page.waitForRequest("**/v1/checkout/*");
  await page.clock.runFor(60_000);
  const { order, returnToken } = await outcome(page, "pending");
  assert.equal(order, undefined);

  await page.unroute("**/v1/checkout/*");
  const status = await page.evaluate(async ([at, token]) => {
    const { createCheckout } = await import(at);
    return (await createCheckout({ endpoint: "" }).status(token)).status;
  }, [PACKAGE, returnToken]);
  assert.equal(status, "paid");
});

test("an order that the shop closes while its code is on the screen ends closed", async () => {
  const page = await w.open("desktop", SHOP);
  await pay(page);
  await outcome(page, "scan");
  const { out_trade_no } = await onlyOrder(w.sandbox);
  await w.worker.closeOrder(out_trade_no);
  const { order } = await outcome(page, "closed");
  assert.equal(order.outTradeNo, out_trade_no);
});

test("an order that the shop had closed before the tap is closed, and WeChat never hears of it", async () => {
  const { body } = await w.worker.createOrder({ amount: 1, description: "一枚" });
  await w.worker.closeOrder(body.out_trade_no);
  const page = await w.open("desktop", "/pages/blank");
  const said = await page.evaluate(async ([at, checkoutToken]) => {
    const { createCheckout } = await import(at);
    return createCheckout({ endpoint: "" }).pay({ checkoutToken });
  }, [PACKAGE, body.checkout_token]);
  assert.equal(said.status, "closed");
  assert.deepEqual((await w.sandbox.state()).orders, []);
});

test("an order whose money has gone back while its code is on the screen ends refunded", async () => {
  const page = await w.open("desktop", SHOP);
  // The page does not ask again before all of it has happened, and the Worker hears of nothing.
  const happened = Promise.withResolvers();
  await pay(page);
  await outcome(page, "scan");
  await page.route("**/v1/checkout/*", (route) => happened.promise.then(() => route.continue()));
  const { out_trade_no } = await onlyOrder(w.sandbox);
  await refundedUnheard(w.sandbox, out_trade_no);
  happened.resolve();
  const { order } = await outcome(page, "refunded");
  assert.equal(order.amount, 4500);
});

for (const [to, client, left] of [
  ["login", "wechat", "**/v1/oauth/authorize?*"],
  ["cashier", "phone", "**/cgi-bin/mmpayweb-bin/checkmweb?*"],
]) {
  test(`who leaves for the ${to} is told so`, async () => {
    const page = await w.open(client, SHOP);
    // An answer without content keeps the browser where it is.
    await page.route(left, (route) => route.fulfill({ status: 204 }));
    await pay(page);
    assert.equal((await outcome(page, "leaving")).to, to);
  });
}

test("on HarmonyOS the login ends in a tap, and the tap pays", async () => {
  const page = await openAs("wechat", 13);
  await pay(page);
  await outcome(page, "tap");
  assert.deepEqual((await w.sandbox.state()).orders, [], "no order before the tap");
  await pay(page);
  await cashier(page).pay.click();
  const { order } = await outcome(page, "paid");
  await assertBooksAgree(w, order.outTradeNo);
});

for (const [what, client, id, channel] of [
  ["Alipay", "phone", 29, "unsupported"],
  ["a mini program's web-view", "wechat", 21, "mini-program"],
  ["the developer tool", "wechat", 28, "unsupported"],
]) {
  test(`in ${what} nothing is ordered, and the page is told why`, async () => {
    const page = await openAs(client, id);
    await pay(page);
    const { context } = await outcome(page, "unsupported");
    assert.equal(context.channel, channel);
    assert.ok(context.reason && context.reasonZh);
    assert.deepEqual((await w.sandbox.state()).orders, []);
  });
}

for (const [device, signed] of [
  ["wechat_ios", "/pages/shop?a=1"],
  ["wechat_android", "/pages/blank?b=2"],
]) {
  test(`after the router has moved on, wx.config on ${device} is signed for ${signed}`, async () => {
    await w.sandbox.client("wechat", { device });
    const page = await w.open("wechat", `${SHOP}?a=1#/first`);
    const url = await page.evaluate(async (at) => {
      const { signUrl } = await import(at);
      history.pushState(null, "", "/pages/blank?b=2#/second");
      return signUrl();
    }, PACKAGE);
    assert.equal(url, new URL(signed, page.url()).href);
    await configure(page, w.sandbox, url);
  });
}
