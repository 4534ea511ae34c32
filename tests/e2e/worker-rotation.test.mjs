// Keys change while notifications come, on WeChat's side and on ours: none is lost, and none that is
// right is refused. And whoever makes up serials learns nothing, and makes nobody ask WeChat more.
//
// ROTATION_SECONDS=60 is the long run: a minute of load, and ten thousand made-up serials.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { api } from "./harness/backend.mjs";
import { eventually } from "./harness/eventually.mjs";
import { startSlowGateway } from "./harness/front.mjs";
import { checkout, newOrder, send } from "./harness/http.mjs";
import { atOnce, percentiles, steadily } from "./harness/load.mjs";
import { OBSERVER, observe, observed } from "./harness/observed.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { times } from "./harness/shop.mjs";
import { seconds, token } from "./harness/wechat.mjs";
import { SHOP_KEY, WITHOUT_V2, publicKeys, v3 } from "./harness/worker.mjs";
import { startWorkerd } from "./harness/workerd.mjs";

/** Nobody stands between the test and the Worker. */
const OPEN = { CLIENT_IP_HEADER: "X-Sandbox-Client-Ip", RATE_LIMIT: "off" };

const SECONDS = Number(process.env.ROTATION_SECONDS ?? 3);
const [RATE, STRANGERS] = SECONDS < 60 ? [100, 300] : [200, 10_000];
const PATIENCE = 60_000;
/** Notifications of one payment: WeChat repeats itself, and here more than ever. */
const TOLD = 20;

/** The APIv3 key that comes after the sandbox's; a test key. */
const NEXT_V3_KEY = "sandbox_next_v3_key_0123456789ab";

/** A WeChat of this mode with a second public key to come, and a Worker that has V3 alone. */
async function start(t, { mode = "mixed", vars = {} }) {
  const sandbox = await startSandbox(["--v3-keys", mode]);
  t.after(sandbox.close);
  await sandbox.faults({ notify: "lost" });
  await sandbox.v3.addKey("public_key");
  const all = { ...WITHOUT_V2, ...(await v3(sandbox)), ...OPEN, ...vars };
  const worker = await startWorkerd({ sandbox, vars: all, config: observed, files: OBSERVER });
  t.after(worker.close);
  // Past the shop's proxy, which would open a connection for every call.
  return { sandbox, worker, direct: api(worker.direct, SHOP_KEY) };
}

/** How often WeChat was asked for certificates. */
const downloads = async ({ sandbox }) => (await sandbox.state()).calls.v3_certificates ?? 0;

const ahead = ({ worker }, seconds) => observe(worker, `clock?ahead=${seconds}`);

/** A new order, placed; its number. */
async function place(w) {
  const { number, token } = await newOrder(w.direct);
  const ask = { checkout_token: token, channel: "native", visitor: randomUUID() };
  // On a machine that has much else to do WeChat's answer may come too late.
  const placed = async () => (await checkout(w.direct, ask)).status === 200;
  await eventually(`${number} is placed`, placed, PATIENCE);
  return number;
}

/** A new order, placed and paid; its number. */
async function sell(w) {
  const number = await place(w);
  await w.sandbox.pay(number);
  return number;
}

/** The status where there is no answer: WeChat tells again. */
const CUT_OFF = "cut off";

/** Tells the Worker of a payment as WeChat would now, but for `how`. */
async function tell(w, number, how) {
  const { headers, body } = await w.sandbox.v3.craft({ out_trade_no: number, ...how });
  const serial = headers["wechatpay-serial"];
  // A line of its own: one that was idle for seconds may be closed the moment it is used again.
  headers.connection = "close";
  const began = performance.now();
  const answer = send(w.direct, "POST", "/notify/v3", { headers, body });
  const { status } = await answer.catch(() => ({ status: CUT_OFF }));
  return { serial, status, took: performance.now() - began };
}

/** Each order was paid once, and the shop is told of it once. */
async function assertPaidOnce(w, numbers) {
  await atOnce(8, numbers.length, async (n) => {
    const { status, history, events, conflicts } = await w.direct.order(numbers[n]);
    assert.equal(status, "paid", numbers[n]);
    assert.equal(times({ history }, "paid"), 1);
    assert.equal(events.filter(({ type }) => type === "order.paid").length, 1);
    assert.deepEqual(conflicts, []);
  });
}

