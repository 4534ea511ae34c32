// Plain JavaScript may pass anything. Whatever it is, the answer is one of the documented ones or a
// WxpayError that says what to do; nothing else is thrown, and the package goes on working.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { inspect } from "node:util";
import * as wxpay from "wxpay-h5";
import { AWKWARD, GETTER, chance, put } from "./awkward.mjs";
import { UA, enterPage, workerOf } from "./fake.mjs";

const { createCheckout, resolveReturn, WxpayError } = wxpay;

const NOW = 1_800_000_000;
const SHOP = "https://shop.example/";
const CASHIER = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";
const fields = () => ({
  appId: "wx2421b1c4370ec43b", timeStamp: "1395712654", nonceStr: "n",
  package: "prepay_id=wx1", signType: "HMAC-SHA256", paySign: "0BC7387282DC342D",
});
const shop = () => ({
  endpoint: "https://pay.example", appId: fields().appId, returnUrl: SHOP, hosts: ["shop.example"],
});
const following = () => ({ timeout: 1000, signal: new AbortController().signal, onOrder: () => {} });

// What each function may answer.
const isText = (value) => typeof value === "string";
const isNothing = (value) => value === undefined;
const orNull = (isAnswer) => (value) => value === null || isAnswer(value);
const isContext = ({ client, platform, version, channel, reason, reasonZh }) =>
  [client, platform, version, channel, reason, reasonZh].every(isText) &&
  /^(jsapi|mweb|native|mini-program|unsupported)$/.test(channel);
const isTaken = ({ code, state }) => isText(code) && isText(state);
const isOurs = (error) =>
  error instanceof WxpayError && /^[a-z]+(_[a-z]+)*$/.test(error.code) &&
  [error.message, error.remedy, error.remedyZh].every((said) => isText(said) && said !== "") &&
  !/undefined|\[object/.test(error.message + error.remedy + error.remedyZh);
const isCashiers = ({ outcome, error }) =>
  /^(ok|cancel)$/.test(outcome) || (outcome === "fail" && isOurs(error));
const isOrder = ({ status, outTradeNo, amount, description, paidAt }) =>
  /^(paid|unpaid|paying|closed|refunded|unknown)$/.test(status) && isText(outTradeNo) &&
  Number.isSafeInteger(amount) && isText(description) && (paidAt ?? 1) > 0;
const isOutcome = ({ status, to, context, codeUrl, returnToken, expiresAt, order, error }) => {
  switch (status) {
    case "leaving": return /^(login|cashier)$/.test(to);
    case "tap": return true;
    case "unsupported": return isContext(context);
    case "scan": return isText(codeUrl) && isText(returnToken) && expiresAt > 0;
    case "failed": return isOurs(error) && isOrder(order);
    default:
      return /^(paid|cancelled|pending|closed|refunded)$/.test(status) &&
        isText(returnToken) && (order === undefined || isOrder(order));
  }
};

const pay = (options, item) => createCheckout(options).pay(item);

/** Every public function: the page it is for, a call of it, right arguments, what it may answer. */
const CALLS = {
  detect: ["wechat", wxpay.detect, () =>
    [UA.wechat, { environment: "x", maxTouchPoints: 5, platform: "iOS", mobile: true }], isContext],
  oauthUrl: ["wechat", wxpay.oauthUrl, () =>
    [{ appId: "wx2421b1c4370ec43b", redirectUri: SHOP, scope: "snsapi_base", state: "s", forcePopup: true }], isText],
  takeCode: ["wechat", wxpay.takeCode, () => [{ state: "S" }], orNull(isTaken)],
  signUrl: ["wechat", wxpay.signUrl, () => [], isText],
  ready: ["wechat", wxpay.ready, () => [], isNothing],
  requestPayment: ["wechat", wxpay.requestPayment, () => [fields(), { by: "bridge" }], isCashiers],
  "requestPayment by jweixin": ["wechat", wxpay.requestPayment, () =>
    [fields(), { by: "chooseWXPay", timeout: 1 }], isCashiers],
  "requestPayment without a Bridge": ["phone", wxpay.requestPayment, () => [fields(), { timeout: 1 }], isCashiers],
  mwebUrl: ["phone", wxpay.mwebUrl, () => [CASHIER, SHOP, { hosts: ["shop.example"] }], isText],
  openMweb: ["phone", wxpay.openMweb, () =>
    [CASHIER, { returnUrl: SHOP, expiresAt: NOW + 300, hosts: ["shop.example"] }], isNothing],
  "pay in WeChat": ["wechat", pay, () => [shop(), { sku: "tea", quantity: 1 }], isOutcome],
  "pay on a phone": ["phone", pay, () => [shop(), { checkoutToken: "K" }], isOutcome],
  "pay on a desktop": ["desktop", pay, () => [shop(), { cart: "C" }], isOutcome],
  resume: ["wechat", (options) => createCheckout(options).resume(), () => [shop()], orNull(isOutcome)],
  status: ["phone", (token) => createCheckout(shop()).status(token), () => ["R1"], isOrder],
  wait: ["desktop", async (options) => {
    const said = await pay(shop(), { sku: "tea", quantity: 1 });
    return said.status === "scan" ? said.wait(options) : said;
  }, () => [following()], isOutcome],
  resolveReturn: ["phone", resolveReturn, () =>
    [{ endpoint: "https://pay.example", token: "R1", ...following() }], orNull(isOrder)],
  defineReturnElement: ["phone", wxpay.defineReturnElement, () => ["wxpay-return"], isNothing],
};

const HANDED = {
  jsapi: { request_payment: fields() }, mweb: { mweb_url: CASHIER }, native: { code_url: "weixin://wxpay/x" },
};
const ANSWERS = {
  "POST /v1/oauth/session": () => [200, { session: "sealed", expires_at: NOW + 7200 }],
  "POST /v1/checkout": ({ channel }) =>
    [200, { channel, return_token: "R1", expires_at: NOW + 300, ...HANDED[channel] }],
  "GET /v1/checkout/R1": () => [200, { out_trade_no: "T1", amount: 100, description: "茶", status: "paid" }],
};

let page;
let worker;
beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW * 1000 }));
afterEach(() => {
  leave();
  mock.timers.reset();
});

