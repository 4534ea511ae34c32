//! The border to WeChat's cashier inside WeChat: what it is handed, and what it says afterwards.
//!
//! Source: "JSAPI调起支付" and its FAQ, read 2026-11-23; texts without a page were seen in public
//! code and logs of real traffic. No answer here is a proof of payment: only the Worker's is.

use super::{Refusal, cut::span, fragment::has_any};

/// The two functions that raise the cashier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cashier {
    /// `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`, which has to be told the appId.
    Bridge,
    /// `wx.chooseWXPay`, which knows the appId from `wx.config`.
    ChooseWxPay,
}

/// The order's number is in the package after this word.
const PACKAGE: &str = "prepay_id=";

/// Looks through the six fields the Worker signed for the slips that WeChat answers with 缺少参数:
/// `appId, timeStamp, nonceStr, package, signType, paySign`.
///
/// # Errors
/// The [`Refusal`] that names the first field WeChat would not take.
pub fn check_request_payment(fields: &[&str; 6], cashier: Cashier) -> Result<(), Refusal> {
    let [app_id, time_stamp, nonce_str, package, sign_type, pay_sign] = *fields;
    if app_id.is_empty() && cashier == Cashier::Bridge {
        return Err(Refusal::AppIdMissing);
    }
    // Seconds have ten digits until the year 2286; thirteen are milliseconds.
    if time_stamp.len() != 10 || span(time_stamp, "0123456789").len() != 10 {
        return Err(Refusal::TimeStampMalformed);
    }
    if nonce_str.is_empty() || nonce_str.len() > 32 {
        return Err(Refusal::NonceStrMalformed);
    }
    if !package.starts_with(PACKAGE) || package.len() == PACKAGE.len() {
        return Err(Refusal::PackageMalformed);
    }
    // jweixin 1.6 puts "SHA1" when the field is absent, and the cashier then refuses paySign.
    if !matches!(sign_type, "MD5" | "HMAC-SHA256" | "RSA") {
        return Err(Refusal::SignTypeMalformed);
    }
    if pay_sign.is_empty() { Err(Refusal::PaySignMissing) } else { Ok(()) }
}

/// What the cashier said. A hint in all three cases: the Worker decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeNews {
    /// `:ok`. Ask the Worker, and keep asking for a while.
    Ok,
    /// `:cancel`. The buyer closed the cashier; ask the Worker once.
    Cancel,
    /// Anything else. The cause names who can mend it.
    Fail(Cause),
}

/// Why the cashier did not come up or gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// 当前页面的URL未注册. Register this page's directory as 支付授权目录.
    UrlUnregistered,
    /// 下单账号与支付账号不一致, err_code 3 or 268443680. The buyer of another account pays by QR.
    CrossAccount,
    /// appid与openid不匹配, 无效的openid. Log in again with the appid the order uses.
    OpenidForeign,
    /// 缺少参数：total_fee. The prepay_id is malformed, older than two hours, or another appid's.
    PrepayIdInvalid,
    /// 缺少参数, any other. A field of the request is missing or not a string.
    ParameterMissing,
    /// 支付验证签名失败. Key or algorithm of paySign differ from the order's.
    SignatureWrong,
    /// 支付场景非法. The prepay_id was made for another trade_type.
    TradeTypeWrong,
    /// 商家暂时没有此类交易权限. The merchant has to apply for the product.
    MerchantNotPermitted,
    /// 请重新下单支付, 订单信息有误. One order was opened by two WeChat users; order again.
    OrderShared,
    /// 暂不支持通过外部拉起微信. JSAPI was used outside WeChat; use MWEB.
    OutsideWechat,
    /// 长按识别二维码, 从相册识别. A NATIVE code has to be scanned by the camera.
    CodeNotScanned,
    /// access_denied, permission denied. A mini-program web-view, or `chooseWXPay` not in
    /// `jsApiList`, or an address that is too long.
    AccessDenied,
    /// offline verifying. A developer tool or emulator cannot pay.
    DeveloperTool,
    /// function not exist. The WeChat client is too old.
    ClientTooOld,
    /// No known text. The raw one is passed on for the log.
    Unrecognised,
}

