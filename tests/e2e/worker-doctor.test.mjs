// GET /v1/doctor: what is wrong is found and told with its remedy, to who may know and nobody else.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { assertProblem, from, send } from "./harness/http.mjs";
import { MERCHANT, startSandbox } from "./harness/sandbox.mjs";
import { SECRETS, SHOP_KEY, WITHOUT_V2, keyLine, publicKeys, startWorker, v3, variables } from "./harness/worker.mjs";

const READER = "wes_test_of_a_reader_0123456789abcdefghijklmnop";
let sandbox;
before(async () => (sandbox = await startSandbox()));
after(() => sandbox.close());
/** What one test started. */
const closing = [];
afterEach(async () => {
  for (const part of closing.splice(0).reverse()) await part.close();
});

async function worker({ vars, secrets } = {}) {
  const one = await startWorker({ vars: { ...variables(sandbox), ...vars }, secrets });
  closing.push(one);
  return one;
}

const asked = (worker, headers, key = SHOP_KEY) =>
  send(worker, "GET", "/v1/doctor", { headers: { authorization: `Bearer ${key}`, ...headers } });

/** The findings by their check; each is whole, and whatever is not well has its remedy. */
async function findings(worker, headers = from("203.0.113.9")) {
  const { status, body } = await asked(worker, headers);
  assert.equal(status, 200, JSON.stringify(body));
  for (const { check, result, detail, remedy, remedy_zh } of body.findings) {
    assert.ok(check && detail, check);
    assert.equal(Boolean(remedy && remedy_zh), result !== "ok", check);
  }
  const text = JSON.stringify(body);
  const { v3_key, merchant } = await sandbox.v3.keys();
  const ours = [...Object.values(SECRETS), SHOP_KEY, v3_key, merchant[0].private_key_pem.split("\n")[1]];
  for (const secret of [...ours, "203.0.113.9"]) {
    assert.ok(!text.includes(secret), secret);
  }
  return Object.fromEntries(body.findings.map((finding) => [finding.check, finding]));
}

/** A shop's backend that answers every webhook with this status. */
async function endpoint(status) {
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  return `http://127.0.0.1:${server.address().port}/webhook`;
}

const WEBHOOK_SECRETS = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("where all is well the key is taken, the clock is right, and a person's list remains", async () => {
  const found = await findings(await worker());
  for (const check of ["configuration", "PUBLIC_URL", "gateway_v2", "clock", "CLIENT_IP_HEADER"]) {
    assert.equal(found[check].result, "ok", JSON.stringify(found[check]));
  }
  for (const check of ["payment_directory", "oauth_domain", "h5_domain", "icp", "WXPAY_APP_SECRET"]) {
    assert.equal(found[check].result, "manual", check);
  }
  assert.equal(found.GATEWAY_URL.result, "warning", "no money moves at a sandbox");
  assert.equal(found.WEBHOOK_URL.result, "warning", "events are kept");
  const { orders } = await sandbox.state();
  assert.deepEqual(orders, [], "the doctor orders nothing");
});

test("a wrong key, a wrong merchant number and a dead gateway are told apart", async () => {
  const wrongKey = await worker({ secrets: { WXPAY_API_V2_KEY: "k".repeat(32) } });
  const { gateway_v2: key } = await findings(wrongKey);
  assert.equal(key.result, "failure");
  assert.match(key.detail, /签名错误/);
  assert.match(key.remedy, /WXPAY_API_V2_KEY/);
  const { gateway_v2: mchid } = await findings(await worker({ vars: { WXPAY_MCHID: "1900000110" } }));
  assert.equal(mchid.result, "failure");
  const { gateway_v2: dead } = await findings(await worker({ vars: { GATEWAY_URL: "http://127.0.0.1:9" } }));
  assert.deepEqual([dead.result, dead.detail], ["failure", "it is not reached"]);
});

test("each API that is set is asked; by V3 each wrong key is told by what it does", async () => {
  const right = await v3(sandbox);
  const one = await worker({ vars: right });
  const well = await findings(one);
  for (const check of ["gateway_v3", "gateway_v2", "clock", "WXPAY_PUBLIC_KEYS"]) {
    assert.equal(well[check].result, "ok", JSON.stringify(well[check]));
  }
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = (key, type) => key.export({ type, format: "pem" });
  const { platform } = await sandbox.v3.keys();
  const others = publicKeys(platform.map((key) => ({ ...key, pem: pem(publicKey, "spki") })));
  const wrong = [
    [{ WXPAY_MERCHANT_KEY: pem(privateKey, "pkcs8") }, /^WeChat refuses: 401 SIGN_ERROR /],
    [{ WXPAY_MERCHANT_SERIAL: "AB".repeat(20) }, /^WeChat refuses: 401 SIGN_ERROR /],
    [{ WXPAY_PUBLIC_KEYS: others }, /the signature does not check$/],
  ];
  for (const [changes, detail] of wrong) {
    await one.reconfigure({ ...right, ...WITHOUT_V2, ...changes });
    const { gateway_v2, gateway_v3 } = await findings(one);
    assert.equal(gateway_v2, undefined);
    const [name] = Object.keys(changes);
    assert.equal(gateway_v3.result, "failure", name);
    assert.match(gateway_v3.detail, detail);
    assert.match(gateway_v3.remedy, new RegExp(name));
  }
});

