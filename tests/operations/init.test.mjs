// `cargo xtask init`: what it writes, what it prints once, and what it refuses.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { certificate, converted, papers, PUBLIC_KEY_ID, SERIAL } from "./harness/certificate.mjs";
import { ANSWERS, sets, shop, V2_ANSWERS, v3Answers, xtask } from "./harness/xtask.mjs";

/** The lines that only one of two texts has. */
function changes(before, after) {
  const [old, now] = [before, after].map((text) => text.split("\n"));
  const only = (lines, others) => lines.filter((line) => !others.includes(line));
  return { out: only(old, now), in: only(now, old) };
}

/** The value after the arrow that follows `secret put NAME`. */
function printed(stdout, name) {
  return stdout.match(new RegExp(`secret put ${name}\\b.*\\n +← (.*)`))?.[1];
}

/** wrangler.toml as wrangler reads it. */
const parsed = (config) => readConfig({ config }, { hideWarnings: true });

test("answers are filled in where their names stand, and every remark stays", async (t) => {
  const { config, path, read } = await shop(t);
  const before = await read();
  const answers = { ...ANSWERS, WXPAY_MERCHANT_SERIAL: SERIAL };
  await writeFile(path("answers"), Object.entries(answers).map((pair) => pair.join("=")).join("\n"));
  const { code, all } = await xtask(["init", "--config", config, "--answers", path("answers")]);
  assert.equal(code, 0, all);
  const { out, in: added } = changes(before, await read());
  assert.deepEqual(out.filter((line) => !/^(WXPAY_API|WXPAY_APPID|WXPAY_MCHID|WXPAY_MERCHANT_SERIAL|PUBLIC_URL|ALLOWED_ORIGINS|SHOP_NAME) = /.test(line)), []);
  for (const value of Object.values(answers)) assert.ok(added.some((line) => line.includes(`"${value}"`)), value);
});

test("a second run changes what it is told and keeps the rest", async (t) => {
  const { config, read } = await shop(t);
  await xtask(["init", "--config", config, ...sets(V2_ANSWERS)]);
  const before = await read();
  const again = ["init", "--config", config, "--no-secrets", "--set", "SHOP_NAME=另一家"];
  const { code, stdout } = await xtask(again);
  assert.equal(code, 0);
  assert.deepEqual(changes(before, await read()), {
    out: [`SHOP_NAME = "${V2_ANSWERS.SHOP_NAME}"`], in: ['SHOP_NAME = "另一家"'],
  });
  assert.doesNotMatch(stdout, /secret put/);
});

test("a person is asked one by one, and again after an answer that does not fit", async (t) => {
  const { config, read } = await shop(t);
  const typed = [
    "v2", "wx 2421", V2_ANSWERS.WXPAY_APPID, "19000001O9", V2_ANSWERS.WXPAY_MCHID, "",
    "http://pay.example.com", V2_ANSWERS.PUBLIC_URL, "", "", "", "", "", "", "",
  ].join("\n");
  const { code, stdout, stderr } = await xtask(["init", "--config", config], { typed: `${typed}\n` });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.match(/✗/g).length, 3);
  for (const place of ["pay.weixin.qq.com", "mp.weixin.qq.com"]) assert.ok(stdout.includes(place));
  assert.match(await read(), /WXPAY_MCHID = "1900000109"\n[^]*\nWXPAY_API = "v2"\n[^]*\nWXPAY_SIGN_TYPE = "HMAC-SHA256"/);
});

