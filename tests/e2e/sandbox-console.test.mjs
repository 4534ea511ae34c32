// The sandbox's console in a real browser: what happens is seen at once, and can be turned.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startBrowser } from "./harness/browser.mjs";
import { eventually } from "./harness/eventually.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { authorization, sign, xml } from "./harness/wechat.mjs";

const ACK = xml({ return_code: "SUCCESS", return_msg: "OK" });

const DESKTOP = { locale: "zh-CN", viewport: { width: 1200, height: 800 } };

let sandbox, browser, shop, desktop, window;

before(async () => {
  [sandbox, browser, shop] = await Promise.all([startSandbox(), startBrowser(), startShop()]);
  desktop = await profile(DESKTOP);
});
after(async () => {
  await browser?.close();
  await sandbox?.close();
  shop?.close();
});
beforeEach(async () => {
  window = await openConsole(desktop);
});
afterEach(async () => {
  const { said } = window;
  await window.page.close();
  await sandbox.reset();
  Object.assign(shop, { status: 200, bodies: [] });
  assert.deepEqual(said, [], "a page said something in its console");
});

/** A merchant's server that takes notifications; `status` is what it answers. */
async function startShop() {
  const shop = { status: 200, bodies: [] };
  const server = createServer(async (request, response) => {
    shop.bodies.push(Buffer.concat(await request.toArray()).toString());
    response.writeHead(shop.status).end(ACK);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  shop.url = `http://127.0.0.1:${server.address().port}/notify`;
  shop.close = () => server.close();
  return shop;
}

async function profile(device) {
  const context = await browser.newContext({ ...device, baseURL: sandbox.addresses.gateway });
  context.setDefaultTimeout(10_000);
  return context;
}

/** A window with the console; `said` is what it complains about. */
async function openConsole(context) {
  const page = await context.newPage();
  const said = [];
  page.on("pageerror", (error) => said.push(error.message));
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && said.push(line.text()));
  await page.goto("/");
  await page.locator("#now", { hasText: ":" }).waitFor();
  return { page, said };
}

/** Places an order by API V2; `signed` may say what is signed instead of what is sent. */
async function place(out_trade_no, signed = {}) {
  const terms = {
    appid: MERCHANT.appid, mch_id: MERCHANT.mchid, nonce_str: "5d2b6c2a8db53831f7eda20af46e531c", sign_type: "HMAC-SHA256",
    body: `tea ${out_trade_no}`, out_trade_no, total_fee: "4500", spbill_create_ip: "203.0.113.7", notify_url: shop.url,
    trade_type: "NATIVE", product_id: "tea",
  };
  const body = xml({ ...terms, sign: sign({ ...terms, ...signed }) });
  return (await fetch(`${sandbox.addresses.gateway}/pay/unifiedorder`, { method: "POST", body })).text();
}

const row = (page, number) => page.locator(".row", { hasText: number });
const entry = (page, ...texts) => texts.reduce((found, hasText) => found.filter({ hasText }), page.locator(".timeline .entry"));
const button = (page, name) => page.getByRole("button", { name, exact: true });

test("an order appears by itself, is paid by a button, and every message can be laid open", async () => {
  const { page } = window;
  await place("console-live");
  await row(page, "console-live").click();
  await button(page, "二维码").click();
  const code = page.locator("dialog img");
  await eventually("the code is drawn", () => code.evaluate((image) => image.naturalWidth > 0));
  await page.keyboard.press("Escape");
  await button(page, "付款").click();
  await entry(page, "支付结果通知", "已确认").waitFor();
  await entry(page, "通知应答", "已确认").waitFor();
  await row(page, "console-live").filter({ hasText: "已支付" }).waitFor();

  const times = await page.locator(".timeline time").evaluateAll((all) => all.map((time) => time.title));
  assert.deepEqual(times, [...times].sort());
  await entry(page, "支付结果通知").locator("summary").first().click();
  const sides = entry(page, "支付结果通知").locator(".sides");
  await sides.locator("pre", { hasText: "<total_fee>" }).waitFor();
  await sides.locator("dd", { hasText: /^4500$/ }).first().waitFor();
});

test("a notification that failed is planned again, and what is edited reaches the merchant", async () => {
  const { page } = window;
  shop.status = 500;
  await place("console-edit");
  await sandbox.pay("console-edit");
  await row(page, "console-edit").click();
  await entry(page, "第 1 次", "status 500").waitFor();
  await entry(page, "第 2 次", "计划中").waitFor();

  shop.status = 200;
  const sent = shop.bodies.length;
  await button(page, "改一改再发……").click();
  const form = page.locator("dialog");
  await form.getByLabel("total_fee", { exact: true }).fill("1");
  await button(form, "发送").click();
  await form.getByText("已确认").waitFor();
  const fields = Object.fromEntries([...shop.bodies[sent].matchAll(/<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)/g)].map(([, name, value]) => [name, value]));
  assert.equal(fields.total_fee, "1");
  delete fields.xml;
  assert.equal(fields.sign, sign(fields), "rightly signed over what was edited");

  await form.getByLabel("没有", { exact: true }).check();
  await button(form, "发送").click();
  await eventually("the second one arrives", () => shop.bodies.length > sent + 1);
  assert.doesNotMatch(shop.bodies[sent + 1], /<sign>/);
});

