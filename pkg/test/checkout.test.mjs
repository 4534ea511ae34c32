import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { createCheckout } from "wxpay-h5";
import { UA, enterPage, workerOf } from "./fake.mjs";

let page;
let worker;
afterEach(() => {
  page?.leave();
  worker?.stop();
  mock.timers.reset();
});

const ITEM = { sku: "tea", quantity: 1 };
/** As the Worker seals them. */
const STATE = "5ea1".repeat(26);
const NOW = Math.floor(Date.now() / 1000);
const ORDER = { out_trade_no: "T1", amount: 100, description: "tea" };
const SESSION = [200, { session: "sealed", expires_at: NOW + 7200 }];
const JSAPI = [200, {
  channel: "jsapi", out_trade_no: "T1", return_token: "R1", expires_at: NOW + 7200,
  request_payment: {
    appId: "wx2421b1c4370ec43b", timeStamp: "1395712654", nonceStr: "n", package: "prepay_id=wx1",
    signType: "HMAC-SHA256", paySign: "S",
  },
}];
const MWEB = (expires_at = NOW + 300) => [200, {
  channel: "mweb", out_trade_no: "T1", return_token: "R1", expires_at,
  mweb_url: `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx${expires_at}&package=2`,
}];
const order = (status) => [200, { ...ORDER, status }];
const problem = (status, code, headers) => [status, { status, code, title: code, remedy: "r" }, headers];
const says = (err_msg) => ({ invoke: (_name, _fields, done) => done({ err_msg }) });
const checkout = (options) => createCheckout({ endpoint: "https://pay.example", ...options });
const posts = () => worker.calls.filter(({ name }) => name === "POST /v1/checkout");

/** In WeChat, back from the login, with a purchase begun: the state most tests start from. */
async function backFromLogin(routes, bridge, userAgent = UA.wechat) {
  page = enterPage({ userAgent, bridge });
  worker = workerOf({ "POST /v1/oauth/session": () => SESSION, ...routes });
  assert.deepEqual(await checkout().pay(ITEM), { status: "leaving", to: "login" });
  const url = new URL(page.visited[0]);
  assert.equal(url.pathname, "/v1/oauth/authorize");
  assert.equal(url.searchParams.get("return_to"), "https://shop.example/pay");
  assert.equal(worker.calls.length, 0);
  history.replaceState({ router: "kept" }, "", `https://shop.example/pay?code=C&state=${STATE}`);
  page.replaced.length = 0;
}

/** Lets a promise go on whose waits are the mocked timers'. */
async function ticking(promise) {
  let over = false;
  promise.then(() => (over = true), () => (over = true));
  while (!over) {
    await new Promise(setImmediate);
    mock.timers.tick(1000);
  }
}

