import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { WxpayError, detect, mwebUrl, oauthUrl, openMweb, takeCode } from "wxpay-h5";
import { UA, enterPage } from "./fake.mjs";

let page;
afterEach(() => page?.leave());

const CASHIER = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";

function refused(code, run) {
  assert.throws(run, (error) => {
    assert.ok(error instanceof WxpayError);
    assert.equal(error.code, code);
    assert.ok(error.message && error.remedy && error.remedyZh);
    return true;
  });
}

/** The table's hints: `touch mobile platform=Android environment=miniprogram`. */
function hints(given) {
  const named = new Map(given.split(" ").map((hint) => hint.split("=")));
  return {
    maxTouchPoints: named.has("touch") ? 5 : 0,
    mobile: named.has("mobile"),
    platform: named.get("platform") ?? "",
    environment: named.get("environment") ?? "",
  };
}

test("every user agent of the shared table gets its client and its way to pay", () => {
  const table = (name) =>
    readFileSync(new URL(`../../tests/vectors/user_agents/${name}`, import.meta.url), "utf8")
      .trimEnd().split("\n").slice(1).map((line) => line.split("\t"));
  const expected = table("expected.tsv");
  assert.ok(expected.length > 60);
  table("user_agents.tsv").forEach(([id, , , userAgent, given], at) => {
    const { client, platform, version, channel, reason, reasonZh } = detect(userAgent, hints(given));
    assert.deepEqual([id, client, platform, version, channel], expected[at]);
    assert.ok(reason && reasonZh, id);
  });
});

test("hints tell an iPad that says it is a Mac, and a mini program that hides", () => {
  const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15";
  assert.equal(detect(mac).channel, "native");
  assert.equal(detect(mac, { maxTouchPoints: 5 }).platform, "ipados");
  assert.equal(detect(UA.wechat, { environment: "miniprogram" }).channel, "mini-program");
});

test("wrong types from plain JavaScript give an error with a code", () => {
  for (const wrong of [null, 7, {}, [], () => 1]) {
    refused("argument_malformed", () => mwebUrl(wrong, "https://shop.example/"));
    refused("argument_malformed", () => oauthUrl({ appId: wrong, redirectUri: "x", state: "s" }));
  }
  refused("argument_malformed", () => detect({}));
});

test("lone surrogates, NUL and very long texts are answered, not trapped", () => {
  assert.equal(detect("\ud800\0" + "x".repeat(2_000_000)).client, "desktop-browser");
  refused("argument_malformed", () => detect("x".repeat(2_500_001)));
  const url = mwebUrl(CASHIER, "https://shop.example/\ud800\0");
  assert.ok(url.endsWith("%EF%BF%BD%EF%BF%BD"));
});

test("a state is made for the visit, and a foreign one is refused with the address cleaned", () => {
  page = enterPage({ href: "https://shop.example/pay", userAgent: UA.wechat });
  const state = new URL(oauthUrl({ appId: "wx1", redirectUri: location.href })).searchParams.get("state");
  assert.match(state, /^[0-9a-f]{32}$/);
  page.leave();
  const kept = page.kept;

  page = enterPage({ href: `https://shop.example/pay?code=C&state=${state}`, userAgent: UA.wechat });
  for (const [key, value] of kept) page.kept.set(key, value);
  assert.deepEqual(takeCode(), { code: "C", state });
  assert.equal(location.href, "https://shop.example/pay");
  assert.equal(takeCode(), null);
  page.leave();

  page = enterPage({ href: "https://shop.example/pay?a=1&code=C&state=foreign#/x" });
  refused("state_foreign", () => takeCode({ state: "mine" }));
  assert.equal(location.href, "https://shop.example/pay?a=1#/x");
});

test("a code that this tab has not asked for is foreign, and a server may check it instead", () => {
  const href = "https://shop.example/pay?code=C&state=S";
  page = enterPage({ href });
  refused("state_foreign", () => takeCode());
  assert.equal(location.href, "https://shop.example/pay");
  history.replaceState(null, "", href);
  assert.deepEqual(takeCode({ state: false }), { code: "C", state: "S" });
  history.replaceState(null, "", href);
  assert.deepEqual(takeCode({ state: "S" }), { code: "C", state: "S" });
  history.replaceState(null, "", href);
  refused("login_loop", () => takeCode({ state: "S" }));
  history.replaceState(null, "", href);
  assert.deepEqual(takeCode({ state: "S" }), { code: "C", state: "S" });
});

test("every link drawn in one visit has the state that the visit expects", () => {
  page = enterPage({});
  const options = { appId: "wx1", redirectUri: "https://shop.example/" };
  assert.equal(oauthUrl(options), oauthUrl(options));
});

test("without a tab the state has to be given", () => {
  refused("no_page", () => oauthUrl({ appId: "wx1", redirectUri: "https://shop.example/" }));
  assert.equal(takeCode(), null);
});

test("the seeds' awkward address keeps its route and the router's own history entry", () => {
  page = enterPage({ href: "https://shop.example/b.html?&code=CODE&state=#/" });
  assert.deepEqual(takeCode({ state: "" }), { code: "CODE", state: "" });
  assert.deepEqual(page.replaced, [[{ router: "kept" }, "https://shop.example/b.html#/"]]);
});

test("the H5 cashier is opened by a link that sends a Referer, in this window", () => {
  page = enterPage({ userAgent: UA.phone });
  openMweb(CASHIER, { returnUrl: "https://shop.example/result", hosts: ["shop.example"] });
  const [link] = page.clicked;
  assert.equal(link.href, `${CASHIER}&redirect_url=https%3A%2F%2Fshop.example%2Fresult`);
  assert.equal(link.referrerPolicy, "origin");
  assert.equal(link.target, "_self");
});

test("what WeChat's page would refuse is refused before the buyer leaves", () => {
  page = enterPage({ userAgent: UA.phone });
  refused("mweb_url_expired", () => openMweb(CASHIER, { expiresAt: 1 }));
  refused("url_foreign", () => openMweb(CASHIER, { hosts: ["other.example"] }));
  refused("redirect_url_present", () => openMweb(CASHIER + "&redirect_url=x"));
  window.top = {};
  refused("in_frame", () => openMweb(CASHIER));
  window.top = window;
  document.querySelector = () => ({ content: "no-referrer" });
  openMweb(CASHIER);
  delete HTMLAnchorElement.prototype.referrerPolicy;
  refused("referrer_suppressed", () => openMweb(CASHIER));
  page.leave();
  page = enterPage({ userAgent: UA.wechat });
  refused("mweb_inside_wechat", () => openMweb(CASHIER));
  assert.equal(page.clicked.length, 0);
});
