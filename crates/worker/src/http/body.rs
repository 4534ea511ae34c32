//! Request bodies: bytes, at most 64 KB, and JSON read from those bytes.
//!
//! `Request::json` is not used: it goes through JavaScript numbers, which change large ones.
use js_sys::{Uint8Array, futures::JsFuture};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, JsValue};

use super::{problem::Problem, problem_code::Code};
use crate::{border, json};

/// Nothing WeChat or a shop sends comes near this; DESIGN.md, "Self-set limits".
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// Why a body was not read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    Broken,
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Code::BodyTooLarge.into(),
            Unread::Broken => Code::MalformedRequest.into(),
        }
    }
}

/// The request's body.
pub(crate) async fn of_request(request: &web_sys::Request) -> Result<Vec<u8>, Unread> {
    read(request, MAX_BYTES).await
}

/// A request's or a response's body, read no further than the limit.
pub(crate) async fn read(message: &JsValue, limit: usize) -> Result<Vec<u8>, Unread> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let body = JsFuture::from(border::read(message, limit)).await.map_err(|_| Unread::Broken)?;
    body.dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec()).map_err(|_| Unread::TooLarge)
}

/// Reads the body's JSON. The detail names fields, rules and positions, never values.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    json::read(bytes).map_err(|error| {
        let text = error.to_string();
        // A domain type's own complaint: type and rule in backticks, from `wxpay_core::Error`.
        if text.starts_with('`') {
            return Problem::with_detail(Code::InvalidField, text);
        }
        // These texts of serde name a field; all others may quote what was sent.
        let names_a_field = ["missing field `", "unknown field `", "duplicate field `"];
        let detail = match names_a_field.iter().any(|start| text.starts_with(start)) {
            true => text,
            false => {
                format!("not the expected JSON at line {} column {}", error.line(), error.column())
            }
        };
        Problem::with_detail(Code::MalformedRequest, detail)
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        amount: u32,
    }

    fn detail(body: &str) -> String {
        parse::<Sample>(body.as_bytes()).unwrap_err().into_reply("r").body
    }

    #[test]
    fn numbers_are_whole_or_refused() {
        assert_eq!(parse(br#"{"amount":4294967295}"#), Ok(Sample { amount: u32::MAX }));
        for bad in ["1.5", "-1", "4294967296", "1e2", "\"1\"", "null", "true"] {
            assert!(parse::<Sample>(format!(r#"{{"amount":{bad}}}"#).as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_sent_is_never_repeated() {
        assert!(!detail(r#"{"amount":"test key 13800138000"}"#).contains("13800138000"));
        assert!(detail(r#"{}"#).contains("missing field `amount`"));
        assert!(detail(r#"{"amount":1,"price":2}"#).contains("unknown field `price`"));
        assert!(detail(r#"{"amount":1,"amount":2}"#).contains("duplicate field `amount`"));
        assert!(detail("{\"amount\":\n1").contains("line 2"));
        assert!(parse::<Sample>(b"\xff\xfe").is_err());
    }
}