function leave() {
  page?.leave();
  worker?.stop();
  page = worker = undefined;
  delete globalThis.wx;
}

/** A page in this client, in WeChat back from the login; its cashier and its Worker. */
function enter(client, { routes, cashier = (done) => done({ err_msg: "get_brand_wcpay_request:ok" }) } = {}) {
  leave();
  const inside = client === "wechat";
  const bridge = inside ? { invoke: (_name, _fields, done) => cashier(done) } : undefined;
  page = enterPage({ href: inside ? `${SHOP}?code=C&state=S` : SHOP, userAgent: UA[client], bridge });
  if (inside) globalThis.wx = { chooseWXPay: ({ success }) => cashier(success) };
  worker = workerOf({ ...ANSWERS, ...routes });
}

/** Makes the call, lets time pass until it has answered, and judges what that was. */
async function judge(name, args = CALLS[name][2]()) {
  const [, call, , isAnswer] = CALLS[name];
  const before = process.cpuUsage();
  let ended = false;
  const answering = (async () => call(...args))()
    .then((value) => [value], (error) => [undefined, error])
    .finally(() => (ended = true));
  for (let turn = 0; !ended; turn += 1) {
    await new Promise(setImmediate);
    assert.ok(turn < 300, "it has no end");
    // Up to the weeks that a timer can hold.
    if (turn > 5) mock.timers.tick(1e6 * turn);
  }
  const [value, error] = await answering;
  // What the caller's own callback throws is the caller's.
  const isCallers = /^Class constructor Order cannot be invoked/.test(error?.message);
  if (error !== undefined && !isOurs(error) && !isCallers) assert.fail(`it threw ${shown(error)}`);
  if (error === undefined && !isAnswer(value)) assert.fail(`it answered ${shown(value)}`);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 2e6, `it took ${(user + system) / 1e6} s of work`);
  assert.equal(wxpay.detect(UA.wechat).channel, "jsapi", "the package still works");
}

