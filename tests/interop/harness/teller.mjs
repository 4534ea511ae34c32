// One SDK's story in one mode: its driver, its orders, and what came to the shop for them.

import { answerOf, startDriver } from "./driver.mjs";
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
  const verifiesReplies = sdk.verifiesReplies !== false;
  const recorder = verifiesReplies ? undefined : await startRecorder(sandbox.addresses.gateway);
  const gateway = recorder?.url ?? sandbox.addresses.gateway;

  const keys = await sandbox.v3.keys();
  const [own] = keys.merchant;
  const merchant = {
    appid: keys.appid,
    mchid: keys.mchid,
    serial: own.serial,
    certificate: own.certificate_pem,
    privateKey: own.private_key_pem,
    apiV3Key: keys.v3_key,
  };
  const ofMode = keys.platform.filter(({ kind }) => kind === "public_key" && mode !== "certificate");
  const publicKeys = Object.fromEntries(ofMode.map(({ serial, pem }) => [serial, pem]));
  const platform = { certificates: mode !== "public_key", publicKeys };

  const id = `${sdk.short}-${mode}`;
  const ask = async (call, args, client = "main") => {
    const said = await driver.ask(client, call, args);
    // WeChat signs no refusal of what it cannot believe.
    const exchanges = recorder?.exchanges.splice(0) ?? [];
    return said.ok ? verified(said, exchanges, client) : said;
  };
  /** What the SDK took without verifying is given to its own verifier. Files are never signed. */
  const verified = async (said, exchanges, client) => {
    for (const { request, reply } of exchanges) {
      if (request.url.startsWith("/v3/billdownload/")) continue;
      const verdict = await driver.ask(client, "verify", reply);
      if (!verdict.ok) return verdict;
    }
    return said;
  };

  const number = (name) => ({ out_trade_no: `${id}-${name}` });
  const refund = {
    ...number("native"),
    out_refund_no: `${id}-R1`,
    reason: "少发一件",
    notify_url: receiver.url(`refund/${id}`),
    amount: { refund: BACK, total: TOTAL, currency: "CNY" },
  };
  const paid = async () => {
    await sandbox.pay(number("native").out_trade_no);
    return receiver.first(`pay/${id}`);
  };
  const settled = async () => {
    const { out_trade_no } = refund;
    const made = async () => (await sandbox.order(out_trade_no)).refunds[0]?.out_refund_no;
    // An SDK that cannot refund can still be told of one that somebody makes elsewhere.
    if (!(await made())) await sandbox.refund(out_trade_no, { refund_fee: BACK, notify_url: refund.notify_url });
    const out_refund_no = await made();
    await sandbox.settleRefund(out_refund_no, "SUCCESS");
    return { out_refund_no, message: await receiver.first(`refund/${id}`) };
  };
  return {
    sandbox,
    merchant,
    platform,
    sold,
    unsigned,
    refund,
    number,
    order: (name) => ({
      ...number(name),
      description: "湖山茶舍-明前龙井",
      notify_url: receiver.url(`pay/${id}`),
      amount: { total: TOTAL, currency: "CNY" },
    }),
    /** Makes a client of the SDK; with other keys or somewhere else, if `changes` says so. */
    open: (client, changes = {}) => ask("open", { gateway, merchant, platform, ...changes }, client),
    ask,
    call: async (call, args) => answerOf(await ask(call, args)),
    /** The Native order's payment, as it was told to the shop. */
    paid: once(paid),
    /** The refund's number, and its end as it was told to the shop. */
    settled: once(settled),
    close: async () => {
      recorder?.close();
      await driver.close();
    },
  };
}

function once(work) {
  let done;
  return () => (done ??= work());
}
