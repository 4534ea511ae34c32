// The self-hosted Worker seen from inside (harness/inside.mjs): what a checkout costs, what callers
// who hang up leave behind, and what becomes of an alarm that failed.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { storedOrder } from "./harness/databases.mjs";
import { eventually } from "./harness/eventually.mjs";
import { startSlowGateway } from "./harness/front.mjs";
import { checkout, from, newOrder, openOrder, send } from "./harness/http.mjs";
import { OBSERVER, observe, observed } from "./harness/observed.mjs";
import { SECRET, startReceiver } from "./harness/receiver.mjs";
import { startSandbox } from "./harness/sandbox.mjs";
import { assertBooksAgree } from "./harness/shop.mjs";
import { cart, seconds } from "./harness/wechat.mjs";
import { startWorkerd } from "./harness/workerd.mjs";

const IMPATIENT = new URL("harness/impatient.mjs", import.meta.url);

/** config.capnp with the observer as entry, and the impatient caller before the Worker. */
const hurried = (text) =>
  observed(text)
    .replace('    (name = "wxpay-edge", worker = .worker),', (own) => `${own}
    (name = "impatient", worker = (
      modules = [(name = "impatient.mjs", esModule = embed "impatient.mjs")],
      compatibilityDate = "2026-10-01",
      bindings = [(name = "WORKER", service = "wxpay-edge")])),`)
    .replace('service = "wxpay-edge")],\n);', 'service = "impatient")],\n);');

const w = {};
before(async () => {
  w.sandbox = await startSandbox();
  w.gateway = await startSlowGateway(w.sandbox.addresses.gateway);
  const files = {
    ...OBSERVER,
    "deploy/self-hosted/impatient.mjs": await readFile(IMPATIENT, "utf8"),
  };
  const vars = { GATEWAY_URL: w.gateway.url };
  w.worker = await startWorkerd({ sandbox: w.sandbox, vars, config: hurried, files });
});
afterEach(async () => {
  Object.assign(w.gateway, { delay: 0, broken: false });
  await w.sandbox.reset();
});
after(async () => {
  await w.worker?.close();
  await w.gateway?.close();
  await w.sandbox?.close();
});

const inside = (what) => observe(w.worker, what);

test("a checkout costs one request to an object and one call to the gateway", async () => {
  const { token } = await newOrder(w.worker);
  const claims = { out_trade_no: `CART${seconds()}`, amount: 1990, description: "龙井" };
  const purchases = {
    "by the shop's order": { checkout_token: token },
    "by a signed cart": { cart: cart({ ...claims, exp: seconds() + 600 }) },
    "by the catalogue": { sku: "cup", purchase_id: randomUUID() },
  };
  for (const [how, purchase] of Object.entries(purchases)) {
    const before = await inside("asked");
    const handed = await checkout(w.worker, { ...purchase, channel: "native", visitor: randomUUID() });
    assert.equal(handed.status, 200, JSON.stringify(handed.body));
    const spent = await inside("asked");
    for (const name of Object.keys(spent)) spent[name] -= before[name];
    assert.deepEqual(spent, { ORDER: 1, LOGIN: 0, LEDGER: 0, REPEAT: 0, CERTIFICATES: 0 }, how);
    const { messages } = await w.sandbox.order(handed.body.out_trade_no);
    assert.deepEqual(messages.map(({ direction }) => direction), ["in", "out"], how);
  }
});

test("a thousand callers who hang up leave no memory behind, and no order that is stuck", async (t) => {
  const orders = [];
  for (let i = 0; i < 50; i += 1) orders.push({ ...(await newOrder(w.worker)), visitor: randomUUID() });
  const ask = (order, headers) => {
    const { token, visitor } = order;
    return checkout(w.worker, { checkout_token: token, channel: "native", visitor }, headers);
  };
  // Nothing comes back from WeChat for longer than the caller waits, and then nothing of use: so each
  // caller leaves in the middle of a call, and finds the order unknown when it comes again.
  Object.assign(w.gateway, { delay: 40, broken: true });
  const memory = [];
  let left = 0;
  for (let round = 0; round < 5; round += 1) {
    for (let i = 0; i < 4; i += 1) {
      const answers = orders.map((order) => ask(order, { ...from("203.0.113.9"), "x-patience-ms": "15" }));
      left += (await Promise.all(answers)).filter(({ body }) => body.left).length;
      await eventually("what they left under way has come to its end", () => w.gateway.open === 0);
    }
    memory.push(await inside("memory"));
  }
  t.diagnostic(`${left} hung up; WebAssembly's memory after each 200: ${memory.join(", ")} bytes`);
  assert.ok(left >= 900, `${left} of 1000 hung up`);
  // A request that is dropped half-way and never freed holds some 10 KB.
  assert.ok(memory.at(-1) <= memory[1] + 600 * 1024, `flat after the second round: ${memory}`);

  w.gateway.broken = false;
  for (const order of orders) {
    const handed = await ask(order);
    assert.equal(handed.status, 200, JSON.stringify(handed.body));
    assert.equal((await w.worker.order(order.number)).attempts.length, 1);
  }
});

test("an alarm that fails is tried again, and its work is done", async () => {
  await w.sandbox.faults({ notify: "lost" });
  const { number } = await openOrder(w.worker);
  await inside(`fail_alarm?number=${number}`);
  await w.sandbox.pay(number);
  await assertBooksAgree(w, number, 100);
  assert.equal(await inside(`alarms?number=${number}`), 2);
});

test("letters under way when WEBHOOK_URL is taken away do not keep the alarm ringing", async (t) => {
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  receiver.answer = 500;
  await w.worker.kill();
  await w.worker.start({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRETS: SECRET });
  const { number } = await openOrder(w.worker);
  await w.sandbox.pay(number);
  const letter = async () => (await w.worker.order(number)).events[0];
  await eventually("a try in vain", async () => (await letter())?.attempts === 1);
  await w.worker.kill();
  await w.worker.start();
  const rings = async (of) => inside(`alarms?number=${of}`);
  await eventually("its next try is due", async () => (await rings(number)) > 0);
  // Another order's first question comes five seconds after its checkout.
  const { number: other } = await openOrder(w.worker);
  await eventually("five seconds passed", async () => (await rings(other)) > 0);
  assert.ok((await rings(number)) <= 3, `${await rings(number)} rings`);
  assert.equal((await letter()).state, "pending", "it waits for somebody to send to");
});

test("an order's storage is counted in bytes", async (t) => {
  const { number } = await openOrder(w.worker);
  const opened = await storedOrder(w.worker.data, number);
  await w.sandbox.pay(number);
  await assertBooksAgree(w, number, 100);
  const paid = await storedOrder(w.worker.data, number);
  t.diagnostic(`waiting for its buyer: ${JSON.stringify(opened)}`);
  t.diagnostic(`paid: ${JSON.stringify(paid)}`);
  assert.ok(paid.file <= 64 * 1024, `${paid.file} bytes`);
  assert.ok(paid.rows <= 8 * 1024, `${paid.rows} bytes`);
});
