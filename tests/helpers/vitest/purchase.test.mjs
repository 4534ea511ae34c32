// A local WeChat in vitest: one for each file, by a fixture.

import { expect, test as base } from "vitest";
import { sandboxFixture } from "wxpay-sandbox";
import { openShop } from "../shop.mjs";

const test = base.extend({
  sandbox: [sandboxFixture, { scope: "file" }],
  shop: async ({ sandbox }, use) => {
    const shop = await openShop(sandbox.env);
    await use(shop);
    await shop.close();
  },
});

test("the shop hears of a payment", async ({ sandbox, shop }) => {
  expect(await shop.order("VITEST-1", 990)).toMatchObject({ result_code: "SUCCESS" });
  await sandbox.pay("VITEST-1");
  await expect.poll(() => shop.heard).toMatchObject([{ out_trade_no: "VITEST-1", total_fee: "990" }]);
});

test("a forged notification is not believed, and the right one comes later", async ({ sandbox, shop }) => {
  await shop.order("VITEST-2", 1);
  await sandbox.faults({ notify: "forged" });
  await sandbox.pay("VITEST-2");
  const tries = async () => (await sandbox.order("VITEST-2")).notifications;
  await expect.poll(async () => (await tries())[0].outcome).toMatch(/^refused/);
  expect(shop.heard).toEqual([]);
  await sandbox.faults({ notify: "normal" });
  await sandbox.advance(15);
  expect(shop.heard).toMatchObject([{ out_trade_no: "VITEST-2" }]);
});