test(`${RATE} notifications a second while WeChat changes its keys: each is taken`, async (t) => {
  const w = await start(t, { vars: { WXPAY_API_V3_KEY_2: NEXT_V3_KEY } });
  const { sign, addKey, retireKey, keys } = w.sandbox.v3;
  const { platform } = await keys();
  let sealedByNext = 0;
  const phases = [
    () => addKey("certificate"),
    () => sign({ newest_percent: 10 }),
    () => sign({ newest_percent: 50 }),
    // All by the second certificate; then the first is taken away.
    () => retireKey(platform[0].serial),
    // 公钥切换; the second public key waits.
    () => sign({ public_key_percent: 1, newest_percent: 0 }),
    () => sign({ public_key_percent: 20 }),
    () => sign({ public_key_percent: 100 }),
    () => sign({ newest_percent: 50 }),
    () => sign({ newest_percent: 100 }),
    // The APIv3 key is being reset.
    () => (sealedByNext = 50),
    () => (sealedByNext = 100),
  ];
  // It knows the certificates as of more than a minute ago.
  const sold = [await sell(w)];
  assert.equal((await tell(w, sold[0])).status, 204);
  await ahead(w, 61);

  const untold = [];
  const selling = [];
  const one = async () => {
    const number = await sell(w);
    sold.push(number);
    untold.push(number);
  };
  await atOnce(4, 10, one);
  let phase = -1;
  let changed;
  const answers = [];
  const load = { rate: RATE, seconds: SECONDS };
  const reached = await steadily(load, async (n) => {
    const now = Math.floor((n / (RATE * SECONDS)) * phases.length);
    if (now > phase) changed = phases[(phase = now)]();
    await changed;
    if (n % TOLD === 0) selling.push(one());
    const number = untold.shift() ?? sold.at(-1 - (n % Math.min(sold.length, 50)));
    const answer = await tell(w, number, n % 100 < sealedByNext ? { v3_key: NEXT_V3_KEY } : {});
    answers.push(answer);
    if (answer.status === CUT_OFF) untold.push(number);
  });
  await Promise.all(selling);
  for (const number of untold) answers.push(await tell(w, number, { v3_key: NEXT_V3_KEY }));

  const cutOff = answers.filter(({ status }) => status === CUT_OFF).length;
  t.diagnostic(`${cutOff} cut off, and told again`);
  t.diagnostic(`${reached.toFixed(0)} a second, ${answers.length} in all, of ${sold.length} orders`);
  t.diagnostic(percentiles(answers.map(({ took }) => took)));
  const bySerial = Object.groupBy(answers, ({ serial }) => serial);
  for (const [serial, told] of Object.entries(bySerial)) t.diagnostic(`${told.length} by ${serial}`);
  t.diagnostic(`${await downloads(w)} downloads of certificates; ${await memory(w)}`);
  assert.deepEqual(answers.filter(({ status }) => ![204, CUT_OFF].includes(status)), []);
  assert.equal(Object.keys(bySerial).length, 4, "two certificates, two public keys");
  assert.equal(await downloads(w), 2, "one before, one for the second certificate");
  await assertPaidOnce(w, sold);
});

async function memory({ worker }) {
  const status = await readFile(`/proc/${worker.pid()}/status`, "utf8");
  const [, resident] = /VmRSS:\s+(\d+) kB/.exec(status);
  const wasm = await observe(worker, "memory");
  return `WebAssembly ${wasm / 1024} KiB, workerd ${Math.round(resident / 1024)} MiB`;
}

