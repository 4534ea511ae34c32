// One page, opened as every device that the sandbox knows: what its scripts find, and what WeChat
// answers them. The JS-SDK is the sandbox's own and the published one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { newProfile, startBrowser } from "./harness/browser.mjs";
import { configFor } from "./harness/js-sdk.mjs";
import { startSandbox } from "./harness/sandbox.mjs";

const PAGE = `<!doctype html><title>shop</title><link rel="icon" href="data:,"><button>tap</button><script>
  window.atStart = typeof WeixinJSBridge;
  window.ask = (name, params) => new Promise((said) => WeixinJSBridge.invoke(name, params, said));
  window.ready = new Promise((ready) => document.addEventListener("WeixinJSBridgeReady", ready));
  window.ready.then(() => window.ask("getBrandWCPayRequest", {}))
    .then((answer) => fetch("/untapped" + location.pathname, { method: "POST", body: JSON.stringify(answer) }));
  document.querySelector("button").onclick = () => (window.tapped = window.ask("getBrandWCPayRequest", {}));
</script>`;
const SDK = '<script src="/sdk.js"></script>';

let sandbox, browser, site, profile;
const headers = {};

/** The published JS-SDK, for a script element. */
async function sdk() {
  const built = await build({
    stdin: {
      contents: 'import wx from "weixin-js-sdk"; window.wx = wx;',
      resolveDir: fileURLToPath(new URL("../../", import.meta.url)),
    },
    bundle: true,
    format: "iife",
    write: false,
  });
  return built.outputFiles[0].text;
}

before(async () => {
  const script = sdk();
  site = createServer(async (request, response) => {
    if (request.method === "POST") site.emit(request.url, await json(request));
    headers[request.url] = request.headers;
    const isScript = request.url === "/sdk.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? await script : request.url.startsWith("/real") ? SDK + PAGE : PAGE);
  }).listen(0, "127.0.0.1");
  [sandbox, browser] = await Promise.all([startSandbox(), startBrowser(), once(site, "listening")]);
  profile = await newProfile(browser, sandbox.addresses, "wechat");
});
after(async () => {
  await browser?.close();
  await sandbox?.close();
  site?.close();
});
beforeEach(() => sandbox.reset());
afterEach(() => Promise.all(profile.pages().map((page) => page.close())));

async function openAs(device, path) {
  const url = `http://127.0.0.1:${site.address().port}${path}`;
  const page = await profile.newPage();
  await page.goto(`${sandbox.addresses.gateway}/sandbox/open?${new URLSearchParams({ as: device, url })}`);
  return page;
}

const devices = async () => (await fetch(`${sandbox.addresses.gateway}/sandbox/devices`)).json();

test("every device says who it is, and only those inside WeChat have a bridge, which comes late", async () => {
  const all = await devices();
  assert.equal(all.length, 9);
  for (const { device, client, user_agent } of all) {
    const page = await openAs(device, `/${device}?a=1`);
    assert.equal(page.url(), `${sandbox.addresses[client]}/${device}?a=1`);
    assert.equal(headers[`/${device}?a=1`]["user-agent"], user_agent, device);
    const found = await page.evaluate(async (inWechat) => {
      if (inWechat) await window.ready;
      const { userAgent, platform, vendor, maxTouchPoints } = navigator;
      const { atStart, WeixinJSBridge, __wxjs_environment: environment } = window;
      const has = { bridge: typeof WeixinJSBridge, wx: typeof window.wx };
      return { userAgent, platform, vendor, maxTouchPoints, atStart, environment, ...has };
    }, client === "wechat");
    const apple = /iPhone/.test(user_agent);
    const windows = /Windows/.test(user_agent);
    const inside = client === "wechat" ? "object" : "undefined";
    assert.equal(found.userAgent, user_agent);
    assert.equal(found.vendor, apple ? "Apple Computer, Inc." : "Google Inc.", device);
    assert.match(found.platform, apple ? /^iPhone$/ : windows ? /^Win32$/ : /^Linux a/, device);
    assert.equal(found.maxTouchPoints, windows ? 0 : 5, device);
    assert.deepEqual([found.atStart, found.bridge, found.wx], ["undefined", inside, inside], device);
    assert.equal(found.environment, device === "mini_program" ? "miniprogram" : undefined, device);
  }
});

