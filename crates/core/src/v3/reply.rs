//! 应答 · the gateway's reply, from status and bytes to a verified answer.
//!
//! Source: protocol pages "接口规则", "错误码", read 2026-11. 200 with a body or 204 without is a yes;
//! 4xx is a no with `code` and `message`; 202, 429 and 5xx decide nothing.
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    claim::{Claim, Headers, Verdict},
    json::Json,
};
use crate::{ErrorCode, Outcome, Refusal, UnixSeconds, Verified, Why};

/// A reply as it came.
#[derive(Debug, Clone)]
pub struct RawReply {
    /// The HTTP status.
    pub status: u16,
    /// The headers that say how it is signed.
    pub headers: Headers,
    /// The header `Request-ID`, WeChat's name for the call.
    pub request_id: Option<String>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// A reply whose signature is still to be checked.
#[derive(Debug, Clone)]
pub struct ReplyClaim {
    claim: Claim,
    status: u16,
    request_id: Option<String>,
}

/// What a signed reply says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200 or 204, with the body.
    Success(Vec<u8>),
    /// 4xx, with the code.
    Refused(Refusal),
}

impl RawReply {
    /// What there is to verify, or why nothing is known.
    ///
    /// A yes without a signature is no answer, be it empty. A no without one may delay an order and can
    /// not change it: WeChat signs no answer to a call whose own signature it did not accept.
    /// UNCONFIRMED: that it signs every other no. One that it does not sign leaves the order as it was.
    pub fn claim(self, now: UnixSeconds) -> Result<ReplyClaim, Why> {
        let Self { status, headers, request_id, body } = self;
        match status {
            200 | 204 => {}
            400..=428 | 430..=499 if headers.say_nothing() => {
                return Err(Why::UnsignedRefusal(said(status, request_id.as_deref(), &body)));
            }
            400..=428 | 430..=499 => {}
            _ => return Err(Why::Busy),
        }
        let claim = Claim::new(headers, &body, now).map_err(Why::Distrusted)?;
        Ok(ReplyClaim { claim, status, request_id })
    }
}

impl ReplyClaim {
    /// What to verify.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The answer, if the signature is right.
    pub fn proven(self, verdict: Verdict) -> Outcome<Verified<Reply>> {
        let Self { claim, status, request_id } = self;
        let said = match claim.proven(verdict) {
            Ok(said) => said,
            Err(unverified) => return Outcome::Unknown(Why::Distrusted(unverified.into())),
        };
        let reply = said.try_map(|said| match status {
            200 | 204 => Ok(Reply::Success(said.body)),
            _ => refusal(&said.body, request_id).map(Reply::Refused),
        });
        match reply {
            Ok(reply) => match reply.get() {
                Reply::Refused(refusal) if refusal.code.is_busy() => Outcome::Unknown(Why::Busy),
                _ => Outcome::Known(reply),
            },
            Err(malformed) => Outcome::Unknown(Why::Distrusted(crate::Error::Malformed(malformed))),
        }
    }
}

fn refusal(body: &[u8], request_id: Option<String>) -> Result<Refusal, crate::Malformed> {
    let json = Json::decode(body)?;
    Ok(Refusal {
        code: ErrorCode::read(json.required("code")?),
        description: json.get("message").unwrap_or_default().to_string(),
        request_id: request_id.map(crate::RequestId::new),
    })
}

/// What is kept of an unsigned no, for logs.
fn said(status: u16, request_id: Option<&str>, body: &[u8]) -> String {
    let json = Json::decode(body).ok();
    let word = |name: &str| json.as_ref().and_then(|json| json.get(name)).unwrap_or_default();
    let id = request_id.unwrap_or_default();
    let said = format!("{status} {} {} {id}", word("code"), word("message"));
    said.trim_end().chars().take(192).collect()
}
