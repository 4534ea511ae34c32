// What is measured: orders are created, checked out, paid by notification and looked at, each route
// as a phase of its own.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { from } from "../e2e/harness/http.mjs";
import { MERCHANT } from "../e2e/harness/sandbox.mjs";
import { seconds, token } from "../e2e/harness/wechat.mjs";
import { SHOP_KEY } from "../e2e/harness/worker.mjs";
import { load } from "./load.mjs";

const AMOUNT = 1990;
const JSON_BODY = { "content-type": "application/json" };

let made = 0;

/** One who may pay in WeChat, and WeChat's word for each channel. */
const OPENID = "oUpF8uMEb4qRXf22hE3X68TekukE";
const TRADE_TYPES = { jsapi: "JSAPI", mweb: "MWEB", native: "NATIVE" };

/** The phases, in order; each makes its requests of what the phase before was answered. */
const PHASES = {
  create: (orders) =>
    orders.map(({ number }) => ({
      method: "POST",
      path: "/v1/orders",
      headers: { ...JSON_BODY, authorization: `Bearer ${SHOP_KEY}` },
      body: text({ out_trade_no: number, amount: AMOUNT, description: "湖山茶舍-明前龙井" }),
    })),
  checkout(orders, { channel }) {
    const ticket = { appid: MERCHANT.appid, openid: OPENID };
    const session = channel === "jsapi" ? token("session", ticket, seconds() + 3600) : undefined;
    return orders.map(({ created: { checkout_token } }, index) => ({
      method: "POST",
      path: "/v1/checkout",
      headers: { ...JSON_BODY, ...from(`203.0.${113 + (index % 8)}.${1 + (index % 250)}`) },
      body: text({ checkout_token, channel, session, visitor: randomUUID() }),
    }));
  },
  notify: (orders, { wechat, channel }) =>
    orders.map(({ number }) => {
      const transaction_id = `42000012342026${String(made++).padStart(14, "0")}`;
      const trade_type = TRADE_TYPES[channel];
      return wechat.notification(number, { amount: AMOUNT, transaction_id, openid: OPENID, trade_type });
    }),
  status: (orders) =>
    orders.map(({ handed }) => ({ method: "GET", path: `/v1/checkout/${handed.return_token}` })),
};

/** Longer than what an order does by itself after it was paid: its line in the day's book. */
const AFTERWARDS_MILLIS = 8000;

/** What it costs to place an order: the first two phases together. */
const PLACED = "create + checkout";

export const ROUTES = [...Object.keys(PHASES), "afterwards", PLACED];

const text = JSON.stringify;

/**
 * Takes `count` orders through all phases; by phase `{ took, cpu }`: milliseconds, a request.
 * `afterwards` is what the objects do by their alarms when nobody asks any more; nobody waits for it.
 */
export async function journey({ port, cpu, wechat }, channel, clients, count) {
  const orders = Array.from({ length: count }, () => ({ number: `B${randomUUID().replaceAll("-", "").slice(0, 24)}` }));
  const measured = {};
  for (const [phase, requests] of Object.entries(PHASES)) {
    const list = requests(orders, { wechat, channel });
    const before = await cpu();
    const answers = await load(port, clients, list);
    const used = (await cpu()) - before;
    answers.forEach((answer, index) => CHECKS[phase](answer, orders[index], wechat));
    const took = answers.map(({ took }) => took).sort((a, b) => a - b);
    measured[phase] = { took, cpu: used / count };
  }
  const before = await cpu();
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MILLIS));
  measured.afterwards = { cpu: ((await cpu()) - before) / count };
  measured[PLACED] = { cpu: measured.create.cpu + measured.checkout.cpu };
  return measured;
}

/** Nothing is fast by being wrong. */
const CHECKS = {
  create(answer, order) {
    assert.equal(answer.status, 201, answer.text);
    order.created = JSON.parse(answer.text);
  },
  checkout(answer, order, wechat) {
    assert.equal(answer.status, 200, answer.text);
    order.handed = JSON.parse(answer.text);
    const { request_payment, code_url, mweb_url } = order.handed;
    assert.ok((request_payment?.package ?? code_url ?? mweb_url).endsWith(order.number));
    if (request_payment) assert.ok(wechat.isPaySigned(request_payment), answer.text);
  },
  notify: (answer, _, wechat) => wechat.taken(answer),
  status(answer, order) {
    const { status, out_trade_no, amount, paid_at } = JSON.parse(answer.text);
    assert.deepEqual({ status, out_trade_no, amount }, { status: "paid", out_trade_no: order.number, amount: AMOUNT });
    assert.ok(paid_at > 0);
  },
};
