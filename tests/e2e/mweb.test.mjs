// In a phone's browser: to WeChat's H5 cashier and back, in this browser or another.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  RETURN, SHOP, assertBooksAgree, onlyOrder, outcome, paidInWorker,
} from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

/** A buyer in a phone's browser, at WeChat's H5 cashier. */
async function atTheCashier() {
  const page = await w.open("phone", SHOP);
  await page.locator("#pay").click();
  await page.locator("#sandbox-pay").waitFor();
  return page;
}

/** The return page's element, once it shows this. */
const shows = (page, state) => page.locator(`wxpay-return[data-state=${state}]`).waitFor();
const tap = (page, button) => page.getByRole("button", { name: button }).click();

/** Every question this page asks about an order. */
function questions(page) {
  const asked = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/checkout/")) asked.push(pathname);
  });
  return asked;
}

test("a buyer pays at the H5 cashier, comes back, taps, and both books agree", async () => {
  const page = await atTheCashier();
  await page.locator("#sandbox-pay").click();
  await shows(page, "waiting");
  const { search, hash } = new URL(page.url());
  assert.match(decodeURIComponent(search), /^\?from=shop&shown=中文&wxpay_return=/);
  assert.equal(hash, "#/orders");
  await tap(page, "I have paid");
  await shows(page, "paid");
  const ledger = await onlyOrder(w.sandbox);
  assert.equal(ledger.trade_type, "MWEB");
  await assertBooksAgree(w, ledger.out_trade_no);
});

test("the return page asks nothing before the tap, however long it is left alone", async () => {
  const page = await atTheCashier();
  const asked = questions(page);
  await page.clock.install();
  await page.locator("#sandbox-pay").click();
  await shows(page, "waiting");
  await page.clock.runFor(10 * 60_000);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  assert.deepEqual(asked, []);
  await tap(page, "I have paid");
  await shows(page, "paid");
  assert.equal(asked.length, 1);
});

test("in another browser's profile the return address is enough to see the payment", async () => {
  const page = await atTheCashier();
  const back = new URL(page.url()).searchParams.get("redirect_url");
  await page.locator("#sandbox-pay").click();
  await shows(page, "waiting");
  // Safari opens by itself after WeChat; it has nothing of the first browser's storage.
  const safari = await w.openElsewhere("phone", new URL(back).pathname + new URL(back).search);
  await shows(safari, "waiting");
  assert.equal(await safari.evaluate(() => sessionStorage.length + localStorage.length), 0);
  await tap(safari, "I have paid");
  await shows(safari, "paid");
});

test("who comes back after five seconds, not having paid yet, is told so and can ask again", async () => {
  const page = await atTheCashier();
  await page.clock.install();
  const opening = page.waitForEvent("popup");
  await page.locator("#sandbox-second-window").click();
  const cashier = await opening;
  await page.clock.runFor(5_000);
  await shows(page, "waiting");
  await tap(page, "I have paid");
  const { out_trade_no } = await onlyOrder(w.sandbox);
  await page.waitForResponse(/\/v1\/checkout\//);
  await shows(page, "asking");

  await cashier.locator("#sandbox-pay").click();
  await cashier.getByText("支付成功").waitFor();
  await paidInWorker(w.worker, out_trade_no);
  // The element goes on asking by itself after the tap, ever more slowly.
  await page.clock.runFor(30_000);
  await shows(page, "paid");
});

test("who cancels and comes back is not told paid, and pays the same order at the second try", async () => {
  const page = await atTheCashier();
  await page.locator("#sandbox-cancel").click();
  await shows(page, "waiting");
  await tap(page, "Pay again");
  await shows(page, "unpaid");
  const first = await onlyOrder(w.sandbox);
  assert.equal(first.trade_state, "NOTPAY");

  await page.goto(SHOP);
  await page.locator("#pay").click();
  await page.locator("#sandbox-pay").click();
  await shows(page, "waiting");
  await tap(page, "I have paid");
  await shows(page, "paid");
  await assertBooksAgree(w, first.out_trade_no);
  await onlyOrder(w.sandbox);
});

test("a double tap makes one order and one visit to the cashier", async () => {
  const page = await w.open("phone", SHOP);
  const orders = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/v1/checkout") orders.push(request.postDataJSON());
  });
  await page.evaluate(() => {
    const button = document.getElementById("pay");
    button.click();
    button.click();
  });
  await page.locator("#sandbox-pay").waitFor();
  assert.equal(orders.length, 1);
  await onlyOrder(w.sandbox);
});

test("a paid purchase is not sold a second time to an old tab", async () => {
  const page = await atTheCashier();
  const { out_trade_no } = await onlyOrder(w.sandbox);
  await w.sandbox.pay(out_trade_no);
  await paidInWorker(w.worker, out_trade_no);
  // Back to the shop as it was left, past the return page.
  await page.goto(SHOP);
  await page.locator("#pay").click();
  await outcome(page, "paid");
  await onlyOrder(w.sandbox);
});

test("a return address with a made-up token is not told paid", async () => {
  const page = await w.open("phone", `${RETURN}?wxpay_return=made-up`);
  await tap(page, "I have paid");
  await shows(page, "lost");
});

test("a return address without a token asks nothing and says so", async () => {
  const page = await w.open("phone", RETURN);
  await shows(page, "lost");
  assert.equal(await page.getByRole("button").count(), 0);
});
