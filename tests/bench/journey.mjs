// What is measured: orders are created, checked out, paid by notification and looked at, each route
// as a phase of its own.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { from } from "../e2e/harness/http.mjs";
import { notification } from "../e2e/harness/wechat.mjs";
import { SHOP_KEY } from "../e2e/harness/worker.mjs";
import { load } from "./load.mjs";

const AMOUNT = 1990;
const JSON_BODY = { "content-type": "application/json" };

let made = 0;

/** The phases, in order; each makes its requests of what the phase before was answered. */
const PHASES = {
  create: (orders) =>
    orders.map(({ number }) => ({
      method: "POST",
      path: "/v1/orders",
      headers: { ...JSON_BODY, authorization: `Bearer ${SHOP_KEY}` },
      body: text({ out_trade_no: number, amount: AMOUNT, description: "湖山茶舍-明前龙井" }),
    })),
  checkout: (orders) =>
    orders.map(({ created }, index) => ({
      method: "POST",
      path: "/v1/checkout",
      headers: { ...JSON_BODY, ...from(`203.0.${113 + (index % 8)}.${1 + (index % 250)}`) },
      body: text({ checkout_token: created.checkout_token, channel: "native", visitor: randomUUID() }),
    })),
  notify: (orders) =>
    orders.map(({ number }) => ({
      method: "POST",
      path: "/notify/v2/pay",
      headers: { "content-type": "text/xml" },
      body: notification(number, {
        total_fee: String(AMOUNT),
        cash_fee: String(AMOUNT),
        transaction_id: `42000012342026${String(made++).padStart(14, "0")}`,
      }),
    })),
  status: (orders) =>
    orders.map(({ handed }) => ({ method: "GET", path: `/v1/checkout/${handed.return_token}` })),
};

/** Longer than what an order does by itself after it was paid: its line in the day's book. */
const AFTERWARDS_MILLIS = 8000;

export const ROUTES = [...Object.keys(PHASES), "afterwards"];

const text = JSON.stringify;

/**
 * Takes `count` orders through all phases; by phase `{ took, cpu }`: milliseconds, a request.
 * `afterwards` is what the objects do by their alarms when nobody asks any more.
 */
export async function journey({ port, cpu }, clients, count) {
  const orders = Array.from({ length: count }, () => ({ number: `B${randomUUID().replaceAll("-", "").slice(0, 24)}` }));
  const measured = {};
  for (const [phase, requests] of Object.entries(PHASES)) {
    const list = requests(orders);
    const before = await cpu();
    const answers = await load(port, clients, list);
    const used = (await cpu()) - before;
    answers.forEach((answer, index) => CHECKS[phase](answer, orders[index]));
    const took = answers.map(({ took }) => took).sort((a, b) => a - b);
    measured[phase] = { took, cpu: used / count };
  }
  const before = await cpu();
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MILLIS));
  measured.afterwards = { took: [NaN], cpu: ((await cpu()) - before) / count };
  return measured;
}

/** Nothing is fast by being wrong. */
const CHECKS = {
  create(answer, order) {
    assert.equal(answer.status, 201, answer.text);
    order.created = JSON.parse(answer.text);
  },
  checkout(answer, order) {
    assert.equal(answer.status, 200, answer.text);
    order.handed = JSON.parse(answer.text);
    assert.ok(order.handed.code_url.endsWith(order.number));
  },
  notify(answer) {
    assert.equal(answer.status, 200);
    assert.match(answer.text, /<return_code><!\[CDATA\[SUCCESS\]\]>/);
  },
  status(answer, order) {
    const { status, out_trade_no, amount, paid_at } = JSON.parse(answer.text);
    assert.deepEqual({ status, out_trade_no, amount }, { status: "paid", out_trade_no: order.number, amount: AMOUNT });
    assert.ok(paid_at > 0);
  },
};
