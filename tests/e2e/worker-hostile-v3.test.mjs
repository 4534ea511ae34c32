// Every notification of the corpus is sent to the built Worker, each about an order of its own: it
// ends as its row says, nothing but WeChat's own word moves the order, and the true notification is
// taken afterwards, once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import * as corpus from "./corpus/notifications-v3.mjs";
import { eventually } from "./harness/eventually.mjs";
import { checkout } from "./harness/http.mjs";
import { mixedKeys, SECOND_V3_KEY } from "./harness/keys-v3.mjs";
import { moment, notification, payment } from "./harness/notification-v3.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { times } from "./harness/shop.mjs";
import { cart, seconds, token } from "./harness/wechat.mjs";
import { SECRETS, startWorker, v3, variables } from "./harness/worker.mjs";

const AMOUNT = 4500;

/** Which rows are for which Worker, and what the order went through before. */
const SUITES = [
  { title: "an unpaid order", groups: corpus.UNPAID, at: "mixed" },
  { title: "a paid order", groups: corpus.PAID, at: "mixed", earlier: (tell) => tell({}) },
  { title: "a closed order", groups: corpus.CLOSED, at: "mixed", earlier: (_, close) => close() },
  { title: "a public key alone", groups: corpus.PUBLIC_KEY_ALONE, at: "publicKey" },
  { title: "certificates alone", groups: corpus.CERTIFICATES_ALONE, at: "certificates" },
];

const agent = new Agent({ keepAlive: true });
let sandbox, keys, workers;
const placed = { mixed: 0, publicKey: 0, certificates: 0 };
/** What nobody but WeChat, the shop and the buyer may read. */
const confidential = new Set(Object.values(SECRETS));

before(async () => {
  sandbox = await startSandbox(["--v3-keys", "mixed"]);
  const first = await v3(sandbox);
  keys = await mixedKeys(sandbox);
  const both = await v3(sandbox);
  const start = (secrets) => startWorker({ vars: variables(sandbox), secrets });
  const [mixed, publicKey, certificates] = await Promise.all([
    start({ ...both, WXPAY_API_V3_KEY_2: SECOND_V3_KEY }),
    start({ ...first, WXPAY_CERTIFICATES: "" }),
    start({ ...both, WXPAY_PUBLIC_KEYS: {} }),
  ]);
  workers = { mixed, publicKey, certificates };
  const pem = keys.merchant.key.split("\n");
  for (const secret of [keys.v3Key, SECOND_V3_KEY, pem[1], pem[2]]) confidential.add(secret);
});

after(async () => {
  agent.destroy();
  await Promise.all(Object.values(workers ?? {}).map((worker) => worker.close()));
  await sandbox?.close();
});

