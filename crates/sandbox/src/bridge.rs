//! JSAPI 调起支付 `getBrandWCPayRequest`, as WeChat checks it when a page inside WeChat calls it.
//!
//! The injected script sends the page's parameters and address here. The texts are what developers
//! see; UNCONFIRMED: which of them arrive in `err_msg` and which in `err_desc`, for it differs
//! between clients and versions.

use serde_json::{Value, json};

use crate::{
    cashier::{self, Door},
    client::Device,
    fault::BridgeFault,
    gateway::{Gateway, Visitor},
    ledger::{Order, PREPAY_SECONDS, TradeType},
    message::{Request, Response},
    mp::{self, Checked},
    sign::{self, SignType},
    time::UnixSeconds,
    v3,
    xml::Fields,
};

const FAIL: &str = "get_brand_wcpay_request:fail";

/// Source: 支付公告: `err_code` 3 is 跨号支付.
const CROSS_ACCOUNT: &str = "3";

/// What the page's callback gets instead of a cashier.
struct Refused {
    err_msg: String,
    err_code: Option<&'static str>,
    err_desc: String,
}

impl Refused {
    /// A raw text in `err_msg`, as for missing parameters.
    fn raw(text: impl Into<String>) -> Self {
        let err_msg = text.into();
        Self { err_desc: err_msg.clone(), err_msg, err_code: None }
    }

    fn described(text: impl Into<String>) -> Self {
        Self { err_msg: FAIL.to_owned(), err_code: None, err_desc: text.into() }
    }

    fn cross_account() -> Self {
        Self {
            err_code: Some(CROSS_ACCOUNT),
            ..Self::described("下单账号与支付账号不一致，请核实后再支付")
        }
    }

    fn missing_total_fee() -> Self {
        Self::raw("调用支付JSAPI缺少参数：total_fee")
    }
}

/// `POST /sandbox/bridge` with `{"params": …, "url": page address}`: `{"cashier": address}`, or
/// `{"err_msg", "err_code"?, "err_desc"}` for the page's callback.
pub(crate) fn answer(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let answer = match check(gateway, now, request, &asked) {
        Ok(cashier) => json!({ "cashier": cashier }),
        Err(Refused { err_msg, err_code: Some(err_code), err_desc }) => {
            json!({ "err_msg": err_msg, "err_code": err_code, "err_desc": err_desc })
        }
        Err(Refused { err_msg, err_code: None, err_desc }) => {
            json!({ "err_msg": err_msg, "err_desc": err_desc })
        }
    };
    Response::json(200, &answer)
}

fn check(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    asked: &Value,
) -> Result<String, Refused> {
    let visitor = gateway.visitor(request);
    let text = |name| asked.get(name).and_then(Value::as_str);
    let url = text("url").unwrap_or_default();
    let url = visitor.address(url, text("landing").unwrap_or(url));
    // Source: what developers report of pages in a mini program's web-view.
    if visitor.device == Some(Device::MiniProgram) {
        return Err(Refused::raw("system:access_denied"));
    }
    if !visitor.in_wechat() {
        return Err(Refused::described("该商户暂不支持通过外部拉起微信完成支付"));
    }
    match gateway.in_force(named_order(gateway, asked)).bridge {
        BridgeFault::Normal => {}
        BridgeFault::Fail => return Err(Refused::described("")),
        BridgeFault::FailUnregisteredUrl => return Err(unregistered(url)),
        BridgeFault::FailMissingTotalFee => return Err(Refused::missing_total_fee()),
        BridgeFault::CrossAccount => return Err(Refused::cross_account()),
        BridgeFault::AccessDenied => return Err(Refused::raw("system:access_denied")),
        BridgeFault::NoPermission => {
            return Err(Refused::raw("get_brand_wcpay_request:fail_no permission to execute"));
        }
        BridgeFault::OfflineVerifying => {
            return Err(Refused::raw("the permission value is offline verifying"));
        }
        BridgeFault::NoTradePermission => {
            return Err(Refused::described("商家暂时没有此类交易权限"));
        }
        BridgeFault::OpenidMismatch => return Err(Refused::described("appid与openid不匹配")),
    }
    let params = Params::read(asked.get("params").unwrap_or(&Value::Null), visitor.on_ios())?;
    configured(gateway, now, &visitor, asked)?;
    if !gateway.platform.allow_payment(&gateway.account.host, url) {
        return Err(unregistered(url));
    }
    let order = params.order(gateway, now)?;
    // UNCONFIRMED: the texts for an order that was paid or closed meanwhile.
    order.payable(now).map_err(|reason| Refused::described(reason.text()))?;
    if order.buyer() != Some(visitor.openid.as_str()) {
        return Err(Refused::cross_account());
    }
    let out_trade_no = order.out_trade_no.clone();
    let origin =
        url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let cashier = cashier::raise(gateway, &out_trade_no, &visitor.openid, Door::Bridge { origin });
    Ok(format!("{}{cashier}", visitor.pages))
}

