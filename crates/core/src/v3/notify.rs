//! 支付通知, 退款结果通知 · WeChat's `POST` to `notify_url`, JSON.
//!
//! Source: protocol pages "支付通知", "退款结果通知", read 2026-11. The message is signed, what it tells is
//! sealed inside under the APIv3 key.
use alloc::{string::String, vec::Vec};

use super::{
    Merchant, Resource,
    claim::{Claim, Headers, Verdict},
    json::Json,
    payment::{self, is_for_us},
    refund_query,
};
use crate::{Ack, Error, Malformed, Notification, UnixSeconds, Unverified, Verified};

/// A notification whose signature is still to be checked.
#[derive(Debug, Clone)]
pub struct NotificationClaim(Claim);

/// A notification that WeChat sent, with what it tells still sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    event_type: String,
    resource: Resource,
    nonce: String,
}

impl NotificationClaim {
    /// Takes headers and body as they came; checks all that can be checked without a key.
    pub fn new(headers: Headers, body: &[u8], now: UnixSeconds) -> Result<Self, Error> {
        Claim::new(headers, body, now).map(Self)
    }

    /// What to verify.
    pub fn claim(&self) -> &Claim {
        &self.0
    }

    /// The sealed notification, if the signature is right.
    pub fn proven(self, verdict: Verdict) -> Result<Verified<Sealed>, Error> {
        self.0.proven(verdict)?.try_map(|said| {
            let json = Json::decode(&said.body)?;
            let names = [
                "resource.algorithm",
                "resource.nonce",
                "resource.associated_data",
                "resource.ciphertext",
            ];
            let resource = Resource::read(&json, names)?;
            let event_type = json.required("event_type")?.into();
            Ok(Sealed { event_type, resource, nonce: said.nonce })
        })
    }
}

impl Verified<Sealed> {
    /// What was sealed under the APIv3 key.
    pub fn resource(&self) -> &Resource {
        &self.get().resource
    }

    /// The header's nonce. The same one within the window is the same message again.
    pub fn nonce(&self) -> &str {
        &self.get().nonce
    }

    /// Reads what was sealed: `plain` is [`Self::resource`] opened, `None` if no key opens it.
    pub fn open(
        self,
        merchant: &Merchant,
        plain: Option<Vec<u8>>,
    ) -> Result<Verified<Notification>, Error> {
        let plain = plain.ok_or(Unverified::Sealed)?;
        self.try_map(|sealed| read(merchant, &sealed.event_type, &plain))
    }
}

fn read(merchant: &Merchant, event_type: &str, plain: &[u8]) -> Result<Notification, Error> {
    let json = Json::decode(plain)?;
    match event_type {
        "TRANSACTION.SUCCESS" => {
            is_for_us(merchant, &json)?;
            json.same("trade_state", "SUCCESS")?;
            Ok(Notification::Paid(payment::read(&json)?))
        }
        "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => {
            if json.required("mchid")? != merchant.mchid.as_str() {
                return Err(Unverified::Identity("mchid").into());
            }
            Ok(Notification::Refund(refund_query::page(&json, "refund_status")?))
        }
        _ => Err(Malformed::Field("event_type").into()),
    }
}

/// What is answered. WeChat stops sending after 200 or 204, and reads no body then.
/// Source: protocol page "支付通知", read 2026-11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// JSON, for a no.
    pub body: Option<String>,
}

impl From<Ack> for Reply {
    fn from(ack: Ack) -> Self {
        let status = match ack {
            Ack::Taken | Ack::Repeated | Ack::Late => return Self { status: 204, body: None },
            Ack::UnknownOrder => 404,
            Ack::Mismatch => 409,
            Ack::Replayed | Ack::Unverified => 401,
            Ack::Malformed => 400,
            Ack::TooLarge => 413,
            Ack::Elsewhere => 403,
            Ack::TooOften => 429,
            Ack::Fault => 500,
        };
        let message = ack.message();
        Self { status, body: Some(alloc::format!(r#"{{"code":"FAIL","message":"{message}"}}"#)) }
    }
}
