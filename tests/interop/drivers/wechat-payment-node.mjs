// wechat-payment-node. Its addresses are an object in a module of their own, where WeChat's host is
// replaced below.

import { createRequire } from "node:module";
import { speak, WeChatSaidNo } from "./speak.mjs";

const require = createRequire(import.meta.url);
const { default: WechatPayment } = require("wechat-payment-node");
const { default: urls } = require("wechat-payment-node/lib/urls.js");
const OF_WECHAT = { ...urls };

/** It answers whatever WeChat says, refusals too. */
async function asked(promise) {
  const said = await promise;
  if (said.return_code === "SUCCESS" && (said.result_code ?? "SUCCESS") === "SUCCESS") return said;
  throw new WeChatSaidNo(200, said.err_code ?? said.return_msg);
}

await speak(async ({ gateway, merchant: { appid, mchid: mch_id, key: apiKey } }) => {
  const wxpay = new WechatPayment({ appid, mch_id, apiKey });
  /** All clients of a process share the addresses. */
  const here = (work) => (args) => {
    for (const [call, url] of Object.entries(OF_WECHAT)) urls[call] = url.replace(/^https:\/\/[^/]+/, gateway);
    return work(args);
  };
  const taken = async (body, type) => {
    const told = await WechatPayment.checkNotification(body, apiKey, type);
    // `null` is a wrong signature, and an error is answered like what was opened.
    if (!told || told instanceof Error) throw new Error(`refused: ${told}`);
    return told;
  };

  return {
    native: here((order) => asked(wxpay.createUnifiedOrder({ ...order, trade_type: "NATIVE" }))),
    h5: here((order) => asked(wxpay.createUnifiedOrder({ ...order, trade_type: "MWEB" }))),
    jsapi: here((order) => wxpay.getBrandWCPayRequestParams(order)),
    queryByNumber: here((number) => asked(wxpay.queryOrder(number))),
    queryById: here((number) => asked(wxpay.queryOrder(number))),
    close: here((number) => asked(wxpay.closeOrder(number))),
    refund: here((refund) => asked(wxpay.refund(refund))),
    queryRefund: here((number) => asked(wxpay.queryRefund(number))),
    payment: ({ body }) => taken(body, "payment"),
    refunded: ({ body }) => taken(body, "refund"),
  };
});