test("inside WeChat: login, code out of the address before any await, order, cashier, the Worker's word", async () => {
  await backFromLogin(
    { "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => order("paid") },
    says("get_brand_wcpay_request:ok"),
  );
  const resumed = checkout().resume();
  assert.equal(location.href, "https://shop.example/pay", "cleaned before anything was awaited");
  const outcome = await resumed;
  assert.equal(outcome.status, "paid");
  assert.equal(outcome.order.outTradeNo, "T1");
  const [login, made] = worker.calls;
  assert.deepEqual(login.body, { code: "C", state: STATE, return_to: "https://shop.example/pay" });
  const { visitor, purchase_id, ...rest } = made.body;
  assert.deepEqual(rest, { sku: "tea", quantity: 1, channel: "jsapi", session: "sealed" });
  assert.match(visitor, /^[0-9a-f]{32}$/);
  assert.match(purchase_id, /^[0-9a-f]{32}$/);
  assert.equal(await checkout().resume(), null, "a refresh resumes nothing");
});

test("cancel and fail are what the buyer did, unless the Worker knows better", async () => {
  for (const [said, word, status, code] of [
    ["cancel", "unpaid", "cancelled"],
    ["cancel", "paid", "paid"],
    ["fail_no permission to execute", "unpaid", "failed", "pay_access_denied"],
    ["fail", "paid", "paid"],
  ]) {
    await backFromLogin(
      { "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => order(word) },
      says("get_brand_wcpay_request:" + said),
    );
    const outcome = await checkout().pay(ITEM);
    assert.equal(outcome.status, status);
    assert.equal(outcome.error?.code, code);
    page.leave();
    worker.stop();
  }
});

test("after ok the Worker is asked again until it knows", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  await backFromLogin(
    {
      "POST /v1/checkout": () => JSAPI,
      "GET /v1/checkout/R1": (_body, call) => order(call < 3 ? "unpaid" : "paid"),
    },
    says("get_brand_wcpay_request:ok"),
  );
  const paying = checkout().pay(ITEM);
  let outcome;
  paying.then((it) => (outcome = it));
  while (!outcome) {
    await new Promise(setImmediate);
    mock.timers.tick(1000);
  }
  assert.equal(outcome.status, "paid");
  assert.equal(worker.calls.filter(({ name }) => name === "GET /v1/checkout/R1").length, 3);
});

test("a double tap makes one order, and a cancelled one is continued under the same purchase", async () => {
  await backFromLogin(
    { "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => order("unpaid") },
    says("get_brand_wcpay_request:cancel"),
  );
  const shop = checkout();
  const [one, two] = await Promise.all([shop.pay(ITEM), shop.pay(ITEM)]);
  assert.equal(one, two);
  assert.equal(posts().length, 1);
  await shop.pay(ITEM);
  await checkout().pay({ sku: "cup", quantity: 1 });
  const ids = posts().map(({ body }) => body.purchase_id);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
});

test("a used code starts the login anew, and never more than three times", async () => {
  await backFromLogin({ "POST /v1/oauth/session": () => problem(400, "code_used") });
  for (const code of ["D", "E", "F"]) {
    assert.deepEqual(await checkout().pay(ITEM), { status: "leaving", to: "login" });
    history.replaceState(null, "", `https://shop.example/pay?code=${code}&state=${STATE}`);
  }
  await assert.rejects(checkout().pay(ITEM), { code: "login_loop" });
  assert.equal(location.href, "https://shop.example/pay");
  assert.equal(page.visited.length, 4);
});

test("a session the Worker no longer takes is replaced by a new login", async () => {
  page = enterPage({ userAgent: UA.wechat });
  page.kept.set("wxpay:session https://pay.example", JSON.stringify(SESSION[1]));
  worker = workerOf({ "POST /v1/checkout": () => problem(400, "token_expired") });
  assert.deepEqual(await checkout().pay(ITEM), { status: "leaving", to: "login" });
});

test("a refusal right after the login is not the session's fault: another login would be a circle", async () => {
  await backFromLogin({ "POST /v1/checkout": () => problem(400, "token_expired") });
  await assert.rejects(checkout().resume(), { code: "refused" });
  assert.equal(page.visited.length, 1);
});

test("a session that looks expired on its first day was told by a wrong clock", async () => {
  await backFromLogin(
    {
      "POST /v1/oauth/session": () => [200, { session: "sealed", expires_at: NOW - 7200 }],
      "POST /v1/checkout": () => JSAPI,
      "GET /v1/checkout/R1": () => order("paid"),
    },
    says("get_brand_wcpay_request:ok"),
  );
  assert.equal((await checkout().resume()).status, "paid");
});

test("a code that no checkout of this tab has left for stays in the address and is sent nowhere", async () => {
  const href = "https://shop.example/callback?code=OTHERS&state=google";
  for (const userAgent of [UA.wechat, UA.desktop]) {
    page = enterPage({ userAgent, href });
    worker = workerOf({ "POST /v1/checkout": () => problem(400, "channel_differs") });
    assert.equal(await checkout().resume(), null);
    await checkout().pay(ITEM).catch(() => {});
    assert.equal(location.href, href);
    assert.deepEqual(worker.calls.filter(({ name }) => name.endsWith("session")), []);
    page.leave();
    worker.stop();
  }
});

test("an old code of ours, or an attacker's, leaves the address and goes no further", async () => {
  page = enterPage({ userAgent: UA.wechat, href: `https://shop.example/pay?code=OLD&state=${STATE}` });
  worker = workerOf({});
  assert.equal(await checkout().resume(), null);
  assert.equal(location.href, "https://shop.example/pay");
  assert.deepEqual(await checkout().pay(ITEM), { status: "leaving", to: "login" });
  assert.equal(worker.calls.length, 0);
});

test("a tab that keeps nothing is told so before it leaves for a login it could not finish", async () => {
  page = enterPage({ userAgent: UA.wechat });
  sessionStorage.setItem = () => { throw new DOMException("quota", "QuotaExceededError"); };
  await assert.rejects(checkout().pay(ITEM), { code: "storage_refused" });
  Object.defineProperty(globalThis, "sessionStorage", { get() { throw new Error("blocked"); }, configurable: true });
  await assert.rejects(checkout().pay(ITEM), { code: "storage_refused" });
  assert.equal(page.visited.length, 0);
});

test("of two checkouts only the one that left for the login takes the code", async () => {
  await backFromLogin({ "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => order("unpaid") }, says(":cancel"));
  const [other, mine] = [checkout({ endpoint: "https://other.example" }), checkout()];
  assert.equal(await other.resume(), null);
  assert.equal((await mine.resume()).status, "cancelled");
  assert.ok(worker.calls.every(({ url }) => url.startsWith("https://pay.example/")));
});

test("a tap while the code is being exchanged waits for it", async () => {
  for (const userAgent of [UA.wechat, UA.harmony]) {
    await backFromLogin(
      { "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => order("paid") },
      says("get_brand_wcpay_request:ok"),
      userAgent,
    );
    const mine = checkout();
    const [, tapped] = await Promise.all([mine.resume(), mine.pay(ITEM)]);
    assert.equal(tapped.status, "paid");
    assert.equal(page.visited.length, 1);
    page.leave();
    worker.stop();
  }
});

test("whatever trouble the Worker has after the cashier, nobody is told that it failed", async () => {
  for (const trouble of [problem(500, "internal"), problem(503, "misconfigured"), [502, "<html>"]]) {
    await backFromLogin(
      { "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => trouble },
      says("get_brand_wcpay_request:ok"),
    );
    assert.deepEqual(await checkout().resume(), { status: "pending", returnToken: "R1" });
    page.leave();
    worker.stop();
  }
});

test("a cashier that never answers does not hide from a buyer who looks again that it is paid", async () => {
  let paid = false;
  let raised;
  const up = new Promise((resolve) => (raised = resolve));
  await backFromLogin(
    { "POST /v1/checkout": () => JSAPI, "GET /v1/checkout/R1": () => order(paid ? "paid" : "unpaid") },
    { invoke: () => raised() },
  );
  const outcome = checkout().resume();
  await up;
  document.dispatchEvent(new Event("visibilitychange"));
  while (!worker.calls.some(({ name }) => name === "GET /v1/checkout/R1")) await new Promise(setImmediate);
  await new Promise(setImmediate);
  paid = true;
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal((await outcome).status, "paid");
});

test("who goes back from the login page may tap again as often as it takes", async () => {
  page = enterPage({ userAgent: UA.wechat });
  for (let tap = 0; tap < 5; tap += 1) {
    assert.deepEqual(await checkout().pay(ITEM), { status: "leaving", to: "login" });
  }
});

test("on HarmonyOS the login is finished and a tap is asked for", async () => {
  await backFromLogin({}, undefined, UA.harmony);
  assert.deepEqual(await checkout().resume(), { status: "tap" });
  assert.deepEqual(worker.calls.map(({ name }) => name), ["POST /v1/oauth/session"]);
});

test("an order that is not known is asked for again with the same letters", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({
    "POST /v1/checkout": (_body, call) =>
      call < 3 ? problem(503, "order_unknown", { "retry-after": "2" }) : MWEB(),
  });
  let outcome;
  checkout().pay(ITEM).then((it) => (outcome = it));
  while (!outcome) {
    await new Promise(setImmediate);
    mock.timers.tick(2000);
  }
  assert.deepEqual(outcome, { status: "leaving", to: "cashier" });
  assert.equal(new Set(posts().map(({ text }) => text)).size, 1);
  assert.equal(posts().length, 3);
});

test("an order that stays unknown is given up with the Worker's own problem", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": () => problem(503, "order_unknown") });
  let error;
  checkout().pay(ITEM).catch((it) => (error = it));
  while (!error) {
    await new Promise(setImmediate);
    mock.timers.tick(4000);
  }
  assert.equal(error.code, "refused");
  assert.equal(error.problem.code, "order_unknown");
  assert.equal(posts().length, 4);
});

test("on a phone the buyer leaves for the cashier and the token is in the way back, before the hash", async () => {
  page = enterPage({ href: "https://shop.example/pay#/cart", userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": () => MWEB() });
  assert.deepEqual(await checkout().pay(ITEM), { status: "leaving", to: "cashier" });
  const back = new URL(page.clicked[0].href).searchParams.get("redirect_url");
  assert.equal(back, "https://shop.example/pay?wxpay_return=R1#/cart");
});

test("a dead mweb_url is never opened", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": (_body, call) => MWEB(call === 1 ? NOW - 1 : NOW + 300) });
  await checkout().pay(ITEM);
  assert.equal(posts().length, 2);
  assert.equal(page.clicked.length, 1);
  assert.match(page.clicked[0].href, new RegExp(`prepay_id=wx${NOW + 300}&`));
});

test("on a desktop there is a code to scan, and waiting for it", async () => {
  page = enterPage({ userAgent: UA.desktop });
  worker = workerOf({
    "POST /v1/checkout": () => [200, {
      channel: "native", return_token: "R1", expires_at: NOW + 7200, code_url: "weixin://wxpay/bizpayurl?pr=x",
    }],
    "GET /v1/checkout/R1": () => order("paid"),
  });
  const outcome = await checkout().pay({ checkoutToken: "K" });
  assert.equal(outcome.status, "scan");
  assert.equal(outcome.codeUrl, "weixin://wxpay/bizpayurl?pr=x");
  assert.equal(posts()[0].body.checkout_token, "K");
  assert.equal((await outcome.wait()).status, "paid");
});

test("where nothing works no order is made", async () => {
  page = enterPage({ userAgent: UA.miniProgram });
  worker = workerOf({});
  const outcome = await checkout().pay(ITEM);
  assert.equal(outcome.status, "unsupported");
  assert.equal(outcome.context.channel, "mini-program");
  assert.equal(worker.calls.length, 0);
});

test("paid before is paid, and the next tap is a new purchase", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": (_body, call) => (call === 1 ? problem(409, "order_paid") : MWEB()) });
  assert.equal((await checkout().pay(ITEM)).status, "paid");
  await checkout().pay(ITEM);
  const [first, second] = posts().map(({ body }) => body.purchase_id);
  assert.notEqual(first, second);
});

test("a closed order is bought anew if it is a catalogue's, and said to be closed if it is the shop's", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": (_body, call) => (call === 1 ? problem(409, "order_closed") : MWEB()) });
  assert.equal((await checkout().pay(ITEM)).status, "leaving");
  worker.stop();
  worker = workerOf({ "POST /v1/checkout": () => problem(409, "order_expired") });
  assert.equal((await checkout().pay({ checkoutToken: "K" })).status, "closed");
});

test("an order that ends while its payment is under way is asked for before another is made", async () => {
  for (const [code, status, told] of [
    ["order_expired", "paid", "paid"],
    ["order_closed", "paying", "pending"],
    ["order_exhausted", "unknown", "pending"],
  ]) {
    page = enterPage({ userAgent: UA.desktop });
    const codes = [200, { channel: "native", return_token: "R1", expires_at: NOW + 7200, code_url: "weixin://x" }];
    worker = workerOf({
      "POST /v1/checkout": (_body, call) => (call === 1 ? codes : problem(409, code)),
      "GET /v1/checkout/R1": () => order(status),
    });
    await checkout().pay(ITEM);
    assert.equal((await checkout().pay(ITEM)).status, told);
    assert.equal(posts().length, 2);
    page.leave();
    worker.stop();
  }
});

test("a Worker that refuses each new order is not asked without end", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": () => problem(409, "order_expired") });
  assert.equal((await checkout().pay(ITEM)).status, "closed");
  assert.equal(posts().length, 2);
});

test("what became of an old code forgets no newer purchase", async () => {
  page = enterPage({ userAgent: UA.desktop });
  const code = (n) => [200, { channel: "native", return_token: `R${n}`, expires_at: NOW + 7200, code_url: `weixin://${n}` }];
  worker = workerOf({
    "POST /v1/checkout": (_body, call) => code(call),
    "GET /v1/checkout/R1": () => order("closed"),
  });
  const tea = await checkout().pay(ITEM);
  await checkout().pay({ sku: "pot", quantity: 1 });
  assert.equal((await tea.wait()).status, "closed");
  await checkout().pay({ sku: "pot", quantity: 1 });
  const [, first, again] = posts().map(({ body }) => body.purchase_id);
  assert.equal(first, again);
});

test("a server's trouble does not end the wait for a scan, and a no does", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  page = enterPage({ userAgent: UA.desktop });
  const code = [200, { channel: "native", return_token: "R1", expires_at: NOW + 7200, code_url: "weixin://x" }];
  const answers = [order("unpaid"), [502, "<html>"], problem(500, "internal"), order("paid")];
  worker = workerOf({ "POST /v1/checkout": () => code, "GET /v1/checkout/R1": () => answers.shift() ?? problem(404, "not_found") });
  const scan = await checkout().pay(ITEM);
  const waited = scan.wait();
  await ticking(waited);
  assert.equal((await waited).status, "paid");
  const refused = assert.rejects(scan.wait(), { code: "refused" });
  await ticking(refused);
  await refused;
});

test("two who wait for one code ask once", async () => {
  page = enterPage({ userAgent: UA.desktop });
  const code = [200, { channel: "native", return_token: "R1", expires_at: NOW + 7200, code_url: "weixin://x" }];
  worker = workerOf({ "POST /v1/checkout": () => code, "GET /v1/checkout/R1": () => order("paid") });
  const scan = await checkout().pay(ITEM);
  const told = await Promise.all([scan.wait(), scan.wait()]);
  assert.deepEqual(told.map(({ status }) => status), ["paid", "paid"]);
  assert.equal(worker.calls.filter(({ name }) => name === "GET /v1/checkout/R1").length, 1);
});

test("an address ordered afresh takes its own token back", async () => {
  page = enterPage({ userAgent: UA.phone });
  const stale = MWEB(NOW - 1);
  const fresh = [200, { ...MWEB()[1], return_token: "R2" }];
  worker = workerOf({ "POST /v1/checkout": (_body, call) => (call === 1 ? stale : fresh) });
  await checkout({ returnUrl: "https://shop.example/result" }).pay(ITEM);
  assert.match(decodeURIComponent(page.clicked[0].href), /wxpay_return=R2$/);
  assert.equal(JSON.parse(page.kept.get("wxpay:purchase")).returnToken, "R2");
});

test("two checkouts of one tab that are tapped at once mean one purchase", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": () => MWEB() });
  await Promise.all([checkout().pay(ITEM), checkout().pay(ITEM)]);
  const [one, other] = posts().map(({ body }) => body.purchase_id);
  assert.equal(one, other);
});

test("a checkout's answer without a return token is not the Worker's", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": () => [200, { channel: "mweb", mweb_url: "https://a.example" }] });
  await assert.rejects(checkout().pay(ITEM), { code: "answer_malformed" });
});

test("an order under another appid is not paid", async () => {
  await backFromLogin({ "POST /v1/checkout": () => JSAPI }, says("get_brand_wcpay_request:ok"));
  await assert.rejects(checkout({ appId: "wxother" }).pay(ITEM), { code: "appid_differs" });
});

test("what names nothing or too little is refused before the network", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({});
  for (const item of [null, {}, { sku: "tea" }, { sku: "tea", quantity: 1.5 }, { sku: "tea", quantity: 0 }]) {
    await assert.rejects(checkout().pay(item), { code: "argument_malformed" });
  }
  assert.equal(worker.calls.length, 0);
});

test("a page never sends an amount", async () => {
  page = enterPage({ userAgent: UA.phone });
  worker = workerOf({ "POST /v1/checkout": () => MWEB() });
  await checkout().pay({ ...ITEM, amount: 1, total_fee: 1 });
  assert.deepEqual(Object.keys(posts()[0].body).sort(), ["channel", "purchase_id", "quantity", "sku", "visitor"]);
});
