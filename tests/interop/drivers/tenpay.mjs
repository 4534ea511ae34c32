// tenpay. It keeps an address for each call in the property `urls` of its object, where WeChat's host
// is replaced below.

import tenpay from "tenpay";
import { speak, WeChatSaidNo } from "./speak.mjs";

const WECHAT = "https://api.mch.weixin.qq.com";
/** What it says of replies that it does not believe; its other errors have WeChat's words. */
const ITS_OWN = /不匹配|签名错误|XMLDataError|request fail|^connect /;

async function asked(promise) {
  try {
    return await promise;
  } catch (error) {
    // WeChat's envelope says 签名错误 too, and without tenpay's "sign" before it.
    if (error.message !== "签名错误" && ITS_OWN.test(error.message)) throw error;
    throw new WeChatSaidNo(200, error.message);
  }
}

await speak(async ({ gateway, merchant, signType }) => {
  const { appid, mchid, key } = merchant;
  const api = new tenpay({ appid, mchid, partnerKey: key });
  for (const [call, url] of Object.entries(api.urls)) api.urls[call] = url.replace(WECHAT, gateway);
  const sign_type = signType;

  return {
    native: (order) => asked(api.unifiedOrder({ ...order, trade_type: "NATIVE", sign_type })),
    h5: (order) => asked(api.unifiedOrder({ ...order, trade_type: "MWEB", sign_type })),
    jsapi: (order) => asked(api.getPayParams({ ...order, sign_type })),
    queryByNumber: (number) => asked(api.orderQuery({ ...number, sign_type })),
    queryById: (number) => asked(api.orderQuery({ ...number, sign_type })),
    close: (number) => asked(api.closeOrder({ ...number, sign_type })),
    refund: (refund) => asked(api.refund({ ...refund, sign_type })),
    queryRefund: (number) => asked(api.refundQuery({ ...number, sign_type })),
    tradeBill: async (day) => ({ text: await asked(api.downloadBill({ ...day, sign_type })) }),
    fundFlowBill: async (day) => ({ text: await asked(api.downloadFundflow(day)) }),
    payment: ({ body }) => taken(api.middlewareForExpress("pay"), body),
    refunded: async ({ body }) => (await taken(api.middlewareForExpress("refund"), body)).req_info,
  };
});

/** What the middleware hands to the shop; an error if it answers in the shop's stead. */
function taken(middleware, body) {
  return new Promise((resolve, reject) => {
    const request = { body };
    const response = { header() {}, send: (answer) => reject(new Error(answer)) };
    middleware(request, response, () => resolve(request.weixin));
  });
}