test("each new key of ours is set by a restart in the middle of it all: nothing is lost", async (t) => {
  const w = await start(t, { mode: "certificate" });
  const { sign, addKey, retireKey, keys } = w.sandbox.v3;
  const { merchant, platform } = await keys();
  const openid = "oSandboxRotation0000000000000";
  const session = token("session", { appid: MERCHANT.appid, openid }, seconds() + 600);
  const inWeChat = await newOrder(w.direct);
  const cashier = () => checkout(w.direct, { checkout_token: inWeChat.token, channel: "jsapi", session });
  const byOldKey = (await cashier()).body.request_payment;
  const refunded = await sell(w);
  const placed = [refunded];
  await atOnce(4, 40, async () => placed.push(await place(w)));

  // What the operator sets, and what is done at WeChat before and after.
  const set = {};
  const restart = async (vars) => {
    await w.worker.kill();
    await w.worker.start(Object.assign(set, vars));
  };
  let v3_key;
  const newSerial = await addKey("merchant");
  const steps = [
    async () => {
      await restart({ WXPAY_PUBLIC_KEYS: publicKeys(platform), WXPAY_CERTIFICATES: "download" });
      await sign({ mode: "mixed", public_key_percent: 50, newest_percent: 50 });
    },
    async () => {
      await restart({ WXPAY_API_V3_KEY_2: NEXT_V3_KEY });
      v3_key = NEXT_V3_KEY;
    },
    async () => {
      const { private_key_pem } = (await keys()).merchant.find(({ serial }) => serial === newSerial);
      await restart({ WXPAY_MERCHANT_KEY: private_key_pem, WXPAY_MERCHANT_SERIAL: newSerial });
    },
    async () => {
      await sign({ public_key_percent: 100 });
      await restart({ WXPAY_API_V3_KEY: NEXT_V3_KEY, WXPAY_API_V3_KEY_2: "", WXPAY_CERTIFICATES: "" });
      await sign({ mode: "public_key" });
    },
  ];

  const wrong = [];
  let cutOff = 0;
  /** As often as WeChat has to. */
  const tellUntilTaken = (number) =>
    eventually(`${number} is taken`, async () => {
      const { status } = await tell(w, number, { v3_key });
      if (status === CUT_OFF) cutOff += 1;
      else if (status !== 204) wrong.push(status);
      return status === 204;
    }, PATIENCE);
  const load = { rate: 40, seconds: Math.max(2, SECONDS / 2) };
  const total = load.rate * load.seconds;
  const paying = new Map();
  let step = -1;
  let changed = Promise.resolve();
  const told = [];
  await steadily(load, async (n) => {
    const now = Math.floor((n / total) * steps.length);
    if (now > step) changed = changed.then(steps[(step = now)]);
    const number = placed[n % placed.length];
    if (!paying.has(number)) paying.set(number, number === refunded || w.sandbox.pay(number));
    await paying.get(number);
    await tellUntilTaken(number);
    told.push(number);
  });
  await changed;
  t.diagnostic(`${told.length} taken; ${cutOff} tries met a Worker that was being restarted`);
  assert.deepEqual(wrong, []);
  assert.equal(told.length, total);
  await assertPaidOnce(w, placed);

  // Orders placed under the old key live on under the new one, the old one gone.
  const right = async (fields) => (await w.sandbox.v3.cashier(fields)).right;
  assert.ok(await right(byOldKey));
  await retireKey(merchant[0].serial);
  assert.ok(!(await right(byOldKey)), "a page that was open all the time");
  assert.ok(await right((await cashier()).body.request_payment), "the same page, asked again");
  const refund = await w.direct.call("POST", `/v1/orders/${refunded}/refunds`, { amount: 40 });
  assert.deepEqual([refund.status, refund.body.status], [201, "processing"], JSON.stringify(refund.body));
  const late = await sell(w);
  assert.equal((await tell(w, late, { v3_key })).status, 204);
});

/** A notification by whoever makes up a serial; the signature is as long as one is. */
function madeUp() {
  const headers = {
    "content-type": "application/json",
    "wechatpay-timestamp": String(seconds()),
    "wechatpay-nonce": randomBytes(16).toString("hex"),
    "wechatpay-signature": randomBytes(256).toString("base64"),
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    "wechatpay-serial": randomBytes(20).toString("hex").toUpperCase(),
  };
  return { headers, body: "{}" };
}

/** So many of them; what they were answered, without repeats. */
async function flood(w, total) {
  const statuses = new Set();
  await atOnce(32, total, async () => {
    statuses.add((await send(w.direct, "POST", "/notify/v3", madeUp())).status);
  });
  return [...statuses];
}