impl Cause {
    /// The stable names, in the order of the variants, as `WxpayError.code` has them.
    pub const CODES: [&str; 15] = [
        "pay_url_unregistered",
        "pay_cross_account",
        "pay_openid_foreign",
        "pay_prepay_id_invalid",
        "pay_parameter_missing",
        "pay_signature_wrong",
        "pay_trade_type_wrong",
        "pay_merchant_not_permitted",
        "pay_order_shared",
        "pay_outside_wechat",
        "pay_code_not_scanned",
        "pay_access_denied",
        "pay_developer_tool",
        "pay_client_too_old",
        "pay_unrecognised",
    ];
}

/// Fragments of WeChat's texts, the narrow before the wide ("缺少参数" is in both of two).
const TEXTS: [(&str, Cause); 14] = [
    ("|未注册", Cause::UrlUnregistered),
    ("|跨号|账号不一致", Cause::CrossAccount),
    ("|openid", Cause::OpenidForeign),
    ("|total_fee|total fee", Cause::PrepayIdInvalid),
    ("|缺少参数", Cause::ParameterMissing),
    ("|签名", Cause::SignatureWrong),
    ("|场景非法", Cause::TradeTypeWrong),
    ("|交易权限", Cause::MerchantNotPermitted),
    ("|重新下单", Cause::OrderShared),
    ("|外部拉起", Cause::OutsideWechat),
    ("|识别", Cause::CodeNotScanned),
    ("|offline verifying|offline_verifying", Cause::DeveloperTool),
    ("|denied|no permission|no_permission", Cause::AccessDenied),
    ("|function not exist|function_not_exist", Cause::ClientTooOld),
];

