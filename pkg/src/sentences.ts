/**
 * Code → what is wrong, what to do, 怎么办. The keys are the closed list of codes; the first thirty
 * stand in the order of the numbers that crates/h5 answers with.
 *
 * The "production" condition of package.json takes only the keys of this table: build.mjs.
 */
export const ERRORS = {
  // What the page's own code handed in.
  appid_malformed: ["the appid is malformed", "use the service account's appid", "请使用公众号 appid"],
  state_malformed: ["state is not 1 to 128 letters and digits", "use letters and digits only", "state 只能用 1–128 位字母数字"],
  scope_unknown: ["scope is unknown", "use snsapi_base or snsapi_userinfo", "scope 只能是 snsapi_base 或 snsapi_userinfo"],
  url_malformed: ["not an absolute http(s) address", "pass the whole address, without blanks", "请传完整的 http(s) 地址"],
  url_encoded: ["the address is encoded already", "pass it plain; it is encoded once here", "请传未编码的地址，本库只编码一次"],
  url_insecure: ["the address is not https", "serve the page over https", "页面须使用 https"],
  url_foreign: ["the return page's host is not registered", "return to a registered H5 domain", "返回地址须在 H5 支付域名内"],
  mweb_url_malformed: ["not a whole mweb_url", "pass on what the Worker answered, unchanged", "请原样使用下单返回的 mweb_url"],
  redirect_url_present: ["mweb_url has a redirect_url already", "let only one place append it", "redirect_url 只能拼接一次"],
  app_id_missing: ["appId is missing", "pass all six signed fields on", "缺少 appId，请传全部六个字段"],
  time_stamp_malformed: ["timeStamp is not ten digits", "use seconds, not milliseconds", "timeStamp 须为 10 位秒数"],
  nonce_str_malformed: ["nonceStr is missing or too long", "pass all six signed fields on", "nonceStr 须为 1–32 位"],
  package_malformed: ["package is not prepay_id=…", "keep the prefix prepay_id=", "package 须为 prepay_id=…"],
  sign_type_malformed: ["signType is missing or unknown", "pass the signType that was signed", "signType 必须传，且与签名一致"],
  pay_sign_missing: ["paySign is missing", "pass all six signed fields on", "缺少 paySign"],
  // What the cashier said; WeChat's texts are in the README's table.
  pay_url_unregistered: ["this page's directory is not registered", "register it as 支付授权目录", "请在商户平台登记支付授权目录"],
  pay_cross_account: ["the paying account is not the ordering one", "let this buyer scan a code instead", "跨号支付，请改用扫码"],
  pay_openid_foreign: ["the openid belongs to another appid", "log in under the order's appid", "请用下单 appid 重新授权"],
  pay_prepay_id_invalid: ["the prepay_id is malformed or expired", "order again", "预支付单无效，请重新下单"],
  pay_parameter_missing: ["a field is missing or not a string", "pass all six signed fields on", "参数缺失或类型不对"],
  pay_signature_wrong: ["paySign does not fit", "use the order's key and algorithm", "请检查密钥与签名算法"],
  pay_trade_type_wrong: ["the order is of another trade type", "order with trade_type JSAPI", "请以 JSAPI 方式下单"],
  pay_merchant_not_permitted: ["the merchant may not use this product", "apply for it at WeChat Pay", "请申请开通支付产品"],
  pay_order_shared: ["two WeChat users opened one order", "order again for this buyer", "同一订单被两人打开，请重新下单"],
  pay_outside_wechat: ["JSAPI was used outside WeChat", "use MWEB there", "微信外请用 H5 支付"],
  pay_code_not_scanned: ["the code has to be scanned live", "scan it with the camera", "请用摄像头扫码"],
  pay_access_denied: ["WeChat denied the call", "leave the mini program, or list chooseWXPay in jsApiList", "无调用权限，请检查 jsApiList 或环境"],
  pay_developer_tool: ["a developer tool cannot pay", "test on a phone or with wxpay-sandbox", "请用真机或沙箱测试"],
  pay_client_too_old: ["this WeChat is too old", "update WeChat", "请升级微信"],
  pay_unrecognised: ["the cashier failed", "see raw for its own words", "收银台失败，详见 raw"],
  // What the page or the network is like.
  argument_malformed: ["an argument has the wrong type", "compare the call with the types", "请对照类型检查参数"],
  not_ready: ["the package has not started", "await ready() before the first call", "请先 await ready()"],
  no_page: ["there is no page here", "call this in a browser", "请在浏览器中调用"],
  storage_refused: ["this tab keeps no sessionStorage", "allow the site to store data", "请允许网站存储数据（sessionStorage）"],
  bridge_absent: ["the cashier's bridge did not appear", "open the page inside WeChat", "请在微信内打开"],
  in_frame: ["the page is inside a frame", "pay from the top window", "请在顶层窗口支付"],
  referrer_suppressed: ["the page sends no Referer", "set the referrer policy to origin", "页面不发送 Referer，请改 referrer 策略"],
  mweb_inside_wechat: ["the H5 cashier does not open inside WeChat", "use JSAPI here", "微信内请用 JSAPI 支付"],
  mweb_url_expired: ["mweb_url is older than five minutes", "order again", "支付链接已失效，请重新下单"],
  state_foreign: ["the state is not the one sent out", "start the login again", "state 不符，请重新授权"],
  appid_differs: ["the order is under another appid", "use one appid for page and Worker", "页面与服务端的 appid 不一致"],
  login_loop: ["the login came back without result twice", "check the appid and its domains", "授权反复失败，请检查 appid 与域名"],
  network: ["the Worker did not answer", "check the connection and try again", "网络异常，请重试"],
  answer_malformed: ["the answer is not the Worker's", "check endpoint", "请检查 endpoint"],
  refused: ["the Worker refused", "see problem", "服务端拒绝，详见 problem"],
} as const;
