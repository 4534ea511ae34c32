// WeChat's login: the code leaves the address bar at once and is never used twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PACKAGE, SHOP, assertBooksAgree, cashier, onlyOrder, outcome } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

const w = world();

/** Every exchange of a code that the page asks for; the bodies, in order. */
function exchanges(page) {
  const bodies = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/v1/oauth/session") bodies.push(request.postDataJSON());
  });
  return bodies;
}

function assertNoCode(page) {
  const { search, hash } = new URL(page.url());
  assert.doesNotMatch(search + hash, /code=|state=/);
}

test("after the login the address bar holds no code, and a refresh does not use it again", async () => {
  const page = await w.open("wechat", `${SHOP}?table=7#/menu`);
  const asked = exchanges(page);
  await page.locator("#pay").click();
  await cashier(page).cancel.click();
  await outcome(page, "cancelled");
  assert.equal(asked.length, 1);
  assertNoCode(page);
  const { search, hash } = new URL(page.url());
  assert.equal(search + hash, "?table=7#/menu", "the rest of the address is as it was");

  await page.reload();
  await page.locator("#pay").click();
  await cashier(page).pay.click();
  const { order } = await outcome(page, "paid");
  assert.equal(asked.length, 1, "the session is kept: no second login, no second exchange");
  await assertBooksAgree(w, order.outTradeNo);
  await onlyOrder(w.sandbox);
});

test("a refresh while the login is under way starts a new one and never sends the old code", async () => {
  const page = await w.open("wechat", SHOP);
  const asked = exchanges(page);
  // The first exchange gets no answer in time: the buyer is impatient.
  await page.route("**/v1/oauth/session", () => {}, { times: 1 });
  const first = page.waitForRequest("**/v1/oauth/session");
  await page.locator("#pay").click();
  await first;
  assertNoCode(page);

  await page.reload();
  await page.locator("#pay").click();
  await cashier(page).pay.click();
  const { order } = await outcome(page, "paid");
  assert.equal(asked.length, 2);
  assert.notEqual(asked[0].code, asked[1].code);
  await assertBooksAgree(w, order.outTradeNo);
  await onlyOrder(w.sandbox);
});

test("going back after the login finds no address with a code in it", async () => {
  const page = await w.open("wechat", SHOP);
  const asked = exchanges(page);
  await page.locator("#pay").click();
  await cashier(page).cancel.click();
  await outcome(page, "cancelled");
  await page.goBack();
  assertNoCode(page);
  await page.goForward();
  assertNoCode(page);
  assert.equal(asked.length, 1);
});

test("an address with an old code, opened from a bookmark, logs the buyer in anew", async () => {
  const page = await w.open("wechat", SHOP);
  const asked = exchanges(page);
  await page.locator("#pay").click();
  await cashier(page).cancel.click();
  await outcome(page, "cancelled");
  const { code, state } = asked[0];

  const another = await w.open("wechat", `${SHOP}?code=${code}&state=${encodeURIComponent(state)}`);
  assertNoCode(another);
  await another.locator("#pay").click();
  await cashier(another).pay.click();
  await outcome(another, "paid");
  assertNoCode(another);
});

// WeChat itself writes these addresses: each page is what `return_to` names before the login.
for (const [where, before, after] of [
  ["the query", "", ""],
  ["a query with more in it", "?a=1&b=2", "?a=1&b=2"],
  ["the query before a hash route", "#/cart?item=3", "#/cart?item=3"],
  ["a hash-routed page's bare `?`, the seeds' own case", "?#/", "#/"],
]) {
  test(`takeCode reads the code out of ${where} and leaves the rest`, async () => {
    const path = `/pages/blank${before}`;
    const page = await w.open("wechat", "/pages/blank");
    const back = new URL(path, page.url()).href;
    await page.goto(`/v1/oauth/authorize?return_to=${encodeURIComponent(back)}`);
    const arrived = page.url();
    assert.match(arrived, /code=\w{32}&state=[\w-]+/);
    const taken = await take(page, { state: false });
    assert.ok(arrived.includes(`code=${taken.code}&state=${taken.state}`), arrived);
    assert.equal(page.url().replace(/^.*blank/, ""), after);
    assert.equal(await take(page, { state: false }), null, "there is nothing left to take");
  });
}

for (const [where, address] of [
  ["the hash route's own query", "#/pay?code=CODE&state=STATE"],
  ["`?&code=…&state=#/`, with an empty state", "?&code=CODE&state=#/"],
]) {
  test(`takeCode reads the code out of ${where}`, async () => {
    const page = await w.open("wechat", `/pages/blank${address}`);
    const state = address.includes("STATE") ? "STATE" : "";
    assert.deepEqual(await take(page, { state: false }), { code: "CODE", state });
    assert.doesNotMatch(page.url(), /code|CODE|STATE/);
  });
}

test("a state that is not this visit's is refused, and the address is clean all the same", async () => {
  const page = await w.open("wechat", "/pages/blank?code=CODE&state=STATE");
  const refused = await page.evaluate(async (at) => {
    const { oauthUrl, takeCode } = await import(at);
    oauthUrl({ appId: "wx2421b1c4370ec43b", redirectUri: location.origin });
    try {
      return takeCode();
    } catch (error) {
      return error.code;
    }
  }, PACKAGE);
  assert.equal(refused, "state_foreign");
  assertNoCode(page);
});

test("oauthUrl's own address is one that WeChat takes, and takeCode knows its state again", async () => {
  const page = await w.open("wechat", "/pages/blank");
  const url = await page.evaluate(async (at) => {
    const { oauthUrl } = await import(at);
    const redirectUri = `${location.href}?付=款&x=1#/a`;
    return oauthUrl({ appId: "wx2421b1c4370ec43b", redirectUri });
  }, PACKAGE);
  assert.ok(url.startsWith("https://open.weixin.qq.com/connect/oauth2/authorize?appid="), url);
  assert.ok(url.endsWith("#wechat_redirect"), url);
  await page.goto(url.replace("https://open.weixin.qq.com", w.sandbox.addresses.wechat_pages));
  const taken = await take(page);
  assert.ok(url.includes(`state=${taken.state}`));
  assert.equal(decodeURIComponent(page.url()).replace(/^.*blank/, ""), "?付=款&x=1#/a");
});

/** With `state: false` as a page does whose server made the state; else the tab's own is expected. */
function take(page, options) {
  return page.evaluate(async ([at, options]) => (await import(at)).takeCode(options), [PACKAGE, options]);
}
