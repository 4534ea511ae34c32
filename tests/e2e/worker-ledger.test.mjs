// 日账, 对账, 账单: a day's book in workerd, beside the bill that WeChat makes of it.
//
// The Worker's clock is the real one, and a day that is not over has no bill. So the gateway in
// between asks the sandbox, a day ahead, for today's bill whenever the Worker asks for yesterday's,
// and yesterday's book is a copy of today's.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { eventually } from "./harness/eventually.mjs";
import { assertProblem, newOrder, openOrder } from "./harness/http.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { paidInWorker } from "./harness/shop.mjs";
import { sign, xml } from "./harness/wechat.mjs";
import { SHOP_KEY } from "./harness/worker.mjs";
import { world } from "./harness/world.mjs";

const DAY = 86_400;
const beijing = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
const TODAY = beijing(Date.now());
const YESTERDAY = beijing(Date.now() - DAY * 1000);

// What the gateway answers instead of the sandbox's bill, if anything: a function of the response.
let bill;
// What the Worker asked about orders.
const queries = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  const gateway = w.sandbox.addresses.gateway;
  if (request.url === "/pay/orderquery") queries.push(body);
  if (request.url === "/pay/downloadbill" && bill) return bill(response, body);
  const asked = request.url.startsWith("/pay/download") ? asToday(body) : body;
  const answer = await fetch(new URL(request.url, gateway), { method: request.method, body: asked });
  response.end(Buffer.from(await answer.arrayBuffer()));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const w = world({
  browser: false,
  vars: { GATEWAY_URL: `http://127.0.0.1:${server.address().port}` },
});
test.after(() => server.close());
test.afterEach(() => (bill = undefined));

