//! 统一下单 `POST /pay/unifiedorder`.
//!
//! Source: pay.weixin.qq.com V2 统一下单 for JSAPI, H5 and NATIVE; refusal texts from merchants'
//! logs where there are any.

use std::{collections::BTreeMap, net::IpAddr};

use super::{Call, Refusal};
use crate::{
    fault::OrderFault,
    gateway::Gateway,
    ledger::{Order, Prepay, TradeType, Unpayable},
    time::{UnixSeconds, beijing_format, from_compact},
    xml::Fields,
};

/// Longest value of each field, in characters.
///
/// UNCONFIRMED: pages disagree between 127 and 128 for `body`, and say neither bytes nor characters.
const LONGEST: [(&str, usize); 15] = [
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
    ("receipt", 8),
    ("profit_sharing", 16),
    ("scene_info", 256),
];

/// Source: observed `return_msg`; 刷卡 (micropay) may be one minute, everything else five. Newer
/// pages say one minute for everything, and that is what is enforced.
const TOO_SOON: &str = "time_expire时间过短，刷卡至少1分钟，其他5分钟";
const SHORTEST_SECONDS: i64 = 60;

/// What an order call asks for, once every rule has been checked.
struct Terms {
    out_trade_no: String,
    trade_type: TradeType,
    total_fee: u64,
    expires_at: Option<UnixSeconds>,
    /// Everything a repeat must send again.
    fields: BTreeMap<String, String>,
}

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    let system_error = || Refusal::business("SYSTEMERROR", "系统异常，请用相同参数重新调用");
    let fault = gateway.faults.order;
    if fault == OrderFault::Systemerror {
        return Err(system_error());
    }
    let terms = read(&call.fields)?;
    let (trade_type, out_trade_no) = (terms.trade_type, terms.out_trade_no.clone());
    admit(gateway, now, call, terms)?;
    let prepay = issue(gateway, now, trade_type);
    let mut fields = Fields::from([("trade_type", trade_type.as_str())]);
    fields.push("prepay_id", &prepay.prepay_id);
    if let Some(mweb_url) = &prepay.mweb_url {
        fields.push("mweb_url", mweb_url);
    }
    if let Some(code_url) = &prepay.code_url {
        fields.push("code_url", code_url);
    }
    if let Some(order) = gateway.ledger.order_mut(&out_trade_no) {
        order.prepays.push(prepay);
    }
    match fault {
        OrderFault::Timeout => Err(Refusal::Silence),
        OrderFault::SystemerrorAfterEffect => Err(system_error()),
        OrderFault::Normal | OrderFault::Systemerror => Ok(fields),
    }
}

/// Makes the order, or lets a repeat of it pass.
fn admit(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
    terms: Terms,
) -> Result<(), Refusal> {
    if let Some(order) = gateway.ledger.order(&terms.out_trade_no) {
        return match order.payable(now) {
            Err(Unpayable::Paid) => Err(Refusal::business("ORDERPAID", "该订单已支付")),
            // UNCONFIRMED: a repeat after `time_expire`. API V3 has one internal code for expired
            // and closed orders, hence the same word here.
            Err(_) => Err(Refusal::business("ORDERCLOSED", "该订单已关闭")),
            Ok(()) if order.terms != terms.fields => {
                Err(Refusal::business("INVALID_REQUEST", "201 商户订单号重复"))
            }
            Ok(()) => Ok(()),
        };
    }
    if terms.expires_at.is_some_and(|expiry| expiry < now.saturating_add(SHORTEST_SECONDS)) {
        return Err(Refusal::communication(TOO_SOON));
    }
    gateway.ledger.insert(Order {
        out_trade_no: terms.out_trade_no,
        terms: terms.fields,
        trade_type: terms.trade_type,
        total_fee: terms.total_fee,
        sign_type: call.sign_type,
        created_at: now,
        expires_at: terms.expires_at,
        prepays: Vec::new(),
        payment: None,
        closed_at: None,
        notices: Vec::new(),
    });
    Ok(())
}

