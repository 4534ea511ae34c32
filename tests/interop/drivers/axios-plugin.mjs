// wechatpay-axios-plugin. Base URL: its own option `baseURL`. It verifies every reply itself.

import plugin from "wechatpay-axios-plugin";
import { speak, WeChatSaidNo } from "./speak.mjs";

const { Aes, Formatter, Rsa, Wechatpay } = plugin;

/**
 * Downloads the certificates, opens them, and verifies the reply with what was in it, as the plugin's
 * own command `wxpay crt` means to. That one fills the map that it passed, and the client looks into
 * a copy; the copy is what `options.certs` is afterwards.
 */
async function download(config, apiV3Key) {
  const options = { ...config, certs: { any: undefined } };
  const wxpay = new Wechatpay(options);
  const opener = (text) => {
    for (const { serial_no, encrypt_certificate: sealed } of JSON.parse(text).data ?? []) {
      const { nonce, associated_data, ciphertext } = sealed;
      options.certs[serial_no] = Aes.AesGcm.decrypt(ciphertext, apiV3Key, nonce, associated_data);
    }
    return text;
  };
  const after = wxpay.client.v3.defaults.transformResponse;
  await asked(wxpay.v3.certificates.get({ transformResponse: [opener, ...after] }));
  const { any, ...certs } = options.certs;
  return certs;
}

/** The reply's body; a refusal by WeChat is told from one by the plugin by who wrote it. */
async function asked(promise) {
  try {
    return (await promise).data;
  } catch (error) {
    const { status, data } = error.response ?? {};
    // A reply that the plugin refuses is thrown as an AxiosError too, with a code of its own.
    if (!status || String(error.code).startsWith("EV3_")) throw error;
    throw new WeChatSaidNo(status, data?.code);
  }
}

await speak(async ({ gateway, merchant, platform }) => {
  const { appid, mchid, serial, privateKey, apiV3Key } = merchant;
  const config = { baseURL: gateway, mchid, serial, privateKey };
  const certs = platform.certificates ? await download(config, apiV3Key) : {};
  Object.assign(certs, platform.publicKeys);
  const wxpay = new Wechatpay({ ...config, certs });
  const { transactions } = wxpay.v3.pay;
  const { refunds } = wxpay.v3.refund.domestic;
  // Replies in public-key mode are asked for by this header; the plugin leaves it to its user.
  const [id] = Object.keys(platform.publicKeys ?? {});
  const headers = id ? { "Wechatpay-Serial": id } : {};
  const named = { appid, mchid };

  const verified = (message, body) => {
    const signature = message["wechatpay-signature"];
    const pem = certs[message["wechatpay-serial"]];
    if (!pem) throw new Error("unknown serial");
    const signed = Formatter.response(message["wechatpay-timestamp"], message["wechatpay-nonce"], body);
    if (!Rsa.verify(signed, signature, Rsa.from(pem, Rsa.KEY_TYPE_PUBLIC))) throw new Error("wrong signature");
  };
  const opened = ({ headers: message, body }) => {
    verified(message, body);
    const { ciphertext, nonce, associated_data } = JSON.parse(body).resource;
    return JSON.parse(Aes.AesGcm.decrypt(ciphertext, apiV3Key, nonce, associated_data));
  };
  const file = async (path, params) => {
    const told = await asked(wxpay.client.v3.get(path, { params, headers }));
    const { search } = new URL(told.download_url);
    const token = Object.fromEntries(new URLSearchParams(search));
    // What is downloaded is unsigned: the plugin knows the path and does not verify it.
    const text = await asked(wxpay.v3.billdownload.file.get({ params: token, transformResponse: [] }));
    return { text, hash: told.hash_value };
  };
  const key = Rsa.from(privateKey, Rsa.KEY_TYPE_PRIVATE);
  /** Time, nonce and signature of what a page or an app hands to WeChat. */
  const signed = (last) => {
    const [time, nonce] = [`${Formatter.timestamp()}`, Formatter.nonce()];
    return { time, nonce, sign: Rsa.sign(Formatter.joinedByLineFeed(appid, time, nonce, last), key) };
  };

  return {
    signRequest: ({ method, url, timestamp, nonce, body }) => ({
      signature: Rsa.sign(Formatter.request(method, url, timestamp, nonce, body), key),
    }),
    signPage: ({ appId, timeStamp, nonceStr, package: last }) => ({
      paySign: Rsa.sign(Formatter.joinedByLineFeed(appId, timeStamp, nonceStr, last), key),
    }),
    native: (order) => asked(transactions.native.post({ ...named, ...order }, { headers })),
    h5: (order) => asked(transactions.h5.post({ ...named, ...order }, { headers })),
    jsapi: async (order) => {
      const { prepay_id } = await asked(transactions.jsapi.post({ ...named, ...order }, { headers }));
      const called = `prepay_id=${prepay_id}`;
      const { time, nonce, sign } = signed(called);
      const params = { timeStamp: time, nonceStr: nonce, package: called, signType: "RSA" };
      return { appId: appid, ...params, paySign: sign };
    },
    app: async (order) => {
      const { prepay_id } = await asked(transactions.app.post({ ...named, ...order }, { headers }));
      const { time, nonce, sign } = signed(prepay_id);
      const called = { package: "Sign=WXPay", timestamp: time, noncestr: nonce };
      return { appid, partnerid: mchid, prepayid: prepay_id, ...called, sign };
    },
    queryByNumber: ({ out_trade_no }) =>
      asked(transactions.outTradeNo._out_trade_no_.get({ params: { mchid }, headers, out_trade_no })),
    queryById: ({ transaction_id }) =>
      asked(transactions.id._transaction_id_.get({ params: { mchid }, headers, transaction_id })),
    close: ({ out_trade_no }) =>
      asked(transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { headers, out_trade_no })),
    refund: (refund) => asked(refunds.post(refund, { headers })),
    queryRefund: ({ out_refund_no }) => asked(refunds._out_refund_no_.get({ headers, out_refund_no })),
    tradeBill: (params) => file("/v3/bill/tradebill", params),
    fundFlowBill: (params) => file("/v3/bill/fundflowbill", params),
    payment: opened,
    refunded: opened,
  };
});
