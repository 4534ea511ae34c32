// wxpay-h5/react and wxpay-h5/vue in a page: React mounts twice, components come and go.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newProfile, openWindow, startBrowser } from "./harness/browser.mjs";
import { assertBooksAgree, cashier, onlyOrder, outcome } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";
import { bundledSite } from "./harness/site.mjs";

const FRAMEWORKS = { react: "react.jsx", vue: "vue.js" };

const site = await bundledSite({
  scripts: Object.fromEntries(
    Object.entries(FRAMEWORKS).map(([name, file]) => [
      name, new URL(`pages/frameworks/${file}`, import.meta.url),
    ]),
  ),
  pages: Object.fromEntries(
    Object.keys(FRAMEWORKS).map((name) => [
      name, `<div id="app"></div>\n<script type="module" src="/${name}.js"></script>`,
    ]),
  ),
});
const w = world({ pages: false, assets: site });

/** A browser that shows a page again as it was left. */
let keeping;
before(async () => (keeping = await startBrowser({ keepsPages: true })));
after(() => keeping?.close());

/** The paths that the page asks the Worker for, in order. */
function asked(page) {
  const paths = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/")) paths.push(pathname);
  });
  return paths;
}
const exchanges = (paths) => paths.filter((path) => path === "/v1/oauth/session").length;

async function assertPaid(page) {
  const { order } = await outcome(page, "paid");
  await assertBooksAgree(w, order.outTradeNo);
  await onlyOrder(w.sandbox);
  await page.locator("#pay:enabled").waitFor();
}

for (const name of Object.keys(FRAMEWORKS)) {
  test(`${name}: the payment goes on after WeChat's login, whose code is sent once`, async () => {
    const page = await w.open("wechat", `/${name}`);
    const paths = asked(page);
    await page.locator("#pay").click();
    await cashier(page).pay.waitFor();
    await page.locator("#pay:disabled").waitFor();
    await cashier(page).pay.click();
    await assertPaid(page);
    assert.equal(exchanges(paths), 1);
    assert.equal(await page.evaluate(() => window.pays.size), 1, "pay is the same function");

    await page.locator("#toggle").dblclick();
    await page.locator("#pay:enabled").waitFor();
    assert.equal(await page.locator("#outcome").textContent(), "", "told once, not to each mount");
  });

  test(`${name}: a component mounted while the code is exchanged hears what came of it`, async () => {
    const page = await w.open("wechat", `/${name}`);
    const paths = asked(page);
    let exchange;
    const held = new Promise((resolve) => (exchange = resolve));
    await page.route("**/v1/oauth/session", (route) => held.then(() => route.continue()));
    const sent = page.waitForRequest("**/v1/oauth/session");
    await page.locator("#pay").click();
    await sent;
    await page.locator("#toggle").dblclick();
    await page.locator("#pay:disabled").waitFor();
    exchange();
    await cashier(page).pay.click();
    await assertPaid(page);
    assert.equal(exchanges(paths), 1);
  });

  test(`${name}: a scanned code is followed until it is paid, and not after unmounting`, async () => {
    const page = await w.open("desktop", `/${name}`);
    const paths = asked(page);
    await page.locator("#pay").click();
    assert.match((await outcome(page, "scan")).codeUrl, /^weixin:/);
    await page.locator("#pay:enabled").waitFor();

    await page.locator("#toggle").click();
    await page.locator("#pay").waitFor({ state: "detached" });
    const before = paths.length;
    // Whoever still follows asks at once when the buyer looks; the last request is the test's own.
    await page.evaluate(async () => {
      dispatchEvent(new Event("pageshow"));
      await fetch("/v1/last");
    });
    assert.deepEqual(paths.slice(before), ["/v1/last"]);

    await w.sandbox.pay((await onlyOrder(w.sandbox)).out_trade_no);
    await page.locator("#toggle").click();
    await assertPaid(page);
  });

  test(`${name}: the button waits while the page is being left, and no longer when it comes back`, async () => {
    const profile = await newProfile(keeping, w.sandbox.addresses, "phone");
    const { page } = await openWindow(profile, `/${name}`);
    await page.evaluate(() => {
      const $ = (selector) => document.querySelector(selector);
      onpagehide = () => (window.left = [$("#outcome").textContent, $("#pay").disabled]);
    });
    await page.locator("#pay").click();
    await page.waitForURL("**/checkmweb?*");
    // A page that was kept loads nothing, which Playwright would wait for.
    await page.goBack({ waitUntil: "commit" });
    await page.locator("#pay:enabled").waitFor();
    assert.equal(await page.locator("#outcome").textContent(), "");
    assert.deepEqual(await page.evaluate(() => window.left), ["leaving", true], "as it was left");
    await profile.close();
  });

  test(`${name}: a refusal is an error, and the next payment clears it`, async () => {
    const page = await w.open("desktop", `/${name}`);
    await page.locator("#sold-out").click();
    const { problem, remedy } = await outcome(page, "refused");
    assert.ok(remedy, JSON.stringify(problem));
    await page.locator("#pay:enabled").click();
    await outcome(page, "scan");
  });
}
