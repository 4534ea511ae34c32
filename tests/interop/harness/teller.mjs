// One SDK's story in one mode: its driver, its orders, and what came to the shop for them.

import { answerOf, startDriver } from "./driver.mjs";
import { merchantOf, publicKeysOf } from "./merchant.mjs";
import { startRecorder } from "./recorder.mjs";

/** Fen: what an order costs, and what of it goes back. */
export const TOTAL = 1990;
export const BACK = 490;

/**
 * Starts the SDK's driver. The sandbox signs by `mode`, the one at `unsigned` not at all; `sold` is
 * what the bill of a day that is over has.
 */
export async function startTeller({ sdk, mode, sandbox, receiver, sold, unsigned }) {
  const driver = startDriver(sdk.command);
  const { gateway: direct } = sandbox.addresses;
  const recorder = sdk.verifiesReplies === false ? await startRecorder(direct) : undefined;
  const ask = recorder ? askAndVerify(driver, recorder) : askOnly(driver);

  const keys = await sandbox.v3.keys();
  const gateway = recorder?.url ?? direct;
  const merchant = merchantOf(keys);
  const publicKeys = mode === "certificate" ? {} : publicKeysOf(keys);
  const platform = { certificates: mode !== "public_key", publicKeys };
  return {
    sandbox,
    merchant,
    platform,
    sold,
    unsigned,
    ...goods(`${sdk.short}-${mode}`, sandbox, receiver),
    /** Makes a client of the SDK; with other keys or somewhere else, if `changes` says so. */
    open: (client, changes = {}) => ask("open", { gateway, merchant, platform, ...changes }, client),
    ask,
    call: async (call, args) => answerOf(await ask(call, args)),
    close: async () => {
      recorder?.close();
      await driver.close();
    },
  };
}

function askOnly(driver) {
  return (call, args, client = "main") => driver.ask(client, call, args);
}

/** What the SDK took without verifying is given to its own verifier. */
function askAndVerify(driver, recorder) {
  return async (call, args, client = "main") => {
    const said = await driver.ask(client, call, args);
    const exchanges = recorder.exchanges.splice(0);
    // Not every refusal is signed, and no file is.
    if (!said.ok) return said;
    for (const { request, reply } of exchanges) {
      if (request.url.startsWith("/v3/billdownload/")) continue;
      const verdict = await driver.ask(client, "verify", reply);
      if (!verdict.ok) return verdict;
    }
    return said;
  };
}

/** What is sold and given back; `paid` and `settled` make it happen, once. */
export function goods(id, sandbox, receiver) {
  const number = (name) => ({ out_trade_no: `${id}-${name}` });
  const order = (name) => ({
    ...number(name),
    description: "湖山茶舍-明前龙井",
    notify_url: receiver.url(`pay/${id}`),
    amount: { total: TOTAL, currency: "CNY" },
  });
  const refund = {
    ...number("native"),
    out_refund_no: `${id}-R1`,
    reason: "少发一件",
    notify_url: receiver.url(`refund/${id}`),
    amount: { refund: BACK, total: TOTAL, currency: "CNY" },
  };
  /** The Native order's payment, as it was told to the shop. */
  const paid = once(async () => {
    await sandbox.pay(number("native").out_trade_no);
    return receiver.first(`pay/${id}`);
  });
  /** The refund's number, and its end as it was told to the shop. */
  const settled = once(async () => {
    const { out_trade_no, notify_url } = refund;
    const made = async () => (await sandbox.order(out_trade_no)).refunds[0]?.out_refund_no;
    // An SDK that cannot refund can still be told of one that somebody makes elsewhere.
    if (!(await made())) await sandbox.refund(out_trade_no, { refund_fee: BACK, notify_url });
    const out_refund_no = await made();
    await sandbox.settleRefund(out_refund_no, "SUCCESS");
    return { out_refund_no, message: await receiver.first(`refund/${id}`) };
  });
  return { number, order, refund, paid, settled };
}

function once(work) {
  let done;
  return () => (done ??= work());
}
