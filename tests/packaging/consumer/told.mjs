// What every page and server here asks the package: enough to show that the Rust runs.

const PHONE = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.16";
const CASHIER =
  "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096";

export async function told({ WxpayError, detect, mwebUrl, ready, takeCode }) {
  function refusal(ask) {
    try {
      return ask();
    } catch (error) {
      if (error instanceof WxpayError) return error;
      throw error;
    }
  }

  const first = refusal(() => detect(PHONE));
  await ready();
  const { channel, reasonZh } = detect(PHONE);
  const url = mwebUrl(CASHIER, "https://www.wechatpay.com.cn");
  const { code, remedy } = refusal(() => mwebUrl(CASHIER, "https%3A%2F%2Fwww.wechatpay.com.cn"));
  return {
    atOnce: first.channel ?? first.code,
    channel,
    reasonZh,
    url,
    code: takeCode(),
    refused: { code, remedy: remedy.includes("README") ? "in the README" : "in the error" },
  };
}
