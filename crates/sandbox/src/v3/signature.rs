//! The signature that WeChat Pay puts on what it sends (应答签名, 回调签名), right or spoilt.
//!
//! Source: pay.weixin.qq.com V3 如何验证签名, 签名探测流量.

use super::{
    keys::{PlatformKey, STRANGER},
    sign,
};
use crate::{fault::V3Fault, gateway::Gateway, time::UnixSeconds};

/// Source: 签名探测流量: such signatures are wrong on purpose, and are to be refused.
const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// A serial that nobody has.
const UNKNOWN_PUBLIC_KEY: &str = "PUB_KEY_ID_0119000001099999999999999999";
const UNKNOWN_CERTIFICATE: &str = "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";

/// Just outside of the window in which merchants believe: five minutes.
const TOO_FAR_SECONDS: i64 = 301;

/// Another algorithm that a platform could name.
const OTHER_ALGORITHM: &str = "WECHATPAY2-SM2-WITH-SM3";

/// How a signature is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoil {
    /// 签名探测流量.
    Probe,
    /// By the fault in force, which may be none.
    Fault(V3Fault),
}

/// The headers of a signature.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// The five headers of a signature.
pub(crate) fn headers(timestamp: &str, nonce: &str, signature: String, serial: &str) -> Headers {
    vec![
        ("wechatpay-timestamp", timestamp.to_owned()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", sign::ALGORITHM.to_owned()),
        ("wechatpay-serial", serial.to_owned()),
    ]
}

impl Gateway {
    /// Signs `body` with `key`; no headers if there is no key.
    pub(super) fn v3_signature(
        &mut self,
        now: UnixSeconds,
        key: Option<&PlatformKey>,
        body: &[u8],
        spoil: Spoil,
    ) -> Headers {
        let nonce = self.random.hex(32);
        let Some(key) = key.filter(|_| spoil != Spoil::Fault(V3Fault::Unsigned)) else {
            return Headers::new();
        };
        let now = self.signing_time(now);
        let at = match spoil {
            Spoil::Fault(V3Fault::Stale) => now.saturating_sub(TOO_FAR_SECONDS),
            Spoil::Fault(V3Fault::Future) => now.saturating_add(TOO_FAR_SECONDS),
            _ => now,
        };
        let timestamp = at.to_string();
        let text = sign::message(&timestamp, &nonce, body);
        let signature = match spoil {
            Spoil::Probe => format!("{PROBE}{}", STRANGER.sign(&text)),
            Spoil::Fault(V3Fault::WrongSignature | V3Fault::UnknownSerial) => STRANGER.sign(&text),
            Spoil::Fault(_) => key.key.sign(&text),
        };
        let serial = match spoil {
            Spoil::Fault(V3Fault::WrongSerial) => self.keys.other_than(key.serial),
            Spoil::Fault(V3Fault::UnknownSerial) if key.life.is_none() => UNKNOWN_PUBLIC_KEY,
            Spoil::Fault(V3Fault::UnknownSerial) => UNKNOWN_CERTIFICATE,
            _ => key.serial,
        };
        let mut headers = headers(&timestamp, &nonce, signature, serial);
        if spoil == Spoil::Fault(V3Fault::WrongAlgorithm) {
            let named = headers.iter_mut().find(|(name, _)| *name == "wechatpay-signature-type");
            if let Some((_, algorithm)) = named {
                OTHER_ALGORITHM.clone_into(algorithm);
            }
        }
        headers
    }

    /// `Request-ID`, whose last digits say what came out.
    ///
    /// UNCONFIRMED: the letters before the last dash, and that a success ends in 0.
    pub(super) fn request_id(&mut self, tail: u32) -> String {
        format!("08{}-{tail}", self.random.hex(40).to_ascii_uppercase())
    }
}