test("who says nothing is asked for API V3's files, and again after the wrong one", async (t) => {
  const { config } = await shop(t);
  const { cert, key, publicKey } = await papers(t);
  const typed = [
    "", V2_ANSWERS.WXPAY_APPID, V2_ANSWERS.WXPAY_MCHID, key, cert, cert, key, publicKey,
    `${PUBLIC_KEY_ID} ${publicKey}`, V2_ANSWERS.PUBLIC_URL, "", "", "", "",
  ].join("\n");
  const { code, stdout, stderr } = await xtask(["init", "--config", config, "--no-secrets"], { typed: `${typed}\n` });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.match(/✗/g).length, 3);
  assert.match(stdout, /\[1\/11\] WXPAY_API\n[^]*\[v3\] > /);
  assert.doesNotMatch(stdout, /WXPAY_SIGN_TYPE|WXPAY_SUB_MCHID|CERTIFICATE_ID/);
  assert.equal((await parsed(config)).vars.WXPAY_MERCHANT_SERIAL, SERIAL);
});

test("an answer that does not fit, or is missing, leaves the file as it was", async (t) => {
  const { config, read } = await shop(t);
  const before = await read();
  for (const [answers, said] of [
    [{ ...V2_ANSWERS, PUBLIC_URL: "https://pay.example.com/pay" }, /PUBLIC_URL: .*without a path/],
    [{ SHOP_NAME: "茶舍" }, /WXPAY_APPID: .*1 to 32 letters or digits/],
    [{ ...V2_ANSWERS, SHOP: "茶舍" }, /`SHOP` is not asked for/],
  ]) {
    const { code, stderr } = await xtask(["init", "--config", config, ...sets(answers)]);
    assert.equal(code, 1);
    assert.match(stderr, said);
  }
  const { code, stderr } = await xtask(["init", "--config", config], { typed: "v3\nwx2421b1c4370ec43b\n" });
  assert.equal(code, 1);
  assert.match(stderr, /before WXPAY_MCHID had an answer/);
  assert.equal(await read(), before);
});

test("a secret among the answers is refused and not repeated", async (t) => {
  const { config } = await shop(t);
  const key = "sandbox_test_key_0123456789abcde";
  const { code, all } = await xtask(["init", "--config", config, "--set", `WXPAY_API_V2_KEY=${key}`]);
  assert.equal(code, 1);
  assert.match(all, /npx wrangler secret put WXPAY_API_V2_KEY/);
  assert.ok(!all.includes(key));
});

test("a private key that is pasted where its path belongs is refused and not repeated", async (t) => {
  const { config } = await shop(t);
  const files = await papers(t);
  const key = (await readFile(files.key, "utf8")).replace(/-----.*-----/g, "").replaceAll("\n", "");
  for (const name of ["WXPAY_MERCHANT_KEY", "WXPAY_MERCHANT_SERIAL", "WXPAY_PUBLIC_KEYS"]) {
    const answers = sets({ ...v3Answers(files), [name]: key });
    const { code, all } = await xtask(["init", "--config", config, ...answers]);
    assert.equal(code, 1, name);
    assert.match(all, new RegExp(`${name}: `));
    assert.ok(!all.includes(key.slice(100, 140)), name);
  }
});

test("secrets are printed once, fit each other, and stand in no file", async (t) => {
  const { config, folder, read } = await shop(t);
  const { stdout } = await xtask(["init", "--config", config, ...sets(V2_ANSWERS)]);
  const [key] = stdout.match(/wes_[\w-]{43}/);
  const hash = createHash("sha256").update(key).digest("hex");
  assert.equal(printed(stdout, "SHOP_API_KEYS"), `shop all ${hash}`);
  const secrets = ["CART_KEY", "TOKEN_KEY", "WEBHOOK_SECRETS"].map((name) => printed(stdout, name));
  assert.equal(new Set(secrets).size, 3);
  for (const name of ["WXPAY_API_V2_KEY", "WXPAY_APP_SECRET"]) assert.match(printed(stdout, name), /weixin\.qq\.com/);
  for (const secret of [key, hash, ...secrets]) assert.ok(!(await read()).includes(secret));
  await assert.rejects(stat(`${folder}/.dev.vars`), { code: "ENOENT" });
});

