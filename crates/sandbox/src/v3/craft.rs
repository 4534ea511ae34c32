//! Notifications made to measure (构造通知): any content, sealed and signed by any key, with any header
//! changed; for hostile corpora, and for the tests of any SDK.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    keys::{STRANGER, TestKey},
    news::News,
    seal, sign,
    signature::headers,
};
use crate::{
    craft::{Crafted, Edits, edit_headers},
    gateway::Gateway,
    time::UnixSeconds,
};

/// What to make. Everything may be left out: what is left out is as WeChat Pay would have it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Craft {
    /// The order whose payment is told.
    pub out_trade_no: Option<String>,
    /// The refund whose outcome is told.
    pub out_refund_no: Option<String>,
    /// What is sealed, instead of what is true; a text is sealed as it is, anything else as JSON.
    pub resource: Option<Value>,
    /// `id`.
    pub id: Option<String>,
    /// `event_type`.
    pub event_type: Option<String>,
    /// `resource.original_type`.
    pub original_type: Option<String>,
    /// The key that is sealed with, 32 characters.
    pub v3_key: Option<String>,
    /// `resource.nonce`, 12 characters.
    pub resource_nonce: Option<String>,
    /// `resource.associated_data`.
    pub associated_data: Option<String>,
    /// The whole body, instead of all of the above.
    pub body: Option<String>,
    /// Whose key signs: the serial of a platform key or of a merchant's, or `stranger`.
    pub key: Option<String>,
    /// `Wechatpay-Serial`.
    pub serial: Option<String>,
    /// `Wechatpay-Timestamp`, which is signed.
    pub timestamp: Option<String>,
    /// `Wechatpay-Nonce`, which is signed.
    pub nonce: Option<String>,
    /// Headers that are put in the place of signed ones, or beside them; `null` leaves one out.
    #[serde(default)]
    pub headers: Edits,
}

impl Gateway {
    /// Makes a notification; nothing is sent, and nothing remembered.
    ///
    /// # Errors
    /// When there is no such paid order, told refund or key, or when the lengths of key or nonce
    /// are none that AES-256-GCM takes; in words.
    pub fn craft(&mut self, now: UnixSeconds, craft: &Craft) -> Result<Crafted, String> {
        let body = match &craft.body {
            Some(body) => body.clone(),
            None => self.crafted_body(now, craft)?,
        };
        let timestamp =
            craft.timestamp.clone().unwrap_or_else(|| self.signing_time(now).to_string());
        let nonce = craft.nonce.clone().unwrap_or_else(|| self.random.hex(32));
        let text = sign::message(&timestamp, &nonce, body.as_bytes());
        let (key, serial) = self.crafting_key(craft.key.as_deref())?;
        let serial = craft.serial.as_deref().unwrap_or(serial);
        let signed = headers(&timestamp, &nonce, key.sign(&text), serial);
        let signed = signed.into_iter().map(|(name, value)| (name.to_owned(), value));
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let mut headers: BTreeMap<String, String> = signed.chain([json]).collect();
        edit_headers(&mut headers, &craft.headers);
        Ok(Crafted { headers, body, signed: String::from_utf8_lossy(&text).into_owned() })
    }

