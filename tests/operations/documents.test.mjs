// docs/: both halves of a page say the same things, and what is to be copied works.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFile, spawn } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import { eventually } from "../e2e/harness/eventually.mjs";
import { certificate, issuer } from "./harness/certificate.mjs";
import { ANSWERS, ROOT, sets, shop, xtask, XTASK } from "./harness/xtask.mjs";

const FOLDER = join(ROOT, "docs");
const PAGES = await Promise.all((await readdir(FOLDER)).map(async (name) => {
  const [chinese, english] = (await readFile(join(FOLDER, name), "utf8")).split("\n## English\n");
  return { name, halves: [chinese, english] };
}));

/** The fenced blocks of a half. */
function blocks(half) {
  return [...half.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }));
}

test("every page has two halves with the same headings, tables, lists and examples", () => {
  assert.ok(PAGES.length >= 8);
  for (const { name, halves } of PAGES) {
    const [chinese, english] = halves.map((half) => {
      assert.ok(half, `${name} has no English half`);
      const prose = half.replaceAll(/^```.*?^```$/gms, "");
      const lines = (start) => prose.split("\n").filter((line) => start.test(line)).length;
      return {
        headings: lines(/^### /), rows: lines(/^\|/), items: lines(/^- /), steps: lines(/^\d\. /),
        examples: blocks(half).map(({ language }) => language),
      };
    });
    assert.deepEqual(chinese, english, name);
  }
});

test("both halves name the same codes, settings and events", () => {
  for (const { name, halves } of PAGES) {
    const [chinese, english] = halves.map((half) => {
      return [...new Set(half.match(/`[a-zA-Z0-9_.]+`/g))].sort();
    });
    assert.deepEqual(chinese, english, name);
  }
});

test("JSON in a page is JSON", () => {
  const all = PAGES.flatMap(({ halves }) => halves.flatMap(blocks));
  const texts = all.filter(({ language }) => language === "json").map(({ code }) => code);
  const bodies = all.filter(({ language }) => language === "sh")
    .flatMap(({ code }) => [...code.matchAll(/ -d '(.*)'/g)].map(([, body]) => body));
  assert.ok(texts.length > 0 && bodies.length > 5);
  for (const text of [...texts, ...bodies]) JSON.parse(text);
});

/** What openapi.yaml describes: `GET /v1/orders/{no}` as a method and a pattern. */
async function operations() {
  const text = await readFile(join(ROOT, "openapi.yaml"), "utf8");
  const paths = text.split(/^(?= {2}\/)/m).slice(1);
  const described = paths.flatMap((part) => {
    const [, path] = part.match(/^ {2}(\/.*):$/m);
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return [...part.matchAll(/^ {4}(get|post):$/gm)].map(([, method]) => ({ method: method.toUpperCase(), pattern }));
  });
  return { text, described };
}

test("every call in a page is one that openapi.yaml describes", async () => {
  const { described } = await operations();
  const all = PAGES.flatMap(({ halves }) => halves);
  const typed = all.flatMap(blocks).filter(({ language }) => language === "sh")
    .flatMap(({ code }) => code.replaceAll("\\\n", "").split("\n"))
    .filter((line) => line.startsWith("curl "))
    .map((line) => [/-X POST| -d /.test(line) ? "POST" : "GET", line.match(/(?:WORKER|example\.com)(\/[^\s"?]*)/)[1]]);
  const named = all.flatMap((half) => [...half.matchAll(/`(GET|POST) (\/[^`?]*)/g)].map(([, ...call]) => call));
  assert.ok(typed.length > 20 && named.length > 10);
  const unknown = [...typed, ...named].filter(([method, path]) => {
    return !described.some((one) => one.method === method && one.pattern.test(path));
  });
  assert.deepEqual(unknown, []);
});

/** Words of WeChat's and of browsers', which are not ours to describe. */
const OF_OTHERS = ["access_token", "jsapi_ticket", "redirect_url"];

test("every code and field that a page names is in openapi.yaml", async () => {
  const { text } = await operations();
  const names = PAGES.flatMap(({ halves: [, english] }) => [...english.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)]);
  const ours = new Set(names.map(([, name]) => name));
  for (const name of OF_OTHERS) assert.ok(ours.delete(name), name);
  assert.ok(ours.size > 20);
  assert.deepEqual([...ours].filter((name) => !text.includes(name)), []);
});

test("every event of openapi.yaml stands in the table of webhooks.md", async () => {
  const { text } = await operations();
  const events = [...text.matchAll(/operationId: webhook\.(\w+\.\w+)$/gm)].map(([, event]) => event);
  assert.ok(events.length > 8);
  const { halves: [chinese] } = PAGES.find(({ name }) => name === "webhooks.md");
  assert.deepEqual(events.filter((event) => !chinese.includes(`\n| \`${event}\` |`)), []);
});

const SECRET = `whsec_${Buffer.from("test secret of the webhooks, 32+").toString("base64")}`;

/** A half's example server, with a memory in place of a database; it prints what it applies. */
async function server(t, code) {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-documents-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const around = `
const seen = new Set();
const remember = async (id) => !seen.has(id) && Boolean(seen.add(id));
const apply = async (event) => console.log(event.data.out_trade_no);
`;
  const listening = code.replace(".listen(3000)", '.listen(0, "127.0.0.1", function () { console.log(this.address().port); })');
  await writeFile(join(folder, "server.mjs"), listening + around);
  const env = { ...process.env, WEBHOOK_SECRET: SECRET };
  const child = spawn(process.execPath, [join(folder, "server.mjs")], { env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const told = [];
  child.stdout.setEncoding("utf8").on("data", (text) => told.push(...text.trim().split("\n")));
  await once(child.stdout, "data");
  return { url: `http://127.0.0.1:${told.shift()}`, told };
}

for (const [half, language] of ["Chinese", "English"].entries()) {
  test(`the ${language} example takes an event once, and a forgery never`, async (t) => {
    const page = PAGES.find(({ name }) => name === "webhooks.md");
    const [{ code }] = blocks(page.halves[half]).filter((block) => block.language === "js");
    const { url, told } = await server(t, code);
    const body = blocks(page.halves[half]).find((block) => block.language === "json").code.trim();
    const post = async (id, text) => {
      const now = new Date();
      const headers = {
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(now / 1000)),
        "webhook-signature": new Webhook(SECRET).sign(id, now, body),
      };
      return (await fetch(url, { method: "POST", headers, body: text })).status;
    };
    assert.deepEqual([await post("evt_1", body), await post("evt_1", body)], [204, 204]);
    assert.equal(await post("evt_2", body.replace("0001", "0002")), 401);
    assert.equal(await post("evt_3", body), 204);
    await eventually("both new events are applied", () => told.length >= 2);
    assert.deepEqual(told, ["TEA-20261123-0001", "TEA-20261123-0001"]);
  });
}

for (const [half, language] of ["Chinese", "English"].entries()) {
  test(`what the ${language} half of moving-to-v3.md has one type prepares V3 and leaves new orders on V2`, async (t) => {
    const { folder, config, path, read } = await shop(t);
    await issuer(folder);
    const { cert, key } = await certificate(folder, "merchant");
    await Promise.all([rename(cert, path("apiclient_cert.pem")), rename(key, path("apiclient_key.pem"))]);
    await promisify(execFile)("openssl", ["rsa", "-in", path("issuer.key"), "-pubout", "-out", path("pub_key.pem")]);
    await xtask(["init", "--config", config, "--no-secrets", ...sets({ ...ANSWERS, WXPAY_API: "v2" })]);
    const page = PAGES.find(({ name }) => name === "moving-to-v3.md");
    const [fill, deploy] = blocks(page.halves[half]).filter((block) => block.language === "sh").map(({ code }) => code);
    const [, secrets] = deploy.split("\n");
    const typed = `cargo() { shift; "$XTASK" "$@" --config "$CONFIG"; }
      ${fill.replace(/<[^>]+>/, "PUB_KEY_ID_0114232134912410000000000000")}
      ${secrets}`;
    const env = { ...process.env, XTASK, CONFIG: config, HOME: folder, KEY: "0123456789abcdef0123456789abcdef" };
    await promisify(execFile)("sh", ["-ec", typed], { cwd: folder, env });
    const filled = await read();
    assert.match(filled, /^WXPAY_API = "v2"$/m);
    assert.match(filled, /^WXPAY_MERCHANT_SERIAL = "[0-9A-F]{40}"$/m);
    assert.match(filled, /^\[vars\.WXPAY_PUBLIC_KEYS\]\nPUB_KEY_ID_0114232134912410000000000000 = /m);
    assert.doesNotMatch(filled, /PRIVATE KEY/);
    assert.deepEqual(JSON.parse(await read("wxpay-v3.json")), {
      WXPAY_API_V3_KEY: env.KEY, WXPAY_MERCHANT_KEY: await read("apiclient_key.pem"),
    });
  });
}
