/** Why that way to pay, in English and Chinese, in the order of `Reason` in Rust. */
export const REASONS: readonly (readonly [string, string])[] = [
  ["inside WeChat", "在微信内"],
  ["inside WeChat on HarmonyOS; raise the cashier directly from a tap", "在鸿蒙微信内，须由用户点击直接调起支付"],
  ["this WeChat is older than 5.0 and cannot pay", "微信版本低于 5.0，无法支付"],
  ["desktop WeChat; scan a code with the phone", "电脑版微信，请用手机微信扫码"],
  ["the developer tool cannot pay", "微信开发者工具不能真实支付"],
  ["WeCom is not a personal WeChat", "企业微信，不能使用公众号支付"],
  ["a mini program's web-view; the mini program has to pay", "小程序 web-view，请由小程序发起支付"],
  ["Alipay does not open WeChat", "支付宝内无法打开微信"],
  [
    "an app's web-view, which may block WeChat; offer the system browser",
    "App 内置浏览器，可能拦截微信，请提示用系统浏览器打开",
  ],
  ["a phone's browser", "手机浏览器"],
  ["a desktop's browser; scan a code with the phone", "电脑浏览器，请用手机微信扫码"],
];