test("a page in a mini program pays nothing itself and sends the buyer to the mini program", async () => {
  const page = await openAs("mini_program", "/");
  assert.deepEqual(await page.evaluate(() => new Promise((told) => window.wx.miniProgram.getEnv(told))), {
    miniprogram: true,
  });
  const { err_msg } = await page.evaluate(() => window.ask("getBrandWCPayRequest", {}));
  assert.equal(err_msg, "system:access_denied");
  await page.evaluate(() => window.wx.miniProgram.navigateTo({ url: "/pages/pay?id=1" }));
  const note = await page.locator("#sandbox-mini-program").textContent();
  assert.match(note, /navigateTo \{"url":"\/pages\/pay\?id=1"\}/);
});

test("on HarmonyOS a cashier that nobody tapped for is refused, and elsewhere it is not", async () => {
  // The page tells by itself: to be asked by a test would count as a tap.
  const untapped = async (device) => {
    const [[answer], page] = await Promise.all([
      once(site, `/untapped/${device}`),
      openAs(device, `/${device}`),
    ]);
    return { answer, page };
  };
  const { answer, page } = await untapped("wechat_harmony");
  assert.equal(answer.err_msg, "get_brand_wcpay_request:fail");
  assert.match(answer.err_desc, /HarmonyOS/);
  await page.locator("button").click();
  assert.match((await page.evaluate(() => window.tapped)).err_msg, /缺少参数: appId/);
  assert.match((await untapped("wechat_android")).answer.err_msg, /缺少参数: appId/);
});

/** What `wx.config` and a `wx.chooseWXPay` after it are told. */
async function configured(page, url) {
  const config = await configFor(sandbox, url);
  return page.evaluate(async (config) => {
    await window.ready;
    let failed = null;
    window.wx.error(({ errMsg }) => (failed = errMsg));
    const known = await new Promise((done) => {
      window.wx.ready(() => window.wx.checkJsApi({ jsApiList: config.jsApiList, success: done }));
      window.wx.config(config);
    });
    const params = { timestamp: 1, nonceStr: "n", package: "prepay_id=none", signType: "MD5", paySign: "0" };
    const paid = await new Promise((done) => window.wx.chooseWXPay({ ...params, complete: done }));
    return { failed, known: known.checkResult, paid: paid.errMsg };
  }, config);
}

for (const [path, which] of [["/shop", "the sandbox's own wx"], ["/real", "the published JS-SDK"]]) {
  test(`${which} is configured for the address that the device goes by, and for no other`, async () => {
    for (const [device, address] of [["wechat_ios", "landing"], ["wechat_android", "current"]]) {
      const page = await openAs(device, `${path}?a=1#/first`);
      const landing = page.url();
      await page.evaluate(() => history.pushState(null, "", "/cart?b=2#/second"));
      const at = { landing, current: page.url() };
      const right = await configured(page, at[address]);
      assert.deepEqual(
        [right.failed, right.known, right.paid],
        [null, { chooseWXPay: true }, "chooseWXPay:调用支付jsapi缺少参数：total fee"],
      );
      const fresh = await openAs(device, `${path}?a=1#/first`);
      await fresh.evaluate(() => history.pushState(null, "", "/cart?b=2#/second"));
      const wrong = await configured(fresh, at[address === "landing" ? "current" : "landing"]);
      assert.deepEqual(
        [wrong.failed, wrong.paid],
        ["config:invalid signature", "chooseWXPay:the permission value is offline verifying"],
      );
      const { note } = (await sandbox.state()).unclaimed.findLast(({ what }) => what === "wx_config");
      const [expected] = at[address].split("#");
      assert.ok(note.startsWith("Signed was the ") && note.endsWith(`&url=${expected}`), note);
    }
  });
}

test("in WeCom a service account's appid is unknown", async () => {
  const page = await openAs("wecom", "/shop");
  const { failed } = await configured(page, page.url());
  assert.equal(failed, "config:invalid appid");
});
