// The way to WeChat's gateway: one call, but for a host that is not there and a key being changed.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { startBetween } from "./harness/between.mjs";
import { assertProblem, checkout, from, newOrder, send } from "./harness/http.mjs";
import { eventually } from "./harness/eventually.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { paidInWorker } from "./harness/shop.mjs";
import { WITHOUT_V2, startWorker, v3, variables } from "./harness/worker.mjs";

let sandbox;
let between;
before(async () => {
  sandbox = await startSandbox();
  between = await startBetween(() => sandbox);
});
after(async () => {
  await between.close();
  await sandbox.close();
});
/** What one test started. */
const closing = [];
afterEach(async () => {
  for (const part of closing.splice(0)) await part.close();
});

async function worker(vars, secrets, certificate) {
  const all = { ...variables(sandbox), ...vars };
  const one = await startWorker({ vars: all, secrets, certificate });
  closing.push(one);
  await sandbox.site(one.url);
  between.take();
  return one;
}

/** The address of a server that was there a moment ago. */
async function nobody() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  await new Promise((resolve) => server.close(resolve));
  return url;
}

async function pay(worker, ip = "203.0.113.9") {
  const { number, token } = await newOrder(worker);
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  return { number, ask, ...(await checkout(worker, ask, from(ip))) };
}

/** The orders placed since the last time; an order asks later, by itself, how it stands. */
const placed = () => between.take().filter(({ path }) => path === "/pay/unifiedorder");

/** The log's lines about the placing of orders. */
function calls(worker, path = "/pay/unifiedorder") {
  const lines = worker.server.getLogs().map(({ message }) => JSON.parse(message));
  return lines.filter(({ kind, name }) => kind === "gateway" && name === path);
}

test("an ordinary checkout is one call", async () => {
  const w = await worker({ GATEWAY_URL: between.url });
  assert.equal((await pay(w)).status, 200);
  assert.equal(placed().length, 1);
  const [line] = calls(w);
  assert.ok(Number.isInteger(line.took_ms));
  delete line.took_ms;
  assert.deepEqual(line, { kind: "gateway", name: "/pay/unifiedorder", outcome: "ok" });
});

test("where WeChat's host cannot be reached the same bytes go to its other one", async () => {
  const w = await worker({ GATEWAY_URL: await nobody(), GATEWAY_BACKUP_URL: between.url });
  const handed = await pay(w);
  assert.equal(handed.status, 200, JSON.stringify(w.server.getLogs()));
  assert.equal(placed().length, 1);
  assert.equal(calls(w)[0].host, "backup");
});

test("a host that does not answer in time is not asked anew at the other", async () => {
  const w = await worker({ GATEWAY_BACKUP_URL: between.url });
  await sandbox.faults({ order: "timeout" });
  assertProblem(await pay(w), 503, "order_unknown");
  await sandbox.faults({ order: "normal" });
  assert.deepEqual(placed(), []);
  assert.equal(calls(w)[0].outcome, "timeout");
});

test("while WeChat has the second key, one call finds out and the next ones know", async () => {
  const w = await worker(
    { GATEWAY_URL: between.url },
    { WXPAY_API_V2_KEY: "k".repeat(32), WXPAY_API_V2_KEY_2: MERCHANT.v2Key },
  );
  assert.equal((await pay(w)).status, 200);
  assert.equal(placed().length, 2, "one refused, one taken");
  assert.equal((await pay(w)).status, 200);
  assert.equal(placed().length, 1);
  const outcomes = calls(w).map(({ outcome, second_key }) => [outcome, second_key]);
  const refused = ["unsigned_refusal", undefined];
  assert.deepEqual(outcomes, [refused, ["ok", true], ["ok", true]]);
});

test("where neither key is WeChat's, each is tried once and nothing is known", async () => {
  const w = await worker(
    { GATEWAY_URL: between.url },
    { WXPAY_API_V2_KEY: "k".repeat(32), WXPAY_API_V2_KEY_2: "j".repeat(32) },
  );
  assertProblem(await pay(w), 503, "order_unknown");
  assert.equal(placed().length, 2);
});

test("a refund shows the merchant's certificate, and nothing else does", async () => {
  const w = await worker({ GATEWAY_URL: between.url }, {}, "tests/e2e/harness/certificate.mjs");
  const { number } = await pay(w);
  await sandbox.pay(number);
  await paidInWorker(w, number);
  const refund = await w.call("POST", `/v1/orders/${number}/refunds`, { amount: 40 });
  assert.equal(refund.status, 201, JSON.stringify(refund.body));
  const went = await eventually("the refund went out", () => {
    const all = [...between.requests];
    return all.some(({ path }) => path === "/secapi/pay/refund") && all;
  });
  for (const { path, certificate } of went) {
    assert.equal(certificate, path === "/secapi/pay/refund" ? "shown" : undefined, path);
  }
});

