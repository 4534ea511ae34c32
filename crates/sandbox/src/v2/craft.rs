//! Notifications of API V2 made to measure (构造通知): any field, signed or sealed rightly, wrongly or
//! not at all.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    account::Account,
    craft::{Crafted, Edits, edit_headers},
    fault::NotifyFault,
    gateway::Gateway,
    news::{FORGED_KEY, payment_fields, refund_envelope, refund_fields},
    notify,
    sign::{self, SignType},
    time::UnixSeconds,
    xml::{self, Fields},
};

/// What to make. Everything may be left out: what is left out is as WeChat Pay would have it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct V2Craft {
    /// The order whose payment is told.
    pub out_trade_no: Option<String>,
    /// The refund whose outcome is told.
    pub out_refund_no: Option<String>,
    /// Elements in the place of true ones, or beside them; `null` leaves one out. Of a refund
    /// those that are sealed.
    #[serde(default)]
    pub fields: Edits,
    /// How it is signed, or a refund's elements sealed.
    #[serde(default)]
    pub sign: Signing,
    /// The whole body, instead of all of the above.
    pub body: Option<String>,
    /// Headers in the place of WeChat's, or beside them; `null` leaves one out.
    #[serde(default)]
    pub headers: Edits,
}

/// With which key something is signed or sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// The merchant's.
    #[default]
    Right,
    /// One that is not the merchant's.
    Wrong,
    /// With none: there is no `sign`, or no `req_info`.
    None,
}

impl Gateway {
    /// Makes a notification of V2; nothing is sent, and nothing remembered.
    ///
    /// # Errors
    /// When there is no such paid order or told refund; in words.
    pub fn craft_v2(&mut self, now: UnixSeconds, craft: &V2Craft) -> Result<Crafted, String> {
        let (body, signed) = match &craft.body {
            Some(body) => (body.clone(), String::new()),
            None => self.v2_body(now, craft)?,
        };
        let mut headers: BTreeMap<String, String> =
            notify::HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        edit_headers(&mut headers, &craft.headers);
        Ok(Crafted { headers, body, signed })
    }

    /// The body, and what of it was signed or sealed.
    fn v2_body(&mut self, now: UnixSeconds, craft: &V2Craft) -> Result<(String, String), String> {
        let nonce = self.random.hex(32);
        let sealed_for = Account {
            v2_key: match craft.sign {
                Signing::Wrong => FORGED_KEY.to_owned(),
                Signing::Right | Signing::None => self.account.v2_key.clone(),
            },
            ..self.account.clone()
        };
        if let Some(number) = &craft.out_refund_no {
            let found = self.ledger.refund(number);
            let told = found.and_then(|(order, refund)| {
                let fields = refund_fields(now, order, refund, NotifyFault::Normal)?;
                Some((order, fields))
            });
            let (order, fields) =
                told.ok_or_else(|| format!("no refund `{number}` whose outcome is known"))?;
            let inner = xml::encode_inner(&edited(&fields, &craft.fields));
            let mut envelope = refund_envelope(&sealed_for, order, &inner, &nonce);
            if craft.sign == Signing::None {
                envelope = edited(&envelope, &[("req_info".to_owned(), None)].into());
            }
            return Ok((xml::encode(&envelope), inner));
        }
        let number = craft.out_trade_no.as_ref();
        let number = number.ok_or("expected out_trade_no, out_refund_no or body")?;
        let order = self.ledger.order(number);
        let told = order.and_then(|order| {
            let fields = payment_fields(&self.account, order, NotifyFault::Normal, nonce)?;
            Some((order, fields))
        });
        let (order, fields) = told.ok_or_else(|| format!("no paid order `{number}`"))?;
        // An order by V3 has agreed on no algorithm of V2's.
        let sign_type = order.sign_type.or(self.account.sign_type).unwrap_or(SignType::Md5);
        let mut fields = edited(&fields, &craft.fields);
        let text = sign::unkeyed_string_to_sign(&fields);
        if craft.sign != Signing::None && !craft.fields.contains_key("sign") {
            fields.push("sign", sign::sign(&fields, sign_type, &sealed_for.v2_key));
        }
        Ok((xml::encode(&fields), format!("{text}key=<APIv2 key>")))
    }
}

