// The demo shop, bought in as `cargo xtask demo --once` does it, and what that says when it fails.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SHOP_KEY } from "./harness/worker.mjs";
import { startWorld, world } from "./harness/world.mjs";

// once.mjs brings its own browser.
const HERE = { browser: false, pages: true };
const w = world(HERE);

/** Runs tests/e2e/once.mjs against a world. */
function once({ sandbox, worker }) {
  const program = fileURLToPath(new URL("once.mjs", import.meta.url));
  const env = {
    ...process.env,
    WXPAY_SANDBOX_JSON: JSON.stringify(sandbox.addresses),
    WXPAY_WORKER_URL: worker.url,
    WXPAY_API: "v2",
    SHOP_KEY,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [program], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

test("the demo sells in WeChat, in a phone's browser and on a desktop", async () => {
  const { code, stdout, stderr } = await once(w);
  assert.equal(code, 0, stderr);
  const [head, ...rows] = stdout.trim().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(head, ["channel", "order", "amount", "Worker", "WeChat"]);
  assert.deepEqual(
    rows.map(([channel, , ...rest]) => [channel, ...rest]),
    [
      ["JSAPI", "8800 fen", "paid", "SUCCESS"],
      ["MWEB", "4500 fen", "paid", "SUCCESS"],
      ["NATIVE", "8800 fen", "paid", "SUCCESS"],
    ],
  );
  const { orders } = await w.sandbox.state();
  assert.equal(orders.length, 3);
});

test("with a wrong APIv2 key it exits 1 and says what WeChat answered and which secret to check", async () => {
  const wrong = await startWorld({
    ...HERE,
    secrets: { WXPAY_API_V2_KEY: "another_test_key_0123456789abcde" },
  });
  try {
    const { code, stdout, stderr } = await once(wrong);
    assert.equal(code, 1, stdout);
    assert.match(stderr, /签名错误/);
    assert.match(stderr, /WXPAY_API_V2_KEY/);
  } finally {
    await wrong.close();
  }
});
