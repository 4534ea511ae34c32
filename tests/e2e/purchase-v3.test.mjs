// A Worker on API V3 under the same pages: inside WeChat and in a phone's browser. Real browser, real
// runtime. What the pages do beyond that is no API's: jsapi, mweb, native.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configure } from "./harness/js-sdk.mjs";
import {
  PACKAGE, SHOP, assertBooksAgree, cashier, onlyOrder, outcome, signedFields,
} from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world({ api: "v3" });

/** The order was made by V3, and WeChat's first word of the payment was taken. */
async function assertByV3(number) {
  const { messages, notifications } = await w.sandbox.order(number);
  assert.ok(messages.some(({ what }) => what === "v3_order"), "ordered by V3");
  assert.deepEqual(notifications.map(({ outcome }) => outcome), ["acknowledged"]);
}

test("inside WeChat a cancelled cashier is raised again and paid, and both books agree", async () => {
  const page = await w.open("wechat", SHOP);
  await page.locator("#pay").click();
  await cashier(page).cancel.click();
  assert.equal((await outcome(page, "cancelled")).order.status, "unpaid");
  await page.locator("#pay").click();
  await cashier(page).pay.click();
  const { order } = await outcome(page, "paid");
  assert.equal((await assertBooksAgree(w, order.outTradeNo)).attempts.length, 1);
  assert.equal((await onlyOrder(w.sandbox)).trade_type, "JSAPI");
  await assertByV3(order.outTradeNo);
});

test("wx.chooseWXPay takes what V3 signs", async () => {
  const page = await w.open("wechat", "/pages/blank");
  const fields = await signedFields(page);
  assert.equal(fields.signType, "RSA");
  await configure(page, w.sandbox);
  await page.evaluate(
    async ([at, fields]) => {
      const { requestPayment } = await import(at);
      window.said = requestPayment(fields, { by: "chooseWXPay" });
    },
    [PACKAGE, fields],
  );
  await cashier(page).pay.click();
  assert.deepEqual(await page.evaluate(() => window.said), { outcome: "ok" });
  assert.equal((await onlyOrder(w.sandbox)).trade_state, "SUCCESS");
});

test("in a phone's browser a buyer pays at the H5 cashier and comes back to a paid order", async () => {
  const page = await w.open("phone", SHOP);
  await page.locator("#pay").click();
  await page.locator("#sandbox-pay").click();
  await page.getByRole("button", { name: "I have paid" }).click();
  await page.locator("wxpay-return[data-state=paid]").waitFor();
  const { out_trade_no, trade_type } = await onlyOrder(w.sandbox);
  assert.equal(trade_type, "MWEB");
  await assertBooksAgree(w, out_trade_no);
  await assertByV3(out_trade_no);
});
