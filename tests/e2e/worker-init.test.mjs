// What `cargo xtask init` writes and makes is what the Worker takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { ANSWERS, sets, shop, xtask } from "../operations/harness/xtask.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { startWorker } from "./harness/worker.mjs";

const { unstable_readConfig: readConfig } = await import("wrangler");

test("a Worker starts with what init wrote, and knows the key that it printed", async (t) => {
  const { config, read } = await shop(t);
  const { stdout, code } = await xtask(["init", "--config", config, "--dev-vars", ...sets(ANSWERS)]);
  assert.equal(code, 0);
  const [key] = stdout.match(/wes_[\w-]{43}/);
  const { vars, mtls_certificates: [certificate] } = readConfig({ config }, { hideWarnings: true });
  assert.equal(certificate.binding, "WXPAY_CERT");
  assert.equal(certificate.certificate_id, ANSWERS.CERTIFICATE_ID);

  const ofWechat = { WXPAY_API_V2_KEY: MERCHANT.v2Key, WXPAY_APP_SECRET: MERCHANT.appSecret };
  const secrets = { ...parseEnv(await read(".dev.vars")), ...ofWechat };
  const worker = await startWorker({ vars, secrets });
  t.after(() => worker.close());
  const order = JSON.stringify({ amount: 1, description: "first order" });
  const asked = (authorization) => worker.server.fetch("/v1/orders", {
    method: "POST", body: order, headers: { authorization, "content-type": "application/json" },
  });
  assert.equal((await asked(`Bearer ${key}`)).status, 201);
  assert.equal((await asked("Bearer wes_another")).status, 401);
});
