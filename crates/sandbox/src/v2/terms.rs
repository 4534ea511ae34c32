//! 统一下单's parameters: every field rule that can be checked without knowing the order.
//!
//! Source: pay.weixin.qq.com V2 统一下单 for JSAPI, H5 and NATIVE; refusal texts from merchants'
//! logs where there are any.

use std::{collections::BTreeMap, net::IpAddr};

use super::{
    Refusal,
    rules::{check_lengths, check_notify_url, invalid, one_of, read_fee, read_time, required},
};
use crate::{ledger::TradeType, time::UnixSeconds, xml::Fields};

/// Longest value of each field, in characters.
///
/// UNCONFIRMED: pages disagree between 127 and 128 for `body`, and say neither bytes nor characters.
const LONGEST: [(&str, usize); 16] = [
    ("device_info", 32),
    ("body", 127),
    ("detail", 6_000),
    ("attach", 127),
    ("out_trade_no", 32),
    ("fee_type", 16),
    ("spbill_create_ip", 64),
    ("goods_tag", 32),
    ("notify_url", 256),
    ("product_id", 32),
    ("limit_pay", 32),
    ("openid", 128),
    ("sub_openid", 128),
    ("receipt", 8),
    ("profit_sharing", 16),
    ("scene_info", 256),
];

/// What an order call asks for, once every rule has been checked.
pub(super) struct Terms {
    pub(super) out_trade_no: String,
    pub(super) trade_type: TradeType,
    pub(super) total_fee: u64,
    pub(super) expires_at: Option<UnixSeconds>,
    /// Everything a repeat must send again.
    pub(super) fields: BTreeMap<String, String>,
}

impl Terms {
    pub(super) fn read(fields: &Fields) -> Result<Self, Refusal> {
        check_lengths(fields, &LONGEST)?;
        let trade_type = read_trade_type(fields)?;
        required(fields, "body")?;
        let out_trade_no = read_out_trade_no(fields)?;
        let total_fee = read_fee(fields, "total_fee")?;
        if required(fields, "spbill_create_ip")?.parse::<IpAddr>().is_err() {
            return Err(invalid("spbill_create_ip"));
        }
        check_notify_url(fields)?;
        one_of(fields, "fee_type", &["CNY"])?;
        one_of(fields, "limit_pay", &["no_credit"])?;
        one_of(fields, "receipt", &["Y"])?;
        one_of(fields, "profit_sharing", &["Y", "N"])?;
        read_time(fields, "time_start")?;
        let expires_at = read_time(fields, "time_expire")?;
        match trade_type {
            TradeType::Jsapi if fields.get("sub_openid").is_some() => {
                required(fields, "sub_appid")?;
            }
            TradeType::Jsapi if fields.get("openid").is_none() => {
                return Err(Refusal::communication("JSAPI支付必须传openid"));
            }
            TradeType::Native => drop(required(fields, "product_id")?),
            TradeType::Mweb => check_scene_info(required(fields, "scene_info")?)?,
            TradeType::Jsapi | TradeType::App => {}
        }
        let terms = fields
            .iter()
            // UNCONFIRMED: which fields a repeat may change; these three differ in every call.
            .filter(|(name, value)| {
                !matches!(*name, "nonce_str" | "sign" | "sign_type") && !value.is_empty()
            })
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Self { out_trade_no, trade_type, total_fee, expires_at, fields: terms })
    }
}

fn read_trade_type(fields: &Fields) -> Result<TradeType, Refusal> {
    match required(fields, "trade_type")? {
        "JSAPI" => Ok(TradeType::Jsapi),
        "MWEB" => Ok(TradeType::Mweb),
        "NATIVE" => Ok(TradeType::Native),
        // The test merchant has not been given app payment.
        "APP" => Err(Refusal::business("NOAUTH", "商户无此接口权限")),
        _ => Err(invalid("trade_type")),
    }
}

