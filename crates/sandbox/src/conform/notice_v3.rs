//! A notification of API V3, with a place to interfere at every step between the payment and the
//! bytes on the wire.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{self, RsaEncoding};
use serde_json::{Value, json};

use super::{
    send::Letter,
    subject::{RefundOf, Subject},
};
use crate::{
    account::Account,
    random::Random,
    time::{UnixSeconds, to_rfc3339},
    v3::{
        KeyMode,
        keys::{Keys, STRANGER, TestKey},
        seal, sign,
        signature::headers,
    },
};

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    /// 微信支付公钥.
    PublicKey,
    /// 平台证书.
    Certificate,
    /// The merchant itself: 商户API证书.
    Merchant,
    /// Nobody that anybody knows.
    Stranger,
}

/// A serial that nobody has.
const STRANGERS_SERIAL: &str = "PUB_KEY_ID_0119000001099999999999999999";

/// What is sealed with.
#[derive(Debug)]
pub(super) struct Seal {
    pub(super) key: String,
    pub(super) nonce: String,
    pub(super) associated_data: String,
}

/// What is signed, and by whom.
pub(super) struct Proof {
    pub(super) timestamp: String,
    pub(super) nonce: String,
    pub(super) by: Signer,
    /// In whose name: `Wechatpay-Serial`.
    pub(super) named: Signer,
    pub(super) how: &'static dyn RsaEncoding,
    /// What is signed, made of what should be.
    pub(super) text: fn(Vec<u8>) -> Vec<u8>,
}

impl Proof {
    /// Signed `seconds` after now, or before it.
    pub(super) fn shift(&mut self, seconds: i64) {
        let now: i64 = self.timestamp.parse().unwrap_or_default();
        self.timestamp = now.saturating_add(seconds).to_string();
    }
}

pub(super) type Headers = Vec<(String, String)>;

/// What is done to a notification, at the step that its name says; steps come in this order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The object that is sealed.
    Told(fn(&mut Value)),
    /// Its JSON.
    Text(fn(String) -> String),
    /// What it is sealed with.
    Seal(fn(&mut Seal)),
    /// What is around it, sealed part included.
    Envelope(fn(&mut Value)),
    /// The JSON of that, before it is signed.
    Body(fn(String) -> String),
    /// How it is signed.
    Proof(fn(&mut Proof)),
    /// The headers, after it was signed.
    Headers(fn(&mut Headers)),
    /// The body, after it was signed.
    Sent(fn(String) -> String),
}

/// Makes the notification of `subject`'s refund if it has one, of its payment otherwise.
pub(super) fn make(
    account: &Account,
    random: &mut Random,
    now: UnixSeconds,
    subject: &Subject,
    steps: &[Step],
) -> Letter {
    let mut told = told(account, subject);
    let original_type = if subject.refund.is_some() { "refund" } else { "transaction" };
    let mut seal = Seal {
        key: account.v3_key.clone(),
        nonce: random.letters(seal::NONCE),
        associated_data: original_type.to_owned(),
    };
    steps.iter().for_each(|step| match step {
        Step::Told(change) => change(&mut told),
        Step::Seal(change) => change(&mut seal),
        _ => {}
    });
    let mut text = told.to_string();
    for step in steps {
        if let Step::Text(change) = step {
            text = change(text);
        }
    }
    let mut envelope = envelope(subject, original_type, &seal, &text);
    for step in steps {
        if let Step::Envelope(change) = step {
            change(&mut envelope);
        }
    }
    let mut body = envelope.to_string();
    for step in steps {
        if let Step::Body(change) = step {
            body = change(body);
        }
    }
    let mut headers = proven(account.v3_keys, random, now, &body, steps);
    for step in steps {
        match step {
            Step::Headers(change) => change(&mut headers),
            Step::Sent(change) => body = change(body),
            _ => {}
        }
    }
    Letter { headers, body: body.into_bytes() }
}

/// Source: V3 支付成功回调通知, 退款结果通知.
fn told(account: &Account, subject: &Subject) -> Value {
    let Subject { out_trade_no, transaction_id, total_fee, .. } = subject;
    if let Some(RefundOf { out_refund_no, refund_id, refund_fee, succeeded_at, .. }) =
        &subject.refund
    {
        return json!({
            "mchid": account.mch_id,
            "out_trade_no": out_trade_no,
            "transaction_id": transaction_id,
            "out_refund_no": out_refund_no,
            "refund_id": refund_id,
            "refund_status": "SUCCESS",
            "success_time": to_rfc3339(*succeeded_at),
            "user_received_account": crate::news::RECEIVED_BY,
            "amount": {
                "total": total_fee, "refund": refund_fee,
                "payer_total": total_fee, "payer_refund": refund_fee,
            },
        });
    }
    json!({
        "mchid": account.mch_id,
        "appid": account.appid,
        "out_trade_no": out_trade_no,
        "transaction_id": transaction_id,
        "trade_type": subject.trade_type,
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": subject.attach.as_deref().unwrap_or_default(),
        "success_time": to_rfc3339(subject.paid_at),
        "payer": { "openid": subject.openid },
        "amount": {
            "total": total_fee, "payer_total": total_fee,
            "currency": "CNY", "payer_currency": "CNY",
        },
    })
}

