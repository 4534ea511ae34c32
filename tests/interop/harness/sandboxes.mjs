// A sandbox for each way in which WeChat signs, and in each a payment on a day that is over: its bill
// is there today. Only API V2 can order then, since V3 asks for signatures of the sandbox's own time.

import { MERCHANT, startSandbox } from "../../e2e/harness/sandbox.mjs";
import { answerOf, startDriver } from "./driver.mjs";
import { SDKS } from "./sdks.mjs";

/** Two days: whatever the time is in Beijing, the day is over and ten o'clock of the next is past. */
const BEHIND_SECONDS = 2 * 86_400;
const MODES = ["certificate", "public_key", "mixed"];

/** Starts them: by mode `{ sandbox, sold }`, and one that signs nothing. */
export async function startSandboxes(notifyUrl) {
  const started = await Promise.all([
    ...MODES.map((mode) => startSandbox(["--v3-keys", mode, "--behind", `${BEHIND_SECONDS}`])),
    startSandbox(["--v3-keys", "mixed"]),
  ]);
  const unsigned = started.pop();
  await unsigned.faults({ v3_answer: "unsigned" });
  const [{ command }] = SDKS;
  const driver = startDriver(command);
  const byMode = {};
  for (const mode of MODES) {
    const sandbox = started.shift();
    byMode[mode] = { sandbox, sold: await sell(driver, sandbox, notifyUrl) };
  }
  await driver.close();
  const all = [unsigned, ...Object.values(byMode).map(({ sandbox }) => sandbox)];
  return { byMode, unsigned, close: () => Promise.all(all.map((sandbox) => sandbox.close())) };
}

/** Sells one thing on that day and comes back to today. */
async function sell(driver, sandbox, notify_url) {
  const { now } = await sandbox.state();
  const keys = await sandbox.v3.keys();
  const [{ serial, private_key_pem: privateKey }] = keys.merchant;
  const { appid, mchid, v2Key } = MERCHANT;
  const merchant = { appid, mchid, serial, privateKey, apiV3Key: keys.v3_key, v2Key };
  const publicKeys = Object.fromEntries(keys.platform.map((key) => [key.serial, key.pem]));
  const platform = { certificates: false, publicKeys };
  answerOf(await driver.ask("v2", "open", { gateway: sandbox.addresses.gateway, merchant, platform }));
  const out_trade_no = "sold-before";
  const order = { out_trade_no, body: "湖山茶舍", total_fee: 8800, trade_type: "NATIVE", product_id: "tea" };
  const more = { spbill_create_ip: "203.0.113.7", sign_type: "HMAC-SHA256", notify_url };
  answerOf(await driver.ask("v2", "nativeByV2", { ...order, ...more }));
  await sandbox.pay(out_trade_no);
  await sandbox.advance(BEHIND_SECONDS);
  return { day: new Date((now + 8 * 3600) * 1000).toISOString().slice(0, 10), out_trade_no };
}
