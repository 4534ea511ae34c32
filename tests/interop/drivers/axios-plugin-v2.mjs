// wechatpay-axios-plugin's other half, API V2: its base URL is an option.

import { Aes, Formatter, Hash, Transformer, Wechatpay } from "wechatpay-axios-plugin";
import { speak, WeChatSaidNo } from "./speak.mjs";

async function asked(promise) {
  try {
    return (await promise).data;
  } catch (error) {
    if (error.code !== "EV2_RES_STATUS_CODE_NOT_SUCESS") throw error;
    const { data, status } = error.response;
    throw new WeChatSaidNo(status, data.err_code ?? data.return_msg);
  }
}

await speak(async ({ gateway, merchant, signType: sign_type }) => {
  const { appid, mchid, serial, privateKey, certificate, key } = merchant;
  // API V3 is not asked for, and its keys have to be there.
  const unused = { serial, privateKey, certs: { any: certificate } };
  const wxpay = new Wechatpay({ baseURL: gateway, mchid, secret: key, ...unused });
  const secret = Hash.keyObjectFrom(Buffer.from(key));
  const named = { appid, mch_id: mchid, sign_type };
  const { pay, secapi } = wxpay.v2;
  const order = (trade_type) => (order) => asked(pay.unifiedorder.post({ ...named, ...order, trade_type }));
  /** The README's lines for a signature and for `req_info`. */
  const verified = ({ body }) => {
    const { sign, ...fields } = Transformer.toObject(body);
    const type = fields.sign_type ?? sign_type;
    if (!Hash.equals(Hash.sign(type, fields, secret), sign)) throw new Error("wrong signature");
    return fields;
  };

  return {
    native: order("NATIVE"),
    h5: order("MWEB"),
    jsapi: async (wanted) => {
      const { prepay_id } = await order("JSAPI")(wanted);
      const [timeStamp, nonceStr] = [`${Formatter.timestamp()}`, Formatter.nonce()];
      const called = `prepay_id=${prepay_id}`;
      const params = { appId: appid, timeStamp, nonceStr, package: called, signType: sign_type };
      return { ...params, paySign: Hash.sign(sign_type, params, secret) };
    },
    queryByNumber: (number) => asked(pay.orderquery.post({ ...named, ...number })),
    queryById: (number) => asked(pay.orderquery.post({ ...named, ...number })),
    close: (number) => asked(pay.closeorder.post({ ...named, ...number })),
    refund: (refund) => asked(secapi.pay.refund.post({ ...named, ...refund })),
    queryRefund: (number) => asked(pay.refundquery.post({ ...named, ...number })),
    tradeBill: async (day) => ({ text: await file(pay.downloadbill, { ...named, ...day, bill_type: "ALL" }) }),
    fundFlowBill: async (day) => {
      const wanted = { ...named, ...day, account_type: "Basic", sign_type: Hash.ALGO_HMAC_SHA256 };
      return { text: await file(pay.downloadfundflow, wanted) };
    },
    payment: verified,
    refunded: ({ body }) => {
      const { req_info } = Transformer.toObject(body);
      return Transformer.toObject(Aes.AesEcb.decrypt(req_info, Hash.md5(secret)));
    },
  };
});

/** A table is no XML, so the plugin's reader is left out for it. */
function file(call, wanted) {
  return asked(call.post(wanted, { transformResponse: [] }));
}