fn envelope(subject: &Subject, original_type: &str, seal: &Seal, text: &str) -> Value {
    let Seal { key, nonce, associated_data } = seal;
    let refund = subject.refund.as_ref();
    let (event, summary) = match refund {
        Some(_) => ("REFUND.SUCCESS", "退款成功"),
        None => ("TRANSACTION.SUCCESS", "支付成功"),
    };
    let id = refund.map_or(&subject.transaction_id, |refund| &refund.refund_id);
    json!({
        "id": format!("EV-{id}"),
        "create_time": to_rfc3339(refund.map_or(subject.paid_at, |refund| refund.succeeded_at)),
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": summary,
        "resource": {
            "original_type": original_type,
            "algorithm": seal::ALGORITHM,
            // Keys and nonces of the corpus have the lengths that they need.
            "ciphertext": seal::seal(key, nonce, associated_data, text.as_bytes()),
            "associated_data": associated_data,
            "nonce": nonce,
        },
    })
}

fn proven(
    mode: KeyMode,
    random: &mut Random,
    now: UnixSeconds,
    body: &str,
    steps: &[Step],
) -> Headers {
    let usual = if mode == KeyMode::Certificate { Signer::Certificate } else { Signer::PublicKey };
    let mut proof = Proof {
        timestamp: now.to_string(),
        nonce: random.hex(32),
        by: usual,
        named: usual,
        how: &signature::RSA_PKCS1_SHA256,
        text: |text| text,
    };
    for step in steps {
        if let Step::Proof(change) = step {
            change(&mut proof);
        }
    }
    let Proof { timestamp, nonce, by, named, how, text } = proof;
    let text = text(sign::message(&timestamp, &nonce, body.as_bytes()));
    let keys = Keys::new(KeyMode::Mixed);
    let signature = key(&keys, by).0.sign_by(how, &text);
    let signed = headers(&timestamp, &nonce, signature, key(&keys, named).1);
    let sender = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", "Mozilla/4.0".to_owned()),
        ("accept", "*/*".to_owned()),
    ];
    sender.into_iter().chain(signed).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn key(keys: &Keys, signer: Signer) -> (&'static TestKey, &'static str) {
    let known = match signer {
        Signer::PublicKey => keys.public_keys().first().map(|key| (key.key, key.serial)),
        Signer::Certificate => keys.certificates().first().map(|key| (key.key, key.serial)),
        Signer::Merchant => keys.merchants().first().map(|key| (key.key, key.serial)),
        Signer::Stranger => None,
    };
    known.unwrap_or((&STRANGER, STRANGERS_SERIAL))
}

// What steps are made of.

/// The headers that prove a notification.
pub(super) mod names {
    pub(in crate::conform) const TIMESTAMP: &str = "wechatpay-timestamp";
    pub(in crate::conform) const NONCE: &str = "wechatpay-nonce";
    pub(in crate::conform) const SIGNATURE: &str = "wechatpay-signature";
    pub(in crate::conform) const SERIAL: &str = "wechatpay-serial";
}

/// The value of a header.
pub(super) fn header<'a>(headers: &'a mut Headers, name: &str) -> Option<&'a mut String> {
    headers.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Leaves a header out.
pub(super) fn without(headers: &mut Headers, name: &str) {
    headers.retain(|(known, _)| known != name);
}

/// Other words in a header.
pub(super) fn reword(headers: &mut Headers, name: &str, change: impl FnOnce(&str) -> String) {
    if let Some(value) = header(headers, name) {
        *value = change(value);
    }
}

/// One bit of the first letter behind `mark`.
pub(super) fn flip_after(text: &str, mark: &str) -> String {
    let (before, after) = text.split_once(mark).unwrap_or((text, ""));
    let mut letters = after.chars();
    let flipped = letters.next().and_then(|letter| char::from_u32(u32::from(letter) ^ 1));
    format!("{before}{mark}{}{}", flipped.unwrap_or_default(), letters.as_str())
}

/// Base64 with other bytes in it.
pub(super) fn rebase(base64: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = STANDARD.decode(base64).unwrap_or_default();
    change(&mut bytes);
    STANDARD.encode(bytes)
}

/// The text at a place of a JSON document, by its pointer, with other words.
pub(super) fn rewrite(value: &mut Value, pointer: &str, change: impl FnOnce(&str) -> String) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = change(place.as_str().unwrap_or_default()).into();
    }
}

/// The number at a place of a JSON document, by its pointer, and so much more.
pub(super) fn add(value: &mut Value, pointer: &str, more: i64) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = place.as_i64().unwrap_or_default().saturating_add(more).into();
    }
}

/// Puts a value where the pointer says; its parent has to be there.
pub(super) fn put(value: &mut Value, pointer: &str, other: impl Into<Value>) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(object) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), other.into());
    }
}

/// Takes a value away.
pub(super) fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(object) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
        object.remove(name);
    }
}
