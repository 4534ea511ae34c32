// The description with examples that work here and now: its tokens have expired, and its orders are
// in nobody's book. schemathesis begins with the examples, so it gets past every door.

import assert from "node:assert/strict";
import { checkout, send } from "../e2e/harness/http.mjs";
import { paidInWorker } from "../e2e/harness/shop.mjs";
import { cart, seconds } from "../e2e/harness/wechat.mjs";

/** Orders by the numbers that the description uses. */
const [PAID, OPEN] = ["TEA-20261123-0001", "TEA-20261123-0002"];
const TEA = { amount: 8800, description: "湖山茶舍-明前龙井", attach: "table 7", expires_in: 1800 };

/** The description's text for this Worker. Fails where an example is not there any more. */
export async function alive(text, { worker, sandbox }) {
  const paid = await open(worker, PAID);
  await sandbox.pay(PAID);
  await paidInWorker(worker, PAID);
  const refund = { amount: 1990, out_refund_no: `${PAID}-R1`, reason: "少发一件" };
  const refunded = await worker.call("POST", `/v1/orders/${PAID}/refunds`, refund);
  assert.equal(refunded.status, 201, JSON.stringify(refunded.body));
  const unpaid = await open(worker, OPEN);
  // The sandbox's shop has the host `localhost`.
  const page = worker.url.replace("127.0.0.1", "localhost").replace(/\/$/, "");
  const { code, state } = await comeBack(page, sandbox);
  const claims = { ...TEA, out_trade_no: "TEA-20261123-0003", exp: seconds() + 3600 };
  const values = {
    checkout_token: unpaid.checkout_token,
    return_token: paid.return_token,
    cart: cart(claims),
    code,
    state,
  };
  for (const [name, value] of Object.entries(values)) text = replace(text, name, value);
  text = replaceDay(text, "Day", beijingDay(seconds() - 86_400));
  text = replaceDay(text, "DayOfList", beijingDay(seconds()));
  return text.replaceAll("https://pay.example.com", page);
}

/** An order that a buyer has come to: what the shop's backend and the page were handed. */
async function open(worker, out_trade_no) {
  const created = await worker.createOrder({ ...TEA, out_trade_no });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const { checkout_token } = created.body;
  const handed = await checkout(worker, { checkout_token, channel: "native" });
  assert.equal(handed.status, 200, JSON.stringify(handed.body));
  return { checkout_token, return_token: handed.body.return_token };
}

/** What WeChat appends to the page's address when a buyer comes back from its login. */
export async function comeBack(page, sandbox) {
  const query = new URLSearchParams({ return_to: `${page}/shop` });
  const there = await send({ url: page }, "GET", `/v1/oauth/authorize?${query}`);
  const { pathname, search } = new URL(there.headers.get("location"));
  const wechat = new URL(pathname + search, sandbox.addresses.wechat_pages);
  const back = await fetch(wechat, { redirect: "manual" });
  return Object.fromEntries(new URL(back.headers.get("location")).searchParams);
}

/** Puts `value` wherever the description has its first example of `name`. */
function replace(text, name, value) {
  const [, old] = new RegExp(`\\b${name}: "?([\\w.-]{30,})`).exec(text) ?? [];
  assert.ok(old, `openapi.yaml has no example of ${name}`);
  return text.replaceAll(old, value);
}

/** Lists are of today, bills of a day that is over. */
function replaceDay(text, parameter, day) {
  const example = new RegExp(`(\\n    ${parameter}:\\n(?: {6}.*\\n)*? {6}example: )"[0-9-]{10}"`);
  assert.match(text, example, `openapi.yaml has no example of the parameter ${parameter}`);
  return text.replace(example, `$1"${day}"`);
}

const beijingDay = (at) => new Date((at + 8 * 3600) * 1000).toISOString().slice(0, 10);