/// The same elements in the same order, some of them others, and new ones at the end.
fn edited(fields: &Fields, edits: &Edits) -> Fields {
    let mut edited = Fields::default();
    for (name, value) in fields.iter() {
        match edits.get(name) {
            None => edited.push(name, value),
            Some(Some(other)) => edited.push(name, other),
            Some(None) => {}
        }
    }
    for (name, value) in edits {
        if let Some(value) =
            value.as_ref().filter(|_| !fields.iter().any(|(known, _)| known == name))
        {
            edited.push(name, value);
        }
    }
    edited
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        decoded::decoded,
        shop::{NO, NOW, Shop},
    };

    fn paid() -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        shop
    }

    fn craft(shop: &mut Shop, wanted: Value) -> Result<Crafted, String> {
        shop.gateway.craft_v2(NOW + 60, &serde_json::from_value(wanted).unwrap())
    }

    #[test]
    fn what_is_left_out_is_as_wechat_pay_would_have_it() {
        let mut shop = paid();
        let crafted = craft(&mut shop, json!({ "out_trade_no": NO })).unwrap();
        let sent = shop.gateway.due(NOW).remove(0);
        let without_chance = |body: &str| {
            let fields = xml::decode(body).unwrap();
            edited(&fields, &[("nonce_str".to_owned(), None), ("sign".to_owned(), None)].into())
        };
        assert_eq!(without_chance(&crafted.body), without_chance(&sent.body));
        for (name, value) in &sent.headers {
            assert_eq!(crafted.headers.get(*name), Some(value));
        }
        assert!(!crafted.signed.contains(&shop.gateway.account().v2_key));
    }

    #[test]
    fn each_field_can_be_chosen_and_what_is_signed_follows() {
        let mut shop = paid();
        for (wanted, right) in [
            (json!({ "total_fee": "1" }), true),
            (json!({ "attach": "new", "openid": null }), true),
            (json!({ "sign": "00" }), false),
            (json!({ "sign": null }), false),
        ] {
            let asked = json!({ "out_trade_no": NO, "fields": wanted });
            let fields = xml::decode(&craft(&mut shop, asked).unwrap().body).unwrap();
            let key = &shop.gateway.account().v2_key;
            let sign = fields.get("sign").unwrap_or_default();
            assert_eq!(sign::verify(&fields, shop.sign_type, key, sign), right, "{wanted}");
            assert_eq!(fields.get("openid").is_none(), wanted.get("openid").is_some());
        }
        for signing in ["wrong", "none"] {
            let asked = json!({ "out_trade_no": NO, "sign": signing });
            let fields = xml::decode(&craft(&mut shop, asked).unwrap().body).unwrap();
            let key = &shop.gateway.account().v2_key;
            let sign = fields.get("sign").unwrap_or_default();
            assert!(!sign::verify(&fields, shop.sign_type, key, sign), "{signing}");
            assert_eq!(sign.is_empty(), signing == "none");
        }
        let raw = json!({ "body": "<xml>", "headers": { "Content-Type": null, "X-A": "1" } });
        let crafted = craft(&mut shop, raw).unwrap();
        assert_eq!(
            (crafted.body.as_str(), crafted.headers.get("x-a")),
            ("<xml>", Some(&"1".into()))
        );
        assert!(!crafted.headers.contains_key("content-type"));
    }

    #[test]
    fn of_a_refund_what_is_sealed_can_be_chosen() {
        let mut shop = paid();
        shop.refund("R1", 400);
        for (sign, refund_fee) in
            [("right", json!("401")), ("wrong", Value::Null), ("none", Value::Null)]
        {
            let asked =
                json!({ "out_refund_no": "R1", "fields": { "refund_fee": "401" }, "sign": sign });
            let crafted = craft(&mut shop, asked).unwrap();
            let read = decoded(shop.gateway.account(), &crafted.body).unwrap();
            assert_eq!(read["opened"]["refund_fee"], refund_fee, "{sign}");
            assert_eq!(read.get("req_info").is_none(), sign == "none");
        }
    }

    #[test]
    fn what_cannot_be_made_is_refused_in_words() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        for (wanted, words) in [
            (json!({}), "expected out_trade_no"),
            (json!({ "out_trade_no": NO }), "no paid order"),
            (json!({ "out_refund_no": "R1" }), "no refund"),
        ] {
            assert!(craft(&mut shop, wanted).unwrap_err().contains(words));
        }
    }
}