/// The order whose `prepay_id` a page hands over, signed or not.
fn named_order<'a>(gateway: &'a Gateway, asked: &Value) -> Option<&'a Order> {
    let package = asked.pointer("/params/package").and_then(Value::as_str)?;
    let (order, _) = gateway.ledger.by_prepay_id(package.strip_prefix("prepay_id=")?)?;
    Some(order)
}

/// A call through the JS-SDK needs a `wx.config` that succeeded and named `chooseWXPay`; without any
/// it has no `appId`, which was said already.
///
/// Source: JS-SDK 附录5: "the permission value is offline verifying".
/// DIFFERENCE: `jsApiList` of the page is not compared.
fn configured(
    gateway: &Gateway,
    now: UnixSeconds,
    visitor: &Visitor,
    asked: &Value,
) -> Result<(), Refused> {
    match mp::check_config(gateway, now, visitor, asked) {
        Checked::Raw | Checked::Good => Ok(()),
        Checked::Bad { note, .. } => Err(Refused {
            err_msg: format!("{FAIL}_the permission value is offline verifying"),
            err_code: None,
            err_desc: note,
        }),
    }
}

fn unregistered(url: &str) -> Refused {
    Refused::described(format!("当前页面的URL未注册：{url}"))
}

/// The six parameters, all of them texts.
struct Params {
    fields: Fields,
}

