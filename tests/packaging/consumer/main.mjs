// What a shop's page does first, and enough of it to show that the WebAssembly runs.
import { detect, mwebUrl } from "wxpay-h5";
import "wxpay-h5/return";

const { channel, reasonZh } = detect("Mozilla/5.0 (iPhone) MicroMessenger/8.0.16");
const url = mwebUrl("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016&package=1037687096", "https://www.wechatpay.com.cn");
const element = document.querySelector("wxpay-return").shadowRoot.querySelector("h2").textContent;
document.title = JSON.stringify({ channel, reasonZh, url, element });
