// Hostile input: each piece gets a clear no, and nothing changes.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, checkout, from, newOrder, openOrder, send } from "./harness/http.mjs";
import { SECRETS, SHOP_KEY } from "./harness/worker.mjs";
import { cart, notification, payment, seconds, sign, token, xml } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

const vars = { ALLOWED_ORIGINS: "https://shop.example.com", WEBHOOK_URL: "http://127.0.0.1:9/" };
const secrets = { WEBHOOK_SECRETS: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
const w = world({ browser: false, vars, secrets });

const post = (path, body, headers) => send(w.worker, "POST", path, { body, headers });
const notify = (body) => post("/notify/v2/pay", body);
const objects = () => w.worker.server.getWorker().listDurableObjectIds("ORDER");

/** Asserts that WeChat is told no in its own dialect, with this reason. */
function assertRefused(answer, reason, status = 200) {
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.body, xml({ return_code: "FAIL", return_msg: reason }));
}

test("a notification WeChat did not sign is refused before any order hears of it", async () => {
  const { number } = await openOrder(w.worker);
  const before = [await w.worker.order(number), await objects()];
  const good = payment(number);
  const signed = { ...good, sign: sign(good) };
  const unsigned = xml(good);
  const inside = (text) => xml(signed).replace("</xml>", `${text}</xml>`);
  const forgeries = {
    "signed with another key": notification(number, {}, { key: "another test key" }),
    "MD5 where HMAC-SHA256 was agreed": notification(number, {}, { md5: true }),
    "not signed": unsigned,
    "an empty signature": xml({ ...good, sign: "" }),
    "one digit of the amount changed": xml({ ...signed, total_fee: "1" }),
    "a field added": inside("<attach>more</attach>"),
    "a lower-case signature": xml({ ...good, sign: sign(good).toLowerCase() }),
    "another appid, signed with our key": notification(number, { appid: "wx0000000000000001" }),
    "another mch_id, signed with our key": notification(number, { mch_id: "1900000110" }),
    "another order's number": notification("NEVERWAS01", {}, { key: "x".repeat(32) }),
  };
  for (const [what, body] of Object.entries(forgeries)) {
    const answer = await notify(body);
    assert.match(answer.body, /<return_code><!\[CDATA\[FAIL\]\]>/, what);
    assert.match(answer.body, /签名失败/, what);
  }
  assert.deepEqual([await w.worker.order(number), await objects()], before);
});