    fn crafted_body(&mut self, now: UnixSeconds, craft: &Craft) -> Result<String, String> {
        let mut news = self.crafted_news(now, craft)?;
        let replace = |place: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                place.clone_from(value);
            }
        };
        replace(&mut news.id, &craft.id);
        replace(&mut news.event_type, &craft.event_type);
        replace(&mut news.original_type, &craft.original_type);
        match &craft.resource {
            Some(Value::String(text)) => news.plain = text.clone().into_bytes(),
            Some(resource) => news.plain = resource.to_string().into_bytes(),
            None => {}
        }
        let nonce = self.random.letters(seal::NONCE);
        let nonce = craft.resource_nonce.as_ref().unwrap_or(&nonce);
        let v3_key = craft.v3_key.as_ref().unwrap_or(&self.account.v3_key);
        let associated_data = craft.associated_data.as_ref().unwrap_or(&news.original_type);
        let body = news.sealed(v3_key, nonce, associated_data);
        let body = body.ok_or("v3_key needs 32 bytes, and resource_nonce 12")?;
        Ok(body.to_string())
    }

    fn crafted_news(&self, now: UnixSeconds, craft: &Craft) -> Result<News, String> {
        if let Some(number) = &craft.out_refund_no {
            let found = self.ledger.refund(number);
            let news = found
                .and_then(|(order, refund)| News::of_refund(&self.account, now, order, refund, 0));
            return news.ok_or_else(|| format!("no refund `{number}` whose outcome is known"));
        }
        if let Some(number) = &craft.out_trade_no {
            let order = self.ledger.order(number);
            let news = order.and_then(|order| News::of_payment(&self.account, order, 0));
            return news.ok_or_else(|| format!("no paid order `{number}`"));
        }
        if craft.resource.is_none() {
            return Err("expected out_trade_no, out_refund_no, resource or body".to_owned());
        }
        Ok(News::of_nothing(now))
    }

    fn crafting_key(
        &mut self,
        name: Option<&str>,
    ) -> Result<(&'static TestKey, &'static str), String> {
        let platform = |serial: &str| {
            let key = self.keys.platform(serial).map(|key| (key.key, key.serial));
            key.or_else(|| self.keys.merchant(serial).map(|key| (key.key, key.serial)))
        };
        match name {
            None => {
                let key = self.notifying_key().ok_or("there is no platform key")?;
                Ok((key.key, key.serial))
            }
            Some("stranger") => {
                let key = self.notifying_key().ok_or("there is no platform key")?;
                Ok((&STRANGER, key.serial))
            }
            Some(serial) => platform(serial).ok_or_else(|| format!("no key `{serial}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shop::{NO, NOW, Shop};

    fn craft(shop: &mut Shop, wanted: Value) -> Result<Crafted, String> {
        shop.gateway.craft(NOW, &serde_json::from_value(wanted).unwrap())
    }

    fn paid() -> Shop {
        let mut shop = Shop::open();
        shop.v3_order("jsapi");
        shop.pay();
        shop
    }

    #[test]
    fn what_is_left_out_is_as_wechat_pay_would_have_it() {
        let mut shop = paid();
        let crafted = craft(&mut shop, json!({ "out_trade_no": NO })).unwrap();
        assert!(shop.v3_is_right(&crafted));
        let body: Value = serde_json::from_str(&crafted.body).unwrap();
        assert_eq!(body["event_type"], "TRANSACTION.SUCCESS");
    }

    #[test]
    fn each_part_can_be_chosen_and_what_is_signed_follows() {
        let mut shop = paid();
        let merchant = "408BA1C0DE79B8269FEC3D5D3E6AB8ED163A6A01";
        for (wanted, right) in [
            (json!({ "resource": { "a": 1 } }), true),
            (json!({ "body": "{}" }), true),
            (json!({ "out_trade_no": NO, "timestamp": "1", "nonce": "x".repeat(9_000) }), true),
            (json!({ "out_trade_no": NO, "key": "stranger" }), false),
            (json!({ "out_trade_no": NO, "key": merchant }), false),
            (json!({ "out_trade_no": NO, "serial": "unknown" }), false),
            (json!({ "out_trade_no": NO, "headers": { "Wechatpay-Nonce": "other" } }), false),
            (json!({ "out_trade_no": NO, "headers": { "Wechatpay-Serial": null } }), false),
        ] {
            let crafted = craft(&mut shop, wanted.clone()).unwrap();
            assert_eq!(shop.v3_is_right(&crafted), right, "{wanted}");
        }
        let sealed = json!({
            "resource": "not json", "v3_key": "0123456789abcdef0123456789abcdef",
            "resource_nonce": "fdasflkja484", "associated_data": "",
        });
        let body: Value = serde_json::from_str(&craft(&mut shop, sealed).unwrap().body).unwrap();
        let ciphertext = body["resource"]["ciphertext"].as_str().unwrap();
        let key = "0123456789abcdef0123456789abcdef";
        assert_eq!(seal::open(key, "fdasflkja484", "", ciphertext), Some(b"not json".into()));
    }

    #[test]
    fn what_cannot_be_made_is_refused_in_words() {
        let mut shop = Shop::open();
        for (wanted, words) in [
            (json!({}), "expected out_trade_no"),
            (json!({ "out_trade_no": NO }), "no paid order"),
            (json!({ "out_refund_no": "R1" }), "no refund"),
            (json!({ "resource": {}, "key": "x" }), "no key `x`"),
            (json!({ "resource": {}, "resource_nonce": "short" }), "12"),
        ] {
            assert!(craft(&mut shop, wanted).unwrap_err().contains(words));
        }
    }
}