function asToday(body) {
  const [, kind, word] = /<(bill_type|account_type)><!\[CDATA\[(\w+)/.exec(body);
  assert.match(body, /<tar_type><!\[CDATA\[GZIP/);
  const fields = {
    ...{ appid: MERCHANT.appid, mch_id: MERCHANT.mchid, nonce_str: "n0", sign_type: "HMAC-SHA256" },
    ...{ bill_date: TODAY.replaceAll("-", ""), [kind]: word, tar_type: "GZIP" },
  };
  return xml({ ...fields, sign: sign(fields) });
}

const book = (day) => w.worker.server.getWorker().getDurableObjectStorage("LEDGER", { name: day });
const report = async (day, query = "") =>
  (await w.worker.call("GET", `/v1/reconciliation/${day}${query}`)).body;

/** Compares a day and waits for the end of it. */
async function compared(day) {
  const started = await w.worker.call("POST", `/v1/reconciliation/${day}`);
  assert.equal(started.status, 202, JSON.stringify(started.body));
  return eventually(`${day} is compared`, async () => {
    const now = await report(day);
    return now.state === "done" && now;
  });
}

/** A payment's line, as an order's object writes it. */
const payment = (number, transaction_id, amount) => ({
  payment: { out_trade_no: number, number, transaction_id, amount },
});

/** Lets an order's object write a line into the book of a day: as a note that waits to be passed on. */
async function notes(number, day, line) {
  const object = w.worker.server.getWorker();
  const storage = await object.getDurableObjectStorage("ORDER", { name: number });
  const at = Date.parse(`${day}T12:00:00+08:00`) / 1000;
  const entry = JSON.stringify({ day, at, line });
  await storage.exec("INSERT INTO notes (day, entry) VALUES (?, ?)", day, entry);
  await object.evictDurableObject("ORDER", { name: number });
  // Looking makes the object read its disk; changing something sets its alarm.
  await w.worker.closeOrder(number);
}

async function write(day, at, line) {
  const [kind] = Object.keys(line);
  const { transaction_id, out_refund_no } = line[kind];
  const insert = "INSERT OR REPLACE INTO lines (key, kind, at, line) VALUES (?, ?, CAST(? AS INTEGER), ?)";
  const key = `${kind}:${transaction_id ?? out_refund_no}`;
  await (await book(day)).exec(insert, key, kind, at, JSON.stringify(line));
}

const HEAD =
  "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const row = (time, transaction_id, number, yuan) =>
  `\`${time},\`wx,\`1900000109,\`0,\`,\`${transaction_id},\`${number},\`oBuyer,\`NATIVE,\`SUCCESS,\`OTHERS,\`CNY,\`${yuan},\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`茶,\`,\`0.00000,\`0.60%,\`${yuan},\`0.00,\`\r\n`;
const tail = (rows) =>
  `总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\`${rows},\`0.00,\`0.00,\`0.00,\`0.00000,\`0.00,\`0.00\r\n`;
const table = (rows) => HEAD + rows.join("") + tail(rows.length);

test("a day's orders come in pages that miss none and repeat none", async () => {
  const numbers = [];
  for (let i = 0; i < 4; i += 1) numbers.push((await newOrder(w.worker)).number);
  const listed = async (query) => w.worker.call("GET", `/v1/orders?day=${TODAY}&${query}`);
  const all = () => eventually("the book has them all", async () => {
    const { body } = await listed("limit=100");
    return numbers.every((number) => body.orders.some((it) => it.out_trade_no === number)) && body;
  });
  const { orders } = await all();
  const first = orders.find((it) => it.out_trade_no === numbers[0]);
  assert.equal(first.amount, 100);
  assert.equal(first.status, "unpaid");
  assert.ok(first.created_at > 0);

  const seen = [];
  let next = "";
  do {
    const { status, body } = await listed(`limit=2${next && `&cursor=${next}`}`);
    assert.equal(status, 200, JSON.stringify(body));
    seen.push(...body.orders.map((it) => it.out_trade_no));
    // An order that comes while somebody is reading comes last.
    if (!next) {
      numbers.push((await newOrder(w.worker)).number);
      await all();
    }
    next = body.next;
  } while (next);
  assert.equal(new Set(seen).size, seen.length, "none twice");
  for (const number of numbers) assert.ok(seen.includes(number), number);

  for (const wrong of ["cursor=x", "limit=0", "limit=101", "status=lost", "cursor="]) {
    assertProblem(await listed(wrong), 400, "invalid_field");
  }
  assertProblem(await w.worker.call("GET", "/v1/orders"), 400, "invalid_field");
  const cursor = (await listed("limit=1")).body.next;
  const other = await w.worker.call("GET", `/v1/orders?day=${YESTERDAY}&cursor=${cursor}`);
  assertProblem(other, 400, "invalid_field");
});

test("paid orders and their events are listed by what became of them", async () => {
  const { number } = await openOrder(w.worker);
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  const order = await eventually("the book has the payment", async () => {
    const { body } = await w.worker.call("GET", `/v1/orders?day=${TODAY}&status=paid&limit=100`);
    return body.orders.find((it) => it.out_trade_no === number);
  });
  assert.equal(order.transaction_id, (await w.sandbox.order(number)).transaction_id);
  const event = await eventually("the book has the event", async () => {
    const { body } = await w.worker.call("GET", `/v1/events?day=${TODAY}&state=kept&limit=100`);
    return body.events.find((it) => it.out_trade_no === number);
  });
  assert.equal(event.type, "order.paid");
  assert.equal(event.attempts, 0);
});

test("whatever differs between book and bill is found, and nothing else", async () => {
  const orders = [];
  for (let i = 0; i < 3; i += 1) {
    const order = await openOrder(w.worker);
    await w.sandbox.pay(order.number);
    await paidInWorker(w.worker, order.number);
    orders.push(order.number);
  }
  const refund = { amount: 40, out_refund_no: `R-${orders[0]}` };
  const refunded = await w.worker.call("POST", `/v1/orders/${orders[0]}/refunds`, refund);
  assert.equal(refunded.status, 201, JSON.stringify(refunded.body));
  await w.sandbox.advance(120);
  const ours = await eventually("the book has all of it", async () => {
    const query = `SELECT key, kind, at, line FROM lines WHERE kind IN ('payment', 'refund')`;
    const lines = (await (await book(TODAY)).exec(query)).filter(({ line }) =>
      orders.some((number) => line.includes(number)),
    );
    return lines.length === 4 && lines.some((it) => it.line.includes("succeeded")) && lines;
  });
  await w.sandbox.advance(DAY + 10 * 3600);
  // The first comparison makes the book; the sandbox has what the Worker has not.
  assert.equal((await compared(YESTERDAY)).counts.extra, 4);
  for (const { at, line } of ours) await write(YESTERDAY, at - DAY, JSON.parse(line));

  const agreed = await compared(YESTERDAY);
  assert.deepEqual(agreed.differences, []);
  assert.deepEqual(agreed.bill, {
    payments: { count: 3, amount: 300 },
    refunds: { count: 1, amount: 40 },
  });
  for (const [fault, kind] of [
    ["drop_row", "missing"],
    ["unknown_row", "extra"],
    ["wrong_amount", "amount_differs"],
    ["wrong_status", "status_differs"],
  ]) {
    await w.sandbox.faults({ bill: fault });
    const { differences, counts } = await compared(YESTERDAY);
    assert.deepEqual(differences.map((it) => it.kind), [kind], JSON.stringify(differences));
    assert.equal(counts[kind], 1);
    if (kind === "extra") assert.equal(differences[0].out_trade_no, "UNKNOWN-000001");
  }
  const told = await eventually("the shop is told", async () => {
    const { body } = await w.worker.call("GET", `/v1/events?day=${TODAY}&limit=100`);
    return body.events.find((it) => it.type === "reconciliation.completed");
  });
  assert.equal(told.id, `rpt_${YESTERDAY}_1`);

  await w.sandbox.faults({ bill: "creating" });
  await w.worker.call("POST", `/v1/reconciliation/${YESTERDAY}`);
  const waiting = await eventually("it waits for the bill", async () => {
    const it = await report(YESTERDAY);
    return it.state === "waiting" && it;
  });
  assert.equal(waiting.differences.length, 1, "what was found last stays");
});

test("around midnight the other day's book is asked before anything is called missing", async () => {
  const day = beijing(Date.now() - 5 * DAY * 1000);
  const after = beijing(Date.now() - 4 * DAY * 1000);
  const midnight = Date.parse(`${after}T00:00:00+08:00`) / 1000;
  const bills = { [day]: [], [after]: [] };
  bill = (response, body) => {
    const [asked] = /\d{8}/.exec(/<bill_date>.*?<\/bill_date>/.exec(body)[0]);
    const rows = Object.entries(bills).find(([it]) => it.replaceAll("-", "") === asked)?.[1] ?? [];
    response.end(gzipSync(table(rows)));
  };
  for (const it of [day, after]) await compared(it);
  // Ours just after midnight, WeChat's just before.
  await write(after, midnight + 2, payment("EARLY001", "4200000000000000000000000001", 100));
  bills[day].push(row(`${day} 23:59:59`, "4200000000000000000000000001", "EARLY001", "1.00"));
  assert.deepEqual((await compared(day)).differences, []);
  assert.deepEqual((await compared(after)).differences, []);
  // Ours just before, WeChat's just after.
  await write(day, midnight - 2, payment("LATE0001", "4200000000000000000000000003", 100));
  bills[after].push(row(`${after} 00:00:01`, "4200000000000000000000000003", "LATE0001", "1.00"));
  assert.deepEqual((await compared(after)).differences, []);
  assert.deepEqual((await compared(day)).differences, []);
  // Nowhere at all: missing, by the day that looked last.
  await write(after, midnight + 3, payment("NOWHERE1", "4200000000000000000000000002", 100));
  const { differences } = await compared(after);
  assert.deepEqual(differences.map((it) => [it.kind, it.out_trade_no]), [["missing", "NOWHERE1"]]);
});

test("a payment on the bill that no book has makes its order, though closed, ask WeChat", async () => {
  const day = beijing(Date.now() - 7 * DAY * 1000);
  const { number } = await openOrder(w.worker);
  await w.worker.closeOrder(number);
  queries.length = 0;
  const rows = [number, "NOBODYS1"].map((it, i) =>
    row(`${day} 12:00:00`, `420000000000000000000000010${i}`, it, "1.00"),
  );
  bill = (response) => response.end(gzipSync(table(rows)));
  const { differences } = await compared(day);
  assert.deepEqual(differences.map((it) => it.kind), ["extra", "extra"]);
  await eventually("it asks", () => queries.some((body) => body.includes(number)));
  assert.ok(!queries.some((body) => body.includes("NOBODYS1")));
  assert.equal((await w.worker.order(number)).status, "closed", "a bill moves nothing");
});

test("a payment that comes into the book after its day was compared has the day compared again", async () => {
  const day = beijing(Date.now() - 9 * DAY * 1000);
  const { number } = await openOrder(w.worker);
  bill = (response) => response.end(gzipSync(table([])));
  await compared(day);
  await notes(number, day, payment(number, "4200000000000000000000000201", 100));
  const waiting = await eventually("it is due again", async () => {
    const now = await report(day);
    return now.state === "waiting" && now;
  });
  assert.equal(waiting.counts.missing, 0, "what was found stays until then");
  assert.equal((await compared(day)).counts.missing, 1);
});

test("a line for a day that kept no book sets off no comparison, of that day or any other", async () => {
  const day = beijing(Date.now() - 12 * DAY * 1000);
  const { number } = await openOrder(w.worker);
  await notes(number, day, payment(number, "4200000000000000000000000202", 100));
  const storage = await eventually("the line is written", async () => {
    const one = await book(day);
    const tables = await one.exec("SELECT 1 FROM sqlite_master WHERE name = 'lines'");
    return tables.length && (await one.exec("SELECT 1 FROM lines")).length && one;
  });
  assert.deepEqual(await storage.exec("SELECT plan FROM plans"), []);
});

test("a bill of ten thousand rows comes as it is read, and one that breaks off breaks off", async () => {
  const rows = Array.from({ length: 10_000 }, (_, i) =>
    row(`${YESTERDAY} 12:00:00`, `42000000000000000000${String(i).padStart(8, "0")}`, `BULK${i}AB`, "0.01"),
  );
  const path = `/v1/bills/trade/${YESTERDAY}?type=SUCCESS`;
  bill = (response) => response.end(gzipSync(table(rows)));
  const headers = { authorization: `Bearer ${SHOP_KEY}` };
  const whole = await fetch(new URL(path, w.worker.url), { headers });
  assert.equal(whole.headers.get("content-type"), "application/x-ndjson");
  const lines = (await whole.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, 10_000);
  assert.equal(lines[9_999].total_fee, 1);
  assert.equal(lines[9_999].out_trade_no, "BULK9999AB");

  const zipped = gzipSync(table(rows));
  bill = (response) => response.end(zipped.subarray(0, zipped.length - 200));
  const cut = await fetch(new URL(path, w.worker.url), { headers });
  assert.equal(cut.status, 200);
  await assert.rejects(cut.text());
});

test("a day's fund flow (资金账单) comes a movement a line, in fen", async () => {
  const { number } = await openOrder(w.worker);
  await w.sandbox.pay(number);
  await paidInWorker(w.worker, number);
  await w.worker.call("POST", `/v1/orders/${number}/refunds`, { amount: 40 });
  await w.sandbox.advance(DAY + 10 * 3600);
  const url = new URL(`/v1/bills/fundflow/${YESTERDAY}?account=Basic`, w.worker.url);
  const flow = await fetch(url, { headers: { authorization: `Bearer ${SHOP_KEY}` } });
  assert.equal(flow.status, 200);
  const lines = (await flow.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ direction, amount }) => [direction, amount]), [["in", 100], ["out", 40]]);
});

test("a bill that is not there, not ready or refused says so", async () => {
  const trade = (day, query = "") => w.worker.call("GET", `/v1/bills/trade/${day}${query}`);
  const failure = (return_msg) => (response) => response.end(xml({ return_code: "FAIL", return_msg }));
  bill = failure("No Bill Exist");
  assertProblem(await trade(YESTERDAY), 404, "bill_not_found");
  bill = failure("Bill Creating");
  const creating = await trade(YESTERDAY);
  assertProblem(creating, 409, "bill_not_ready");
  assert.equal(creating.headers.get("retry-after"), "600");
  bill = failure("invalid bill_type");
  assertProblem(await trade(YESTERDAY), 502, "gateway_refused");
  bill = (response) => response.end("<html>502 Bad Gateway</html>");
  assertProblem(await trade(YESTERDAY), 503, "bill_unknown");
  assertProblem(await trade(TODAY), 409, "bill_not_ready");
  assertProblem(await trade("2026-02-30"), 400, "invalid_field");
  assertProblem(await trade(YESTERDAY, "?type=ODD"), 400, "invalid_field");
  assertProblem(await w.worker.call("POST", `/v1/reconciliation/${TODAY}`), 409, "bill_not_ready");
});
