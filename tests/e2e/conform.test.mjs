// `wxpay-sandbox conform` against the built Worker, which knows its orders: nothing fails, by either
// API; and against endpoints that get one thing wrong, which it has to find.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { openOrder } from "./harness/http.mjs";
import { PROGRAM } from "./harness/sandbox.mjs";
import { paidInWorker } from "./harness/shop.mjs";
import { world } from "./harness/world.mjs";

/** Where the Worker is told of payments. */
const TOLD_AT = { v2: "/notify/v2/pay", v3: "/notify/v3" };

/** Runs the command: its exit code, and the score card. */
function conform(url, flags) {
  return new Promise((resolve, reject) => {
    const arguments_ = ["conform", "--json", "--notify-url", `${url}`, ...flags];
    execFile(PROGRAM, arguments_, { maxBuffer: 16 * 1024 * 1024 }, (error, said, complaint) => {
      if (!said) return reject(error ?? new Error(complaint));
      resolve({ code: error?.code ?? 0, card: JSON.parse(said) });
    });
  });
}

const failed = ({ scores }) => scores.filter(({ ended }) => ended === "failed");

/** Orders that are paid, of which the Worker has not heard. */
async function unheard({ sandbox, worker }, count) {
  await sandbox.faults({ notify: "lost" });
  const numbers = [];
  for (let i = 0; i < count; i += 1) {
    const { number } = await openOrder(worker);
    await sandbox.pay(number);
    numbers.push(number);
  }
  return numbers;
}

/** A refund that succeeded, of which the Worker has not heard. */
async function unheardRefund({ sandbox, worker }) {
  const { number } = await openOrder(worker);
  await sandbox.pay(number);
  await paidInWorker(worker, number);
  await sandbox.faults({ notify: "lost" });
  const no = `R-${number}`;
  const taken = await worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 30, out_refund_no: no });
  assert.equal(taken.status, 201, JSON.stringify(taken.body));
  await sandbox.advance(61);
  return no;
}

describe("the Worker passes every case", { concurrency: true }, () => {
  for (const api of ["v2", "v3"]) {
    describe(`by API ${api}`, { concurrency: 1 }, () => {
      // Between two kinds of keys, so that notifications signed by either are judged.
      const w = world({ browser: false, api, sandbox: ["--v3-keys", "mixed"] });

      test("with orders and a refund that it knows", async () => {
        const refund = await unheardRefund(w);
        const orders = await unheard(w, 3);
        const { code, card } = await conform(new URL(TOLD_AT[api], w.worker.url), [
          ...["--api", api, "--sandbox", w.sandbox.addresses.gateway, "--out-refund-no", refund],
          ...orders.flatMap((number) => ["--out-trade-no", number]),
        ]);
        const wrong = failed(card).map(({ name, answer, reason }) => ({ name, answer, reason }));
        assert.deepEqual(wrong, []);
        assert.equal(code, 0);
        assert.ok(card.must.passed > 50 && card.should.passed > 15, JSON.stringify(card.should));
        assert.equal(card.must.not_judged + card.should.not_judged, 0);
        for (const number of orders) {
          const order = await paidInWorker(w.worker, number);
          assert.equal(order.history.filter(({ what }) => what === "paid").length, 1);
        }
      });
    });
  }
});

test("an endpoint that takes everything fails, and is told why", async () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    const { code, card } = await conform(`http://127.0.0.1:${server.address().port}/`, ["--api", "v3"]);
    assert.equal(code, 1);
    assert.equal(card.passed, false);
    const { sent, expected, answer, why, why_zh, source } = failed(card).find(
      ({ name }) => name === "v3.freshness.stale",
    );
    assert.equal(answer.status, 204);
    for (const words of [sent, expected, why, why_zh, source]) assert.ok(words);
    assert.ok(card.should.not_judged > 0, "without orders nothing is said of amounts");
  } finally {
    server.close();
  }
});