/** Every place in the arguments: `[0]`, `[0, "appId"]`, `[2, "hosts", 0]`. */
function places(value, path = []) {
  const inner = Object.keys(value && typeof value === "object" ? value : {});
  return inner.flatMap((key) => [[...path, key], ...places(value[key], [...path, key])]);
}

const shown = (value) => inspect(value, { depth: 3, maxStringLength: 40, showProxy: true, breakLength: Infinity });

for (const name of Object.keys(CALLS)) {
  const [client, , right] = CALLS[name];

  test(`${name}: an awkward value in each place, everything else right`, async () => {
    enter(client);
    await judge(name);
    const failures = [];
    for (const path of places(right())) {
      for (const wrong of path.length > 1 ? [...AWKWARD, GETTER] : AWKWARD) {
        const args = right();
        put(path.slice(0, -1).reduce((value, key) => value[key], args), path.at(-1), wrong);
        enter(client);
        await judge(name, args).catch(({ message }) => failures.push(`${path.join(".")} = ${shown(wrong)}: ${message}`));
      }
    }
    assert.equal(failures.join("\n"), "");
  });
}

const SEED = Number(process.env.SEED ?? 20261123);

test("three thousand calls made of awkward and of right values", async () => {
  const { next, pick, compose } = chance(SEED);
  const all = Object.values(CALLS).flatMap(([, , right]) => {
    const args = right();
    return places(args).map((path) => [path.at(-1), path.reduce((value, key) => value[key], args)]);
  });
  const names = [...new Set(all.map(([name]) => name))];
  const good = all.map(([, value]) => value);
  for (let call = 0; call < 3000; call += 1) {
    // What a tab remembers is part of the composition.
    if (call % 10 === 0) enter(pick(["wechat", "phone", "desktop"]));
    const name = pick(Object.keys(CALLS));
    const args = CALLS[name][2]().map((arg) => (next() < 0.2 ? arg : compose(good, names)));
    await judge(name, args).catch(({ message }) => {
      assert.fail(`SEED=${SEED}, call ${call}: ${name}(${args.map(shown).join(", ")}): ${message}`);
    });
  }
});

test("whatever the cashier does is one of its three endings, or says that it is no cashier", async () => {
  const failures = [];
  for (const said of AWKWARD) {
    const whole = (done) => done(said);
    const parts = (done) => done({ err_msg: said, errMsg: said, err_desc: said, err_code: said });
    for (const cashier of [whole, parts, () => { throw said; }]) {
      for (const name of ["requestPayment", "requestPayment by jweixin"]) {
        enter("wechat", { cashier });
        await judge(name).catch(({ message }) => failures.push(`${name}, ${cashier}, ${shown(said)}: ${message}`));
      }
    }
  }
  assert.equal(failures.join("\n"), "");
});

test("whatever an endpoint answers that is not the Worker's, it is said to be none", async () => {
  const failures = [];
  const asking = Object.keys(CALLS).filter((name) => /^(pay|resume|status|wait|resolveReturn)/.test(name));
  for (const route of Object.keys(ANSWERS)) {
    for (const answer of [null, 0, "", "x", true, [], [1], {}, { code: 1 }, { code: "x" }, { status: "ok" }]) {
      for (const [status, name] of [200, 400].flatMap((status) => asking.map((name) => [status, name]))) {
        enter(CALLS[name][0], { routes: { [route]: () => [status, answer] } });
        await judge(name).catch(({ message }) => failures.push(`${name}, ${route} ${status} ${shown(answer)}: ${message}`));
      }
    }
  }
  assert.equal(failures.join("\n"), "");
});
