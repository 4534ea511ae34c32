// 账单, 对账 by API V3: asked for, checked against the hash that WeChat signed, compared with the book.
//
// The Worker's clock is the real one, and a day that is not over has no bill: the gateway in between
// asks the sandbox, a day ahead, for today's whenever the Worker asks for yesterday's.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { passOn } from "./harness/between.mjs";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, openOrder } from "./harness/http.mjs";
import { paidInWorker } from "./harness/shop.mjs";
import { authorization } from "./harness/wechat.mjs";
import { SHOP_KEY } from "./harness/worker.mjs";
import { world } from "./harness/world.mjs";

const DAY = 86_400;
const beijing = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
const TODAY = beijing(Date.now());
const YESTERDAY = beijing(Date.now() - DAY * 1000);

const server = createServer(async (request, response) => {
  const { method, headers } = request;
  const body = Buffer.concat(await request.toArray());
  const path = request.url.replace(`bill_date=${YESTERDAY}`, `bill_date=${TODAY}`);
  if (path !== request.url) headers.authorization = authorization(path, await w.sandbox.v3.keys());
  const answer = await passOn(w.sandbox.addresses.gateway, { method, path, headers, body });
  response.writeHead(answer.status, answer.headers).end(answer.body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const w = world({
  browser: false,
  api: "v3",
  vars: { GATEWAY_URL: `http://127.0.0.1:${server.address().port}` },
});
after(() => server.close());

/** A hundred fen paid and forty given back; then WeChat has the day's bills. */
async function aDaysBusiness() {
  const { number } = await openOrder(w.worker);
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  const refund = await w.worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 40 });
  assert.equal(refund.status, 201, JSON.stringify(refund.body));
  await w.sandbox.advance(DAY + 10 * 3600);
  return number;
}

const headers = { authorization: `Bearer ${SHOP_KEY}` };
const download = (path) => fetch(new URL(path, w.worker.url), { headers });
const lines = async (answer) =>
  (await answer.text()).trimEnd().split("\n").map((line) => JSON.parse(line));

test("a day's payments and refunds, and its fund flow, come a line each", async () => {
  const number = await aDaysBusiness();
  const trade = await lines(await download(`/v1/bills/trade/${YESTERDAY}?type=ALL`));
  assert.deepEqual(trade.map((line) => line.out_trade_no), [number, number]);
  const flow = await lines(await download(`/v1/bills/fundflow/${YESTERDAY}?account=Basic`));
  assert.deepEqual(flow.map(({ direction, amount }) => [direction, amount]), [["in", 100], ["out", 40]]);
});

test("a bill that is not what WeChat signed the hash of breaks off", async () => {
  await aDaysBusiness();
  await w.sandbox.faults({ bill: "wrong_hash" });
  for (const path of ["trade", "fundflow"]) {
    const cut = await download(`/v1/bills/${path}/${YESTERDAY}`);
    assert.equal(cut.status, 200);
    await assert.rejects(cut.text(), path);
  }
});

test("a bill that is not there, not ready or refused says so", async () => {
  const trade = () => w.worker.call("GET", `/v1/bills/trade/${YESTERDAY}`);
  await w.sandbox.advance(DAY + 10 * 3600);
  assertProblem(await trade(), 404, "bill_not_found");
  await w.sandbox.faults({ bill: "creating" });
  assertProblem(await trade(), 409, "bill_not_ready");
  await w.sandbox.faults({ bill: "normal", v3_answer: "unsigned" });
  assertProblem(await trade(), 503, "bill_unknown");
  await w.sandbox.reset();
  await aDaysBusiness();
  await w.sandbox.faults({ bill: "no_auth" });
  assertProblem(await trade(), 503, "bill_unknown");
});

test("a day is compared with its bill, and not with one of another hash", async () => {
  await aDaysBusiness();
  await w.sandbox.faults({ bill: "wrong_hash" });
  const path = `/v1/reconciliation/${YESTERDAY}`;
  const state = (wanted) =>
    eventually(`the comparison is ${wanted}`, async () => {
      const { body } = await w.worker.call("GET", path);
      return body.state === wanted && body;
    });
  w.worker.server.clearLogs();
  assert.equal((await w.worker.call("POST", path)).status, 202);
  await eventually("the download is distrusted", () =>
    w.worker.server.getLogs().some(({ message }) => {
      const { name, outcome } = JSON.parse(message);
      return name === "/v3/billdownload/file" && outcome === "distrusted";
    }),
  );
  assert.equal((await state("waiting")).counts, undefined);

  await w.sandbox.faults({ bill: "normal" });
  assert.equal((await w.worker.call("POST", path)).status, 202);
  const { bill, counts } = await state("done");
  assert.deepEqual(bill, { payments: { count: 1, amount: 100 }, refunds: { count: 1, amount: 40 } });
  assert.equal(counts.extra, 2, "yesterday's book is empty");
});
