//! What leaves as an answer of API V3: status, body, `Request-ID`, signature.
//!
//! Source: pay.weixin.qq.com V3 基本规则 and 如何验证签名.

use serde_json::json;

use super::{
    authorization,
    call::{Refusal, Reply, Said},
    signature::Spoil,
};
use crate::{
    bill,
    fault::StatusFault,
    gateway::Gateway,
    message::{Request, Response, Wire},
    time::UnixSeconds,
};

const JSON: &str = "application/json; charset=utf-8";

/// What leaves, before it is signed.
pub(super) struct Outcome {
    status: u16,
    content_type: &'static str,
    pub(super) text: String,
    /// Whether it leaves as gzip.
    packed: bool,
    /// Whether WeChat signs it.
    signed: bool,
    /// The digits at the end of `Request-ID`.
    tail: u32,
}

/// Nothing at all, in JSON.
const UNSIGNED: Outcome = Outcome {
    status: 200,
    content_type: JSON,
    text: String::new(),
    packed: false,
    signed: false,
    tail: 0,
};

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Json(value) => Self { text: value.to_string(), signed: true, ..UNSIGNED },
            Reply::NoContent => Self { status: 204, signed: true, ..UNSIGNED },
            // UNCONFIRMED: both types, and that no `content-encoding` is said.
            Reply::Table { text, packed } => {
                let content_type = if packed { "application/x-gzip" } else { "text/plain" };
                Self { content_type, text, packed, ..UNSIGNED }
            }
        }
    }
}

impl Outcome {
    /// An error with a code.
    pub(super) fn refused(said: &Said, signed: bool) -> Self {
        let mut body = json!({ "code": said.code, "message": said.message });
        if let (Some(detail), Some(object)) = (&said.detail, body.as_object_mut()) {
            object.insert("detail".to_owned(), detail.clone());
        }
        let (status, tail) = (said.status, said.tail);
        Self { status, text: body.to_string(), signed, tail, ..UNSIGNED }
    }

    /// What a gateway that is not itself says to every call; `None` if it is.
    ///
    /// UNCONFIRMED: the wording, and that none of it is signed.
    pub(super) fn out_of_order(status: StatusFault) -> Option<Self> {
        let refusal = match status {
            StatusFault::Normal => return None,
            StatusFault::BadGateway => {
                let text = "<html><head><title>502 Bad Gateway</title></head></html>".to_owned();
                return Some(Self { status: 502, content_type: "text/html", text, ..UNSIGNED });
            }
            StatusFault::FrequencyLimited => {
                Refusal::new(429, "FREQUENCY_LIMITED", "频率超限，请降低请求频率")
            }
            StatusFault::SystemError => Refusal::system_error(),
            StatusFault::ServiceUnavailable => {
                Refusal::new(503, "SERVICE_UNAVAILABLE", "服务不可用，过载保护")
            }
        };
        match refusal {
            Refusal::Said(said) => Some(Self::refused(&said, false)),
            Refusal::Silence => None,
        }
    }

    /// With its headers, the signature among them.
    pub(super) fn send(
        self,
        gateway: &mut Gateway,
        now: UnixSeconds,
        request: &Request,
    ) -> Response {
        let body = if self.packed { bill::pack(&self.text) } else { self.text.into_bytes() };
        let mut response =
            Response { status: self.status, headers: Vec::new(), body, wire: Wire::Whole };
        if self.status != 204 {
            response = response.with_header("content-type", self.content_type);
        }
        // Source: a public probe: a 401 of the orders' door has no Request-ID.
        if self.status != 401 || !authorization::is_transaction(request) {
            response = response.with_header("request-id", &gateway.request_id(self.tail));
        }
        if !self.signed {
            return response;
        }
        let faults = gateway.in_force(None);
        let draw = gateway.random.percent();
        let key = gateway.keys.for_answer(request.header("wechatpay-serial"), draw).cloned();
        let probe = gateway.random.percent() < faults.probe_answer_percent;
        let spoil = if probe { Spoil::Probe } else { Spoil::Fault(faults.v3_answer) };
        gateway
            .v3_signature(now, key.as_ref(), &response.body, spoil)
            .iter()
            .fold(response, |response, (name, value)| response.with_header(name, value))
    }
}