impl Params {
    fn read(params: &Value, on_ios: bool) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        for name in ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"] {
            match params.get(name) {
                Some(Value::String(text)) if !text.is_empty() => fields.push(name, text),
                // Source: developers' reports; what iOS says to a number where a text has to be.
                // Android takes the number. UNCONFIRMED: that the other systems do.
                Some(Value::Number(number)) if !on_ios => fields.push(name, number.to_string()),
                Some(Value::Number(_)) => {
                    return Err(Refused::raw("调用支付jsapi缺少参数: $key0$"));
                }
                _ => return Err(Refused::raw(format!("调用支付JSAPI缺少参数: {name}"))),
            }
        }
        Ok(Self { fields })
    }

    fn get(&self, name: &str) -> &str {
        self.fields.get(name).unwrap_or_default()
    }

    /// The order behind `package`, once the second signature has been verified.
    fn order<'a>(&self, gateway: &'a Gateway, now: UnixSeconds) -> Result<&'a Order, Refused> {
        let prepay_id = self.get("package").strip_prefix("prepay_id=");
        let (order, prepay) = prepay_id
            .and_then(|prepay_id| gateway.ledger.by_prepay_id(prepay_id))
            .filter(|(_, prepay)| now < prepay.issued_at.saturating_add(PREPAY_SECONDS))
            .filter(|_| gateway.account.knows_appid(self.get("appId")))
            .ok_or_else(Refused::missing_total_fee)?;
        if prepay.mweb_url.is_some()
            || prepay.code_url.is_some()
            || order.trade_type != TradeType::Jsapi
        {
            return Err(Refused::described("支付场景非法"));
        }
        let mut signed = Fields::default();
        for (name, value) in self.fields.iter().filter(|(name, _)| *name != "paySign") {
            signed.push(name, value);
        }
        // A signType other than the order's, such as the SDK's default SHA1, verifies nothing.
        let pay_sign = self.get("paySign");
        let verified = match order.sign_type {
            Some(sign_type) => {
                SignType::from_wire(self.get("signType")) == Some(sign_type)
                    && sign::verify(&signed, sign_type, &gateway.account.v2_key, pay_sign)
            }
            None => {
                let lines =
                    ["appId", "timeStamp", "nonceStr", "package"].map(|name| self.get(name));
                self.get("signType") == "RSA" && v3::is_merchants(gateway, lines, pay_sign)
            }
        };
        if verified { Ok(order) } else { Err(Refused::described("支付验证签名失败")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::ClientKind,
        fault::Faults,
        shop::{NOW, Shop},
    };

    const PAGE: &str = "http://localhost:8991/pay?x=1#/cart";

    fn ordered() -> (Shop, Value) {
        let mut shop = Shop::open();
        let prepay_id = shop.order("JSAPI").get("prepay_id").unwrap().to_owned();
        let params = signed(&shop, &prepay_id, "HMAC-SHA256");
        (shop, params)
    }

    fn signed(shop: &Shop, prepay_id: &str, sign_type: &str) -> Value {
        signed_as(shop, &shop.gateway.account().appid, prepay_id, sign_type)
    }

    fn signed_as(shop: &Shop, appid: &str, prepay_id: &str, sign_type: &str) -> Value {
        let package = format!("prepay_id={prepay_id}");
        let fields = Fields::from([
            ("appId", appid),
            ("timeStamp", "1800000000"),
            ("nonceStr", "n"),
            ("package", &package),
            ("signType", sign_type),
        ]);
        let pay_sign = sign::sign(&fields, SignType::HmacSha256, &shop.gateway.account().v2_key);
        let mut params: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        params.insert("paySign".to_owned(), pay_sign.into());
        params.into()
    }

    fn ask(shop: &mut Shop, kind: ClientKind, params: &Value, url: &str) -> Value {
        let body = json!({ "params": params, "url": url }).to_string();
        let request = Request::post("/sandbox/bridge", body).through(kind);
        let reply = shop.gateway.handle(shop.now, &request).unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn signed_by_v3(shop: &Shop, prepay_id: &str, sign_type: &str) -> Value {
        let appid = &shop.gateway.account().appid;
        let package = format!("prepay_id={prepay_id}");
        let text = format!("{appid}\n1800000000\nn\n{package}\n");
        let pay_sign = shop.gateway.keys.merchants()[0].key.sign(text.as_bytes());
        json!({
            "appId": appid, "timeStamp": "1800000000", "nonceStr": "n", "package": package,
            "signType": sign_type, "paySign": pay_sign,
        })
    }

    #[test]
    fn an_order_of_v3_wants_the_merchants_rsa_signature_and_no_other() {
        let mut shop = Shop::open();
        let prepay_id = shop.v3_order("jsapi").1["prepay_id"].as_str().unwrap().to_owned();
        let right = signed_by_v3(&shop, &prepay_id, "RSA");
        let answer = ask(&mut shop, ClientKind::Wechat, &right, PAGE);
        assert!(answer.get("cashier").is_some(), "{answer}");
        let mut bent = right.clone();
        bent["nonceStr"] = json!("m");
        let by_v2 = signed(&shop, &prepay_id, "HMAC-SHA256");
        for wrong in [signed_by_v3(&shop, &prepay_id, "SHA1"), bent, by_v2] {
            assert_eq!(refused(&mut shop, &wrong)["err_desc"], "支付验证签名失败");
        }
        let (mut shop, _) = ordered();
        let prepay_id = shop.order("JSAPI").get("prepay_id").unwrap().to_owned();
        let by_v3 = signed_by_v3(&shop, &prepay_id, "RSA");
        assert_eq!(refused(&mut shop, &by_v3)["err_desc"], "支付验证签名失败", "a V2 order");
    }

    fn refused(shop: &mut Shop, params: &Value) -> Value {
        let answer = ask(shop, ClientKind::Wechat, params, PAGE);
        assert!(answer.get("cashier").is_none(), "{answer}");
        answer
    }

    #[test]
    fn a_rightly_signed_call_raises_the_cashier_and_its_outcome_goes_to_the_page() {
        for (button, outcome) in [("pay", "ok"), ("cancel", "cancel")] {
            let (mut shop, params) = ordered();
            let answer = ask(&mut shop, ClientKind::Wechat, &params, PAGE);
            let cashier =
                answer["cashier"].as_str().unwrap().strip_prefix("http://127.0.0.1:8991").unwrap();
            let page = shop.get(ClientKind::Wechat, cashier);
            let done = shop.press(ClientKind::Wechat, &page, button).text();
            assert!(done.contains(&format!("\"sandboxCashier\":\"{outcome}\"")));
            assert!(done.contains("\"http://localhost:8991\")"), "only the page's origin hears it");
        }
    }

    #[test]
    fn a_page_of_a_sub_merchant_pays_under_its_own_appid() {
        let mut shop = Shop::of_provider();
        let answer = shop.call("/pay/unifiedorder", &Shop::provided());
        let prepay_id = answer.get("prepay_id").unwrap();
        let params = signed_as(&shop, "wx8888888888888888", prepay_id, "HMAC-SHA256");
        let answer = ask(&mut shop, ClientKind::Wechat, &params, PAGE);
        assert!(answer.get("cashier").is_some(), "{answer}");
        let params = signed_as(&shop, "wx7777777777777777", prepay_id, "HMAC-SHA256");
        refused(&mut shop, &params);
    }

    #[test]
    fn a_time_stamp_that_is_a_number_is_refused_on_an_iphone_and_taken_on_android() {
        let (mut shop, mut params) = ordered();
        params["timeStamp"] = 1_800_000_000.into();
        assert_eq!(refused(&mut shop, &params)["err_msg"], "调用支付jsapi缺少参数: $key0$");
        shop.gateway.set_device(Device::WechatAndroid);
        let answer = ask(&mut shop, ClientKind::Wechat, &params, PAGE);
        assert!(answer.get("cashier").is_some(), "{answer}");
    }

    #[test]
    fn a_missing_parameter_is_named() {
        for name in ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"] {
            let (mut shop, mut params) = ordered();
            params[name] = "".into();
            assert_eq!(
                refused(&mut shop, &params)["err_msg"],
                format!("调用支付JSAPI缺少参数: {name}")
            );
        }
    }

    #[test]
    fn another_signature_algorithm_or_value_is_refused() {
        let (mut shop, params) = ordered();
        let prepay_id = params["package"].as_str().unwrap().strip_prefix("prepay_id=").unwrap();
        let sha1 = signed(&shop, prepay_id, "SHA1");
        let mut altered = params.clone();
        altered["nonceStr"] = "other".into();
        for params in [sha1, altered] {
            assert_eq!(refused(&mut shop, &params)["err_desc"], "支付验证签名失败");
        }
    }

    #[test]
    fn an_unknown_expired_or_foreign_prepay_lacks_its_total_fee() {
        let (mut shop, params) = ordered();
        let unknown = signed(&shop, "wx00", "HMAC-SHA256");
        assert_eq!(refused(&mut shop, &unknown)["err_msg"], "调用支付JSAPI缺少参数：total_fee");
        shop.now = NOW + PREPAY_SECONDS;
        assert_eq!(refused(&mut shop, &params)["err_msg"], "调用支付JSAPI缺少参数：total_fee");
        let mut shop = Shop::open();
        let prepay_id = shop.order("MWEB").get("prepay_id").unwrap().to_owned();
        let params = signed(&shop, &prepay_id, "HMAC-SHA256");
        assert_eq!(refused(&mut shop, &params)["err_desc"], "支付场景非法");
    }

    #[test]
    fn a_page_outside_the_payment_directory_is_refused() {
        let (mut shop, params) = ordered();
        let answer = ask(&mut shop, ClientKind::Wechat, &params, "http://evil.example/pay");
        assert_eq!(answer["err_desc"], "当前页面的URL未注册：http://evil.example/pay");
    }

    #[test]
    fn a_directory_is_compared_with_the_address_an_iphone_was_entered_by() {
        for (device, pays) in [(Device::WechatIos, true), (Device::WechatAndroid, false)] {
            let (mut shop, params) = ordered();
            shop.gateway.set_device(device);
            let mut settings = shop.gateway.platform().clone();
            settings.pay_dirs = vec!["http://localhost/shop/".to_owned()];
            shop.gateway.set_platform(settings);
            let (url, landing) = ("http://localhost:8991/cart", "http://localhost:8991/shop/");
            let body = json!({ "params": params, "url": url, "landing": landing }).to_string();
            let request = Request::post("/sandbox/bridge", body).through(ClientKind::Wechat);
            let reply = shop.gateway.handle(NOW, &request).unwrap();
            assert_eq!(reply.text().contains("cashier"), pays, "{}", reply.text());
        }
    }

    #[test]
    fn a_mini_programs_page_and_wecom_raise_no_cashier() {
        for (device, name, text) in [
            (Device::MiniProgram, "err_msg", "system:access_denied"),
            (Device::Wecom, "err_desc", "该商户暂不支持通过外部拉起微信完成支付"),
        ] {
            let (mut shop, params) = ordered();
            shop.gateway.set_device(device);
            assert_eq!(refused(&mut shop, &params)[name], text);
        }
    }

    #[test]
    fn the_js_sdk_pays_only_after_a_right_config() {
        let (mut shop, mut params) = ordered();
        params["verifySignType"] = "sha1".into();
        let answer = refused(&mut shop, &params);
        let text = "get_brand_wcpay_request:fail_the permission value is offline verifying";
        assert_eq!(answer["err_msg"], text);
        params["appId"] = Value::Null;
        assert_eq!(refused(&mut shop, &params)["err_msg"], "调用支付JSAPI缺少参数: appId");
    }

    #[test]
    fn another_wechat_user_than_the_order_was_made_for_is_refused() {
        let (mut shop, params) = ordered();
        shop.gateway.set_client(ClientKind::Wechat, None, Some("oSomebodyElse".to_owned()));
        assert_eq!(refused(&mut shop, &params)["err_code"], "3");
    }

    #[test]
    fn a_paid_order_is_not_paid_again() {
        let (mut shop, params) = ordered();
        shop.pay();
        assert_eq!(refused(&mut shop, &params)["err_desc"], "该订单已支付");
    }

    #[test]
    fn each_bridge_fault_has_its_own_words() {
        for (bridge, name, text) in [
            (BridgeFault::Fail, "err_msg", "get_brand_wcpay_request:fail"),
            (
                BridgeFault::FailUnregisteredUrl,
                "err_desc",
                "当前页面的URL未注册：http://localhost:8991/pay?x=1#/cart",
            ),
            (BridgeFault::FailMissingTotalFee, "err_msg", "调用支付JSAPI缺少参数：total_fee"),
            (BridgeFault::CrossAccount, "err_code", "3"),
        ] {
            let (mut shop, params) = ordered();
            shop.gateway.set_faults(Faults { bridge, ..Faults::default() });
            assert_eq!(refused(&mut shop, &params)[name], text);
        }
    }

    #[test]
    fn nonsense_is_refused_without_harm() {
        let mut shop = Shop::open();
        for body in ["", "[]", "{\"params\":7}", "\u{0}"] {
            let request = Request::post("/sandbox/bridge", body).through(ClientKind::Wechat);
            assert_eq!(shop.gateway.handle(NOW, &request).unwrap().status, 200);
        }
    }
}
