//! A notification of API V2, with a place to interfere at every step between the payment and the
//! bytes on the wire.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    notice_v3::Headers,
    send::Letter,
    subject::{RefundOf, Subject},
};
use crate::{
    account::Account,
    ecb, news,
    random::Random,
    sign::{SignType, sign},
    time::to_compact,
    xml::{self, Fields},
};

/// What is signed with.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) key: String,
    pub(super) sign_type: SignType,
}

/// What is done to a notification, at the step that its name says; steps come in this order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The fields that are signed; of a refund, those that are sealed.
    Fields(fn(&mut Fields)),
    /// What is signed with; of a refund, what is sealed with.
    Proof(fn(&mut Proof)),
    /// The fields after they were signed, `sign` among them.
    Signed(fn(&mut Fields)),
    /// How they are written.
    Written(fn(&Fields) -> String),
    /// The text after that.
    Sent(fn(String) -> String),
    /// The headers.
    Headers(fn(&mut Headers)),
}

/// Makes the notification of `subject`'s refund if it has one, of its payment otherwise.
pub(super) fn make(
    account: &Account,
    random: &mut Random,
    subject: &Subject,
    steps: &[Step],
) -> Letter {
    let agreed = account.sign_type.unwrap_or(SignType::HmacSha256);
    let mut proof = Proof { key: account.v2_key.clone(), sign_type: agreed };
    let mut fields = match &subject.refund {
        Some(refund) => refund_fields(subject, refund),
        None => payment_fields(account, &random.hex(32), subject),
    };
    for step in steps {
        match step {
            Step::Fields(change) => change(&mut fields),
            Step::Proof(change) => change(&mut proof),
            _ => {}
        }
    }
    let mut fields = match &subject.refund {
        Some(_) => sealed(account, &random.hex(32), &fields, &proof.key),
        None => {
            let signature = sign(&fields, proof.sign_type, &proof.key);
            fields.push("sign", signature);
            fields
        }
    };
    let mut write: fn(&Fields) -> String = xml::encode;
    let mut headers =
        vec![("content-type", "text/xml"), ("user-agent", "Mozilla/4.0"), ("accept", "*/*")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    for step in steps {
        match step {
            Step::Signed(change) => change(&mut fields),
            Step::Written(other) => write = *other,
            Step::Headers(change) => change(&mut headers),
            _ => {}
        }
    }
    let mut text = write(&fields);
    for step in steps {
        if let Step::Sent(change) = step {
            text = change(text);
        }
    }
    Letter { headers, body: text.into_bytes() }
}

/// Source: V2 支付结果通知.
fn payment_fields(account: &Account, nonce: &str, subject: &Subject) -> Fields {
    let total = subject.total_fee.to_string();
    let mut fields = Fields::from([("appid", account.appid.as_str())]);
    if let Some(attach) = &subject.attach {
        fields.push("attach", attach);
    }
    fields.push("bank_type", "OTHERS");
    fields.push("cash_fee", &total);
    // Real ones have empty elements, which are not signed.
    fields.push("device_info", "");
    fields.push("fee_type", "CNY");
    fields.push("is_subscribe", "N");
    fields.push("mch_id", &account.mch_id);
    fields.push("nonce_str", nonce);
    fields.push("openid", &subject.openid);
    fields.push("out_trade_no", &subject.out_trade_no);
    fields.push("result_code", "SUCCESS");
    fields.push("return_code", "SUCCESS");
    fields.push("time_end", to_compact(subject.paid_at));
    fields.push("total_fee", &total);
    fields.push("trade_type", &subject.trade_type);
    fields.push("transaction_id", &subject.transaction_id);
    fields
}

/// Source: V2 退款结果通知.
fn refund_fields(subject: &Subject, refund: &RefundOf) -> Fields {
    let (total, fee) = (subject.total_fee.to_string(), refund.refund_fee.to_string());
    Fields::from([
        ("out_refund_no", refund.out_refund_no.as_str()),
        ("out_trade_no", &subject.out_trade_no),
        ("refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS"),
        ("refund_fee", &fee),
        ("refund_id", &refund.refund_id),
        ("refund_recv_accout", news::RECEIVED_BY),
        ("refund_request_source", "API"),
        ("refund_status", "SUCCESS"),
        ("settlement_refund_fee", &fee),
        ("settlement_total_fee", &total),
        ("success_time", &news::to_spaced(refund.succeeded_at)),
        ("total_fee", &total),
        ("transaction_id", &subject.transaction_id),
    ])
}

fn sealed(account: &Account, nonce: &str, fields: &Fields, key: &str) -> Fields {
    let inner = xml::encode_inner(fields);
    let req_info = STANDARD.encode(ecb::encrypt(key, inner.as_bytes()));
    Fields::from([
        ("return_code", "SUCCESS"),
        ("appid", account.appid.as_str()),
        ("mch_id", &account.mch_id),
        ("nonce_str", nonce),
        ("req_info", &req_info),
    ])
}

// What steps are made of.

/// Another value in a field, or the field at the end.
pub(super) fn set(fields: &mut Fields, name: &str, value: &str) {
    let mut changed = Fields::default();
    let mut found = false;
    for (known, old) in fields.iter() {
        found |= known == name;
        changed.push(known, if known == name { value } else { old });
    }
    if !found {
        changed.push(name, value);
    }
    *fields = changed;
}

/// Leaves a field out.
pub(super) fn without(fields: &mut Fields, name: &str) {
    let mut changed = Fields::default();
    fields.iter().filter(|(known, _)| *known != name).for_each(|(name, value)| {
        changed.push(name, value);
    });
    *fields = changed;
}

/// The number in a field, and so much more.
pub(super) fn add(fields: &mut Fields, name: &str, more: i64) {
    let number: i64 = fields.get(name).and_then(|value| value.parse().ok()).unwrap_or_default();
    set(fields, name, &number.saturating_add(more).to_string());
}

/// Writes fields without CDATA, by the five entities.
pub(super) fn plain(fields: &Fields) -> String {
    let escaped = |value: &str| {
        let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        value.replace('"', "&quot;").replace('\'', "&apos;")
    };
    let line = |(name, value)| format!("<{name}>{}</{name}>", escaped(value));
    format!("<xml>{}</xml>", fields.iter().map(line).collect::<String>())
}

/// The same fields, last first.
pub(super) fn reversed(fields: &Fields) -> Fields {
    let mut turned = Fields::default();
    let mut pairs: Vec<_> = fields.iter().collect();
    pairs.reverse();
    pairs.into_iter().for_each(|(name, value)| turned.push(name, value));
    turned
}

/// A document with more at its end, inside.
pub(super) fn inside(text: &str, more: &str) -> String {
    text.replacen("</xml>", &format!("{more}</xml>"), 1)
}