impl BridgeNews {
    /// Reads `err_msg` (Bridge) or `errMsg` (jweixin, which turns `_` into blanks), together with
    /// `err_desc` and `err_code`, which may be empty.
    #[must_use]
    pub fn from_texts(message: &str, description: &str, err_code: &str) -> Self {
        let message = message.trim_ascii_end();
        if message.ends_with(":ok") {
            return Self::Ok;
        }
        if message.ends_with(":cancel") {
            return Self::Cancel;
        }
        // UNCONFIRMED: both numbers were seen in public logs together with 跨号支付.
        if matches!(err_code, "3" | "268443680") {
            return Self::Fail(Cause::CrossAccount);
        }
        let known =
            TEXTS.iter().find(|(texts, _)| has_any(message, texts) || has_any(description, texts));
        Self::Fail(known.map_or(Cause::Unrecognised, |(_, cause)| *cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; 6] =
        ["wx2421b1c4370ec43b", "1395712654", "e61463f8", "prepay_id=wx2120", "MD5", "48B4"];

    #[test]
    fn ok_and_cancel_are_read_from_both_sides_of_the_border() {
        for message in ["get_brand_wcpay_request:ok", "chooseWXPay:ok", "chooseWXPay:ok "] {
            assert_eq!(BridgeNews::from_texts(message, "", ""), BridgeNews::Ok);
        }
        for message in ["get_brand_wcpay_request:cancel", "chooseWXPay:cancel"] {
            assert_eq!(BridgeNews::from_texts(message, "", ""), BridgeNews::Cancel);
        }
    }

    #[test]
    fn every_text_wechat_is_known_to_say_has_its_cause() {
        for (message, description, err_code, cause) in [
            (
                "get_brand_wcpay_request:fail",
                "当前页面的URL未注册：https://a/",
                "",
                Cause::UrlUnregistered,
            ),
            ("调用支付JSAPI缺少参数：total_fee", "", "", Cause::PrepayIdInvalid),
            ("调用支付jsapi缺少参数: $key0$", "", "", Cause::ParameterMissing),
            ("chooseWXPay:fail", "调用支付JSAPI缺少参数: appId", "", Cause::ParameterMissing),
            ("get_brand_wcpay_request:fail", "支付验证签名失败", "", Cause::SignatureWrong),
            ("get_brand_wcpay_request:fail", "", "3", Cause::CrossAccount),
            ("get_brand_wcpay_request:fail", "", "268443680", Cause::CrossAccount),
            ("fail", "下单账号与支付账号不一致", "", Cause::CrossAccount),
            ("fail", "appid与openid不匹配", "", Cause::OpenidForeign),
            ("system:access_denied", "", "", Cause::AccessDenied),
            ("chooseWXPay:permission denied", "", "", Cause::AccessDenied),
            ("get_brand_wcpay_request:fail_no permission to execute", "", "", Cause::AccessDenied),
            ("fail", "该商户暂不支持通过外部拉起微信完成支付", "", Cause::OutsideWechat),
            ("chooseWXPay:the permission value is offline verifying", "", "", Cause::DeveloperTool),
            ("fail", "商家暂时没有此类交易权限", "", Cause::MerchantNotPermitted),
            ("fail", "该商户暂不支持通过长按识别二维码完成支付", "", Cause::CodeNotScanned),
            ("fail", "商家订单信息有误，请重新下单支付", "", Cause::OrderShared),
            ("fail", "支付场景非法", "", Cause::TradeTypeWrong),
            ("chooseWXPay:function not exist", "", "", Cause::ClientTooOld),
            ("get_brand_wcpay_request:fail", "", "", Cause::Unrecognised),
            ("", "", "", Cause::Unrecognised),
        ] {
            let news = BridgeNews::from_texts(message, description, err_code);
            assert_eq!(news, BridgeNews::Fail(cause), "{message} {description} {err_code}");
        }
    }

    #[test]
    fn each_cause_has_its_own_code() {
        for (variant, code) in [
            (Cause::UrlUnregistered, "pay_url_unregistered"),
            (Cause::CrossAccount, "pay_cross_account"),
            (Cause::OpenidForeign, "pay_openid_foreign"),
            (Cause::PrepayIdInvalid, "pay_prepay_id_invalid"),
            (Cause::ParameterMissing, "pay_parameter_missing"),
            (Cause::SignatureWrong, "pay_signature_wrong"),
            (Cause::TradeTypeWrong, "pay_trade_type_wrong"),
            (Cause::MerchantNotPermitted, "pay_merchant_not_permitted"),
            (Cause::OrderShared, "pay_order_shared"),
            (Cause::OutsideWechat, "pay_outside_wechat"),
            (Cause::CodeNotScanned, "pay_code_not_scanned"),
            (Cause::AccessDenied, "pay_access_denied"),
            (Cause::DeveloperTool, "pay_developer_tool"),
            (Cause::ClientTooOld, "pay_client_too_old"),
            (Cause::Unrecognised, "pay_unrecognised"),
        ] {
            assert_eq!(Cause::CODES.get(variant as usize), Some(&code));
        }
    }

    #[test]
    fn only_the_bridge_needs_the_appid() {
        let [_, time, nonce, package, sign_type, sign] = GOOD;
        let fields = ["", time, nonce, package, sign_type, sign];
        assert_eq!(check_request_payment(&GOOD, Cashier::Bridge), Ok(()));
        assert_eq!(check_request_payment(&fields, Cashier::ChooseWxPay), Ok(()));
        let refused = check_request_payment(&fields, Cashier::Bridge);
        assert_eq!(refused, Err(Refusal::AppIdMissing));
    }

    #[test]
    fn a_field_the_cashier_would_not_take_is_refused_by_name() {
        for (at, value, refusal) in [
            (1, "1395712654000", Refusal::TimeStampMalformed),
            (1, "139571265x", Refusal::TimeStampMalformed),
            (2, "", Refusal::NonceStrMalformed),
            (3, "wx2120", Refusal::PackageMalformed),
            (3, "prepay_id=", Refusal::PackageMalformed),
            (4, "", Refusal::SignTypeMalformed),
            (4, "SHA1", Refusal::SignTypeMalformed),
            (5, "", Refusal::PaySignMissing),
        ] {
            let mut fields = GOOD;
            if let Some(field) = fields.get_mut(at) {
                *field = value;
            }
            let refused = check_request_payment(&fields, Cashier::Bridge);
            assert_eq!(refused, Err(refusal), "{at} {value}");
        }
    }
}
