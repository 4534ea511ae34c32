//! Acks (应答): what a merchant may answer to a notification, and what counts as one.
//!
//! Source: pay.weixin.qq.com V2 支付结果通知 and V3 支付成功回调通知.

use serde_json::Value;

use crate::{ledger::Api, xml};

/// How long WeChat waits for an ack, in real seconds.
pub const ACK_SECONDS: u64 = 5;

/// The only outcome that ends the ladder.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged";

/// What came back for a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ack {
    /// An HTTP answer within five seconds.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body's exact bytes.
        body: Vec<u8>,
    },
    /// No answer within five seconds.
    Timeout,
    /// No connection, or it broke; with the reason.
    Unreachable(String),
}

impl Ack {
    /// The HTTP status, if there was an answer.
    pub(crate) const fn status(&self) -> Option<u16> {
        match self {
            Self::Answer { status, .. } => Some(*status),
            Self::Timeout | Self::Unreachable(_) => None,
        }
    }

    /// The body as text; empty if there was no answer.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Answer { body, .. } => String::from_utf8_lossy(body).into_owned(),
            Self::Timeout | Self::Unreachable(_) => String::new(),
        }
    }

    /// What V2 takes for an ack is 200 and `return_code` SUCCESS; V3 takes 200 and 204, whatever
    /// the body. Everything else, and everything too late, is a failure.
    ///
    /// UNCONFIRMED: how forgiving the real gateway is about bodies that are not XML.
    pub(crate) fn outcome(&self, api: Api) -> String {
        match self {
            Self::Timeout => "timeout".to_owned(),
            Self::Unreachable(reason) => format!("unreachable: {reason}"),
            Self::Answer { status: 200 | 204, .. } if api == Api::V3 => ACKNOWLEDGED.to_owned(),
            Self::Answer { status, body } if api == Api::V3 => {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                match body.get("message").and_then(Value::as_str) {
                    Some(message) => format!("status {status}: {message}"),
                    None => format!("status {status}"),
                }
            }
            Self::Answer { status, .. } if *status != 200 => format!("status {status}"),
            Self::Answer { body, .. } => {
                let fields = std::str::from_utf8(body).ok().and_then(|text| xml::decode(text).ok());
                match fields.as_ref().and_then(|fields| fields.get("return_code")) {
                    Some("SUCCESS") => ACKNOWLEDGED.to_owned(),
                    Some("FAIL") => {
                        let reason = fields.as_ref().and_then(|fields| fields.get("return_msg"));
                        format!("refused: {}", reason.unwrap_or_default())
                    }
                    _ => "not an ack".to_owned(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

    #[test]
    fn only_two_hundred_and_success_count_as_an_ack() {
        let answer = |status, body: &str| Ack::Answer { status, body: body.into() };
        for (ack, outcome) in [
            (answer(200, OK), "acknowledged"),
            (answer(200, "<xml><return_code>SUCCESS</return_code></xml>"), "acknowledged"),
            (answer(500, OK), "status 500"),
            (answer(204, ""), "status 204"),
            (answer(200, "success"), "not an ack"),
            (answer(200, ""), "not an ack"),
            (
                answer(
                    200,
                    "<xml><return_code>FAIL</return_code><return_msg>sign</return_msg></xml>",
                ),
                "refused: sign",
            ),
            (Ack::Timeout, "timeout"),
            (Ack::Unreachable("no route".to_owned()), "unreachable: no route"),
        ] {
            assert_eq!(ack.outcome(Api::V2), outcome);
        }
    }

    /// Source: V3 支付成功回调通知: the body is not looked at.
    #[test]
    fn by_v3_only_the_status_counts() {
        let answer = |status, body: &str| Ack::Answer { status, body: body.into() };
        for (ack, outcome) in [
            (answer(200, ""), "acknowledged"),
            (answer(204, ""), "acknowledged"),
            (answer(200, r#"{"code":"FAIL"}"#), "acknowledged"),
            (answer(201, ""), "status 201"),
            (answer(202, OK), "status 202"),
            (answer(302, ""), "status 302"),
            (answer(401, r#"{"code":"FAIL","message":"失败"}"#), "status 401: 失败"),
            (Ack::Timeout, "timeout"),
        ] {
            assert_eq!(ack.outcome(Api::V3), outcome);
        }
    }
}