test("by V3 a refund shows no certificate, though there is one", async () => {
  const V3 = { ...WITHOUT_V2, ...(await v3(sandbox)) };
  const w = await worker({ GATEWAY_URL: between.url, ...V3 }, {}, "tests/e2e/harness/certificate.mjs");
  const { number } = await pay(w);
  await sandbox.pay(number);
  await paidInWorker(w, number);
  const refund = await w.call("POST", `/v1/orders/${number}/refunds`, { amount: 40 });
  assert.deepEqual([refund.status, refund.body.status], [201, "processing"]);
  const went = between.take();
  assert.ok(went.some(({ path }) => path === "/v3/refund/domestic/refunds"));
  for (const { path, certificate } of went) assert.equal(certificate, undefined, path);
});

test("by V3 a host that says 502 or 503 is no answer: the same goes to the other one", async () => {
  const down = { status: 502 };
  const server = createHttpServer((_, response) => response.writeHead(down.status).end());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  const GATEWAY_URL = `http://127.0.0.1:${server.address().port}`;
  const V3 = { ...WITHOUT_V2, ...(await v3(sandbox)) };
  const w = await worker({ GATEWAY_URL, GATEWAY_BACKUP_URL: between.url, ...V3 });
  for (const status of [502, 503]) {
    down.status = status;
    assert.equal((await pay(w)).status, 200, `${status}`);
  }
  const ways = calls(w, "/v3/pay/transactions/native").map(({ outcome, host }) => [outcome, host]);
  assert.deepEqual(ways, [["ok", "backup"], ["ok", "backup"]]);
});

test("a refund that WeChat's other host refuses may have been taken by the first", async () => {
  const backup = await startBetween(() => sandbox);
  closing.push(backup);
  const w = await worker({ GATEWAY_URL: between.url, GATEWAY_BACKUP_URL: backup.url });
  const { number } = await pay(w);
  await sandbox.pay(number);
  await paidInWorker(w, number);
  await sandbox.faults({ refund: "notenough" });
  between.loses = "/secapi/pay/refund";
  const ask = { amount: 100, out_refund_no: `R-${number}` };
  const doubtful = await w.call("POST", `/v1/orders/${number}/refunds`, ask);
  between.loses = undefined;
  assert.equal(backup.take().length, 1, "the other host was asked, and said no");
  assert.deepEqual([doubtful.status, doubtful.body.status], [201, "asked"]);

  const open = await pay(w);
  await sandbox.pay(open.number);
  await paidInWorker(w, open.number);
  const known = await w.call("POST", `/v1/orders/${open.number}/refunds`, { amount: 100 });
  assert.equal(known.body.status, "refused", "by the first host itself");
  await sandbox.faults({ refund: "normal" });
});

test("a refund may have been taken under the answer that was a probe, whatever is said after it", async () => {
  const w = await worker({ ...WITHOUT_V2, ...(await v3(sandbox)), GATEWAY_URL: between.url });
  const { number } = await pay(w);
  await sandbox.pay(number);
  await paidInWorker(w, number);
  await sandbox.faults({ refund: "notenough" });
  let asked = 0;
  between.changes = (path, answer) => {
    if (path !== "/v3/refund/domestic/refunds" || asked++ > 0) return;
    answer.headers["wechatpay-signature"] = `WECHATPAY/SIGNTEST/${"A".repeat(325)}`;
  };
  const ask = { amount: 100, out_refund_no: `R-${number}` };
  const doubtful = await w.call("POST", `/v1/orders/${number}/refunds`, ask);
  between.changes = undefined;
  await sandbox.faults({ refund: "normal" });
  assert.equal(asked, 2, "the probe, and the no that came after it");
  assert.deepEqual([doubtful.status, doubtful.body.status], [201, "asked"]);
});

test("that WeChat has no certificates for a merchant is said as it says it, and lists nothing", async () => {
  const w = await worker({ ...(await v3(sandbox)), WXPAY_CERTIFICATES: "download" });
  const headers = {
    "wechatpay-timestamp": `${Math.floor(Date.now() / 1000)}`,
    "wechatpay-nonce": randomUUID(),
    "wechatpay-signature": "AAAA",
    "wechatpay-serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
  };
  assert.equal((await send(w, "POST", "/notify/v3", { body: "{}", headers })).status, 401);
  const lines = w.server.getLogs().map(({ message }) => JSON.parse(message));
  const [line] = lines.filter(({ name }) => name === "/v3/certificates");
  assert.equal(line.outcome, "refused");
  assert.match(line.said, /^RESOURCE_NOT_EXISTS /);
});

test("a service provider's calls name the merchant it acts for", async () => {
  const sub = { WXPAY_SUB_MCHID: "1900000110", WXPAY_SUB_APPID: "wx0000000000000002" };
  const w = await worker({ GATEWAY_URL: between.url, ...sub });
  await pay(w);
  const [{ body }] = placed();
  assert.match(body, /<sub_mch_id>(<!\[CDATA\[)?1900000110/);
  assert.match(body, /<sub_appid>(<!\[CDATA\[)?wx0000000000000002/);
});
