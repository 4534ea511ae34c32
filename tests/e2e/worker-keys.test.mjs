// The keys of the shop's backend: each opens what its scopes name, for as long as it is said to.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { assertProblem, send } from "./harness/http.mjs";
import { SHOP_KEY, keyLine } from "./harness/worker.mjs";
import { world } from "./harness/world.mjs";

const key = () => `wes_${randomBytes(32).toString("base64url")}`;
const NEXT = key();
const ENDED = key();
const READER = key();
const lines = [
  keyLine("backend", "all", SHOP_KEY),
  keyLine("backend-next", "all", NEXT, "2126-11-23"),
  keyLine("ended", "all", ENDED, "2026-01-31"),
  keyLine("reader", "reports,doctor", READER),
];
const w = world({ browser: false, secrets: { SHOP_API_KEYS: lines.join(";\n") } });

const create = (authorization) =>
  send(w.worker, "POST", "/v1/orders", {
    body: { amount: 1, description: "测试商品" },
    headers: authorization && { authorization },
  });

test("while keys are being changed both open", async () => {
  for (const good of [SHOP_KEY, NEXT]) assert.equal((await create(`Bearer ${good}`)).status, 201);
});

test("a wrong key, its digest or its name opens nothing", async () => {
  const digest = lines[0].split(" ").at(-1);
  const wrong = [undefined, "Bearer", `Basic ${SHOP_KEY}`, SHOP_KEY];
  const shown = [key(), SHOP_KEY.slice(0, -1), `${SHOP_KEY}A`, digest, "backend", lines[0]];
  for (const authorization of [...wrong, ...shown.map((text) => `Bearer ${text}`)]) {
    const answer = await create(authorization);
    assertProblem(answer, 401, "unauthorized");
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    assert.equal(answer.body.detail, undefined);
  }
});

test("a key that has ended says so to who has it, and to nobody else", async () => {
  const answer = await create(`Bearer ${ENDED}`);
  assertProblem(answer, 401, "unauthorized");
  assert.equal(answer.body.detail, "the key `ended` ended with 2026-01-31");
});

test("a key without the scope is told which scope it lacks", async () => {
  const answer = await create(`Bearer ${READER}`);
  assertProblem(answer, 403, "scope_missing");
  assert.equal(answer.body.detail, "the key `reader` lacks `orders`");
});

test("the log names the key that was used, and shows none", async () => {
  await create(`Bearer ${NEXT}`);
  await create(`Bearer ${READER}`);
  const log = JSON.stringify(w.worker.server.getLogs());
  assert.ok(log.includes('\\"key\\":\\"backend-next\\"'), log.slice(-2000));
  for (const secret of [SHOP_KEY, NEXT, ENDED, READER]) assert.ok(!log.includes(secret));
});
