// A buyer's way through the demo shop (demo/), in each of the three clients.

import { newProfile, openWindow } from "./browser.mjs";
import { cashier } from "./shop.mjs";

/** Longer than the page goes on asking a Worker that does not know. */
const PATIENCE = 30_000;

/** Who buys what, and how; `pay` goes from the tap on 立即支付 to the result on the screen. */
export const BUYERS = [
  {
    channel: "JSAPI",
    client: "wechat",
    sku: "tea",
    async pay({ page }) {
      await settled(page, page.locator("#sandbox-cashier"));
      await cashier(page).pay.click();
    },
  },
  {
    channel: "MWEB",
    client: "phone",
    sku: "cup",
    async pay({ page }) {
      await settled(page, page.locator("#sandbox-pay, #sandbox-error"));
      await page.locator("#sandbox-pay").click();
      await page.getByRole("button", { name: "已完成支付" }).click();
    },
  },
  {
    channel: "NATIVE",
    client: "desktop",
    sku: "tea",
    async pay({ page, handed, browser, addresses }) {
      await settled(page, page.locator("#code-image"));
      const { code_url } = await (await handed).json();
      const scan = `${addresses.wechat_pages}/scan?code_url=${encodeURIComponent(code_url)}`;
      const wechat = await newProfile(browser, addresses, "wechat");
      const { page: cashier } = await openWindow(wechat, scan);
      await cashier.locator("#sandbox-pay").click();
      await cashier.getByText("支付成功").waitFor();
      await wechat.close();
    },
  },
];

/**
 * Buys one piece, in a browser profile of its own.
 *
 * @returns the order's number and what the shop's page shows in the end.
 */
export async function buy({ client, sku, pay }, browser, addresses) {
  const profile = await newProfile(browser, addresses, client);
  try {
    const { page, errors } = await openWindow(profile, `/?sku=${sku}&quantity=1`);
    const handed = page.waitForResponse((answer) => answer.url().endsWith("/v1/checkout"));
    // Nobody waits for it where the page does not stay to be asked.
    handed.catch(() => {});
    await page.locator("#pay").click();
    await pay({ page, handed, browser, addresses });
    const title = await page.locator(".result__title").textContent({ timeout: PATIENCE });
    const [, number] = await page.locator(".receipt dd").allTextContents();
    if (errors.length) throw new AggregateError(errors, `the shop's page threw: ${errors}`);
    return { number, title };
  } finally {
    await profile.close();
  }
}

/** Waits for the cashier, or else says what the shop's page complains about. */
async function settled(page, wanted) {
  const complaint = page.locator("#notice p");
  await wanted.or(complaint.first()).first().waitFor({ timeout: PATIENCE });
  if (await complaint.count()) {
    throw new Error(`the shop's page says: ${(await complaint.allTextContents()).join(" / ")}`);
  }
}
