//! 获取平台证书 · `GET /v3/certificates`, called by the merchant's server.
//!
//! Source: protocol page "获取平台证书列表", read 2026-11. Asked at least every twelve hours. Each
//! certificate is sealed under the APIv3 key. A merchant who has a public key (微信支付公钥) only is
//! refused, 404 RESOURCE_NOT_EXISTS.
use alloc::vec::Vec;

use super::{ReplyClaim, Request, Resource, json::Json};
use crate::{Error, SerialNo, UnixSeconds};

/// The question for all certificates that are in force or soon will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certificates;

/// A certificate of the list, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its serial, in its [canonical](SerialNo::canonical) form.
    pub serial_no: SerialNo,
    /// From when it is used, where it says so readably: one page shows a number, another a text.
    pub effective_at: Option<UnixSeconds>,
    /// When it ends.
    pub expires_at: UnixSeconds,
    /// The PEM of the certificate, sealed.
    pub certificate: Resource,
}

impl Certificates {
    /// The request.
    pub fn to_request(self) -> Request {
        Request::get("/v3/certificates", "/v3/certificates".into())
    }

    /// The list in a reply that is not verified yet: the first list of all can be verified only by a
    /// certificate that is in it. What opens under the APIv3 key was sealed by WeChat; then the reply
    /// itself is to be verified by one of them.
    pub fn read(claim: &ReplyClaim) -> Result<Vec<Listed>, Error> {
        let json = Json::decode(claim.claim().body())?;
        json.list("data").map(|listed| read(&listed)).collect()
    }
}

fn read(json: &Json) -> Result<Listed, Error> {
    let names = [
        "encrypt_certificate.algorithm",
        "encrypt_certificate.nonce",
        "encrypt_certificate.associated_data",
        "encrypt_certificate.ciphertext",
    ];
    Ok(Listed {
        serial_no: json.read("serial_no", SerialNo::new)?.canonical(),
        effective_at: json
            .get("effective_time")
            .and_then(|text| UnixSeconds::parse_rfc3339(text).ok()),
        expires_at: json.read("expire_time", UnixSeconds::parse_rfc3339)?,
        certificate: Resource::read(json, names)?,
    })
}
