// The real routers, in both of their modes: no code stays in an address, a route or the history.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertBooksAgree, cashier, onlyOrder, outcome } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";
import { bundledSite } from "./harness/site.mjs";

const LOGINS = ["checkout", "early", "late"];
const SHOPS = ["vue", "react"].flatMap((router) =>
  ["history", "hash"].map((mode) => ({ router, mode })),
);
const baseOf = ({ router, mode }, login) => `${router}-${mode}-${login}`;

const TEA = "/shop/tea?size=2";
const CUP = "/shop/cup";

function html(shop, login) {
  const base = baseOf(shop, login);
  return `<html lang="en" data-base="/${base}" data-mode="${shop.mode}" data-login="${login}">
<output id="outcome"></output>
<div id="app"></div>
<script type="module" src="/${shop.router}.js"></script>`;
}

const site = await bundledSite({
  scripts: {
    vue: new URL("pages/routers/vue.js", import.meta.url),
    react: new URL("pages/routers/react.jsx", import.meta.url),
  },
  pages: Object.fromEntries(
    SHOPS.flatMap((shop) => LOGINS.map((login) => [baseOf(shop, login), html(shop, login)])),
  ),
});
const w = world({ pages: false, assets: site });

/** A buyer in WeChat, deep in this shop. */
async function openAtTea(shop, login) {
  const address = `/${baseOf(shop, login)}${shop.mode === "hash" ? "#" : ""}`;
  const page = await w.open("wechat", address + TEA);
  const at = async (route) => {
    await page.locator(`#route:text-is("${route}")`).waitFor();
    const { pathname, search, hash } = new URL(page.url());
    assert.equal(pathname + search + hash, address + route);
    await assertNoTrace(page);
  };
  await at(TEA);
  return { page, at };
}

/** Neither an address that "back" may come to nor a router's own notes hold what WeChat added. */
async function assertNoTrace(page) {
  const kept = await page.evaluate(() =>
    JSON.stringify([history.state, navigation.entries().map(({ url }) => url)]),
  );
  assert.doesNotMatch(kept, /code=|state=|wechat_redirect/);
}

/** To another route and back by the router, and a refresh. */
async function wander({ page, at }) {
  await page.locator("#next").click();
  await at(CUP);
  await page.locator("#back").click();
  await at(TEA);
  await page.reload();
  await at(TEA);
}

for (const shop of SHOPS) {
  const name = `${shop.router}-router, ${shop.mode} mode`;

  test(`${name}: who logs in deep in the shop comes back there, pays once, and no code is sent again`, async () => {
    const { page, at } = await openAtTea(shop, "checkout");
    const codes = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/v1/oauth/session")) codes.push(request.postDataJSON().code);
    });
    await page.locator("#pay").click();
    await cashier(page).pay.click();
    const { order } = await outcome(page, "paid");
    await at(TEA);
    await wander({ page, at });
    // By the browser's own buttons: to before the login, and to where the buyer went last.
    await page.goBack();
    await at(TEA);
    await page.evaluate(() => history.go(2));
    await at(CUP);
    assert.equal(codes.length, 1);
    await assertBooksAgree(w, order.outTradeNo);
    await onlyOrder(w.sandbox);
  });

  for (const login of ["early", "late"]) {
    const when = login === "early" ? "before the router is made" : "by a page that has a router";
    test(`${name}: takeCode, called ${when}, leaves the route and no code`, async () => {
      const { page, at } = await openAtTea(shop, login);
      await logIn(page);
      const { code } = await outcome(page, "code");
      assert.match(code, /^\w{32}$/);
      await at(TEA);
      await wander({ page, at });
      assert.equal(await page.locator("#outcome").textContent(), "", "there was no second code");
    });
  }
}

/** The page sends its buyer to WeChat, which here is the sandbox. */
async function logIn(page) {
  const wechat = "https://open.weixin.qq.com";
  await page.route(`${wechat}/**`, (route) => route.fulfill({ status: 204 }));
  const leaving = page.waitForRequest(`${wechat}/**`);
  await page.locator("#login").click();
  const url = (await leaving).url().replace(wechat, w.sandbox.addresses.wechat_pages);
  // What a request does not tell, and a browser keeps where the way back has no hash of its own.
  await page.goto(`${url}#wechat_redirect`);
}
