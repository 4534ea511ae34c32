// The Worker over plain HTTP: what a page, a backend or WeChat sends, byte for byte.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

/** Where a buyer calls from: the header of the trusted proxy. */
export const from = (ip) => ({ "x-sandbox-client-ip": ip });

/** Sends a request; a JSON answer is read, any other is text. */
export async function send(worker, method, path, { body, headers } = {}) {
  const raw = body === undefined || typeof body === "string" || ArrayBuffer.isView(body);
  const response = await fetch(new URL(path, worker.url), {
    method,
    headers,
    body: raw ? body : JSON.stringify(body),
    redirect: "manual",
  });
  const text = await response.text();
  const { status, headers: said } = response;
  const json = /json/.test(said.get("content-type") ?? "");
  return { status, headers: said, body: json ? JSON.parse(text) : text };
}

/** `POST /v1/checkout` as a page does it. */
export function checkout(worker, ask, headers = from("203.0.113.9")) {
  return send(worker, "POST", "/v1/checkout", { body: ask, headers });
}

/** A fresh order of the shop's: its number and its checkout token. */
export async function newOrder(worker, changes = {}) {
  const number = `T${randomUUID().replaceAll("-", "").slice(0, 24)}`;
  const order = { out_trade_no: number, amount: 100, description: "测试商品", ...changes };
  const created = await worker.createOrder(order);
  assert.equal(created.status, 201, JSON.stringify(created.body));
  return { number, order, token: created.body.checkout_token };
}

/** A fresh order that somebody is about to pay by QR code. */
export async function openOrder(worker, changes) {
  const order = await newOrder(worker, changes);
  const ask = { checkout_token: order.token, channel: "native", visitor: randomUUID() };
  const handed = await checkout(worker, ask);
  assert.equal(handed.status, 200, JSON.stringify(handed.body));
  return { ...order, ask, handed: handed.body };
}

/** Asserts a problem: its status, its code, and that it is whole. */
export function assertProblem(answer, status, code) {
  const said = JSON.stringify(answer.body);
  assert.equal(answer.status, status, said);
  assert.equal(answer.body.code, code, said);
  assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
  for (const field of ["type", "title", "title_zh", "remedy", "request_id"]) {
    assert.ok(answer.body[field], `${code} has a ${field}`);
  }
  assert.equal(answer.body.status, status);
}

/** The order's row and history on disk: `exec(sql, ...values)`. */
export function disk(worker, number) {
  return worker.server.getWorker().getDurableObjectStorage("ORDER", { name: number });
}

/** Changes one number of the stored order, so that a test need not wait for hours. */
export async function rewrite(worker, number, path, value) {
  const storage = await disk(worker, number);
  // A JavaScript number arrives as a float; the order has whole seconds only.
  const set = "UPDATE orders SET snapshot = json_set(snapshot, ?, CAST(? AS INTEGER))";
  await storage.exec(set, path, value);
  await forget(worker, number);
}

/** Takes the order's object out of memory, so that it reads its disk again. */
export function forget(worker, number) {
  return worker.server.getWorker().evictDurableObject("ORDER", { name: number });
}
