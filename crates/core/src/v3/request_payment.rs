//! 调起支付 · what opens the cashier for an order placed by V3, inside WeChat and in an app.
//!
//! Source: protocol pages "JSAPI调起支付", "APP调起支付", read 2026-11. Four lines, each ended by one byte
//! 0x0A, signed by the merchant's key. It has to be the pair of keys the order was placed with.
//! H5 and Native need no signature.
use alloc::{
    format,
    string::{String, ToString},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;

use super::Merchant;
use crate::{NonceStr, PrepayId, UnixSeconds, request_payment::RequestPayment};

/// The cashier's parameters with the moment they are signed at.
#[derive(Debug, Clone)]
pub struct ToSign {
    app_id: String,
    mchid: String,
    timestamp: UnixSeconds,
    nonce_str: NonceStr,
    prepay_id: PrepayId,
}

impl ToSign {
    /// It may be done again at any time within the prepay id's two hours.
    pub fn new(
        merchant: &Merchant,
        prepay_id: PrepayId,
        timestamp: UnixSeconds,
        nonce_str: NonceStr,
    ) -> Self {
        let (app_id, mchid) = (merchant.appid.to_string(), merchant.mchid.to_string());
        Self { app_id, mchid, timestamp, nonce_str, prepay_id }
    }

    /// The string to sign for the bridge.
    pub fn jsapi_text(&self) -> String {
        let Self { app_id, timestamp, nonce_str, prepay_id, .. } = self;
        format!("{app_id}\n{timestamp}\n{nonce_str}\nprepay_id={prepay_id}\n")
    }

    /// The string to sign for an app: the bare prepay id.
    pub fn app_text(&self) -> String {
        let Self { app_id, timestamp, nonce_str, prepay_id, .. } = self;
        format!("{app_id}\n{timestamp}\n{nonce_str}\n{prepay_id}\n")
    }

    /// The bridge's parameters, with the signature over [`Self::jsapi_text`].
    pub fn jsapi(self, signature: &[u8]) -> RequestPayment {
        RequestPayment {
            app_id: self.app_id,
            time_stamp: self.timestamp.to_string(),
            nonce_str: self.nonce_str.to_string(),
            package: format!("prepay_id={}", self.prepay_id),
            sign_type: "RSA",
            pay_sign: BASE64_STANDARD.encode(signature),
        }
    }

    /// An app's parameters, with the signature over [`Self::app_text`].
    pub fn app(self, signature: &[u8]) -> AppRequestPayment {
        AppRequestPayment {
            appid: self.app_id,
            partnerid: self.mchid,
            prepayid: self.prepay_id.to_string(),
            package: "Sign=WXPay",
            noncestr: self.nonce_str.to_string(),
            timestamp: self.timestamp.to_string(),
            sign: BASE64_STANDARD.encode(signature),
        }
    }
}

/// The parameters of the open platform's `PayReq`, by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppRequestPayment {
    /// The app's own appid.
    pub appid: String,
    /// The merchant number.
    pub partnerid: String,
    /// The prepay id.
    pub prepayid: String,
    /// `Sign=WXPay`, always.
    pub package: &'static str,
    /// Random.
    pub noncestr: String,
    /// Seconds, as a string.
    pub timestamp: String,
    /// The signature.
    pub sign: String,
}
