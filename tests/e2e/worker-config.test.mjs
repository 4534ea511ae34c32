// A Worker that is configured wrongly says which variable to set, and does nothing else.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { assertProblem, send } from "./harness/http.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { SECRETS, startWorker, variables } from "./harness/worker.mjs";

const good = variables({ addresses: { gateway: "http://127.0.0.1:9" } });
const started = [];
after(() => Promise.all(started.map((worker) => worker.close())));

async function worker(options) {
  const one = await startWorker(options);
  started.push(one);
  return one;
}

test("a mistake is named with its remedy on every route, its value is not", async () => {
  const short = "test key, too short";
  const wrong = await worker({ vars: good, secrets: { WXPAY_API_V2_KEY: short } });
  const routes = ["GET /healthz", "POST /v1/checkout", "POST /notify/v2/pay", "GET /nothing"];
  for (const [method, path] of routes.map((route) => route.split(" "))) {
    const answer = await send(wrong, method, path);
    assertProblem(answer, 503, "misconfigured");
    assert.match(answer.body.detail, /^`WXPAY_API_V2_KEY`: set .* exactly 32 characters$/);
  }
  const log = JSON.stringify(wrong.server.getLogs());
  for (const secret of [short, ...Object.values(SECRETS)]) assert.ok(!log.includes(secret));
});

test("the file as it is cloned says what to fill in first", async () => {
  const fresh = await worker({ vars: { WXPAY_APPID: "replace-me", WXPAY_MCHID: MERCHANT.mchid } });
  const answer = await send(fresh, "GET", "/healthz");
  assertProblem(answer, 503, "misconfigured");
  assert.match(answer.body.detail, /^`WXPAY_APPID`: set /);
});

test("the real WeChat is never told an address that no buyer has", async () => {
  // Nothing is sent: the address is refused before the order is looked for.
  const vars = { ...good, GATEWAY_URL: "https://api.mch.weixin.qq.com" };
  const real = await worker({ vars });
  const ask = { checkout_token: "x", channel: "native" };
  for (const ip of ["127.0.0.1", "10.0.0.1", "192.168.1.2", "::1", "203.0.113.9"]) {
    const headers = { "x-sandbox-client-ip": ip };
    const answer = await send(real, "POST", "/v1/checkout", { body: ask, headers });
    assertProblem(answer, 400, "client_ip_not_public");
  }
});