/// UNCONFIRMED: a repeat gets a new `prepay_id`, `mweb_url` or `code_url` each time. Documented is
/// only that the newest is usable and that a new `code_url` kills the old one.
fn issue(gateway: &mut Gateway, now: UnixSeconds, trade_type: TradeType) -> Prepay {
    let random = &mut gateway.random;
    // Source: prepay ids in public logs: `wx`, day and time in Beijing, 22 characters, `0000`.
    let prepay_id = format!("wx{}{}0000", beijing_format(now, "%d%H%M%S"), random.hex(22));
    let package = random.digits(10);
    let mweb_url = (trade_type == TradeType::Mweb).then(|| {
        let base = &gateway.addresses.gateway;
        format!("{base}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={prepay_id}&package={package}")
    });
    let code_url = (trade_type == TradeType::Native)
        .then(|| format!("weixin://wxpay/bizpayurl?pr={}", random.letters(9)));
    Prepay { prepay_id, issued_at: now, package, mweb_url, code_url, user: None }
}

fn read(fields: &Fields) -> Result<Terms, Refusal> {
    for (name, longest) in LONGEST {
        if fields.get(name).is_some_and(|value| value.chars().count() > longest) {
            return Err(Refusal::communication(format!("{name}参数长度有误")));
        }
    }
    let trade_type = read_trade_type(fields)?;
    required(fields, "body")?;
    let out_trade_no = read_out_trade_no(fields)?;
    let total_fee = read_total_fee(fields)?;
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
        TradeType::Jsapi if fields.get("openid").is_none() => {
            return Err(Refusal::communication("JSAPI支付必须传openid"));
        }
        TradeType::Native => drop(required(fields, "product_id")?),
        TradeType::Mweb => check_scene_info(required(fields, "scene_info")?)?,
        TradeType::Jsapi => {}
    }
    let terms = fields
        .iter()
        // UNCONFIRMED: which fields a repeat may change; these three differ in every call.
        .filter(|(name, value)| {
            !matches!(*name, "nonce_str" | "sign" | "sign_type") && !value.is_empty()
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(Terms { out_trade_no, trade_type, total_fee, expires_at, fields: terms })
}

/// UNCONFIRMED: the description that goes with `LACK_PARAMS`.
fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    fields.get(name).ok_or_else(|| Refusal::business("LACK_PARAMS", format!("缺少参数{name}")))
}

/// Source: `invalid spbill_create_ip` and its like are `return_msg` texts in merchants' logs.
/// UNCONFIRMED: that every field has its own such text.
fn invalid(name: &str) -> Refusal {
    Refusal::communication(format!("invalid {name}"))
}

fn one_of(fields: &Fields, name: &str, words: &[&str]) -> Result<(), Refusal> {
    match fields.get(name) {
        Some(word) if !words.contains(&word) => Err(invalid(name)),
        _ => Ok(()),
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

fn read_total_fee(fields: &Fields) -> Result<u64, Refusal> {
    let text = required(fields, "total_fee")?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // UNCONFIRMED: the largest amount; nine digits are ten million yuan.
    match text.parse::<u64>() {
        Ok(total_fee) if digits && total_fee >= 1 && text.len() <= 9 => Ok(total_fee),
        _ => Err(invalid("total_fee")),
    }
}

fn check_notify_url(fields: &Fields) -> Result<(), Refusal> {
    let text = required(fields, "notify_url")?;
    let sound = url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if sound { Ok(()) } else { Err(invalid("notify_url")) }
}

fn read_time(fields: &Fields, name: &str) -> Result<Option<UnixSeconds>, Refusal> {
    let Some(text) = fields.get(name) else { return Ok(None) };
    from_compact(text).map(Some).ok_or_else(|| invalid(name))
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
