//! What an order call asks for: every field rule that can be checked without knowing the order.
//!
//! Source: pay.weixin.qq.com V3 JSAPI下单, H5下单, Native下单, APP下单.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    call::{Call, NO_OPENID, Refusal},
    rules::{
        Field, Kind, check, check_ip, check_notify_url, check_number, missing, needed, one_of,
        optional, read_time,
    },
};
use crate::{account::Account, ledger::TradeType, time::UnixSeconds};

/// Fields of all four.
///
/// UNCONFIRMED: pages disagree between 127 and 128 for `attach`, and between 32 and 256 for
/// `goods_tag`; the longer is taken.
const COMMON: [Field; 34] = [
    needed("/appid", Kind::Text(32)),
    needed("/mchid", Kind::Text(32)),
    needed("/description", Kind::Text(127)),
    needed("/out_trade_no", Kind::Text(32)),
    optional("/time_expire", Kind::Text(64)),
    optional("/attach", Kind::Text(128)),
    needed("/notify_url", Kind::Text(255)),
    optional("/goods_tag", Kind::Text(256)),
    optional("/support_fapiao", Kind::Flag),
    optional("/limit_pay", Kind::List),
    optional("/limit_pay/*", Kind::Text(32)),
    needed("/amount", Kind::Object),
    needed("/amount/total", Kind::Number(1)),
    optional("/amount/currency", Kind::Text(16)),
    optional("/detail", Kind::Object),
    optional("/detail/cost_price", Kind::Number(0)),
    optional("/detail/invoice_id", Kind::Text(32)),
    optional("/detail/goods_detail", Kind::List),
    optional("/detail/goods_detail/*", Kind::Object),
    needed("/detail/goods_detail/*/merchant_goods_id", Kind::Text(32)),
    optional("/detail/goods_detail/*/wechatpay_goods_id", Kind::Text(32)),
    optional("/detail/goods_detail/*/goods_name", Kind::Text(256)),
    needed("/detail/goods_detail/*/quantity", Kind::Number(1)),
    needed("/detail/goods_detail/*/unit_price", Kind::Number(0)),
    optional("/scene_info", Kind::Object),
    needed("/scene_info/payer_client_ip", Kind::Text(45)),
    optional("/scene_info/device_id", Kind::Text(32)),
    optional("/scene_info/store_info", Kind::Object),
    needed("/scene_info/store_info/id", Kind::Text(32)),
    optional("/scene_info/store_info/name", Kind::Text(256)),
    optional("/scene_info/store_info/area_code", Kind::Text(32)),
    optional("/scene_info/store_info/address", Kind::Text(512)),
    optional("/settle_info", Kind::Object),
    optional("/settle_info/profit_sharing", Kind::Flag),
];

/// What only orders inside WeChat take.
const JSAPI: [Field; 2] =
    [needed("/payer", Kind::Object), needed("/payer/openid", Kind::Text(128))];

/// What only orders in a phone browser take.
const H5: [Field; 7] = [
    needed("/scene_info", Kind::Object),
    needed("/scene_info/h5_info", Kind::Object),
    needed("/scene_info/h5_info/type", Kind::Text(32)),
    optional("/scene_info/h5_info/app_name", Kind::Text(64)),
    optional("/scene_info/h5_info/app_url", Kind::Text(128)),
    optional("/scene_info/h5_info/bundle_id", Kind::Text(128)),
    optional("/scene_info/h5_info/package_name", Kind::Text(128)),
];

/// The names under which the ledger keeps what V2 has as well, so that the cashier, the middle page
/// and the bills need not know by which API an order came.
const SHARED: [(&str, &str); 6] = [
    ("/description", "body"),
    ("/payer/openid", "openid"),
    ("/scene_info/payer_client_ip", "spbill_create_ip"),
    ("/notify_url", "notify_url"),
    ("/attach", "attach"),
    ("/out_trade_no", "out_trade_no"),
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
    pub(super) fn read(account: &Account, call: &Call) -> Result<Self, Refusal> {
        let (trade_type, own): (_, &[Field]) = match call.last() {
            "jsapi" => (TradeType::Jsapi, &JSAPI),
            "h5" => (TradeType::Mweb, &H5),
            "app" => (TradeType::App, &[]),
            _ => (TradeType::Native, &[]),
        };
        if trade_type == TradeType::Jsapi && call.text("/payer/openid").is_none() {
            return Err(missing("body", "/payer/openid").tail(NO_OPENID));
        }
        check(&call.body, &[&COMMON, own].concat())?;
        check_number(call, "/out_trade_no", 6, "_-|*")?;
        check_notify_url(call)?;
        check_ip(call, "/scene_info/payer_client_ip")?;
        one_of(call, "/amount/currency", &["CNY"])?;
        one_of(call, "/scene_info/h5_info/type", &["Wap", "iOS", "Android"])?;
        check_identity(account, call)?;
        let mut fields =
            BTreeMap::from([("trade_type".to_owned(), trade_type.as_str().to_owned())]);
        flatten(&call.body, "", &mut fields);
        Ok(Self {
            out_trade_no: call.text("/out_trade_no").unwrap_or_default().to_owned(),
            trade_type,
            total_fee: call.number("/amount/total").unwrap_or_default(),
            expires_at: read_time(call, "/time_expire")?,
            fields,
        })
    }
}

/// UNCONFIRMED: which of the two is looked at first.
fn check_identity(account: &Account, call: &Call) -> Result<(), Refusal> {
    if call.text("/mchid") != Some(account.mch_id.as_str()) {
        Err(Refusal::new(400, "MCH_NOT_EXISTS", "商户号不存在"))
    } else if call.text("/appid") != Some(account.appid.as_str()) {
        Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配，请检查后再试"))
    } else {
        Ok(())
    }
}

/// Every text, number and flag by its pointer, or by the name that it has in V2.
fn flatten(value: &Value, at: &str, fields: &mut BTreeMap<String, String>) {
    let leaf = match value {
        Value::Object(object) => {
            return object
                .iter()
                .for_each(|(name, value)| flatten(value, &format!("{at}/{name}"), fields));
        }
        Value::Array(list) => {
            return list
                .iter()
                .enumerate()
                .for_each(|(place, value)| flatten(value, &format!("{at}/{place}"), fields));
        }
        Value::Null => return,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let shared = SHARED.iter().find(|(pointer, _)| *pointer == at);
    fields.insert(shared.map_or(at, |(_, name)| name).to_owned(), leaf);
}
