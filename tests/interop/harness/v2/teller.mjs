// One SDK's story by API V2 with one algorithm, as ../teller.mjs has it by API V3.

import { MERCHANT } from "../../../e2e/harness/sandbox.mjs";
import { answerOf, startDriver } from "../driver.mjs";
import { merchantOf } from "../merchant.mjs";
import { goods } from "../teller.mjs";

/** `liars` are addresses of proxies that change what the sandbox says, by what they do. */
export async function startTeller({ sdk, signType, sandbox, receiver, sold, liars }) {
  const driver = startDriver(sdk.command);
  const { gateway } = sandbox.addresses;
  const merchant = { ...merchantOf(await sandbox.v3.keys()), key: MERCHANT.v2Key };
  const ask = (call, args, client = "main") => driver.ask(client, call, args);
  const { order, refund, ...told } = goods(`${sdk.short}-${signType}`, sandbox, receiver);
  return {
    sandbox,
    merchant,
    signType,
    sold,
    liars,
    ...told,
    order: (name) => inV2(order(name)),
    refund: refundInV2(refund),
    open: (client, changes = {}) => ask("open", { gateway, merchant, signType, ...changes }, client),
    ask,
    call: async (call, args) => answerOf(await ask(call, args)),
    close: () => driver.close(),
  };
}

/** An order of API V3 in the words of API V2. */
function inV2({ out_trade_no, description, notify_url, amount }) {
  const spbill_create_ip = "203.0.113.7";
  return { out_trade_no, body: description, notify_url, total_fee: amount.total, spbill_create_ip };
}

/** A refund of API V3 in the words of API V2. */
function refundInV2({ out_trade_no, out_refund_no, reason, notify_url, amount }) {
  const fees = { total_fee: amount.total, refund_fee: amount.refund };
  return { out_trade_no, out_refund_no, refund_desc: reason, notify_url, ...fees };
}
