//! 验签 · what somebody says WeChat said, until its signature is checked.
//!
//! Source: protocol page "如何使用微信支付公钥验签", "如何使用平台证书验签", read 2026-11. Three lines, each
//! ended by one byte 0x0A: seconds, nonce, body as it came; an empty body leaves an empty line.
use alloc::{format, string::String, vec::Vec};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use crate::{Error, Malformed, SerialNo, UnixSeconds, Unverified, Verified};

/// How far WeChat's clock and ours may be apart, in seconds; this much is too much.
/// Source: protocol page "签名验证", five minutes, read 2026-11.
pub const WINDOW_SECONDS: u64 = 300;
/// Longer than any nonce seen (32). Self-set limit, in bytes.
const NONCE_LIMIT: usize = 128;
/// How WeChat begins a signature that is wrong on purpose. Source: protocol page "验签探测流量",
/// read 2026-11.
const PROBE: &str = "WECHATPAY/SIGNTEST/";
/// The one algorithm of this version. Source: protocol page "签名生成", read 2026-11.
const ALGORITHM: &str = "WECHATPAY2-SHA256-RSA2048";

/// The headers that say how a message is signed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Headers {
    timestamp: Option<String>,
    nonce: Option<String>,
    signature: Option<String>,
    serial: Option<String>,
    signature_type: Option<String>,
}

impl Headers {
    /// Reads them by `header`, which gives a header's value by its name, whatever its case.
    pub fn read(header: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            timestamp: header("Wechatpay-Timestamp"),
            nonce: header("Wechatpay-Nonce"),
            signature: header("Wechatpay-Signature"),
            serial: header("Wechatpay-Serial"),
            signature_type: header("Wechatpay-Signature-Type"),
        }
    }

    pub(crate) fn say_nothing(&self) -> bool {
        *self == Self { signature_type: self.signature_type.clone(), ..Self::default() }
    }
}

/// A message that says it is WeChat's, said just now and under a key with a name.
///
/// There is nothing to read in it until a [`Verdict`] on its signature is known.
#[derive(Debug, Clone)]
pub struct Claim {
    serial: SerialNo,
    message: Vec<u8>,
    signature: Vec<u8>,
    nonce: String,
    body_at: usize,
}

/// What the key that a claim names says of its signature: RSASSA-PKCS1-v1_5 with SHA-256 over
/// [`Claim::message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It checks.
    Right,
    /// It does not check.
    Wrong,
    /// We have no key of this name.
    UnknownSerial,
}

/// What WeChat said, and the nonce it said it under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) body: Vec<u8>,
    pub(crate) nonce: String,
}

impl Claim {
    /// Checks all that can be checked without a key.
    pub(crate) fn new(headers: Headers, body: &[u8], now: UnixSeconds) -> Result<Self, Error> {
        let required = |value: Option<String>, name| {
            value.filter(|text| !text.is_empty()).ok_or(Unverified::MissingHeader(name))
        };
        let timestamp = required(headers.timestamp, "Wechatpay-Timestamp")?;
        let nonce = required(headers.nonce, "Wechatpay-Nonce")?;
        let signature = required(headers.signature, "Wechatpay-Signature")?;
        let serial = required(headers.serial, "Wechatpay-Serial")?;
        // UNCONFIRMED: that it is always there. Absent, it can only be the one algorithm.
        if headers.signature_type.is_some_and(|named| named != ALGORITHM) {
            return Err(Unverified::Algorithm.into());
        }
        // A line feed in it would move the border between nonce and body, and sign no less.
        if nonce.len() > NONCE_LIMIT || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Malformed::Field("Wechatpay-Nonce").into());
        }
        within_window(&timestamp, now)?;
        if signature.starts_with(PROBE) {
            return Err(Unverified::Probe.into());
        }
        let serial = SerialNo::new(&serial).map_err(|_| Unverified::UnknownSerial)?.canonical();
        let signature = BASE64_STANDARD.decode(signature).map_err(|_| Unverified::Signature)?;
        let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
        let body_at = message.len();
        message.extend_from_slice(body);
        message.push(b'\n');
        Ok(Self { serial, message, signature, nonce, body_at })
    }

    /// The key that is said to have signed, in its [canonical](SerialNo::canonical) form.
    pub fn serial(&self) -> &SerialNo {
        &self.serial
    }

    /// The exact bytes that are said to be signed.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// What was said, if it was WeChat. The one place where V3 makes a [`Verified`] value.
    pub(crate) fn proven(self, verdict: Verdict) -> Result<Verified<Said>, Unverified> {
        match verdict {
            Verdict::Wrong => Err(Unverified::Signature),
            Verdict::UnknownSerial => Err(Unverified::UnknownSerial),
            Verdict::Right => {
                let body = self.body().to_vec();
                Ok(Verified::assertion(Said { body, nonce: self.nonce }))
            }
        }
    }

    /// What is said, for the one case in which a key is inside it: see
    /// [`Certificates`](super::Certificates).
    pub(crate) fn body(&self) -> &[u8] {
        let end = self.message.len().saturating_sub(1);
        self.message.get(self.body_at..end).unwrap_or_default()
    }
}

fn within_window(timestamp: &str, now: UnixSeconds) -> Result<(), Error> {
    let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let said = timestamp.parse().ok().filter(|_| digits).map(UnixSeconds::new);
    let said = said.ok_or(Malformed::Field("Wechatpay-Timestamp"))?;
    let (ago, ahead) = (now.since(said), said.since(now));
    if ago >= WINDOW_SECONDS {
        Err(Unverified::Stale { seconds: ago }.into())
    } else if ahead >= WINDOW_SECONDS {
        Err(Unverified::Future { seconds: ahead }.into())
    } else {
        Ok(())
    }
}
