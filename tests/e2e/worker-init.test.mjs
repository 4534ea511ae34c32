// What `cargo xtask init` writes and makes is what the Worker takes, and `cargo xtask doctor` hears
// what the Worker has to say.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { papers, SERIAL } from "../operations/harness/certificate.mjs";
import { sets, shop, V2_ANSWERS, v3Answers, xtask } from "../operations/harness/xtask.mjs";
import { MERCHANT } from "./harness/sandbox.mjs";
import { startWorker } from "./harness/worker.mjs";

const { unstable_readConfig: readConfig } = await import("wrangler");

/** A port where nobody listens, in WeChat's place. */
const NOBODY = "http://127.0.0.1:9";

test("a Worker starts with what init wrote, knows the key that it printed, and tells doctor", async (t) => {
  const { config, path, read } = await shop(t);
  const { stdout, code } = await xtask(["init", "--config", config, "--dev-vars", ...sets(V2_ANSWERS)]);
  assert.equal(code, 0);
  const [key] = stdout.match(/wes_[\w-]{43}/);
  const { vars, mtls_certificates: [certificate] } = readConfig({ config }, { hideWarnings: true });
  assert.equal(certificate.binding, "WXPAY_CERT");
  assert.equal(certificate.certificate_id, V2_ANSWERS.CERTIFICATE_ID);

  const ofWechat = { WXPAY_API_V2_KEY: MERCHANT.v2Key, WXPAY_APP_SECRET: MERCHANT.appSecret };
  const secrets = { ...parseEnv(await read(".dev.vars")), ...ofWechat };
  const worker = await startWorker({ vars: { ...vars, GATEWAY_URL: NOBODY }, secrets });
  t.after(() => worker.close());
  const order = JSON.stringify({ amount: 1, description: "first order" });
  const asked = (authorization) => worker.server.fetch("/v1/orders", {
    method: "POST", body: order, headers: { authorization, "content-type": "application/json" },
  });
  assert.equal((await asked(`Bearer ${key}`)).status, 201);
  assert.equal((await asked("Bearer wes_another")).status, 401);

  await writeFile(path("key"), key);
  const doctor = await xtask(["doctor", "--config", config, "--url", worker.url, "--api-key-file", path("key")]);
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /ok +deployed configuration: /);
  assert.match(doctor.stdout, /ok +deployed PUBLIC_URL: https:\/\/pay\.example\.com\n/);
  assert.match(doctor.stdout, /ok +\/notify\/v2\/pay: reached from here/);
  assert.match(doctor.stdout, /failure +deployed gateway_v2: it is not reached\n +→ .*[一-龥].*\n +→ /);
  assert.ok(!doctor.all.includes(key));
});

test("a Worker starts on API V3 with the files that init was shown, and only with all of them", async (t) => {
  const { config, path, read } = await shop(t);
  const files = await papers(t);
  const { stdout, code } = await xtask(["init", "--config", config, "--dev-vars", ...sets(v3Answers(files))]);
  assert.equal(code, 0);
  const [key] = stdout.match(/wes_[\w-]{43}/);
  const { vars } = readConfig({ config }, { hideWarnings: true });
  assert.equal(vars.WXPAY_MERCHANT_SERIAL, SERIAL);

  const ofWechat = { WXPAY_API_V3_KEY: MERCHANT.v3Key, WXPAY_APP_SECRET: MERCHANT.appSecret };
  const secrets = { WXPAY_API_V2_KEY: "", ...parseEnv(await read(".dev.vars")), ...ofWechat };
  const start = async (changes = {}) => {
    const worker = await startWorker({
      vars: { ...vars, GATEWAY_URL: NOBODY }, secrets: { ...secrets, ...changes },
    });
    t.after(() => worker.close());
    return worker;
  };
  const worker = await start();
  assert.equal((await worker.server.fetch("/healthz")).status, 200);
  await writeFile(path("key"), key);
  const doctor = await xtask(["doctor", "--config", config, "--url", worker.url, "--api-key-file", path("key")]);
  assert.match(doctor.stdout, /ok +\/notify\/v3: reached from here/);
  assert.doesNotMatch(doctor.stdout, /\/notify\/v2/);

  const keyless = await (await start({ WXPAY_MERCHANT_KEY: "" })).server.fetch("/healthz");
  assert.equal(keyless.status, 503);
  assert.match((await keyless.json()).detail, /^`WXPAY_MERCHANT_KEY`: /);
});
