//! Messages as a person reads them (解码后的报文): fields instead of XML, and what was sealed, opened.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{
    account::Account,
    ecb, v3,
    xml::{self, Fields},
};

/// The body as an object: of V2 its elements, of V3 its JSON. What is sealed for the merchant is
/// opened under the name `opened`, beside where it was. `None` of anything else, such as a table.
pub(crate) fn decoded(account: &Account, body: &str) -> Option<Value> {
    if body.trim_start().starts_with('<') {
        let fields = xml::decode(body).ok()?;
        let mut object = object(&fields);
        let opened = fields.get("req_info").and_then(|sealed| opened_refund(account, sealed));
        object.extend(opened.map(|inner| ("opened".to_owned(), Value::Object(inner))));
        return Some(Value::Object(object));
    }
    let mut value: Value = serde_json::from_str(body).ok()?;
    open(account, &mut value);
    (value.is_object() || value.is_array()).then_some(value)
}

fn object(fields: &Fields) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// `req_info` of a refund notification by V2.
fn opened_refund(account: &Account, sealed: &str) -> Option<Map<String, Value>> {
    let plain = ecb::decrypt(&account.v2_key, &STANDARD.decode(sealed).ok()?)?;
    let inner = String::from_utf8(plain).ok()?;
    let inner = inner.strip_prefix("<root>")?.strip_suffix("</root>")?;
    xml::decode(&format!("<xml>{inner}</xml>")).ok().map(|fields| object(&fields))
}

/// Opens every sealed object, however deep it is.
fn open(account: &Account, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| open(account, item)),
        Value::Object(object) => {
            let text = |name: &str| object.get(name).and_then(Value::as_str);
            let plain = text("ciphertext").zip(text("nonce")).and_then(|(sealed, nonce)| {
                let associated = text("associated_data").unwrap_or_default();
                v3::unseal(&account.v3_key, nonce, associated, sealed)
            });
            object.values_mut().for_each(|inner| open(account, inner));
            if let Some(plain) = plain {
                let text = String::from_utf8_lossy(&plain).into_owned();
                let opened = serde_json::from_str(&text).unwrap_or(Value::String(text));
                object.insert("opened".to_owned(), opened);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shop::{NO, NOW, Shop};

    #[test]
    fn what_is_sealed_for_the_merchant_is_opened_whichever_api_tells_it() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        let payment = shop.gateway.due(NOW).remove(0);
        shop.gateway.answered(NOW, payment.id, &Shop::ack());
        shop.refund("R1", 400);
        let refund = shop.gateway.due(NOW + 60).remove(0);
        let mut other = Shop::open();
        other.v3_order("jsapi");
        other.pay();
        let by_v3 = other.gateway.due(NOW).remove(0);
        let account = shop.gateway.account();
        for (body, pointer, value) in [
            (&payment.body, "/out_trade_no", json!(NO)),
            (&payment.body, "/total_fee", json!("990")),
            (&refund.body, "/opened/refund_fee", json!("400")),
            (&by_v3.body, "/event_type", json!("TRANSACTION.SUCCESS")),
            (&by_v3.body, "/resource/opened/amount/total", json!(990)),
        ] {
            let decoded = decoded(account, body).unwrap();
            assert_eq!(decoded.pointer(pointer), Some(&value), "{decoded}");
        }
    }

    #[test]
    fn what_is_neither_or_cannot_be_opened_stays_as_it_is() {
        let account = Account::default();
        for body in ["", "交易时间,公众账号ID\r\n`1", "12", "<html><head/></html>", "<xml", "{"]
        {
            assert_eq!(decoded(&account, body), None, "{body}");
        }
        let sealed = r#"{"resource":{"ciphertext":"AAAA","nonce":"fdasflkja484"}}"#;
        assert_eq!(decoded(&account, sealed), serde_json::from_str(sealed).ok());
        let sealed = "<xml><req_info>AAAA</req_info></xml>";
        assert_eq!(decoded(&account, sealed), Some(json!({ "req_info": "AAAA" })));
    }
}
