//! Problems as RFC 9457 `application/problem+json`. The one way an error becomes an answer.
//!
//! A problem names fields, rules and variables, never their contents, and carries no cause chain;
//! what we know beyond that is one fixed word in the log.
use std::borrow::Cow;

use serde::Serialize;

use super::{problem_code::Code, reply::Reply};

/// An error on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    detail: Option<String>,
    /// What the status calls for besides: when to come again, what to use instead.
    header: Option<(&'static str, Cow<'static, str>)>,
    /// For the log: which step failed. Fixed text, so it cannot carry anybody's data.
    pub(crate) place: Option<&'static str>,
}

/// A client that asks again sooner than this only meets the same time-out.
const RETRY_AFTER_SECONDS: &str = "2";
/// A bill that is being made takes WeChat minutes.
const BILL_RETRY_AFTER_SECONDS: &str = "600";

#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'static str,
    title_zh: &'static str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    remedy: &'static str,
    request_id: &'a str,
}

impl Problem {
    /// `detail` must name things (a field, a rule, a variable), never repeat what was sent.
    pub(crate) fn with_detail(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::from(code) }
    }

    /// A fault of ours. `place` goes to the log, the caller sees only the request id.
    pub(crate) fn internal(place: &'static str) -> Self {
        Self { place: Some(place), ..Self::from(Code::Internal) }
    }

    /// The path takes this method instead.
    pub(crate) fn wrong_method(allow: &'static str) -> Self {
        Self { header: Some(("allow", allow.into())), ..Self::from(Code::MethodNotAllowed) }
    }

    /// Asked too often; in that many seconds again.
    pub(crate) fn rate_limited(seconds: u64) -> Self {
        let header = Some(("retry-after", seconds.to_string().into()));
        Self { header, ..Self::from(Code::RateLimited) }
    }

    /// A value that breaks a domain type's rule; core's error names type and rule only.
    pub(crate) fn invalid(error: &wxpay_core::Error) -> Self {
        Self::with_detail(Code::InvalidField, error.to_string())
    }

    pub(crate) fn into_reply(self, request_id: &str) -> Reply {
        let text = self.code.text();
        let wire = Wire {
            r#type: format!("urn:wxpay-edge:problem:{}", text.code),
            title: text.title,
            title_zh: text.title_zh,
            status: text.status,
            code: text.code,
            detail: self.detail.as_deref(),
            remedy: text.remedy,
            request_id,
        };
        // Strings and one number always have a JSON form; an empty body still has its status.
        let body = serde_json::to_string(&wire).unwrap_or_default();
        let mut reply = Reply::text(text.status, "application/problem+json", body);
        reply.code = Some(text.code);
        match self.header {
            Some((name, value)) => reply.with_header(name, value.into_owned()),
            None => reply,
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        let header = match (code, code.text().status) {
            (Code::BillNotReady, _) => Some(("retry-after", BILL_RETRY_AFTER_SECONDS.into())),
            (Code::OrderHeld | Code::IdempotencyInProgress, _) | (_, 503) => {
                Some(("retry-after", RETRY_AFTER_SECONDS.into()))
            }
            (_, 401) => Some(("www-authenticate", "Bearer".into())),
            _ => None,
        };
        Self { code, detail: None, header, place: None }
    }
}

/// The runtime failed us: a binding, a stream, the connection to an object.
impl From<worker::Error> for Problem {
    fn from(_: worker::Error) -> Self {
        // The runtime's text may quote what it choked on, so it stays out of answer and log.
        Self::internal("the runtime")
    }
}

/// Inside an object: the runtime carries it to the front, which says "internal".
impl From<Problem> for worker::Error {
    fn from(problem: Problem) -> Self {
        Self::RustError(problem.place.unwrap_or(problem.code.text().code).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_problem_is_written_as_rfc_9457_says() {
        let reply = Problem::with_detail(Code::InvalidField, "`amount`: expected whole fen")
            .into_reply("req-1");
        insta::assert_snapshot!(reply.body, @r##"{"type":"urn:wxpay-edge:problem:invalid_field","title":"a field breaks its rule","title_zh":"字段不合规则","status":400,"code":"invalid_field","detail":"`amount`: expected whole fen","remedy":"mend the field named in `detail`","request_id":"req-1"}"##);
        assert_eq!((reply.status, reply.code), (400, Some("invalid_field")));
    }

    #[test]
    fn what_can_be_asked_again_says_when() {
        let retry_after = |code: Code| {
            let reply = Problem::from(code).into_reply("req-1");
            reply.headers.into_iter().find(|(name, _)| *name == "retry-after")
        };
        assert!(retry_after(Code::OrderUnknown).is_some());
        assert!(retry_after(Code::OrderPaid).is_none());
    }

    #[test]
    fn codes_are_unique_and_every_text_is_there_in_both_languages() {
        let mut seen = HashSet::new();
        for text in Code::ALL.iter().map(|code| code.text()) {
            assert!(seen.insert(text.code), "{} twice", text.code);
            assert!((400..600).contains(&text.status), "{}", text.code);
            assert!(!text.title.ends_with('.') && !text.remedy.ends_with('.'), "{}", text.code);
            assert!(text.title.is_ascii() && !text.title_zh.is_ascii(), "{}", text.code);
            assert!(text.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        }
    }

    #[test]
    fn a_fault_of_ours_says_nothing_but_its_request_id() {
        let reply = Problem::internal("the place").into_reply("req-1");
        assert!(!reply.body.contains("the place") && reply.body.contains("req-1"));
    }
}