/** An order that its buyer is about to pay inside WeChat. */
async function newOrder(at) {
  const number = `V3${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  const openid = `o${randomUUID().replaceAll("-", "").slice(0, 27)}`;
  const exp = seconds() + 600;
  const bought = cart({ out_trade_no: number, amount: AMOUNT, description: "杯子", exp });
  const session = token("session", { appid: MERCHANT.appid, openid }, exp);
  const handed = await checkout(workers[at], { cart: bought, channel: "jsapi", session });
  placed[at] += 1;
  assert.equal(handed.status, 200, JSON.stringify(handed.body));
  return { number, openid, amount: AMOUNT };
}

/** Sends what was made, byte for byte; a header whose value is a list is sent that often. */
async function send(worker, { method, path, headers, body, chunked }) {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const length = !chunked && { "content-length": Buffer.byteLength(body) };
  const options = { method, agent, headers: { ...Object.fromEntries(given), ...length } };
  const request = httpRequest(new URL(path, worker.url), options);
  request.end(body);
  const [response] = await once(request, "response");
  const { statusCode: status, headers: said } = response;
  return { status, id: said["x-request-id"], body: await text(response) };
}

/** The word that the log has for an answer. */
async function wordFor(worker, { id }) {
  const isIts = ({ message }) => message.includes(`"request_id":"${id}"`);
  const line = await eventually("the log has the request's line", () =>
    worker.server.getLogs().findLast(isIts),
  );
  return JSON.parse(line.message).outcome;
}

/** What the order's history gained, a few words for each line. */
function gained(before, after) {
  const words = ({ what, conflict, status, field }) => [what, conflict ?? status, field];
  const lines = after.history.slice(before.history.length);
  return lines.map((line) => words(line).filter(Boolean).join(" "));
}

/** Sends a row's notification to a new order, and sees what became of both. */
async function examine({ at, earlier }, changes) {
  const [worker, usual] = [workers[at], at === "certificates" ? "certificate" : "publicKey"];
  const order = await newOrder(at);
  const [fields, drawn] = [payment(order), moment()];
  for (const said of [order.number, order.openid, fields.transaction_id, drawn.nonce]) {
    confidential.add(said);
  }
  const tell = (changes, when = drawn) =>
    send(worker, notification(fields, { ...keys, usual }, when, changes));
  await earlier?.(tell, () => worker.closeOrder(order.number));
  const before = await worker.order(order.number);
  const answer = await tell(changes);
  const inTime = seconds() === drawn.timestamp;
  const after = await worker.order(order.number);
  return { worker, order, fields, drawn, tell, before, after, answer, inTime };
}

/** The same; a row at the edge of the window counts if it was made and judged in one second. */
function examineInTime(suite, changes) {
  return eventually("the notification is made and judged in one second", async () => {
    const seen = await examine(suite, changes);
    return (seen.inTime || !("late" in changes)) && seen;
  });
}

/** The true notification is taken now, and the order is paid by it, once. */
async function assertTruthIsTaken({ worker, order, fields, tell, drawn }, isSpent) {
  const told = await tell({}, isSpent ? moment() : drawn);
  assert.equal(told.status, 204, told.body);
  const paid = await worker.order(order.number);
  assert.equal(paid.status, "paid");
  assert.equal(paid.payment.transaction_id, fields.transaction_id);
  assert.equal(times(paid, "paid"), 1);
}

for (const suite of SUITES) {
  for (const [group, rows] of Object.entries(suite.groups)) {
    describe(`${suite.title}, ${group}`, { concurrency: 8 }, () => {
      for (const [what, end, changes, moved = end.moved ?? []] of rows) {
        test(what, async () => {
          const seen = await examineInTime(suite, changes);
          const { worker, answer, before, after } = seen;
          assert.equal(answer.status, end.status, answer.body);
          assert.equal(await wordFor(worker, answer), end.word);
          if (end.body !== undefined) assert.equal(answer.body, end.body);
          for (const said of confidential) assert.ok(!answer.body.includes(said), said);
          assert.deepEqual(gained(before, after), moved);
          if (moved.length === 0) assert.deepEqual(after, before);
          await assertTruthIsTaken(seen, end.heard || suite.earlier);
        });
      }
    });
  }
}

test("a Worker with a public key alone asked nobody for certificates", () => {
  const isOne = ({ message }) => message.includes('"name":"/v3/certificates"');
  const asked = ({ server }) => server.getLogs().filter(isOne);
  assert.equal(asked(workers.publicKey).length, 0);
  assert.equal(asked(workers.mixed).length, 1);
  assert.equal(asked(workers.certificates).length, 1);
});

test("the log holds no key, no order, no buyer, no payment and no nonce", () => {
  for (const { server } of Object.values(workers)) {
    const log = JSON.stringify(server.getLogs());
    for (const said of confidential) assert.ok(!log.includes(said), said);
  }
});

test("each word stands in the operator's table, with its status", async () => {
  const page = await readFile(new URL("../../docs/disasters.md", import.meta.url), "utf8");
  const lines = page.split("\n").filter((line) => line.startsWith("| `notif"));
  const ends = SUITES.flatMap(({ groups }) => Object.values(groups).flat()).map(([, end]) => end);
  const told = ends.filter(({ word, status }) => word.startsWith("notification_") && status !== 200);
  for (const { word, status } of told) {
    const named = lines.filter((line) => line.includes(`\`${word}\``));
    assert.equal(named.filter((line) => line.split("|")[2].includes(status)).length, 2, word);
  }
});

test("only orders that were placed have objects", async () => {
  // After one that never was, WeChat itself asked.
  const known = { ...placed, mixed: placed.mixed + 1 };
  for (const [name, { server }] of Object.entries(workers)) {
    const objects = await server.getWorker().listDurableObjectIds("ORDER");
    assert.equal(objects.length, known[name], name);
  }
});
