exports.said = ({ WxpayError, detect, mwebUrl, takeCode }) => {
  const { channel, reasonZh } = detect("Mozilla/5.0 (iPhone) MicroMessenger/8.0.16");
  const cashier = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096";
  const url = mwebUrl(cashier, "https://www.wechatpay.com.cn");
  let refused;
  try {
    mwebUrl(cashier, "https%3A%2F%2Fwww.wechatpay.com.cn");
  } catch (error) {
    refused = error instanceof WxpayError && error.code;
  }
  return JSON.stringify({ channel, reasonZh, url, code: takeCode(), refused });
};
