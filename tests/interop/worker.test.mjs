// The Worker's own signatures: each request that it sends, and what it hands to a page, is signed
// again by every SDK, from what was on the wire. RSA with PKCS #1 v1.5 makes one signature of one
// string, so they must be equal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { comeBack } from "../contract/alive.mjs";
import { checkout, newOrder, openOrder, send } from "../e2e/harness/http.mjs";
import { startSandbox } from "../e2e/harness/sandbox.mjs";
import { paidInWorker } from "../e2e/harness/shop.mjs";
import { startWorker, variables } from "../e2e/harness/worker.mjs";
import { answerOf, startDriver } from "./harness/driver.mjs";
import { merchantOf, publicKeysOf } from "./harness/merchant.mjs";
import { startRecorder } from "./harness/recorder.mjs";
import { SDKS } from "./harness/sdks.mjs";

test("every request of the Worker, and what it hands to a page, is signed as each SDK would", async (t) => {
  // Both kinds of keys, so that the Worker asks for certificates and wants answers by public key.
  const sandbox = await startSandbox(["--v3-keys", "mixed"]);
  t.after(() => sandbox.close());
  const recorder = await startRecorder(sandbox.addresses.gateway);
  t.after(() => recorder.close());
  const keys = await sandbox.v3.keys();
  const worker = await startV3Worker(sandbox, recorder, keys);
  t.after(() => worker.close());
  await sandbox.site(worker.url);

  const params = await useEverything(worker, sandbox);
  const sent = recorder.exchanges.map(({ request }) => request);
  const requests = sent.filter(({ url }) => url.startsWith("/v3/"));
  assert.deepEqual([...new Set(requests.map(kind))].sort(), EVERYTHING);

  const signed = requests.map(({ method, url, body, headers }) => {
    const { nonce_str: nonce, timestamp, signature, ...who } = said(headers.authorization);
    assert.deepEqual(who, { mchid: keys.mchid, serial_no: keys.merchant[0].serial });
    return { args: { method, url, timestamp, nonce, body }, signature };
  });
  for (const sdk of SDKS) {
    await t.test(`${sdk.name} ${sdk.version}`, async (t) => {
      const driver = startDriver(sdk.command);
      t.after(() => driver.close());
      answerOf(await driver.ask("main", "open", opening(sdk, sandbox, keys)));
      for (const { args, signature } of signed) {
        const made = answerOf(await driver.ask("main", "signRequest", args));
        assert.equal(made.signature, signature, `${args.method} ${args.url}`);
      }
      const { paySign } = answerOf(await driver.ask("main", "signPage", params));
      assert.equal(paySign, params.paySign);
    });
  }
});

/** What an `Authorization` of API V3 says. */
function said(authorization) {
  const [scheme, pairs] = authorization.split(" ");
  assert.equal(scheme, "WECHATPAY2-SHA256-RSA2048");
  return Object.fromEntries(pairs.split(",").map((pair) => /^(\w+)="(.*)"$/.exec(pair).slice(1)));
}

/** Method and path, with `…` for an order number or a query. */
function kind({ method, url }) {
  return `${method} ${url.replace(/\?.*/, "…").replace(/T\w{24}…?/, "…")}`;
}

/** What `useEverything` makes the Worker ask. */
const EVERYTHING = [
  "GET /v3/bill/fundflowbill…",
  "GET /v3/bill/tradebill…",
  "GET /v3/certificates",
  "GET /v3/pay/transactions/out-trade-no/…",
  "POST /v3/pay/transactions/h5",
  "POST /v3/pay/transactions/jsapi",
  "POST /v3/pay/transactions/native",
  "POST /v3/pay/transactions/out-trade-no/…/close",
  "POST /v3/refund/domestic/refunds",
];

function startV3Worker(sandbox, recorder, keys) {
  const { serial, privateKey, apiV3Key } = merchantOf(keys);
  const vars = {
    ...variables(sandbox),
    GATEWAY_URL: recorder.url,
    WXPAY_API: "v3",
    WXPAY_MERCHANT_SERIAL: serial,
    WXPAY_PUBLIC_KEYS: JSON.stringify(publicKeysOf(keys)),
    WXPAY_CERTIFICATES: "download",
  };
  const secrets = { WXPAY_API_V3_KEY: apiV3Key, WXPAY_MERCHANT_KEY: privateKey };
  return startWorker({ vars, secrets });
}

/** An SDK's client with the merchant's key; certificates for the one that takes no public key. */
function opening(sdk, sandbox, keys) {
  const certificates = !sdk.modes.includes("public_key");
  const platform = { certificates, publicKeys: certificates ? {} : publicKeysOf(keys) };
  return { gateway: sandbox.addresses.gateway, merchant: merchantOf(keys), platform };
}

/** Sells in every way, takes money back, closes, and asks for bills; what a page hands to WeChat. */
async function useEverything(worker, sandbox) {
  const { number, handed } = await openOrder(worker, { description: "湖山茶舍-明前龙井" });
  await send(worker, "GET", `/v1/checkout/${handed.return_token}`);
  await sandbox.pay(number);
  await paidInWorker(worker, number);
  const back = { amount: 30, out_refund_no: `R-${number}`, reason: "少发一件" };
  assert.equal((await worker.call("POST", `/v1/orders/${number}/refunds`, back)).status, 201);

  const mobile = await newOrder(worker);
  await handOut(worker, { checkout_token: mobile.token, channel: "mweb", visitor: "v".repeat(32) });
  assert.equal((await worker.closeOrder(mobile.number)).status, 200);

  const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  for (const kind of ["trade", "fundflow"]) {
    assert.equal((await worker.call("GET", `/v1/bills/${kind}/${threeDaysAgo}`)).status, 404);
  }

  // The sandbox's shop has the host `localhost`.
  const page = worker.url.replace("127.0.0.1", "localhost");
  const session = await send(worker, "POST", "/v1/oauth/session", { body: await comeBack(page, sandbox) });
  assert.equal(session.status, 200, JSON.stringify(session.body));
  const { token: checkout_token } = await newOrder(worker);
  const inWeChat = { checkout_token, channel: "jsapi", session: session.body.session };
  return (await handOut(worker, inWeChat)).request_payment;
}

async function handOut(worker, ask) {
  const handed = await checkout(worker, ask);
  assert.equal(handed.status, 200, JSON.stringify(handed.body));
  return handed.body;
}