test("a notification that is not flat UTF-8 XML is refused", async () => {
  const { number } = await openOrder(w.worker);
  const before = [await w.worker.order(number), await objects()];
  const good = notification(number);
  const with_ = (prolog) => prolog + good;
  const malformed = {
    "a field twice": good.replace("</xml>", "<total_fee>1</total_fee></xml>"),
    "a DOCTYPE": with_("<!DOCTYPE xml>"),
    "an external entity": with_('<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "an undeclared entity": good.replace("<xml>", "<xml><a>&x;</a>"),
    "a billion laughs": with_('<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]>'),
    "a field in a field": good.replace("<xml>", "<xml><a><b>1</b></a>"),
    "a thousand levels": "<xml>" + "<a>".repeat(1000) + "</a>".repeat(1000) + "</xml>",
    "an attribute": good.replace("<openid>", '<openid a="1">'),
    "nothing": "",
    "JSON": JSON.stringify(payment(number)),
    "no end": good.slice(0, -10),
    "another encoding": Buffer.from(good.replace("CMB_DEBIT", "\u00ff"), "latin1"),
    "a zero byte": good.replace("CMB_DEBIT", "\u0000"),
  };
  for (const [what, body] of Object.entries(malformed)) {
    const answer = await notify(body);
    assert.equal(answer.status, 200, what);
    assert.match(answer.body, /<return_code><!\[CDATA\[FAIL\]\]>/, what);
    assert.doesNotMatch(answer.body, /SUCCESS|passwd|root:/, what);
  }
  assert.deepEqual([await w.worker.order(number), await objects()], before);
});

test("a signed payment of another amount or currency, or for no order, pays nothing", async () => {
  const { number } = await openOrder(w.worker);
  assertRefused(await notify(notification(number, { total_fee: "101" })), "订单信息不一致");
  assertRefused(await notify(notification(number, { fee_type: "USD" })), "订单信息不一致");
  assertRefused(await notify(notification("NEVERWAS01")), "订单不存在");
  // A number of the right order, but of an attempt that was never made.
  assertRefused(await notify(notification(`${number}*7`)), "订单不存在");
  const order = await w.worker.order(number);
  assert.equal(order.status, "unpaid");
  assert.equal(order.payment, undefined);
  assert.deepEqual(order.conflicts.map(({ conflict, field }) => [conflict, field]), [
    ["mismatch", "total_fee"],
    ["mismatch", "fee_type"],
  ]);
});

test("65 KB are too much, announced or not", async () => {
  const { number } = await openOrder(w.worker);
  const big = notification(number).replace("</xml>", `<a>${"x".repeat(65 * 1024)}</a></xml>`);
  assertRefused(await notify(big), "请求内容过长", 413);
  assertProblem(await post("/v1/checkout", { cart: "x".repeat(65 * 1024) }), 413, "body_too_large");
  // Sent in pieces, no length is announced.
  const pieces = Array.from({ length: 20 }, () => Buffer.alloc(16 * 1024, " "));
  const streamed = await fetch(new URL("/v1/checkout", w.worker.url), {
    method: "POST",
    body: ReadableStream.from(pieces),
    duplex: "half",
  });
  assert.equal(streamed.status, 413);
  assert.equal((await w.worker.order(number)).status, "unpaid");
});

test("JSON of another shape is refused, and what was sent is not repeated", async () => {
  const shop = { authorization: `Bearer ${SHOP_KEY}` };
  const order = { amount: 100, description: "测试商品" };
  const bodies = [
    ["{", "malformed_request"],
    [Buffer.from([0x7b, 0xff, 0x7d]), "malformed_request"],
    ["[".repeat(30_000), "malformed_request"],
    [{ ...order, amount: 19.9 }, "malformed_request"],
    [{ ...order, amount: "100" }, "malformed_request"],
    [{ ...order, amount: -1 }, "malformed_request"],
    [{ ...order, amount: 4294967296 }, "malformed_request"],
    ['{"amount":1,"amount":100,"description":"x"}', "malformed_request"],
    [{ ...order, price: 1 }, "malformed_request"],
    [{ ...order, amount: 0 }, "invalid_field"],
    [{ ...order, out_trade_no: "A*B*C*D" }, "invalid_field"],
    [{ ...order, out_trade_no: "13800138000'--" }, "invalid_field"],
    [{ ...order, description: "x".repeat(128) }, "invalid_field"],
    [{ ...order, expires_in: 299 }, "invalid_field"],
  ];
  for (const [body, code] of bodies) {
    const answer = await post("/v1/orders", body, shop);
    assertProblem(answer, 400, code);
    assert.doesNotMatch(JSON.stringify(answer.body), /13800138000|19\.9|4294967296/);
  }
  assert.deepEqual((await w.sandbox.state()).orders, []);
});

test("a cart nobody signed, or signed too long ago, buys nothing", async () => {
  const number = `CART${seconds()}`;
  const exp = seconds() + 600;
  const claims = { out_trade_no: number, amount: 1990, description: "茶", exp };
  const [header, body, signature] = cart(claims).split(".");
  const cheap = Buffer.from(JSON.stringify({ ...claims, amount: 1 })).toString("base64url");
  const carts = [
    [`${header}.${cheap}.${signature}`, "cart_tampered"],
    [`${header}.${body}.`, "cart_tampered"],
    [cart(claims, { header: { alg: "none" } }), "cart_tampered"],
    [cart(claims, { header: { alg: "HS512" } }), "cart_tampered"],
    [cart(claims, { key: "another test key, 32 bytes or more" }), "cart_tampered"],
    ["not a cart", "cart_tampered"],
    [cart({ ...claims, exp: seconds() - 1 }), "cart_expired"],
    [cart({ ...claims, exp: seconds() + 90_000 }), "cart_expired"],
    [cart({ ...claims, amount: 19.9 }), "cart_malformed"],
    [cart({ ...claims, amount: undefined }), "cart_malformed"],
  ];
  for (const [signed, code] of carts) {
    assertProblem(await checkout(w.worker, { cart: signed, channel: "native" }), 400, code);
  }
  assertProblem(await w.worker.call("GET", `/v1/orders/${number}`), 404, "order_not_found");
});

test("a token that was changed, is for something else, or is old opens nothing", async () => {
  const { number, token: checkoutToken } = await newOrder(w.worker);
  const { handed } = await openOrder(w.worker);
  const pay = (checkout_token) => checkout(w.worker, { checkout_token, channel: "native" });
  for (const at of [0, 20, checkoutToken.length - 1]) {
    const other = checkoutToken[at] === "A" ? "B" : "A";
    const changed = checkoutToken.slice(0, at) + other + checkoutToken.slice(at + 1);
    assertProblem(await pay(changed), 400, "token_tampered");
  }
  const ticket = { out_trade_no: number };
  const session_ = token("session", ticket, seconds() + 60);
  for (const wrong of ["", "x", handed.return_token, session_]) {
    assertProblem(await pay(wrong), 400, "token_tampered");
  }
  assertProblem(await pay(token("checkout_token", ticket, seconds() - 1)), 400, "token_expired");
  const status = (text) => send(w.worker, "GET", `/v1/checkout/${text}`);
  assertProblem(await status(checkoutToken), 400, "token_tampered");
  const old = token("return_token", ticket, seconds() - 1);
  assertProblem(await status(old), 400, "token_expired");
  const session = token("session", { appid: "wx0000000000000001", openid: "o1" }, seconds() + 60);
  const ask = { checkout_token: checkoutToken, channel: "jsapi", session };
  assertProblem(await checkout(w.worker, ask), 400, "session_other_appid");
  assertProblem(await checkout(w.worker, { ...ask, session: undefined }), 400, "session_required");
  assert.deepEqual((await w.worker.order(number)).attempts, []);
});

test("a page of another origin may not post, and learns nothing", async () => {
  const { token: checkoutToken } = await newOrder(w.worker);
  const ask = { checkout_token: checkoutToken, channel: "native", visitor: randomUUID() };
  const buyer = from("203.0.113.9");
  const origins = [
    "https://evil.example",
    "null",
    "https://shop.example.com.evil.example",
    "http://shop.example.com",
  ];
  for (const origin of origins) {
    const answer = await checkout(w.worker, ask, { ...buyer, origin });
    assertProblem(answer, 403, "origin_not_allowed");
    const preflight = await send(w.worker, "OPTIONS", "/v1/checkout", { headers: { origin } });
    for (const { headers } of [answer, preflight]) {
      assert.equal(headers.get("access-control-allow-origin"), null, origin);
    }
  }
  assert.deepEqual((await w.sandbox.state()).orders, []);

  const origin = "https://shop.example.com";
  const preflight = await send(w.worker, "OPTIONS", "/v1/checkout", { headers: { origin } });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
  assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
  assert.match(preflight.headers.get("vary"), /origin/i);
  const allowed = await checkout(w.worker, ask, { ...buyer, origin });
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
  // Its own origin needs no list, and bad news may be read too.
  assert.equal((await checkout(w.worker, ask, { ...buyer, origin: w.worker.url })).status, 200);
  const bad = await checkout(w.worker, {}, { ...buyer, origin });
  assert.equal(bad.headers.get("access-control-allow-origin"), origin);
});

test("the buyer's address comes from the trusted header and from nowhere else", async () => {
  const { number, token: checkoutToken } = await newOrder(w.worker);
  const ask = { checkout_token: checkoutToken, channel: "mweb", visitor: randomUUID() };
  const other = "198.51.100.66";
  const spoofed = { "x-forwarded-for": other, "x-real-ip": other, forwarded: `for=${other}` };
  assertProblem(await checkout(w.worker, ask, spoofed), 400, "client_ip_missing");
  for (const list of ["203.0.113.7, 198.51.100.66", "localhost", "203.0.113.7:443"]) {
    assertProblem(await checkout(w.worker, ask, from(list)), 400, "client_ip_malformed");
  }
  const told = { ...ask, client_ip: other };
  assertProblem(await checkout(w.worker, told, from("203.0.113.7")), 400, "malformed_request");
  assert.equal((await checkout(w.worker, ask, { ...spoofed, ...from("203.0.113.7") })).status, 200);
  const { messages } = await w.sandbox.order(number);
  const placed = messages.find(({ body }) => body.includes("spbill_create_ip")).body;
  assert.match(placed, /<spbill_create_ip>(<!\[CDATA\[)?203\.0\.113\.7(\]\]>)?</);
  assert.doesNotMatch(placed, /198\.51\.100\.66/);
});

test("the shop's routes are closed without its key", async () => {
  const { number } = await openOrder(w.worker);
  const order = `/v1/orders/${number}`;
  const routes = ["POST /v1/orders", `GET ${order}`, `POST ${order}/close`];
  const keys = [undefined, "Bearer", "Bearer wrong", `Basic ${SHOP_KEY}`];
  for (const [method, path] of routes.map((route) => route.split(" "))) {
    for (const authorization of keys) {
      const headers = authorization && { authorization };
      assertProblem(await send(w.worker, method, path, { headers }), 401, "unauthorized");
    }
  }
  assert.equal((await w.worker.order(number)).status, "unpaid");
});

test("a sku not for sale, a quantity nobody means, or two things at once buy nothing", async () => {
  const ask = { purchase_id: randomUUID(), channel: "native", visitor: randomUUID() };
  const refused = [
    [{ sku: "gold" }, "unknown_sku"],
    [{ sku: "cup", quantity: 0 }, "invalid_field"],
    [{ sku: "cup", quantity: 1000 }, "invalid_field"],
    [{ sku: "cup", amount: 1 }, "malformed_request"],
    [{ sku: "cup", cart: "a.b.c" }, "malformed_request"],
    [{ sku: "cup", purchase_id: undefined }, "malformed_request"],
    [{ sku: "cup", return_url: "https://evil.example/" }, "return_to_not_allowed"],
    [{}, "malformed_request"],
  ];
  for (const [more, code] of refused) {
    assertProblem(await checkout(w.worker, { ...ask, ...more }), 400, code);
  }
  assert.deepEqual((await w.sandbox.state()).orders, []);
});

test("no route, another method: a clear no that names what would be right", async () => {
  assertProblem(await send(w.worker, "GET", "/v1/nothing"), 404, "not_found");
  const wrong = await send(w.worker, "DELETE", "/v1/checkout");
  assertProblem(wrong, 405, "method_not_allowed");
  assert.equal(wrong.headers.get("allow"), "POST");
  assertProblem(await post("/__fault/panic"), 404, "not_found");
});

test("the log holds no key, no openid, no address, no token and no order number", async () => {
  const { number, token: checkoutToken, handed } = await openOrder(w.worker);
  await notify(notification(number));
  await send(w.worker, "GET", `/v1/checkout/${handed.return_token}`);
  await w.worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 1, reason: "太苦" });
  const written = () => JSON.stringify(w.worker.server.getLogs());
  // A call to WeChat, and a letter that nobody takes, are written down too.
  for (const name of ["/secapi/pay/refund", "order.paid"]) {
    await eventually(`${name} is in the log`, () => written().includes(name));
  }
  const log = written();
  const ours = [...Object.values({ ...SECRETS, ...secrets }), SHOP_KEY, number, checkoutToken];
  const theirs = [handed.return_token, handed.code_url, "203.0.113.9", payment(number).openid, "太苦"];
  for (const word of [...ours, ...theirs]) assert.ok(!log.includes(word), word);
  assert.ok(log.includes("notify.v2.pay"));

  for (const { message } of w.worker.server.getLogs()) {
    const { kind, name, outcome, took_ms } = JSON.parse(message);
    assert.ok(["request", "gateway", "webhook"].includes(kind) && name && outcome, message);
    assert.ok(Number.isInteger(took_ms), message);
  }
});
