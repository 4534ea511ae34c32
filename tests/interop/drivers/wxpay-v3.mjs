// wxpay-v3. It keeps its addresses in the property `urls` of its object and asks for certificates while
// it is being made, so WeChat's host is replaced as that property is set, in a class below it.

import Payment from "wxpay-v3";
import { speak, WeChatSaidNo } from "./speak.mjs";

const WECHAT = "https://api.mch.weixin.qq.com";

/** A class, as the addresses are wanted before an object has anything of its own. */
const at = (gateway) =>
  class extends Payment {
    get urls() {
      return this.moved;
    }
    set urls(urls) {
      const here = (call) => (args) => {
        const { url, ...rest } = call(args);
        return { ...rest, url: url.replace(WECHAT, gateway) };
      };
      this.moved = Object.fromEntries(Object.entries(urls).map(([name, call]) => [name, here(call)]));
    }
    /** It is not awaited by the constructor; here it is asked for by hand, too. */
    decodeCertificates() {
      this.downloaded = super.decodeCertificates();
      this.downloaded.catch(() => {});
      return this.downloaded;
    }
  };

/** It answers status and text, whatever WeChat says. */
async function asked(promise) {
  const { status, data } = await promise;
  if (status >= 300) throw new WeChatSaidNo(status, data ? JSON.parse(data).code : undefined);
  return data ? JSON.parse(data) : {};
}

await speak(async ({ gateway, merchant }) => {
  const { appid, mchid, serial, privateKey, apiV3Key } = merchant;
  const Here = at(gateway);
  const payment = new Here({
    appid,
    mchid,
    private_key: privateKey,
    serial_no: serial,
    apiv3_private_key: apiV3Key,
  });
  await payment.downloaded;

  const verify = async ({ headers, body }) => {
    const part = (name) => headers[`wechatpay-${name}`];
    const [timestamp, nonce, of, signature] = ["timestamp", "nonce", "serial", "signature"].map(part);
    if (!(await payment.verifySign({ timestamp, nonce, serial: of, body, signature }))) {
      throw new Error("wrong signature");
    }
    return {};
  };
  const opened = async (message) => {
    await verify(message);
    return payment.decodeResource(JSON.parse(message.body).resource);
  };
  const file = async (promise) => {
    const { download_url, hash_value } = await asked(promise);
    const { status, data } = await payment.downloadbill(download_url.replace(gateway, WECHAT));
    if (status >= 300) throw new WeChatSaidNo(status, JSON.parse(data).code);
    return { text: data, hash: hash_value };
  };

  return {
    verify,
    signRequest: ({ method, url, timestamp, nonce, body }) => ({
      signature: payment.rsaSign(`${method}\n${url}\n${timestamp}\n${nonce}\n${body}\n`, privateKey),
    }),
    signPage: ({ appId, timeStamp, nonceStr, package: last }) => ({
      paySign: payment.rsaSign(`${appId}\n${timeStamp}\n${nonceStr}\n${last}\n`, privateKey),
    }),
    native: (order) => asked(payment.native(order)),
    h5: (order) => asked(payment.h5(order)),
    jsapi: async (order) => {
      const { prepay_id } = await asked(payment.jsapi(order));
      const [timeStamp, nonceStr] = [`${Math.floor(Date.now() / 1000)}`, payment.generate()];
      const called = `prepay_id=${prepay_id}`;
      const paySign = payment.rsaSign(`${appid}\n${timeStamp}\n${nonceStr}\n${called}\n`, privateKey);
      return { appId: appid, timeStamp, nonceStr, package: called, signType: "RSA", paySign };
    },
    app: async (order) => {
      const { prepay_id } = await asked(payment.app(order));
      const [timestamp, noncestr] = [`${Math.floor(Date.now() / 1000)}`, payment.generate()];
      const sign = payment.rsaSign(`${appid}\n${timestamp}\n${noncestr}\n${prepay_id}\n`, privateKey);
      const called = { package: "Sign=WXPay", timestamp, noncestr };
      return { appid, partnerid: mchid, prepayid: prepay_id, ...called, sign };
    },
    queryByNumber: (number) => asked(payment.getTransactionsByOutTradeNo(number)),
    queryById: (number) => asked(payment.getTransactionsById(number)),
    close: (number) => asked(payment.close(number)),
    refund: (refund) => asked(payment.refund(refund)),
    queryRefund: (number) => asked(payment.getRefund(number)),
    tradeBill: (params) => file(payment.tradebill(params)),
    fundFlowBill: (params) => file(payment.fundflowbill(params)),
    payment: opened,
    refunded: opened,
  };
});
