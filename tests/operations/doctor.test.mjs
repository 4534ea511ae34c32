// `cargo xtask doctor`: certificates of every kind and form, and a Worker somewhere else.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { certificate, converted, issuer, papers, PUBLIC_KEY_ID, SERIAL, written } from "./harness/certificate.mjs";
import { sets, shop, V2_ANSWERS, v3Answers, xtask } from "./harness/xtask.mjs";

let folder, good, other;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wxpay-certificates-"));
  await issuer(folder);
  [good, other] = await Promise.all(["good", "other"].map((name) => certificate(folder, name)));
});

after(() => rm(folder, { recursive: true, force: true }));

/** A shop whose wrangler.toml is in order. */
async function ready(t) {
  const one = await shop(t);
  const { code, all } = await xtask(["init", "--config", one.config, "--no-secrets", ...sets(V2_ANSWERS)]);
  assert.equal(code, 0, all);
  return one;
}

/** What is found about a certificate and its key, and whether that is a failure. */
async function look(t, { cert, key }) {
  const { config } = await ready(t);
  return xtask(["doctor", "--config", config, "--cert", cert, "--key", key]);
}

test("the merchant's certificate and its own key are in order", async (t) => {
  const { code, stdout } = await look(t, good);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /ok +certificate: of merchant 1900000109, serial [0-9A-F]+/);
  assert.match(stdout, /ok +certificate key: belongs to the certificate/);
  assert.doesNotMatch(stdout, /PEM/);
});

test("each wrong certificate or key is a failure that says what it is", async (t) => {
  const [platform, stranger] = await Promise.all([
    certificate(folder, "platform", { common: "Tenpay.com sign" }),
    certificate(folder, "stranger", { common: "1900000110" }),
  ]);
  const p12 = await converted(folder, "good.p12", "pkcs12", "-export", "-in", good.cert,
    "-inkey", good.key, "-passout", "pass:1900000109");
  const publicKey = await converted(folder, "public.pem", "pkey", "-in", good.key, "-pubout");
  for (const [pair, said] of [
    [{ ...good, key: other.key }, /certificate key: belongs to another certificate/],
    [platform, /certificate: `Tenpay\.com sign`: WeChat's platform certificate/],
    [stranger, /certificate: issued to `1900000110`, while WXPAY_MCHID is `1900000109`/],
    [{ cert: good.key, key: good.cert }, /a PRIVATE KEY, where a CERTIFICATE belongs: are the two swapped/],
    [{ ...good, cert: p12 }, /certificate: binary: apiclient_cert\.p12/],
    [{ ...good, key: publicKey }, /certificate key: a public key/],
    [{ ...good, key: `${folder}/none.pem` }, /certificate key: a file that does not exist/],
  ]) {
    const { code, stdout } = await look(t, pair);
    assert.equal(code, 1, stdout);
    assert.match(stdout, said);
  }
});

test("a certificate that soon expires is a warning", async (t) => {
  const { code, stdout } = await look(t, await certificate(folder, "late", { days: 10 }));
  assert.equal(code, 0);
  assert.match(stdout, /warning +certificate dates: expires in (9|10) days\n +→ 申请新证书/);
});

test("files are read however they were pasted", async (t) => {
  const [cert, key] = await Promise.all([good.cert, good.key].map((file) => readFile(file, "utf8")));
  const inside = (pem) => pem.replace(/-----.*-----/g, "").replaceAll("\n", "");
  const traditional = await converted(folder, "rsa.key", "rsa", "-in", good.key, "-traditional");
  const forms = {
    "one line": (pem) => pem.replaceAll("\n", " "),
    "literal \\n": (pem) => JSON.stringify(pem),
    "bare base64": inside,
  };
  for (const [form, change] of Object.entries(forms)) {
    const name = form.replaceAll(/\W/g, "-");
    const { code, stdout } = await look(t, {
      cert: await written(folder, `${name}.pem`, change(cert)),
      key: await written(folder, `${name}.key`, change(key)),
    });
    assert.equal(code, 0, `${form}: ${stdout}`);
    assert.match(stdout, /certificate key: belongs to the certificate/, form);
    assert.match(stdout, /warning +PEM: /, form);
  }
  for (const [name, text] of [["crlf", cert.replaceAll("\n", "\r\n")], ["bom", `\uFEFF${cert}`]]) {
    const { stdout } = await look(t, { ...good, cert: await written(folder, name, text) });
    assert.match(stdout, /certificate key: belongs to the certificate/, name);
  }
  assert.match((await look(t, { ...good, key: traditional })).stdout, /belongs to the certificate/);
});

test("nothing of a private key is ever printed", async (t) => {
  const key = await readFile(other.key, "utf8");
  const { all } = await look(t, { ...good, key: other.key });
  for (const line of key.split("\n").slice(1, -2)) assert.ok(!all.includes(line));
});

/** A shop of API V3 with its secrets in .dev.vars, where each may be another. */
async function readyForV3(t) {
  const one = await shop(t);
  const files = await papers(t);
  const init = ["init", "--config", one.config, "--dev-vars", ...sets(v3Answers(files))];
  const { code, all } = await xtask(init);
  assert.equal(code, 0, all);
  const made = await one.read(".dev.vars");
  /** What doctor says when these secrets are added; the last of one name counts. */
  const doctor = async (secrets = {}, ...options) => {
    const given = { WXPAY_API_V3_KEY: "test_key_of_api_v3_0123456789abc", WXPAY_APP_SECRET: "a".repeat(32), ...secrets };
    const lines = Object.entries(given).map(([name, value]) => `${name}='${value}'\n`);
    await writeFile(one.path(".dev.vars"), made + lines.join(""));
    return xtask(["doctor", "--config", one.config, ...options]);
  };
  return { ...one, ...files, doctor };
}

test("a shop of API V3 is in order, and its certificate agrees with serial number and key", async (t) => {
  const { doctor, cert, key } = await readyForV3(t);
  for (const options of [["--cert", cert], ["--cert", cert, "--key", key]]) {
    const { code, stdout } = await doctor({}, ...options);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /ok +WXPAY_MERCHANT_SERIAL: is the certificate's\n/);
    assert.match(stdout, /ok +WXPAY_MERCHANT_KEY: an RSA key of 2048 bits\n/);
    assert.match(stdout, new RegExp(`ok +WXPAY_PUBLIC_KEYS: ${PUBLIC_KEY_ID}: a public key\n`));
    assert.match(stdout, /ok +certificate key: belongs to the certificate\n/);
    assert.match(stdout, /\n0 failures, 0 warnings, /);
    assert.match(stdout, /manual +api_security: APIv3密钥, 商户API证书, 微信支付公钥\n/);
  }
});

test("a private key is read in every form in which it may be pasted", async (t) => {
  const { doctor, cert, key } = await readyForV3(t);
  const pem = (await readFile(key, "utf8")).trim();
  for (const form of [
    pem.replaceAll("\n", " "),
    pem.replaceAll("\n", "\\n"),
    pem.replace(/-----.*-----/g, "").replaceAll("\n", ""),
  ]) {
    const { code, stdout } = await doctor({ WXPAY_MERCHANT_KEY: form }, "--cert", cert);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /ok +certificate key: belongs to the certificate\n/);
  }
});

