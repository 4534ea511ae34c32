// Every way to be turned away by WeChat's H5 middle page (H5支付 常见问题, the error table): first
// by hand, ending in WeChat's own words, then by our helpers, which never get there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { rewrite } from "./harness/http.mjs";
import { PACKAGE, SHOP, cashier, checkout, onlyOrder, outcome } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

/** A page of the shop with a fresh `mweb_url` that no helper has touched. */
async function ordered(ask) {
  const page = await w.open("phone", "/pages/blank");
  const { mweb_url } = await checkout(page, { channel: "mweb", ...ask });
  return { page, mweb_url };
}

/** Follows a link, as a shop without our helpers would. */
function follow(page, url) {
  return page.evaluate((url) => {
    const link = document.createElement("a");
    link.href = url;
    link.click();
  }, url);
}

async function assertTurnedAway(page, text) {
  assert.equal(await page.locator("#sandbox-error").textContent(), text);
}

/** The helpers' way ends at the cashier, with nothing of WeChat's to complain about. */
async function assertAdmitted(page) {
  await page.locator("#sandbox-pay, #sandbox-error").first().waitFor();
  assert.equal(await page.locator("#sandbox-error").count(), 0, "WeChat has no complaint");
}

/** Calls `openMweb` and tells the code of what it throws; the page must still be there. */
function refusalOf(page, mweb_url, options) {
  return page.evaluate(
    async ([at, mweb_url, options]) => {
      const { openMweb } = await import(at);
      try {
        openMweb(mweb_url, options);
      } catch (error) {
        return [error.name, error.code, error.remedy !== ""];
      }
    },
    [PACKAGE, mweb_url, options],
  );
}

test("by hand with nothing wrong: the cashier", async () => {
  const { page, mweb_url } = await ordered();
  await follow(page, mweb_url);
  await assertAdmitted(page);
});

test("by hand inside WeChat: 请在微信外打开订单，进行支付", async () => {
  const { mweb_url } = await ordered();
  const { phone_pages, wechat_pages } = w.sandbox.addresses;
  const wechat = await w.open("wechat", "/pages/blank");
  await follow(wechat, mweb_url.replace(phone_pages, wechat_pages));
  await assertTurnedAway(wechat, "请在微信外打开订单，进行支付");
});

test("our helpers inside WeChat take the other way, and refuse this one", async () => {
  const { mweb_url } = await ordered();
  const page = await w.open("wechat", SHOP);
  const refused = await refusalOf(page, mweb_url, {});
  assert.deepEqual(refused, ["WxpayError", "mweb_inside_wechat", true]);
  await w.sandbox.reset();
  await page.locator("#pay").click();
  await cashier(page).pay.waitFor();
  assert.equal((await onlyOrder(w.sandbox)).trade_type, "JSAPI");
});

test("by hand after five minutes: 支付请求已失效，请重新发起支付", async () => {
  const { page, mweb_url } = await ordered();
  // WeChat's clock also runs by itself; the exact second is tested in the sandbox.
  await w.sandbox.advance(270);
  await follow(page, mweb_url);
  await assertAdmitted(page);
  await page.goto("/pages/blank");
  await w.sandbox.advance(30);
  await follow(page, mweb_url);
  await assertTurnedAway(page, "支付请求已失效，请重新发起支付");
});

test("our helpers refuse an address that is over, and order again when the tab slept over it", async () => {
  const { page, mweb_url } = await ordered();
  const expiresAt = Math.floor(Date.now() / 1000) - 1;
  const refused = await refusalOf(page, mweb_url, { expiresAt });
  assert.deepEqual(refused, ["WxpayError", "mweb_url_expired", true]);

  const shop = await w.open("phone", SHOP);
  let asked = 0;
  await shop.route("**/v1/checkout", async (route) => {
    asked += 1;
    const response = await route.fetch();
    // The phone goes into a pocket with the answer on its way.
    if (asked === 1) await shop.clock.setFixedTime(Date.now() + 6 * 60_000);
    await route.fulfill({ response });
  });
  await shop.locator("#pay").click();
  await assertAdmitted(shop);
  assert.equal(asked, 2);
});

test("our helpers, tapped again after five minutes, do not open the old address again", async () => {
  const page = await w.open("phone", SHOP);
  await page.locator("#pay").click();
  await assertAdmitted(page);
  const old = new URL(page.url()).searchParams.get("prepay_id");
  const { out_trade_no } = await onlyOrder(w.sandbox);
  await page.goBack();
  // For both sides: WeChat's clock goes on, and what the Worker has kept grows older.
  await w.sandbox.advance(300);
  const now = Math.floor(Date.now() / 1000);
  await rewrite(w.worker, out_trade_no, "$.attempts[0].stage.open.expires_at", now);
  await page.locator("#pay").click();
  await assertAdmitted(page);
  assert.notEqual(new URL(page.url()).searchParams.get("prepay_id"), old);
  await onlyOrder(w.sandbox);
});

test("by hand from another address: 网络环境未能通过安全验证，请稍后再试", async () => {
  const { page, mweb_url } = await ordered();
  await w.sandbox.client("phone", { ip: "198.51.100.9" });
  await follow(page, mweb_url);
  await assertTurnedAway(page, "网络环境未能通过安全验证，请稍后再试");
});