test("somebody refunds in the merchant platform, and the refund is settled", async () => {
  const { page } = window;
  await place("console-refund");
  await sandbox.pay("console-refund");
  await row(page, "console-refund").click();
  await button(page, "在商户平台退款……").click();
  await page.getByLabel("退款金额（分）").fill("500");
  await button(page.locator("dialog"), "退款").click();
  const refund = page.locator(".card.refund", { hasText: "¥5.00" });
  await refund.getByLabel("退款结果").selectOption({ label: "退款异常" });
  await button(refund, "退款变为").click();
  await refund.locator(".tag", { hasText: "退款异常" }).waitFor();
  const [{ refunds }] = (await sandbox.state()).orders;
  assert.deepEqual(refunds.map(({ refund_fee, refund_status }) => [refund_fee, refund_status]), [[500, "CHANGE"]]);
});

test("a wrong signature of either API is explained, byte under byte where the strings part", async () => {
  const { page } = window;
  assert.match(await place("console-wrong", { total_fee: "45.00" }), /签名错误/);
  await page.locator("#signature-count", { hasText: "1" }).waitFor();
  await page.keyboard.press("2");
  await page.locator(".row", { hasText: "/pay/unifiedorder" }).click();
  const parted = page.locator(".pair-lines", { has: page.locator("mark") });
  assert.deepEqual(await parted.locator("code").allTextContents(), ["total_fee=4500&", "total_fee=45.00&"]);

  const url = "/v3/pay/transactions/out-trade-no/console-wrong";
  const headers = { authorization: authorization(url, await sandbox.v3.keys()), accept: "application/json", "user-agent": "a test" };
  const { mchid } = MERCHANT;
  const answer = await fetch(`${sandbox.addresses.gateway}${url}?mchid=${mchid}`, { headers });
  assert.equal(answer.status, 401);
  await page.locator(".row", { hasText: url }).click();
  await page.locator(".mistake", { hasText: "query" }).waitFor();
  assert.deepEqual(await parted.locator("code").allTextContents(), [`${url}?mchid=${mchid}⏎`, `${url}⏎`]);
  assert.deepEqual(await parted.locator("mark").allTextContents(), ["?", "⏎"]);
});

test("a fault is found, switched on and off by the keyboard alone", async () => {
  const { page } = window;
  await page.keyboard.press("3");
  await page.keyboard.press("/");
  await page.keyboard.type("notify=lost");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator("#active", { hasText: "notify=lost" }).waitFor();
  assert.equal((await sandbox.state()).faults.notify, "lost");
  await page.locator("[role=switch][aria-checked=true]:focus").waitFor();
  await page.keyboard.press("Space");
  await page.locator("#active").waitFor({ state: "hidden" });
  assert.equal((await sandbox.state()).faults.notify, "normal");
});

test("the clock stands still, and a jump brings what was planned", async () => {
  const { page } = window;
  shop.status = 500;
  await place("console-clock");
  await page.keyboard.press("t");
  await button(page, "停住").click();
  await button(page, "继续走").waitFor();
  await sandbox.pay("console-clock");
  const frozen = (await sandbox.state()).now;
  await button(page, "+ 1 分").click();
  await eventually("a minute has passed", async () => (await sandbox.state()).now === frozen + 60);
  await page.keyboard.press("Escape");
  await row(page, "console-clock").click();
  for (const number of [1, 2, 3, 4]) await entry(page, "支付结果通知", `第 ${number} 次`).waitFor();
});

test("the language is the browser's, until another is chosen and remembered", async () => {
  const { page } = window;
  const orders = (name) => page.getByRole("link", { name, exact: true });
  await orders("订单").waitFor();
  await button(page, "English").click();
  await orders("Orders").waitFor();
  await page.reload();
  await orders("Orders").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await button(page, "中文").click();
});

test("nothing is wider than a phone's screen", async () => {
  await place("console-phone");
  await sandbox.pay("console-phone");
  const phone = await profile({ locale: "en-US", viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  const { page, said } = await openConsole(phone);
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  for (const view of ["orders", "signatures", "faults", "connect", "orders/console-phone"]) {
    await page.goto(`/#/${view}`);
    await page.locator(`main[data-view=${view.split("/")[0]}] > *`).first().waitFor({ state: "attached" });
    assert.equal(await wider(), 0, view);
  }
  await page.locator(".timeline summary").first().click();
  assert.equal(await wider(), 0, "an open message");
  await phone.close();
  assert.deepEqual(said, []);
});
