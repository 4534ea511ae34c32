// Idempotency-Key: what the shop's backend sends twice is done once and answered twice.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { assertProblem, newOrder, send } from "./harness/http.mjs";
import { SHOP_KEY, keyLine } from "./harness/worker.mjs";
import { world } from "./harness/world.mjs";

const OTHER = "wes_test_of_the_next_key_of_it_0123456789abcdef";
const SHOP_API_KEYS = `${keyLine("backend", "all", SHOP_KEY)};${keyLine("backend-2", "all", OTHER)}`;
const w = world({ browser: false, secrets: { SHOP_API_KEYS } });

const order = { amount: 100, description: "测试商品" };

function post(key, { path = "/v1/orders", body = order, as = SHOP_KEY } = {}) {
  const headers = { authorization: `Bearer ${as}`, ...(key && { "idempotency-key": key }) };
  return send(w.worker, "POST", path, { body, headers });
}

const namespace = () => w.worker.server.getWorker();
const objects = (binding) => namespace().listDurableObjectIds(binding);

/** The objects that were not there before. */
async function news(binding, before) {
  const known = new Set(before.map(String));
  return (await objects(binding)).map(String).filter((id) => !known.has(id));
}

test("the same request under the same key has the same answer and one order", async () => {
  const before = await objects("ORDER");
  const key = randomUUID();
  const first = await post(key);
  assert.equal(first.status, 201);
  assert.equal(first.headers.get("idempotency-replayed"), null);
  for (let i = 0; i < 3; i += 1) {
    const again = await post(key);
    assert.equal(again.status, 201);
    assert.equal(again.headers.get("idempotency-replayed"), "true");
    assert.match(again.headers.get("content-type"), /^application\/json/);
    assert.deepEqual(again.body, first.body);
  }
  assert.equal((await news("ORDER", before)).length, 1);
});

test("another body, or another path, under the same key is refused", async () => {
  const key = randomUUID();
  const { body } = await post(key);
  const changed = [
    { body: { ...order, amount: 101 } },
    { body: JSON.stringify(order, null, 1) },
    { path: `/v1/orders/${body.out_trade_no}/close` },
    { path: "/v1/orders?again" },
  ];
  for (const change of changed) assertProblem(await post(key, change), 409, "idempotency_key_reused");
  assert.deepEqual((await post(key)).body, body);
});

test("a refusal is repeated too, as the problem it was", async () => {
  const key = randomUUID();
  const first = await post(key, { body: { ...order, amount: 0 } });
  assertProblem(first, 400, "invalid_field");
  const again = await post(key, { body: { ...order, amount: 0 } });
  assertProblem(again, 400, "invalid_field");
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(again.body.request_id, first.body.request_id, "whose log line says more");
});

test("a request sent again after the backend changed its own key is not done again", async () => {
  const key = randomUUID();
  const before = await post(key);
  const after = await post(key, { as: OTHER });
  assert.equal(after.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(after.body, before.body);
});

test("of many at once one is done; the others wait or get its answer", async () => {
  const key = randomUUID();
  const before = await objects("ORDER");
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(key)));
  const done = answers.filter(({ status }) => status === 201);
  assert.ok(done.length >= 1);
  assert.equal(new Set(done.map(({ body }) => body.out_trade_no)).size, 1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    assertProblem(answer, 409, "idempotency_in_progress");
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
  }
  assert.equal((await news("ORDER", before)).length, 1);
});

test("a front that died before it answered leaves no second order behind", async () => {
  const before = await objects("REPEAT");
  const key = randomUUID();
  const first = await post(key);
  const [id] = await news("REPEAT", before);
  // As it is when the front dies: begun, and not answered.
  const storage = await namespace().getDurableObjectStorage("REPEAT", { id });
  const rewrite = (busy) =>
    storage.exec(
      "UPDATE repeats SET kept = json_set(kept, '$.answer', NULL, '$.busy_until', CAST(? AS INTEGER))",
      Math.floor(Date.now() / 1000) + busy,
    );
  await rewrite(30);
  assertProblem(await post(key), 409, "idempotency_in_progress");
  await rewrite(0);
  const again = await post(key);
  assert.equal(again.status, 200, "the order it had made, found");
  assert.equal(again.body.out_trade_no, first.body.out_trade_no);
});

test("a key that is no key is refused; routes that are not the shop's do not look at it", async () => {
  for (const bad of ["a b", "x".repeat(256), "\u00e9"]) {
    assertProblem(await post(bad), 400, "invalid_field");
  }
  assert.equal((await post(undefined)).status, 201);
  const before = await objects("REPEAT");
  const headers = { "idempotency-key": "k" };
  await send(w.worker, "POST", "/v1/checkout", { body: {}, headers });
  const { number } = await newOrder(w.worker);
  const read = { authorization: `Bearer ${SHOP_KEY}`, ...headers };
  await send(w.worker, "GET", `/v1/orders/${number}`, { headers: read });
  assertProblem(await send(w.worker, "POST", "/v1/orders", { body: order, headers }), 401, "unauthorized");
  assert.deepEqual(await news("REPEAT", before), []);
});
