// A local WeChat in Playwright: a buyer scans the shop's code on the page and pays.

import { expect, test as base } from "@playwright/test";
import { sandboxFixture } from "wxpay-sandbox";
import { openShop } from "../shop.mjs";

const test = base.extend({
  sandbox: [sandboxFixture, { scope: "worker" }],
  shop: async ({ sandbox }, use) => {
    const shop = await openShop(sandbox.env);
    await use(shop);
    await shop.close();
  },
});

test("a buyer scans, pays, and the shop hears of it", async ({ page, sandbox, shop }) => {
  const { code_url } = await shop.order("PLAYWRIGHT-1", 990);
  await page.goto(`${sandbox.addresses.wechat_pages}/scan?code_url=${encodeURIComponent(code_url)}`);
  await page.locator("#sandbox-pay").click();
  await expect(page.locator("#sandbox-done")).toBeVisible();
  await expect.poll(() => shop.heard.map(({ out_trade_no }) => out_trade_no)).toEqual(["PLAYWRIGHT-1"]);
});