fn read_out_trade_no(fields: &Fields) -> Result<String, Refusal> {
    let out_trade_no = required(fields, "out_trade_no")?;
    if out_trade_no.len() < 6 {
        return Err(Refusal::communication("out_trade_no参数长度有误"));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    if out_trade_no.bytes().all(allowed) {
        Ok(out_trade_no.to_owned())
    } else {
        Err(invalid("out_trade_no"))
    }
}

/// Source: H5支付 scene_info: `h5_info` with `type` Wap, IOS or Android and what belongs to it.
fn check_scene_info(text: &str) -> Result<(), Refusal> {
    let scene: serde_json::Value = serde_json::from_str(text).map_err(|_| invalid("scene_info"))?;
    let word =
        |name: &str| scene.pointer(&format!("/h5_info/{name}")).and_then(|word| word.as_str());
    let needed: &[&str] = match word("type") {
        Some("Wap") => &["wap_url", "wap_name"],
        Some("IOS") => &["app_name", "bundle_id"],
        Some("Android") => &["app_name", "package_name"],
        _ => return Err(invalid("scene_info")),
    };
    if needed.iter().all(|name| word(name).is_some_and(|word| !word.is_empty())) {
        Ok(())
    } else {
        Err(invalid("scene_info"))
    }
}

#[cfg(test)]
mod tests {
    use crate::shop::{SCENE, Shop, refusal, with};

    #[test]
    fn every_field_rule_is_kept() {
        let long = "长".repeat(128);
        for (trade_type, name, value, code, text) in [
            ("JSAPI", "openid", "", "FAIL", "JSAPI支付必须传openid"),
            ("JSAPI", "body", "", "LACK_PARAMS", "缺少参数body"),
            ("JSAPI", "body", long.as_str(), "FAIL", "body参数长度有误"),
            ("JSAPI", "attach", long.as_str(), "FAIL", "attach参数长度有误"),
            ("JSAPI", "out_trade_no", "12345", "FAIL", "out_trade_no参数长度有误"),
            (
                "JSAPI",
                "out_trade_no",
                "123456789012345678901234567890123",
                "FAIL",
                "out_trade_no参数长度有误",
            ),
            ("JSAPI", "out_trade_no", "订单000001", "FAIL", "invalid out_trade_no"),
            ("JSAPI", "total_fee", "0", "FAIL", "invalid total_fee"),
            ("JSAPI", "total_fee", "9.90", "FAIL", "invalid total_fee"),
            ("JSAPI", "total_fee", "+9", "FAIL", "invalid total_fee"),
            ("JSAPI", "fee_type", "USD", "FAIL", "invalid fee_type"),
            ("JSAPI", "spbill_create_ip", "localhost", "FAIL", "invalid spbill_create_ip"),
            ("JSAPI", "notify_url", "http://a.example/n?x=1", "FAIL", "invalid notify_url"),
            ("JSAPI", "notify_url", "/notify", "FAIL", "invalid notify_url"),
            ("JSAPI", "time_expire", "2027-01-16", "FAIL", "invalid time_expire"),
            ("JSAPI", "time_start", "20270132000000", "FAIL", "invalid time_start"),
            ("JSAPI", "limit_pay", "no_debit", "FAIL", "invalid limit_pay"),
            ("JSAPI", "profit_sharing", "y", "FAIL", "invalid profit_sharing"),
            ("JSAPI", "trade_type", "APP", "NOAUTH", "商户无此接口权限"),
            ("JSAPI", "trade_type", "H5", "FAIL", "invalid trade_type"),
            ("NATIVE", "product_id", "", "LACK_PARAMS", "缺少参数product_id"),
            ("MWEB", "scene_info", "", "LACK_PARAMS", "缺少参数scene_info"),
            ("MWEB", "scene_info", "{}", "FAIL", "invalid scene_info"),
            (
                "MWEB",
                "scene_info",
                r#"{"h5_info":{"type":"Wap","wap_url":"x"}}"#,
                "FAIL",
                "invalid scene_info",
            ),
        ] {
            let mut shop = Shop::open();
            let answer =
                shop.call("/pay/unifiedorder", &with(&Shop::terms(trade_type), name, value));
            assert_eq!(refusal(&answer), (code.to_owned(), text.to_owned()), "{name}={value}");
            assert_eq!(shop.gateway.ledger().orders().count(), 0);
        }
    }

    #[test]
    fn every_documented_form_of_scene_info_is_taken() {
        for scene in [
            SCENE,
            r#"{"h5_info":{"type":"IOS","app_name":"店","bundle_id":"com.example.shop"}}"#,
            r#"{"h5_info":{"type":"Android","app_name":"店","package_name":"com.example.shop"}}"#,
        ] {
            let mut shop = Shop::open();
            let answer =
                shop.call("/pay/unifiedorder", &with(&Shop::terms("MWEB"), "scene_info", scene));
            assert_eq!(answer.get("result_code"), Some("SUCCESS"));
        }
    }
}