test("by V3 with platform certificates a wrong APIv3 key is found: it opens none", async () => {
  await sandbox.v3.sign({ mode: "certificate" });
  const right = { ...WITHOUT_V2, ...(await v3(sandbox)) };
  const wrong = await findings(await worker({ vars: { ...right, WXPAY_API_V3_KEY: "k".repeat(32) } }));
  const well = await findings(await worker({ vars: right }));
  await sandbox.v3.sign({ mode: "public_key" });
  assert.equal(wrong.gateway_v3.result, "failure");
  assert.match(wrong.gateway_v3.remedy, /WXPAY_API_V3_KEY/);
  assert.equal(wrong.WXPAY_CERTIFICATES, undefined, "there is none to speak of");
  assert.equal(well.gateway_v3.result, "ok");
  assert.match(well.WXPAY_CERTIFICATES.detail, /^one ends in \d+ day/);
  assert.equal(well.WXPAY_PUBLIC_KEYS.result, "warning", "the public key is what comes next");
});

test("a webhook endpoint has to take what we sign and to refuse what others sign", async () => {
  const judged = async (status) => {
    const vars = { WEBHOOK_URL: await endpoint(status) };
    return (await findings(await worker({ vars, secrets: { WEBHOOK_SECRETS } }))).WEBHOOK_URL;
  };
  const careless = await judged(204);
  assert.match(`${careless.result} ${careless.detail}`, /^failure .*somebody else signed/);
  const broken = await judged(500);
  assert.match(`${broken.result} ${broken.detail}`, /^failure .*does not answer 2xx/);
});

test("keys that end, keys that ended, a second key and no limit are warnings", async () => {
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const lines = [
    keyLine("operator", "all", SHOP_KEY),
    keyLine("old", "all", READER, day(7)),
    keyLine("later", "all", `${READER}x`, day(90)),
  ];
  const found = await findings(
    await worker({
      vars: { RATE_LIMIT: "off" },
      secrets: {
        SHOP_API_KEYS: lines.join(";"),
        WXPAY_API_V2_KEY: "k".repeat(32),
        WXPAY_API_V2_KEY_2: MERCHANT.v2Key,
      },
    }),
  );
  assert.match(found.SHOP_API_KEYS.detail, new RegExp(`\`old\` ends with ${day(7)}`));
  assert.equal(found.RATE_LIMIT.result, "warning");
  assert.equal(found.WXPAY_API_V2_KEY_2.result, "warning");
  assert.equal(found.gateway_v2.result, "ok", "WeChat has the second");
});

test("a header that does not arrive, and an address of a proxy, are failures", async () => {
  const w = await worker();
  assert.equal((await findings(w, {})).CLIENT_IP_HEADER.result, "failure");
  const list = await findings(w, from("203.0.113.7, 198.51.100.1"));
  assert.equal(list.CLIENT_IP_HEADER.result, "failure");
  assert.equal((await findings(w, from("2001:db8::1"))).CLIENT_IP_HEADER.detail, "one IPv6 address");
});

test("a broken configuration is listed whole; other routes name its first mistake", async () => {
  const vars = { WXPAY_MCHID: "19000001O9", RATE_LIMIT: "many" };
  const broken = await worker({ vars, secrets: { TOKEN_KEY: "test key of another length" } });
  const found = await findings(broken);
  for (const check of ["WXPAY_MCHID", "RATE_LIMIT", "TOKEN_KEY"]) {
    assert.equal(found[check].result, "failure", check);
  }
  assert.equal(found.configuration, undefined);
  assertProblem(await asked(broken, {}, READER), 401, "unauthorized");
  assertProblem(await send(broken, "GET", "/healthz"), 503, "misconfigured");
  const keyless = await worker({ secrets: { SHOP_API_KEYS: "backend all 123" } });
  const answer = await asked(keyless, {});
  assertProblem(answer, 503, "misconfigured");
  assert.match(answer.body.detail, /^`SHOP_API_KEYS`: entry 1: the SHA-256/);
});

test("it is not told to strangers, nor to keys without the scope", async () => {
  const SHOP_API_KEYS = `${keyLine("all", "all", SHOP_KEY)};${keyLine("reader", "reports", READER)}`;
  const w = await worker({ secrets: { SHOP_API_KEYS } });
  assertProblem(await send(w, "GET", "/v1/doctor"), 401, "unauthorized");
  assertProblem(await asked(w, {}, READER), 403, "scope_missing");
});
