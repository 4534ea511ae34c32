// wechat-pay. Its addresses are constants and one of its two HTTP methods always asks port 443, so both
// are replaced in a class below it, by its own plain one with another host.

import wechatPay from "wechat-pay";
import { speak, WeChatSaidNo } from "./speak.mjs";

const WECHAT = "https://api.mch.weixin.qq.com";

class Elsewhere extends wechatPay.Payment {
  constructor(config, gateway) {
    super(config);
    this.gateway = gateway;
  }
  _httpRequest(url, data, callback) {
    super._httpRequest(url.replace(WECHAT, this.gateway), data, callback);
  }
  _httpsRequest(url, data, callback) {
    this._httpRequest(url, data, callback);
  }
}

async function asked(promise) {
  try {
    return await promise;
  } catch (error) {
    if (!["ProtocolError", "BusinessError"].includes(error.name)) throw new Error(error.name ?? error);
    throw new WeChatSaidNo(200, error.message);
  }
}

// What it refuses it refuses twice: to its caller, and by a promise inside that nobody awaits, which
// would end the process; and of a table its XML reader throws once more outside of every call.
process.on("uncaughtException", () => {});

await speak(async ({ gateway, merchant: { appid: appId, mchid: mchId, key: partnerKey } }) => {
  const config = { appId, mchId, partnerKey };
  const payment = new Elsewhere(config, gateway);
  const { middleware } = wechatPay;

  return {
    native: (order) => asked(payment.unifiedOrder({ ...order, trade_type: "NATIVE" })),
    h5: (order) => asked(payment.unifiedOrder({ ...order, trade_type: "MWEB" })),
    jsapi: (order) => asked(payment.getBrandWCPayRequestParams({ ...order, trade_type: "JSAPI" })),
    queryByNumber: (number) => asked(payment.orderQuery(number)),
    queryById: (number) => asked(payment.orderQuery(number)),
    close: (number) => asked(payment.closeOrder(number)),
    refund: (refund) => asked(payment.refund(refund)),
    queryRefund: (number) => asked(payment.refundQuery(number)),
    tradeBill: async (day) => {
      const { list } = await asked(payment.downloadBill({ ...day, bill_type: "ALL" }));
      return { text: JSON.stringify(list) };
    },
    payment: ({ body }) => taken(middleware(config).getNotify(), body),
    refunded: ({ body }) => taken(middleware(config).getRefundNotify(), body),
  };
});

/** What the middleware hands to the shop; an error if it answers in the shop's stead. */
function taken(notify, rawBody) {
  return new Promise((resolve, reject) => {
    const response = { end: (answer) => reject(new Error(answer)) };
    notify.done((message) => resolve(message))({ method: "POST", rawBody }, response);
  });
}
