// Who asks too often is told when to come again; who is not WeChat is not listened to for long.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { assertProblem, checkout, from, newOrder, openOrder, send } from "./harness/http.mjs";
import { SHOP_KEY } from "./harness/worker.mjs";
import { notification } from "./harness/wechat.mjs";
import { world } from "./harness/world.mjs";

// Twenty requests a minute of a page, two mistakes; notifications from two ranges only.
const NOTIFY_SOURCES = "198.18.0.0/15,2001:db8::/32";
const w = world({ browser: false, vars: { RATE_LIMIT: "20", NOTIFY_SOURCES } });

const status = (ip) => send(w.worker, "GET", "/v1/checkout/x", { headers: from(ip) });
const wrongKey = (ip, key = "wrong") => {
  const headers = { ...from(ip), authorization: `Bearer ${key}` };
  return send(w.worker, "GET", "/v1/orders/ORDER1", { headers });
};
const notify = (body, headers) => send(w.worker, "POST", "/notify/v2/pay", { body, headers });
const failed = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.body);
  assert.match(answer.body, /<return_code><!\[CDATA\[FAIL\]\]>/);
  assert.match(answer.body, reason);
};

function assertLimited(answer) {
  assertProblem(answer, 429, "rate_limited");
  const seconds = Number(answer.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
}

/** Asks until the limit, which is `most` and what comes back meanwhile. */
async function exhaust(ask, most) {
  for (let asked = 0; asked <= most + 5; asked += 1) {
    const answer = await ask();
    if (answer.status === 429) return { asked, answer };
  }
  throw new Error(`no limit after ${most + 5} requests`);
}

/** That the limit is shared: every three seconds one more passes, on a slow machine a few. */
const stillLimited = async (ask) => assertLimited((await exhaust(ask, 5)).answer);

test("an address that asks all the time waits, on every route of pages, and no other does", async () => {
  const ip = "203.0.113.20";
  const { asked, answer } = await exhaust(() => status(ip), 20);
  assert.ok(asked >= 20, `${asked}`);
  assertLimited(answer);
  const ask = { sku: "cup", purchase_id: randomUUID(), channel: "native" };
  const headers = from(ip);
  await stillLimited(() => checkout(w.worker, ask, headers));
  await stillLimited(() => send(w.worker, "GET", "/v1/oauth/authorize", { headers }));
  await stillLimited(() => send(w.worker, "POST", "/v1/oauth/session", { body: {}, headers }));
  assert.equal((await checkout(w.worker, ask, from("203.0.113.21"))).status, 200);
  assert.equal((await send(w.worker, "GET", "/healthz", { headers })).status, 200);
});

test("an IPv6 subscriber is one visitor, and IPv4 within IPv6 is IPv4", async () => {
  await exhaust(() => status("2001:db8:1:2::1"), 20);
  await stillLimited(() => status("2001:db8:1:2:ffff::9"));
  assert.equal((await status("2001:db8:1:3::1")).status, 400);
  await exhaust(() => status("203.0.113.22"), 20);
  await stillLimited(() => status("::ffff:203.0.113.22"));
});

test("wrong keys are told to wait; the right one is let in all the same", async () => {
  const ip = "203.0.113.23";
  const { asked, answer } = await exhaust(() => wrongKey(ip), 2);
  assert.equal(asked, 2);
  assertLimited(answer);
  assertProblem(await wrongKey(ip, SHOP_KEY), 404, "order_not_found");
  assertProblem(await wrongKey("203.0.113.24"), 401, "unauthorized");
});

test("a notification from elsewhere than the listed ranges is refused unread", async () => {
  const { number } = await openOrder(w.worker);
  const body = notification(number);
  for (const headers of [from("203.0.113.9"), from("198.20.0.1"), from("x"), {}]) {
    failed(await notify(body, headers), 403, /来源地址不被接受/);
  }
  assert.equal((await w.worker.order(number)).status, "unpaid");
  for (const ip of ["198.19.255.255", "2001:db8::5", "::ffff:198.18.0.1"]) {
    assert.match((await notify(body, from(ip))).body, /SUCCESS/, ip);
  }
  assert.equal((await w.worker.order(number)).status, "paid");
});

test("forgeries from one address are soon not read any more; another address is heard", async () => {
  const { number } = await openOrder(w.worker);
  const forged = notification(number, {}, { key: "another test key" });
  const forger = from("198.18.0.66");
  for (let i = 0; i < 2; i += 1) failed(await notify(forged, forger), 200, /签名失败/);
  const limited = await notify(forged, forger);
  failed(limited, 429, /请求过于频繁/);
  assert.ok(Number(limited.headers.get("retry-after")) >= 1);
  assert.equal((await w.worker.order(number)).status, "unpaid");
  assert.match((await notify(notification(number), from("198.18.0.67"))).body, /SUCCESS/);
});

test("the log says what was limited and who came by IPv6, and shows no address", async () => {
  const { token } = await newOrder(w.worker);
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  const ip = "2001:db8:77::1";
  assert.equal((await checkout(w.worker, ask, from(ip))).status, 200);
  await exhaust(() => status(ip), 20);
  await notify("", from("203.0.113.9"));
  const lines = w.worker.server.getLogs().map(({ message }) => JSON.parse(message));
  const [paid] = lines.filter(({ name }) => name === "checkout").slice(-1);
  assert.equal(paid.ip, "v6");
  const outcomes = new Set(lines.map(({ outcome }) => outcome));
  for (const word of ["rate_limited", "notify_source"]) assert.ok(outcomes.has(word), word);
  assert.doesNotMatch(JSON.stringify(lines), /2001:|203\.0\.113|198\.1\d\./);
});
