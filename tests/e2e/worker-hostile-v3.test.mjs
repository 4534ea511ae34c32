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
import { checkout, forget } from "./harness/http.mjs";
import { mixedKeys, SECOND_V3_KEY } from "./harness/keys-v3.mjs";
import { moment, notification, payment } from "./harness/notification-v3.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { times } from "./harness/shop.mjs";
import { cart, notification as notificationV2, seconds, token } from "./harness/wechat.mjs";
import { SECRETS, startWorker, v3, variables } from "./harness/worker.mjs";

const AMOUNT = 4500;

/** Which rows are for which Worker, and what the order went through before. */
const SUITES = [
  { title: "an unpaid order", groups: corpus.UNPAID, at: "mixed" },
  { title: "a paid order", groups: corpus.PAID, at: "mixed", earlier: (pay) => pay() },
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
  const fields = payment(order);
  const tell = (when, changes = {}) =>
    send(worker, notification(fields, { ...keys, usual }, when, changes));
  const first = moment();
  await earlier?.(() => tell(first), () => worker.closeOrder(order.number));
  const before = await worker.order(order.number);
  const when = earlier ? first : moment();
  const answer = await tell(when, changes);
  const inTime = seconds() === when.timestamp;
  const after = await worker.order(order.number);
  for (const said of [order.number, order.openid, fields.transaction_id, when.nonce]) {
    confidential.add(said);
  }
  return { worker, order, fields, tell, when, before, after, answer, inTime };
}

/** The same; a row at the edge of the window counts if it was made and judged in one second. */
function examineInTime(suite, changes) {
  return eventually("the notification is made and judged in one second", async () => {
    const seen = await examine(suite, changes);
    return (seen.inTime || !("late" in changes)) && seen;
  }, 60_000);
}

/** The true notification is taken now, and the order is paid by it, once. */
async function assertTruthIsTaken({ worker, order, fields, tell, when }, isSpent) {
  const told = await tell(isSpent ? moment() : when);
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

/** An order of the usual Worker, and how it is told of its payment. */
async function sold() {
  const order = await newOrder("mixed");
  const fields = payment(order);
  const tell = async (when) => {
    const answer = await send(workers.mixed, notification(fields, keys, when));
    return wordFor(workers.mixed, answer);
  };
  const history = async () => (await workers.mixed.order(order.number)).history;
  return { ...order, fields, tell, history };
}

/** How often each word was said. */
function counted(words) {
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

test("of twenty at once one is taken: the same bytes are a replay, signed anew they are a repeat", async () => {
  const [replayed, repeated] = [await sold(), await sold()];
  const one = moment();
  const twenty = Array.from({ length: 20 });
  const [replays, repeats] = await Promise.all([
    Promise.all(twenty.map(() => replayed.tell(one))),
    Promise.all(twenty.map(() => repeated.tell(moment()))),
  ]);
  assert.deepEqual(counted(replays), { notification_replayed: 19, ok: 1 });
  assert.deepEqual(counted(repeats), { notification_repeated: 19, ok: 1 });
  for (const { history } of [replayed, repeated]) {
    assert.equal(times({ history: await history() }, "paid"), 1);
  }
});

test("a replay is one, too, for an object that was gone meanwhile", async () => {
  const { number, tell } = await sold();
  const when = moment();
  assert.equal(await tell(when), "ok");
  await forget(workers.mixed, number);
  assert.equal(await tell(when), "notification_replayed");
});

test("who has stolen the APIv2 key pays nothing that V3 has placed", async () => {
  const { number, openid, fields, tell, history } = await sold();
  const { transaction_id } = fields;
  const facts = { openid, transaction_id, trade_type: "JSAPI", total_fee: `${AMOUNT}`, cash_fee: `${AMOUNT}` };
  const [path, headers] = ["/notify/v2/pay", { "content-type": "text/xml" }];
  const body = notificationV2(number, facts);
  const answer = await send(workers.mixed, { method: "POST", path, headers, body });
  assert.equal(await wordFor(workers.mixed, answer), "notification_mismatch");
  assert.equal(times({ history: await history() }, "paid"), 0);
  assert.equal(await tell(moment()), "ok");
});

test("certificates are asked for where they are used, and nowhere else", () => {
  const isOne = ({ message }) => message.includes('"name":"/v3/certificates"');
  const asked = Object.entries(workers).filter(([, { server }]) => server.getLogs().some(isOne));
  assert.deepEqual(asked.map(([at]) => at), ["mixed", "certificates"]);
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