const asked = ({ worker }) => observe(worker, "asked");

test(`${STRANGERS} made-up serials: WeChat is asked once a minute, and no key is forgotten`, async (t) => {
  const w = await start(t, {});
  const { addKey, sign } = w.sandbox.v3;
  const number = await sell(w);
  const minutes = 3;
  const before = await asked(w);
  const began = performance.now();
  for (let minute = 0; minute < minutes; minute += 1) {
    await ahead(w, minute * 61);
    const [statuses, { status }] = await Promise.all([
      flood(w, Math.ceil(STRANGERS / minutes)),
      tell(w, number, {}),
    ]);
    assert.deepEqual(statuses, [401]);
    assert.equal(status, 204, "while they come");
    assert.equal((await tell(w, number, {})).status, 204, "and afterwards");
    assert.equal(await downloads(w), minute + 1);
  }
  const a_second = STRANGERS / ((performance.now() - began) / 1000);
  const { ORDER, CERTIFICATES } = await asked(w);
  t.diagnostic(`${a_second.toFixed(0)} refused a second; ${CERTIFICATES} letters about certificates`);
  assert.equal(ORDER - before.ORDER, 2 * minutes, "no order was woken, and nothing written");

  // A certificate that WeChat begins with meanwhile is known a minute later at the latest.
  await sign({ newest_percent: 100 });
  await addKey("certificate");
  assert.equal((await tell(w, number, {})).status, 401, "WeChat was asked a moment ago");
  await ahead(w, minutes * 61);
  assert.equal((await tell(w, number, {})).status, 204);
  assert.equal(await downloads(w), minutes + 1);
});

test("a download that failed is tried a minute later: what WeChat did not say is not remembered", async (t) => {
  const w = await start(t, {});
  const number = await sell(w);
  await w.sandbox.faults({ v3_status: "service_unavailable" });
  assert.equal((await tell(w, number, {})).status, 401);
  await w.sandbox.faults({ v3_status: "normal" });
  assert.equal((await tell(w, number, {})).status, 401, "a minute is not over");
  assert.equal(await downloads(w), 1);
  await ahead(w, 61);
  assert.equal((await tell(w, number, {})).status, 204);
  assert.equal(await downloads(w), 2);
});

test("whoever wants a certificate while the alarm downloads them waits for it", async (t) => {
  const w = await start(t, {});
  const slow = await startSlowGateway(w.sandbox.addresses.gateway);
  t.after(slow.close);
  await w.worker.kill();
  await w.worker.start({ GATEWAY_URL: slow.url });
  const number = await sell(w);
  const { platform } = await w.sandbox.v3.keys();
  const byPublicKey = { key: platform.find(({ kind }) => kind === "public_key").serial };
  assert.equal((await tell(w, number, byPublicKey)).status, 204);

  // Ten hours ago, less one second, it asked in vain; so it asks again a second from now.
  const then = 1 - 10 * 3600;
  await ahead(w, then);
  const asOfThen = { timestamp: String(seconds() + then) };
  assert.equal((await tell(w, number, asOfThen)).status, 401);
  slow.delay = 500;
  await ahead(w, 0);
  // It may be over by the time that a busy machine looks.
  const asks = async () => slow.open === 1 || (await downloads(w)) > 1;
  await eventually("the alarm asks", asks);
  assert.equal((await tell(w, number, {})).status, 204);
});

test("with public keys alone nobody ever asks for certificates", async (t) => {
  const w = await start(t, { vars: { WXPAY_CERTIFICATES: "" } });
  const { platform } = await w.sandbox.v3.keys();
  const number = await sell(w);
  const by = (kind) => ({ key: platform.find((key) => key.kind === kind).serial });
  assert.equal((await tell(w, number, by("public_key"))).status, 204);
  assert.equal((await tell(w, number, by("certificate"))).status, 401);
  assert.deepEqual(await flood(w, 100), [401]);
  assert.equal(await downloads(w), 0);
  assert.equal((await asked(w)).CERTIFICATES, 0);
});
