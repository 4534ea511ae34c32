// `cargo xtask init`: what it writes, what it prints once, and what it refuses.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { ANSWERS, sets, shop, xtask } from "./harness/xtask.mjs";

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

test("answers are filled in where their names stand, and every remark stays", async (t) => {
  const { config, path, read } = await shop(t);
  const before = await read();
  await writeFile(path("answers"), Object.entries(ANSWERS).map((pair) => pair.join("=")).join("\n"));
  const { code, all } = await xtask(["init", "--config", config, "--answers", path("answers")]);
  assert.equal(code, 0, all);
  const { out, in: added } = changes(before, await read());
  assert.deepEqual(out.filter((line) => !/^(WXPAY_APPID|WXPAY_MCHID|PUBLIC_URL|ALLOWED_ORIGINS|SHOP_NAME) = /.test(line)), []);
  for (const value of Object.values(ANSWERS)) assert.ok(added.some((line) => line.includes(`"${value}"`)), value);
});

test("a second run changes what it is told and keeps the rest", async (t) => {
  const { config, read } = await shop(t);
  await xtask(["init", "--config", config, ...sets(ANSWERS)]);
  const before = await read();
  const again = ["init", "--config", config, "--no-secrets", "--set", "SHOP_NAME=另一家"];
  const { code, stdout } = await xtask(again);
  assert.equal(code, 0);
  assert.deepEqual(changes(before, await read()), {
    out: [`SHOP_NAME = "${ANSWERS.SHOP_NAME}"`], in: ['SHOP_NAME = "另一家"'],
  });
  assert.doesNotMatch(stdout, /secret put/);
});

test("a person is asked one by one, and again after an answer that does not fit", async (t) => {
  const { config, read } = await shop(t);
  const typed = [
    "wx 2421", ANSWERS.WXPAY_APPID, "19000001O9", ANSWERS.WXPAY_MCHID, "",
    "http://pay.example.com", ANSWERS.PUBLIC_URL, "", "", "", "", "", "", "",
  ].join("\n");
  const { code, stdout, stderr } = await xtask(["init", "--config", config], { typed: `${typed}\n` });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.match(/✗/g).length, 3);
  for (const place of ["pay.weixin.qq.com", "mp.weixin.qq.com"]) assert.ok(stdout.includes(place));
  assert.match(await read(), /WXPAY_MCHID = "1900000109"\n.*\nWXPAY_SIGN_TYPE = "HMAC-SHA256"/);
});

test("an answer that does not fit, or is missing, leaves the file as it was", async (t) => {
  const { config, read } = await shop(t);
  const before = await read();
  for (const [answers, said] of [
    [{ ...ANSWERS, PUBLIC_URL: "https://pay.example.com/pay" }, /PUBLIC_URL: .*without a path/],
    [{ SHOP_NAME: "茶舍" }, /WXPAY_APPID: .*1 to 32 letters or digits/],
    [{ ...ANSWERS, SHOP: "茶舍" }, /`SHOP` is not asked for/],
  ]) {
    const { code, stderr } = await xtask(["init", "--config", config, ...sets(answers)]);
    assert.equal(code, 1);
    assert.match(stderr, said);
  }
  const { code, stderr } = await xtask(["init", "--config", config], { typed: "wx2421b1c4370ec43b\n" });
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

test("secrets are printed once, fit each other, and stand in no file", async (t) => {
  const { config, folder, read } = await shop(t);
  const { stdout } = await xtask(["init", "--config", config, ...sets(ANSWERS)]);
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
  const init = ["init", "--config", config, "--dev-vars", ...sets(ANSWERS)];
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
  await xtask(["init", "--config", config, "--dev-vars", ...sets(ANSWERS)]);
  const own = "WXPAY_API_V2_KEY=sandbox_test_key_0123456789abcde\nWXPAY_APP_SECRET=0123456789abcdef0123456789abcdef\n";
  await writeFile(path(".dev.vars"), (await read(".dev.vars")) + own);
  const { code, stdout } = await xtask(["doctor", "--config", config]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\n0 failures, 0 warnings, /);
});

test("a key that `key` makes is known by its line", async () => {
  const { stdout } = await xtask(["key", "reports", "reports,events"]);
  const [key] = stdout.match(/wes_[\w-]{43}/);
  const hash = createHash("sha256").update(key).digest("hex");
  assert.ok(stdout.includes(`reports reports,events ${hash}\n`));
});
