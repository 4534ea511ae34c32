// What consumer/told.mjs has to tell, wherever it runs.

/** With an engine that starts by itself, and with the sentences of errors. */
export const TOLD = {
  atOnce: "jsapi",
  channel: "jsapi",
  reasonZh: "在微信内",
  // Source: "H5支付 常见问题", the example of a rightly encoded redirect_url.
  url:
    "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096" +
    "&redirect_url=https%3A%2F%2Fwww.wechatpay.com.cn",
  code: null,
  refused: { code: "url_encoded", remedy: "in the error" },
};

/** Under the "production" condition. */
export const PRODUCTION = { ...TOLD, refused: { ...TOLD.refused, remedy: "in the README" } };

/** Where the engine has to be loaded first. */
export const NOT_AT_ONCE = { atOnce: "not_ready" };

/** On a page, where `wxpay-h5/return` has filled its element. */
export const ON_A_PAGE = { element: true };
