// openapi.yaml against the built Worker in workerd, with the sandbox behind it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertProblem, send } from "../e2e/harness/http.mjs";
import { SHOP_KEY } from "../e2e/harness/worker.mjs";
import { world } from "../e2e/harness/world.mjs";
import { alive } from "./alive.mjs";

/** The shop's webhook endpoint: it takes everything, which `POST /v1/webhook/verify` finds out. */
const endpoint = createServer((_, response) => response.writeHead(204).end());
await once(endpoint.listen(0, "127.0.0.1"), "listening");
after(() => endpoint.close());

const w = world({
  browser: false,
  // Everything is asked from one address within seconds, and wrong keys with it.
  vars: { WEBHOOK_URL: `http://127.0.0.1:${endpoint.address().port}/`, RATE_LIMIT: "off" },
  secrets: { WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 7).toString("base64")}` },
});

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const DESCRIPTION = path("../../openapi.yaml");

/** A Python with tests/contract/requirements.txt; `cargo xtask setup` makes one. */
const PYTHON = process.env.WXPAY_PYTHON ?? "python3";

/** Runs it to its end: exit code and everything it said. */
async function python(args, env = {}) {
  const child = spawn(PYTHON, args, { env: { ...process.env, ...env } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (said += text));
  }
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return { code, said };
}

test("the description is OpenAPI 3.1 and its examples keep its schemas", async () => {
  const { code, said } = await python([path("lint.py"), DESCRIPTION]);
  assert.equal(code, 0, said);
});

test("the Worker hands its description out to anybody, and not twice to whoever has it", async () => {
  const url = new URL("/openapi.yaml", w.worker.url);
  const from = (headers) => fetch(url, { headers: { origin: "https://any.example", ...headers } });
  const first = await from({});
  assert.equal(first.status, 200);
  assert.equal(first.headers.get("content-type"), "application/yaml");
  assert.equal(first.headers.get("access-control-allow-origin"), "*");
  assert.equal(await first.text(), await readFile(DESCRIPTION, "utf8"));

  const tag = first.headers.get("etag");
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    const again = await from({ "if-none-match": known });
    assert.equal(again.status, 304, known);
    assert.equal(await again.text(), "");
  }
  assert.equal((await from({ "if-none-match": '"other"' })).status, 200);
  assert.equal((await fetch(url, { method: "HEAD" })).headers.get("etag"), tag);
  const posted = await send(w.worker, "POST", "/openapi.yaml");
  assertProblem(posted, 405, "method_not_allowed");
  assert.equal(posted.headers.get("allow"), "GET");
});

test("schemathesis asks for every operation and finds nothing wrong", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "wxpay-edge-contract-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const description = join(folder, "openapi.yaml");
  const text = await readFile(DESCRIPTION, "utf8");
  await writeFile(description, await alive(text, w));
  const url = w.worker.url.replace("127.0.0.1", "localhost");
  const asking = ["-m", "schemathesis.cli", "--config-file", path("schemathesis.toml"), "run"];
  const about = [description, "--url", url, "--no-color"];
  const env = { SHOP_KEY, SCHEMATHESIS_HOOKS: path("hooks.py") };
  const { code, said } = await python([...asking, ...about], env);
  assert.equal(code, 0, said);
  // A description that it could not ask about would be one that it found nothing in.
  const operations = text.slice(0, text.indexOf("\nwebhooks:")).match(/^ {6}operationId: /gm);
  assert.match(said, new RegExp(`Tested: ${operations.length}\\n`), said);
});