test(".dev.vars is written when asked, for its owner only, and never changed after", async (t) => {
  const { config, path, read } = await shop(t);
  const init = ["init", "--config", config, "--dev-vars", ...sets(V2_ANSWERS)];
  assert.equal((await xtask(init)).code, 0);
  assert.equal((await stat(path(".dev.vars"))).mode & 0o077, 0);
  const written = await read(".dev.vars");
  assert.match(written, /^# WXPAY_API_V2_KEY=$/m);
  const { stdout } = await xtask(init);
  assert.equal(await read(".dev.vars"), written);
  assert.doesNotMatch(stdout, /secret put CART_KEY|wes_/);
});

test("what init wrote, doctor finds in order once WeChat's own secrets are added", async (t) => {
  const { config, path, read } = await shop(t);
  await xtask(["init", "--config", config, "--dev-vars", ...sets(V2_ANSWERS)]);
  const own = "WXPAY_API_V2_KEY=sandbox_test_key_0123456789abcde\nWXPAY_APP_SECRET=0123456789abcdef0123456789abcdef\n";
  await writeFile(path(".dev.vars"), (await read(".dev.vars")) + own);
  const { code, stdout } = await xtask(["doctor", "--config", config]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\n0 failures, 0 warnings, /);
});

test("a merchant of API V3 names files: the serial number is taken out, the key goes nowhere", async (t) => {
  const { config, read } = await shop(t);
  const files = await papers(t);
  const { code, stdout, all } = await xtask(["init", "--config", config, ...sets(v3Answers(files))]);
  assert.equal(code, 0, all);
  const { vars, secrets } = await parsed(config);
  assert.equal(vars.WXPAY_API, "v3");
  assert.equal(vars.WXPAY_MERCHANT_SERIAL, SERIAL);
  const pem = await readFile(files.publicKey, "utf8");
  assert.deepEqual(Object.entries(vars.WXPAY_PUBLIC_KEYS), [[PUBLIC_KEY_ID, pem]]);
  for (const name of ["WXPAY_API_V3_KEY", "WXPAY_MERCHANT_KEY", "WEBHOOK_SECRETS"]) {
    assert.ok(secrets.required.includes(name), name);
  }
  assert.ok(!secrets.required.includes("WXPAY_API_V2_KEY"));
  assert.ok(stdout.includes(`secret put WXPAY_MERCHANT_KEY --config ${config} < '${files.key}'\n`));
  assert.match(printed(stdout, "WXPAY_API_V3_KEY"), /pay\.weixin\.qq\.com/);
  assert.doesNotMatch(stdout, /secret put WXPAY_API_V2_KEY/);
  const [, line] = (await readFile(files.key, "utf8")).split("\n");
  assert.ok(!all.includes(line) && !(await read()).includes(line));
});

test("each file in another's place is refused with what it is, and nothing is written", async (t) => {
  const { config, read } = await shop(t);
  const files = await papers(t);
  const before = await read();
  const { folder, cert, key, publicKey } = files;
  const stranger = await certificate(folder, "stranger", { common: "1900000110" });
  const pkcs1 = await converted(folder, "rsa.key", "rsa", "-in", key, "-traditional");
  const own = await converted(folder, "own.pem", "pkey", "-in", key, "-pubout");
  for (const [answers, said] of [
    [{ WXPAY_MERCHANT_SERIAL: key }, /is a PRIVATE KEY, where apiclient_cert\.pem belongs/],
    [{ WXPAY_MERCHANT_SERIAL: stranger.cert }, /was issued to `1900000110`, while WXPAY_MCHID is `1900000109`/],
    [{ WXPAY_MERCHANT_SERIAL: SERIAL.slice(1) }, /40 hex digits, or the path/],
    [{ WXPAY_MERCHANT_KEY: stranger.key }, /belongs to another certificate/],
    [{ WXPAY_MERCHANT_KEY: cert }, /is a CERTIFICATE, where apiclient_key\.pem belongs/],
    [{ WXPAY_MERCHANT_KEY: pkcs1 }, /PKCS#1.*openssl pkcs8 -topk8/],
    [{ WXPAY_PUBLIC_KEYS: `${PUBLIC_KEY_ID} ${cert}` }, /is a CERTIFICATE, where pub_key\.pem belongs/],
    [{ WXPAY_PUBLIC_KEYS: `${PUBLIC_KEY_ID} ${own}` }, /is the merchant's own public key/],
    [{ WXPAY_PUBLIC_KEYS: `0114 ${publicKey}` }, /`0114` is no ID, which begins with PUB_KEY_ID_/],
    [{ WXPAY_MERCHANT_SERIAL: "" }, /WXPAY_MERCHANT_SERIAL: .*40 hex digits/],
  ]) {
    const { code, stderr } = await xtask(["init", "--config", config, ...sets({ ...v3Answers(files), ...answers })]);
    assert.equal(code, 1, String(said));
    assert.match(stderr, said);
  }
  assert.equal(await read(), before);
});

test("an older merchant of API V3 has no public key, and one who knows the serial number types it", async (t) => {
  const { config } = await shop(t);
  const answers = { ...ANSWERS, WXPAY_MERCHANT_SERIAL: SERIAL };
  const { code, stdout } = await xtask(["init", "--config", config, ...sets(answers)]);
  assert.equal(code, 0);
  const { vars } = await parsed(config);
  assert.deepEqual([vars.WXPAY_MERCHANT_SERIAL, vars.WXPAY_PUBLIC_KEYS], [SERIAL, undefined]);
  assert.match(stdout, /secret put WXPAY_MERCHANT_KEY .*< 'apiclient_key\.pem'\n/);
});

test("a merchant who moves from V2 to V3 keeps V2's key, and one who stays is asked for no other", async (t) => {
  const { config } = await shop(t);
  await xtask(["init", "--config", config, "--no-secrets", ...sets(V2_ANSWERS)]);
  const required = async () => (await parsed(config)).secrets.required;
  assert.deepEqual((await required()).filter((name) => /V[23]|MERCHANT/.test(name)), ["WXPAY_API_V2_KEY"]);
  const prepare = sets({ WXPAY_API: "v2", WXPAY_MERCHANT_SERIAL: SERIAL });
  await xtask(["init", "--config", config, "--no-secrets", ...prepare]);
  assert.ok((await required()).includes("WXPAY_API_V3_KEY"));
  const move = sets({ WXPAY_API: "v3" });
  const { stdout } = await xtask(["init", "--config", config, ...move]);
  for (const name of ["WXPAY_API_V2_KEY", "WXPAY_API_V3_KEY", "WXPAY_MERCHANT_KEY"]) {
    assert.ok((await required()).includes(name), name);
    assert.ok(stdout.includes(`secret put ${name} `), name);
  }
  assert.match(stdout, /keep the secrets of the API that you had/);
  await xtask(["init", "--config", config, "--no-secrets", "--set", "SHOP_NAME=另一家"]);
  assert.ok((await required()).includes("WXPAY_API_V2_KEY"), "a later run takes nothing away");
});

test(".dev.vars gets the private key when asked, so that wrangler dev can sign", async (t) => {
  const { config, path, read } = await shop(t);
  const files = await papers(t);
  const init = ["init", "--config", config, "--dev-vars", ...sets(v3Answers(files))];
  assert.equal((await xtask(init)).code, 0);
  assert.equal((await stat(path(".dev.vars"))).mode & 0o077, 0);
  const written = parseEnv(await read(".dev.vars"));
  assert.equal(written.WXPAY_MERCHANT_KEY, (await readFile(files.key, "utf8")).trim());
  await xtask(init);
  assert.deepEqual(parseEnv(await read(".dev.vars")), written);
});

test("a key that `key` makes is known by its line", async () => {
  const { stdout } = await xtask(["key", "reports", "reports,events"]);
  const [key] = stdout.match(/wes_[\w-]{43}/);
  const hash = createHash("sha256").update(key).digest("hex");
  assert.ok(stdout.includes(`reports reports,events ${hash}\n`));
});
