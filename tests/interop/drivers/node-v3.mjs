// wechatpay-node-v3. It writes WeChat's address into every call and signs what is left without it,
// so the base URL is changed below: its own HTTP client, handed to `createHttp` with another host.

import { PayRequest } from "wechatpay-node-v3/dist/lib/pay-request.js";
import Pay from "wechatpay-node-v3";
import { speak, WeChatSaidNo } from "./speak.mjs";

const WECHAT = "https://api.mch.weixin.qq.com";

class Elsewhere extends PayRequest {
  constructor(gateway) {
    super();
    this.gateway = gateway;
  }
  get(url, headers) {
    return super.get(url.replace(WECHAT, this.gateway), headers);
  }
  post(url, params, headers) {
    return super.post(url.replace(WECHAT, this.gateway), params, headers);
  }
}

/** What it answers: `{ status, data }`, and for a refusal WeChat's words as text. */
async function asked(promise) {
  const { status, data, error } = await promise;
  if (status >= 200 && status < 300) return data;
  throw status ? new WeChatSaidNo(status, error ? JSON.parse(error).code : undefined) : new Error(error);
}

await speak(async ({ gateway, merchant, platform }) => {
  const { appid, mchid, serial, certificate, privateKey, apiV3Key } = merchant;
  const wxpay = new Pay({
    appid,
    mchid,
    serial_no: serial,
    publicKey: Buffer.from(certificate),
    privateKey: Buffer.from(privateKey),
    key: apiV3Key,
  });
  wxpay.createHttp(new Elsewhere(gateway));
  // All clients of a process share the keys; public keys can be put there, and only there.
  Pay.certificates = { ...platform.publicKeys };
  if (platform.certificates) {
    for (const { serial_no, publicKey } of await wxpay.get_certificates(apiV3Key)) {
      Pay.certificates[serial_no] = publicKey;
    }
  }
  const keys = Pay.certificates;

  const verify = async ({ headers, body }) => {
    Pay.certificates = keys;
    const part = (name) => headers[`wechatpay-${name}`];
    const [timestamp, nonce, of, signature] = ["timestamp", "nonce", "serial", "signature"].map(part);
    const message = { timestamp, nonce, body, serial: of, signature, apiSecret: apiV3Key };
    if (!(await wxpay.verifySign(message))) throw new Error("wrong signature");
    return {};
  };
  const opened = async (message) => {
    await verify(message);
    const { ciphertext, associated_data, nonce } = JSON.parse(message.body).resource;
    return wxpay.decipher_gcm(ciphertext, associated_data, nonce, apiV3Key);
  };
  const file = async (told) => {
    const { download_url, hash_value } = await asked(told);
    // It signs what is left behind WeChat's own address.
    const text = await asked(wxpay.downloadBill(download_url.replace(new URL(download_url).origin, WECHAT)));
    return { text, hash: hash_value };
  };

  return {
    verify,
    signRequest: ({ method, url, timestamp, nonce, body }) => ({
      signature: wxpay.getSignature(method, nonce, timestamp, url, body),
    }),
    signPage: ({ appId, timeStamp, nonceStr, package: last }) => ({
      paySign: wxpay.sign([appId, timeStamp, nonceStr, last, ""].join("\n")),
    }),
    native: (order) => asked(wxpay.transactions_native(order)),
    h5: (order) => asked(wxpay.transactions_h5(order)),
    jsapi: (order) => asked(wxpay.transactions_jsapi(order)),
    app: (order) => asked(wxpay.transactions_app(order)),
    queryByNumber: (number) => asked(wxpay.query(number)),
    queryById: (number) => asked(wxpay.query(number)),
    close: ({ out_trade_no }) => asked(wxpay.close(out_trade_no)),
    refund: (refund) => asked(wxpay.refunds(refund)),
    queryRefund: ({ out_refund_no }) => asked(wxpay.find_refunds(out_refund_no)),
    tradeBill: (params) => file(wxpay.tradebill(params)),
    fundFlowBill: (params) => file(wxpay.fundflowbill(params)),
    payment: opened,
    refunded: opened,
  };
});