test("each key in another's place is a failure that says what it is and where its own is found", async (t) => {
  const { doctor, folder, cert, key, publicKey } = await readyForV3(t);
  const read = async (file) => (await readFile(file, "utf8")).trim();
  const own = await converted(folder, "own.pem", "pkey", "-in", key, "-pubout");
  const pkcs1 = await converted(folder, "rsa.key", "rsa", "-in", key, "-traditional");
  const asPublicKey = async (file, id = PUBLIC_KEY_ID) => ({
    WXPAY_PUBLIC_KEYS: JSON.stringify({ [id]: await read(file) }),
  });
  for (const [secrets, said, where] of [
    [{ WXPAY_MERCHANT_KEY: await read(cert) }, /WXPAY_MERCHANT_KEY: a CERTIFICATE, where a PRIVATE KEY belongs/, "商户API证书"],
    [{ WXPAY_MERCHANT_KEY: await read(publicKey) }, /WXPAY_MERCHANT_KEY: a PUBLIC KEY, where a PRIVATE KEY/, "商户API证书"],
    [{ WXPAY_MERCHANT_KEY: await read(pkcs1) }, /WXPAY_MERCHANT_KEY: an RSA PRIVATE KEY \(PKCS#1\)/, "openssl pkcs8"],
    [await asPublicKey(cert), /WXPAY_PUBLIC_KEYS: PUB_KEY_ID_\d+: the merchant's certificate, where/, "微信支付公钥"],
    [await asPublicKey(own), /WXPAY_PUBLIC_KEYS: PUB_KEY_ID_\d+: the merchant's own public key/, "微信支付公钥"],
    [await asPublicKey(key), /WXPAY_PUBLIC_KEYS: PUB_KEY_ID_\d+: a PRIVATE KEY, in a file/, "作废"],
    [await asPublicKey(publicKey, "0114232134912410000000000000"), /WXPAY_PUBLIC_KEYS: `0114232134912410000000000000`: no ID/, "微信支付公钥"],
    [await asPublicKey(publicKey, SERIAL), /WXPAY_PUBLIC_KEYS: `5157\w+`: a certificate's serial number, where the ID/, "微信支付公钥"],
    [{ WXPAY_MERCHANT_SERIAL: PUBLIC_KEY_ID }, /WXPAY_MERCHANT_SERIAL: the ID of WeChat Pay's public key/, "apiclient_cert.pem"],
    [{ WXPAY_API_V3_KEY: "31 characters, which is too few" }, /WXPAY_API_V3_KEY: secret, not shown/, "正好 32"],
    [{ WXPAY_API_V3_KEY: "" }, /WXPAY_API_V3_KEY: not set/, "设置APIv3密钥"],
    [{ WXPAY_SUB_MCHID: "1900000110" }, /WXPAY_SUB_MCHID: set, while API V3 is configured/, "服务商"],
  ]) {
    const { code, all } = await doctor(secrets);
    assert.equal(code, 1, all);
    const [finding] = all.match(new RegExp(`failure +${said.source}.*\n +→ .*`)) ?? assert.fail(`${said}: ${all}`);
    assert.ok(finding.includes(where), finding);
    const [, line] = (await read(key)).split("\n");
    assert.ok(!all.includes(line), "nothing of the key is printed");
  }
});

test("what the certificate tells against is a failure, and one key for both APIs a warning", async (t) => {
  const { doctor, folder, cert } = await readyForV3(t);
  const stranger = await certificate(folder, "stranger");
  const strangers = (await readFile(stranger.key, "utf8")).trim();
  const other = SERIAL.replace("5157", "5158");
  for (const [secrets, said] of [
    [{ WXPAY_MERCHANT_KEY: strangers }, /failure +certificate key: belongs to another certificate\n/],
    [{ WXPAY_MERCHANT_SERIAL: other }, new RegExp(`failure +WXPAY_MERCHANT_SERIAL: is not the certificate's, which is ${SERIAL}\n`)],
  ]) {
    const { code, stdout } = await doctor(secrets, "--cert", cert);
    assert.equal(code, 1);
    assert.match(stdout, said);
  }
  const key = "test_key_of_both_0123456789abcde";
  const { code, stdout } = await doctor({ WXPAY_API_V2_KEY: key, WXPAY_API_V3_KEY: key });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /warning +WXPAY_API_V3_KEY: the same as WXPAY_API_V2_KEY/);
});

test("values that cannot be right, and secrets in the wrong place, are failures", async (t) => {
  const { config, path, read } = await ready(t);
  const secret = "test key that must not be printed";
  const broken = (await read())
    .replace(V2_ANSWERS.WXPAY_MCHID, "19000001O9")
    .replace("\n[vars]", `\n[vars]\nCART_KEY = "${secret}"`);
  await writeFile(config, broken);
  await writeFile(path(".dev.vars"), `WXPAY_API_V2_KEY="${secret}"\nSHOP_API_KEYS=shop all ${"a".repeat(64)} until 2026-01-31\n`);
  const { code, all } = await xtask(["doctor", "--config", config]);
  assert.equal(code, 1);
  assert.match(all, /failure +WXPAY_MCHID: 19000001O9\n +→ 只有数字/);
  assert.match(all, /failure +CART_KEY: stands under \[vars\]/);
  assert.match(all, /failure +WXPAY_API_V2_KEY: secret, not shown\n +→ 正好 32 个 ASCII 字符/);
  assert.match(all, /failure +SHOP_API_KEYS: the key `shop` works until 2026-01-31/);
  assert.match(all, /failure +webhook: /);
  assert.ok(!all.includes(secret));
});

test("an env file overrides wrangler.toml, as on a server of one's own", async (t) => {
  const { config, path } = await ready(t);
  await writeFile(path("env"), "PUBLIC_URL=https://self.example.com\nWXPAY_MCHID=1900000110\nWEBHOOK_URL=\n");
  const { code, stdout } = await xtask(["doctor", "--config", config, "--env", path("env"), "--cert", good.cert, "--key", good.key]);
  assert.equal(code, 1);
  assert.match(stdout, /ok +PUBLIC_URL: https:\/\/self\.example\.com/);
  assert.match(stdout, /issued to `1900000109`, while WXPAY_MCHID is `1900000110`/);
  assert.doesNotMatch(stdout, /WEBHOOK_URL/);
  const { code: none, stderr } = await xtask(["doctor", "--config", config, "--env", path("nothing")]);
  assert.equal(none, 1);
  assert.match(stderr, /nothing does not exist/);
});

test("a file that is no TOML is named by its line, which is not repeated", async (t) => {
  const { config } = await shop(t);
  await writeFile(config, '[vars]\nCART_KEY = "test key" that goes on\n');
  const { code, all } = await xtask(["doctor", "--config", config]);
  assert.equal(code, 1);
  assert.match(all, /wrangler\.toml, line 2: /);
  assert.ok(!all.includes("test key"));
});

test("every point of the go-live check-list is there, with this shop's own hosts", async (t) => {
  const { config } = await ready(t);
  const { stdout } = await xtask(["doctor", "--config", config]);
  assert.match(stdout, /支付授权目录: https:\/\/shop\.example\.com\/ https:\/\/pay\.example\.com\//);
  for (const point of ["H5支付域名", "网页授权域名", "JS接口安全域名", "ICP 备案", "APIv2密钥, API证书", "WAF", "退款结果通知", "IP白名单", "1 分钱"]) {
    assert.match(stdout, new RegExp(`manual +\\w+: ${point}.*\\n +→ .*\\n +→ `), point);
  }
});

const KEY = "wes_test_key_of_the_operator_0123456789abcdefgh";
const REFUSED_V3 = JSON.stringify({ code: "FAIL", message: "missing header" });
const REFUSED = "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[x]]></return_msg></xml>";
const FINDINGS = [
  { check: "gateway", result: "failure", detail: "no answer", remedy: "look", remedy_zh: "看看" },
  { check: "PUBLIC_URL", result: "ok", detail: "https://old.example.com", remedy: "", remedy_zh: "" },
  { check: "icp", result: "manual", detail: "ICP", remedy: "look", remedy_zh: "看看" },
  { check: "WXPAY_APP_SECRET", result: "manual", detail: "AppSecret", remedy: "log in", remedy_zh: "登录" },
];

/** Something on loopback that answers in a Worker's place; its address. */
async function worker(t, answer) {
  const server = createServer((request, response) => {
    const [status, body] = answer(request) ?? [404, "not found"];
    response.writeHead(status).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

function healthy({ method, url, headers }) {
  if (url.startsWith("/notify/v2/") && method === "POST") return [200, REFUSED];
  if (url === "/notify/v3" && method === "POST") return [401, REFUSED_V3];
  if (url !== "/v1/doctor") return undefined;
  const isKnown = headers.authorization === `Bearer ${KEY}`;
  return isKnown ? [200, JSON.stringify({ findings: FINDINGS })] : [401, "{}"];
}

test("what the Worker finds joins the list, and its failure is ours", async (t) => {
  const { config, path } = await ready(t);
  await writeFile(path("key"), `${KEY}\n`);
  const url = await worker(t, healthy);
  const { code, stdout } = await xtask(["doctor", "--config", config, "--url", url, "--api-key-file", path("key")]);
  assert.equal(code, 1);
  assert.match(stdout, /failure +deployed gateway: no answer\n +→ 看看\n +→ look\n/);
  assert.match(stdout, /ok +PUBLIC_URL: https:\/\/pay\.example\.com\n(.*\n)*ok +deployed PUBLIC_URL: https:\/\/old\.example\.com\n/);
  assert.match(stdout, /manual +WXPAY_APP_SECRET: AppSecret\n/);
  assert.match(stdout, /ok +\/notify\/v2\/pay: reached/);
  assert.match(stdout, / icp: ICP 备案: shop\.example\.com, pay\.example\.com\n/);
  assert.equal(stdout.match(/ icp: /g).length, 1, "nobody is asked twice");
  assert.ok(!stdout.includes(KEY));
});

test("of the notifications those are tried that the merchant's API sends", async (t) => {
  const { doctor } = await readyForV3(t);
  const url = await worker(t, healthy);
  const ask = async (secrets) => {
    await writeFile(join(folder, "operator"), KEY);
    return (await doctor(secrets, "--url", url, "--api-key-file", join(folder, "operator"))).stdout;
  };
  const v3 = await ask({});
  assert.match(v3, /ok +\/notify\/v3: reached/);
  assert.doesNotMatch(v3, /\/notify\/v2/);
  const both = await ask({ WXPAY_API_V2_KEY: "test_key_of_api_v2_0123456789abc" });
  for (const path of ["v3", "v2/pay", "v2/refund"]) assert.ok(both.includes(`/notify/${path}: reached`), path);
});

test("a wrong key, a login page and a dead address are told apart", async (t) => {
  const { config } = await ready(t);
  const doctor = (url, key) => {
    return xtask(["doctor", "--config", config, "--url", url], { env: { WXPAY_EDGE_API_KEY: key } });
  };
  const url = await worker(t, healthy);
  assert.match((await doctor(url, "wes_another")).stdout, /failure +worker: .* knows no such key/);
  const guarded = await worker(t, () => [200, "<html>Just a moment...</html>"]);
  const { stdout } = await doctor(guarded, KEY);
  assert.match(stdout, /failure +\/notify\/v2\/refund: answered 200, not the Worker: <html>Just a moment/);
  const { code, stdout: dead } = await doctor("http://127.0.0.1:9", KEY);
  assert.equal(code, 1);
  assert.match(dead, /failure +worker: .* is not reached \(ECONNREFUSED|is not reached/);
});
