//! Request bodies: bytes, at most 64 KB, and JSON read from those bytes.
//!
//! `Request::json` is not used: it goes through JavaScript numbers, which change large ones.
use js_sys::{Uint8Array, futures::JsFuture};
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast as _;
use web_sys::{ReadableStream, ReadableStreamDefaultReader, ReadableStreamReadResult};

use super::{problem::Problem, problem_code::Code};
use crate::json;

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

/// Whether a declared length is already too much. An unreadable one is left to the counting.
pub(crate) fn declared_too_large(content_length: Option<&str>) -> bool {
    content_length.and_then(|text| text.parse::<usize>().ok()).is_some_and(|len| len > MAX_BYTES)
}

/// The request's body.
pub(crate) async fn of_request(request: &worker::Request) -> Result<Vec<u8>, Unread> {
    let declared = request.headers().get("content-length").ok().flatten();
    if declared_too_large(declared.as_deref()) {
        return Err(Unread::TooLarge);
    }
    read(request.inner().body(), MAX_BYTES).await
}

/// Reads a stream and stops it as soon as it passes the limit.
pub(crate) async fn read(stream: Option<ReadableStream>, limit: usize) -> Result<Vec<u8>, Unread> {
    let Some(stream) = stream else { return Ok(Vec::new()) };
    let reader = ReadableStreamDefaultReader::new(&stream).map_err(|_| Unread::Broken)?;
    let mut bytes = Vec::new();
    loop {
        let step = JsFuture::from(reader.read()).await.map_err(|_| Unread::Broken)?;
        let step: ReadableStreamReadResult = step.unchecked_into();
        if step.get_done().unwrap_or(true) {
            return Ok(bytes);
        }
        let chunk = step.get_value().dyn_into::<Uint8Array>().map_err(|_| Unread::Broken)?;
        if bytes.len().saturating_add(chunk.length() as usize) > limit {
            // Whether the sender hears of it does not matter; we read no further.
            let _ = reader.cancel();
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(&chunk.to_vec());
    }
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

    #[test]
    fn a_declared_length_over_the_limit_is_refused_unread() {
        assert!(declared_too_large(Some("65537")));
        for fine in [None, Some("65536"), Some("0"), Some("-1"), Some("many")] {
            assert!(!declared_too_large(fine), "{fine:?}");
        }
    }
}