test("our helpers, tapped again after the network changed, order for the new address", async () => {
  const page = await w.open("phone", SHOP);
  await page.locator("#pay").click();
  await assertAdmitted(page);
  await page.goBack();
  await w.sandbox.client("phone", { ip: "198.51.100.9" });
  await page.locator("#pay").click();
  await assertAdmitted(page);
});

test("by hand without a Referer: 商家参数格式有误，请联系商家解决", async () => {
  const { page, mweb_url } = await ordered();
  await page.goto(mweb_url);
  await assertTurnedAway(page, "商家参数格式有误，请联系商家解决");
});

for (const [how, path] of [
  ["in a header", "/pages/silent-by-header"],
  ["in the page", "/pages/silent-by-meta"],
]) {
  test(`our helpers send a Referer from a page that forbids it ${how}`, async () => {
    const page = await w.open("phone", path);
    await page.locator("#pay").click();
    await assertAdmitted(page);
  });

  test(`by hand, such a page (${how}) ends in 商家参数格式有误，请联系商家解决`, async () => {
    const { mweb_url } = await ordered();
    const page = await w.open("phone", path);
    await follow(page, mweb_url);
    await assertTurnedAway(page, "商家参数格式有误，请联系商家解决");
  });
}

test("where a page's no-referrer cannot be overruled, no order is made and the code says why", async () => {
  const page = await w.open("phone", "/pages/silent-by-meta");
  // Safari before 14: links have no policy of their own.
  await page.evaluate(() => delete HTMLAnchorElement.prototype.referrerPolicy);
  await page.locator("#pay").click();
  assert.deepEqual(await outcome(page, "error"), { error: "referrer_suppressed" });
  assert.deepEqual((await w.sandbox.state()).orders, []);
});

const UNENCODED = "&redirect_url=http://localhost/pages/return?from=shop&shown=1#/orders";

for (const [device, text] of [
  ["ios_safari", "签名验证失败"],
  ["android_chrome", "系统繁忙，请稍后再试"],
]) {
  test(`by hand with an unencoded redirect_url, on ${device}: ${text}`, async () => {
    await w.sandbox.client("phone", { device });
    const { page, mweb_url } = await ordered();
    await follow(page, mweb_url + UNENCODED);
    await assertTurnedAway(page, text);
  });
}

test("our helpers encode the return address once, and refuse one that is encoded already", async () => {
  const { page, mweb_url } = await ordered();
  const encoded = encodeURIComponent("http://localhost/pages/return");
  const refused = await refusalOf(page, mweb_url, { returnUrl: encoded });
  assert.deepEqual(refused, ["WxpayError", "url_encoded", true]);

  const returnUrl = new URL("/pages/return?q=100%25&名=茶#/a?b=c&d", page.url()).href;
  await refusalOf(page, mweb_url, { returnUrl });
  await page.locator("#sandbox-cancel").click();
  await page.waitForURL("**/pages/return**");
  assert.equal(page.url(), returnUrl);
});

test("by hand from or to a host that is not registered: 商家存在未配置的参数，请联系商家解决", async () => {
  const text = "商家存在未配置的参数，请联系商家解决";
  const { page, mweb_url } = await ordered();
  await page.goto(mweb_url, { referer: "http://shop.example/" });
  await assertTurnedAway(page, text);
  await page.goto("/pages/blank");
  await follow(page, `${mweb_url}&redirect_url=${encodeURIComponent("https://shop.example/")}`);
  await assertTurnedAway(page, text);
});

test("our helpers refuse a return address off the registered hosts they are told", async () => {
  const { page, mweb_url } = await ordered();
  const options = { hosts: ["localhost"], returnUrl: "https://shop.example/" };
  const refused = await refusalOf(page, mweb_url, options);
  assert.deepEqual(refused, ["WxpayError", "url_foreign", true]);
});

test("by hand as a second WeChat user with one mweb_url: 签名验证失败", async () => {
  const { page, mweb_url } = await ordered();
  await follow(page, mweb_url);
  await assertAdmitted(page);
  await page.goto("/pages/blank");
  await w.sandbox.client("phone", { openid: "oSandboxOther_0000000000002B" });
  await follow(page, mweb_url);
  await assertTurnedAway(page, "签名验证失败");
});

test("the Worker hands no mweb_url to a second visitor: the second gets one of their own", async () => {
  const { body } = await w.worker.createOrder({ amount: 1, description: "一枚" });
  const { checkout_token } = body;
  const first = await ordered({ checkout_token, visitor: "a".repeat(32) });
  const second = await ordered({ checkout_token, visitor: "b".repeat(32) });
  assert.ok(first.mweb_url && second.mweb_url);
  assert.notEqual(first.mweb_url, second.mweb_url);
  await w.sandbox.client("phone", { openid: "oSandboxOther_0000000000002B" });
  await follow(second.page, second.mweb_url);
  await assertAdmitted(second.page);
  // The first one's is closed, so that the order cannot be paid twice.
  await follow(first.page, first.mweb_url);
  await first.page.locator("#sandbox-error").waitFor();
});

test("by hand, ordered for the server's own address: 由于商家传入的H5交易参数有误…", async () => {
  await w.sandbox.client("phone", { ip: "127.0.0.1" });
  const { page, mweb_url } = await ordered();
  await follow(page, mweb_url);
  await assertTurnedAway(page, "由于商家传入的H5交易参数有误，该笔交易暂时无法完成，请联系商家解决");
});
