// The Worker on plain workerd with its data on disk (deploy/self-hosted): it sells, and being killed
// in the middle of a payment loses nothing and doubles nothing.

import assert from "node:assert/strict";
import { get } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { eventually } from "./harness/eventually.mjs";
import { openOrder, send } from "./harness/http.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { assertBooksAgree, paidInWorker, times } from "./harness/shop.mjs";
import { startWorkerd } from "./harness/workerd.mjs";

const w = {};
before(async () => {
  w.sandbox = await startSandbox();
  w.worker = await startWorkerd(w);
});
afterEach(async () => {
  w.worker.front.notified = undefined;
  await w.sandbox.reset();
});
after(async () => {
  await w.worker?.close();
  await w.sandbox?.close();
});


/** How often WeChat was asked about the order. */
const questions = async (number) => {
  const { messages } = await w.sandbox.order(number);
  return messages.filter((one) => one.direction === "in" && one.what.includes("orderquery")).length;
};

test("it serves the shop's pages as Cloudflare does", async () => {
  assert.equal((await send(w.worker, "GET", "/healthz")).status, 200);
  assert.match((await send(w.worker, "GET", "/openapi.yaml")).body, /^openapi: 3\.1/m);
  const home = await send(w.worker, "GET", "/?sku=tea");
  assert.equal(home.status, 200);
  assert.match(home.body, /<html lang="zh-CN">/);
  assert.match(home.headers.get("content-type"), /^text\/html/);
  assert.match(home.headers.get("content-security-policy"), /default-src 'none'/);
  const script = await send(w.worker, "GET", "/demo.js");
  assert.match(script.headers.get("content-type"), /^text\/javascript/);
  assert.equal(script.headers.get("x-content-type-options"), "nosniff");
  const twice = await send(w.worker, "GET", "/index.html?sku=tea");
  assert.deepEqual([twice.status, twice.headers.get("location")], [307, "/?sku=tea"]);
});

test("what is no page is the Worker's to answer", async () => {
  const nowhere = ["/_headers", "/vendor", "/vendor/", "/nope", "/.git/config", "/demo.js/",
    "/%2e%2e/env.example", "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/%00", "/%", "/v1/nope"];
  for (const path of nowhere) {
    const { status, body } = await raw(path);
    assert.deepEqual([status, body.code], [404, "not_found"], path);
  }
  assert.equal((await send(w.worker, "POST", "/")).status, 404);
});

test("an order is paid by notification, and the two books agree", async () => {
  const { number } = await openOrder(w.worker);
  await w.sandbox.pay(number);
  await assertBooksAgree(w, number, 100);
  assert.equal(await questions(number), 0);
});

test("killed before the notification: WeChat's next one finds the order", async () => {
  const { number } = await openOrder(w.worker);
  await w.worker.kill();
  await w.sandbox.pay(number);
  await eventually("the first notification has failed", async () => {
    const { notifications } = await w.sandbox.order(number);
    return notifications[0].outcome;
  });
  await w.worker.start();
  assert.equal((await w.worker.order(number)).status, "unpaid");
  await w.sandbox.advance(20);
  await assertBooksAgree(w, number, 100);
});

test("killed while a notification is under way: an acknowledged one is never lost", async () => {
  for (const moment of [0, 1, 2, 4, 8, 16]) {
    const { number } = await openOrder(w.worker);
    const acked = new Promise((resolve) => {
      w.worker.front.notified = async (pass) => {
        const passing = pass().catch(() => undefined);
        await new Promise((later) => setTimeout(later, moment));
        await w.worker.kill();
        const answer = await passing;
        resolve(/SUCCESS/.test(answer?.body));
        return answer ?? { status: 502 };
      };
    });
    await w.sandbox.pay(number);
    const isAcked = await acked;
    w.worker.front.notified = undefined;
    await w.worker.start();
    const { status } = await w.worker.order(number);
    if (isAcked) assert.equal(status, "paid", `acknowledged, then killed after ${moment} ms`);
    await w.sandbox.notify(number, 1);
    await assertBooksAgree(w, number, 100);
  }
});

test("killed right after the acknowledgement: the order is paid and WeChat is not asked", async () => {
  const { number } = await openOrder(w.worker);
  const dead = new Promise((resolve) => {
    w.worker.front.notified = async (pass) => {
      const answer = await pass();
      await w.worker.kill();
      resolve();
      return answer;
    };
  });
  await w.sandbox.pay(number);
  await dead;
  await w.worker.start();
  const order = await w.worker.order(number);
  assert.equal(order.status, "paid");
  assert.equal(times(order, "paid"), 1);
  assert.equal(await questions(number), 0);
});

test("a payment made while it was dead is found by the alarm alone", async () => {
  await w.sandbox.faults({ notify: "lost" });
  const { number } = await openOrder(w.worker);
  await w.worker.kill();
  await w.sandbox.pay(number);
  await w.worker.start();
  // Nobody calls: what asks WeChat is the alarm that was set before the kill.
  await eventually("WeChat is asked", () => questions(number), 20_000);
  assert.equal(times(await paidInWorker(w.worker, number), "paid"), 1);
});

test("a refund passes WeChat's door by the merchant's certificate", async () => {
  const { number } = await openOrder(w.worker);
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  const refund = { amount: 40, out_refund_no: `${number}R` };
  const taken = await w.worker.call("POST", `/v1/orders/${number}/refunds`, refund);
  assert.deepEqual([taken.status, taken.body.status], [201, "processing"], JSON.stringify(taken.body));
  const subject = MERCHANT.mchid;
  assert.deepEqual(w.worker.door.passed, [{ path: "/secapi/pay/refund", subject }]);
  const { refunds } = await w.sandbox.order(number);
  assert.deepEqual(refunds.map((one) => [one.out_refund_no, one.refund_fee]), [[`${number}R`, 40]]);
});

test("the door stays shut without the certificate, and the refund is not taken for refused", async (t) => {
  const keyless = (text) => text.replace(/keypair = \([^)]*\),/, "");
  const worker = await startWorkerd({ sandbox: w.sandbox, config: keyless });
  t.after(worker.close);
  const { number } = await openOrder(worker);
  await w.sandbox.pay(number);
  await paidInWorker(worker, number);
  const taken = await worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 40 });
  assert.deepEqual([taken.status, taken.body.status], [201, "asked"], JSON.stringify(taken.body));
  assert.deepEqual(worker.door.passed, []);
  assert.deepEqual((await w.sandbox.order(number)).refunds, []);
});

test("without a certificate, config.capnp starts once what it says is removed", async (t) => {
  const bare = (text) =>
    text
      .replace(/    \(name = "wxpay-cert", external = \([\s\S]*?\n    \)\),\n/, "")
      .replace(/    \(name = "WXPAY_CERT", .*\n/, "");
  const worker = await startWorkerd({ sandbox: w.sandbox, config: bare });
  t.after(worker.close);
  assert.equal((await send(worker, "GET", "/healthz")).status, 200);
});

/** GET of a path that `fetch` would tidy up first. */
function raw(path) {
  return new Promise((resolve, reject) => {
    const asked = get({ port: w.worker.front.port, path, agent: false }, async (response) => {
      const body = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode, body: JSON.parse(body) });
    });
    asked.on("error", reject);
  });
}
