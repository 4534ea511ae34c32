// On a desktop: a QR code on the page, scanned by the phone's WeChat.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SHOP, assertBooksAgree, onlyOrder, outcome } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

/** The code on a desktop's screen, and a WeChat that scans it. */
async function scan() {
  const desktop = await w.open("desktop", SHOP);
  await desktop.locator("#pay").click();
  const { codeUrl } = await outcome(desktop, "scan");
  const { wechat_pages } = w.sandbox.addresses;
  const address = `${wechat_pages}/scan?code_url=${encodeURIComponent(codeUrl)}`;
  const wechat = await w.open("wechat", address);
  return { desktop, wechat, address };
}

test("a code scanned and paid with the phone ends paid on the desktop's page", async () => {
  const { desktop, wechat } = await scan();
  await wechat.locator("#sandbox-pay").click();
  await wechat.getByText("支付成功").waitFor();
  const { order } = await outcome(desktop, "paid");
  await assertBooksAgree(w, order.outTradeNo);
  assert.equal((await onlyOrder(w.sandbox)).trade_type, "NATIVE");
});

test("a scan that is cancelled can be scanned again", async () => {
  const { desktop, wechat, address } = await scan();
  await wechat.locator("#sandbox-cancel").click();
  await wechat.getByText("已取消支付").waitFor();
  assert.equal((await onlyOrder(w.sandbox)).trade_state, "NOTPAY");
  assert.equal(await desktop.locator("#outcome").textContent(), "scan");

  await wechat.goto(address);
  await wechat.locator("#sandbox-pay").click();
  await outcome(desktop, "paid");
});

test("a second tap shows the code of the same order", async () => {
  const desktop = await w.open("desktop", SHOP);
  await desktop.locator("#pay").click();
  const first = await outcome(desktop, "scan");
  await desktop.evaluate(() => (document.getElementById("outcome").textContent = ""));
  await desktop.locator("#pay").click();
  const second = await outcome(desktop, "scan");
  assert.equal(first.codeUrl, second.codeUrl);
  await onlyOrder(w.sandbox);
});
