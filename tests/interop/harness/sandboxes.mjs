// A sandbox for each way in which WeChat signs, and in each a payment of the day before yesterday:
// its bill is there.

import { startSandbox } from "../../e2e/harness/sandbox.mjs";
import { answerOf, startDriver } from "./driver.mjs";
import { merchantOf, publicKeysOf } from "./merchant.mjs";
import { SDKS } from "./sdks.mjs";

/** Whatever the time is in Beijing, after two days ten o'clock of the day after the sale is past. */
const TWO_DAYS = 2 * 86_400;
const MODES = ["certificate", "public_key", "mixed"];

/** Starts them: `byMode` with what was sold in each, and one that signs nothing. */
export async function startSandboxes(notifyUrl) {
  const [unsigned, ...signing] = await Promise.all(
    ["mixed", ...MODES].map((mode) => startSandbox(["--v3-keys", mode])),
  );
  await unsigned.faults({ v3_answer: "unsigned" });
  const [{ command }] = SDKS;
  const driver = startDriver(command);
  const byMode = {};
  for (const [index, mode] of MODES.entries()) {
    const sandbox = signing[index];
    byMode[mode] = { sandbox, sold: await sell(driver, sandbox, notifyUrl) };
  }
  await driver.close();
  const close = () => Promise.all([unsigned, ...signing].map((sandbox) => sandbox.close()));
  return { byMode, unsigned, close };
}

/** Sells one thing and lets two days pass: its day in Beijing, and its numbers. */
export async function sell(driver, sandbox, notify_url) {
  const { now } = await sandbox.state();
  const { gateway } = sandbox.addresses;
  const keys = await sandbox.v3.keys();
  const platform = { certificates: keys.mode === "certificate", publicKeys: publicKeysOf(keys) };
  answerOf(await driver.ask("shop", "open", { gateway, merchant: merchantOf(keys), platform }));
  const out_trade_no = "sold-two-days-ago";
  const order = { out_trade_no, description: "湖山茶舍", amount: { total: 8800 }, notify_url };
  answerOf(await driver.ask("shop", "native", order));
  await sandbox.pay(out_trade_no);
  await sandbox.advance(TWO_DAYS);
  const { transaction_id } = await sandbox.order(out_trade_no);
  const day = new Date((now + 8 * 3600) * 1000).toISOString().slice(0, 10);
  return { day, out_trade_no, transaction_id };
}
