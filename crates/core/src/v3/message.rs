//! 签名 · the request and its signature.
//!
//! Source: protocol page "如何生成请求签名", read 2026-11. Five lines, each ended by one byte 0x0A:
//! method, path with query exactly as on the wire, seconds, nonce, body. Signed by the merchant's
//! key, RSASSA-PKCS1-v1_5 with SHA-256.
use alloc::{format, string::String};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::Merchant;
use crate::{NonceStr, SerialNo, UnixSeconds};

/// A request, not signed yet: it can be sent nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    method: &'static str,
    target: String,
    body: String,
    name: &'static str,
}

/// A request with the moment it is signed at.
#[derive(Debug, Clone)]
pub struct ToSign {
    request: Request,
    timestamp: UnixSeconds,
    nonce_str: NonceStr,
}

/// A request that carries its signature; the only thing that may be sent to the gateway.
///
/// Headers besides: `Accept: application/json`, any `User-Agent`, `Content-Type: application/json`
/// where there is a body. Without the first two the gateway refuses, before it looks at the signature.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    request: Request,
    authorization: String,
    wechatpay_serial: Option<SerialNo>,
}

impl Request {
    pub(crate) fn get(name: &'static str, target: String) -> Self {
        Self { method: "GET", target, body: String::new(), name }
    }

    pub(crate) fn post(name: &'static str, target: String, body: &serde_json::Value) -> Self {
        Self { method: "POST", target, body: format!("{body}"), name }
    }

    /// The path without numbers of orders and refunds, for logs.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Fixes when and under which nonce it is signed.
    pub fn to_sign(self, timestamp: UnixSeconds, nonce_str: NonceStr) -> ToSign {
        ToSign { request: self, timestamp, nonce_str }
    }
}

impl ToSign {
    /// The string to sign.
    pub fn text(&self) -> String {
        let Request { method, target, body, .. } = &self.request;
        format!("{method}\n{target}\n{}\n{}\n{body}\n", self.timestamp, self.nonce_str)
    }

    /// The request with the signature over [`Self::text`] by `merchant`'s key.
    pub fn signed(self, merchant: &Merchant, signature: &[u8]) -> SignedRequest {
        let authorization = format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{}\",signature=\"{}\",timestamp=\"{}\",serial_no=\"{}\"",
            merchant.mchid,
            self.nonce_str,
            BASE64_STANDARD.encode(signature),
            self.timestamp,
            merchant.serial_no,
        );
        let wechatpay_serial = merchant.wechatpay_serial.clone();
        SignedRequest { request: self.request, authorization, wechatpay_serial }
    }
}

impl SignedRequest {
    /// `GET` or `POST`.
    pub fn method(&self) -> &'static str {
        self.request.method
    }

    /// Path and query, byte for byte as signed.
    pub fn target(&self) -> &str {
        &self.request.target
    }

    /// The JSON, UTF-8; nothing for GET.
    pub fn body(&self) -> Option<&str> {
        (self.request.method == "POST").then_some(self.request.body.as_str())
    }

    /// The header `Authorization`.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }

    /// The header `Wechatpay-Serial`, where the answer shall be signed by a public key.
    pub fn wechatpay_serial(&self) -> Option<&SerialNo> {
        self.wechatpay_serial.as_ref()
    }
}

/// A number of the merchant's as part of a path: of its alphabet only `|` needs an escape.
pub(crate) fn segment(number: &str) -> String {
    number.replace('|', "%7C")
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use std::{fs, path::Path};

    use super::*;

    /// Every folder of `tests/vectors/v3-sign` with a request: also the published order, whose body
    /// has its fields in another order than ours.
    #[test]
    fn every_vector_makes_its_string_to_the_byte() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/v3-sign");
        let mut cases = 0;
        for case in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
            let read = |name: &str| fs::read_to_string(case.join(name)).ok();
            let Some(said) = read("request.json") else { continue };
            let said: serde_json::Value = serde_json::from_str(&said).unwrap();
            let said = |name: &str| said[name].as_str().unwrap();
            let method = if said("method") == "POST" { "POST" } else { "GET" };
            let (target, body) = (said("path_and_query").to_string(), read("body.json"));
            let request = Request { method, target, body: body.unwrap_or_default(), name: "" };
            let timestamp = UnixSeconds::new(said("timestamp").parse().unwrap());
            let to_sign = request.to_sign(timestamp, NonceStr::new(said("nonce")).unwrap());
            assert_eq!(Some(to_sign.text()), read("string-to-sign.txt"), "{case:?}");
            cases += 1;
        }
        assert_eq!(cases, 5);
    }
}
