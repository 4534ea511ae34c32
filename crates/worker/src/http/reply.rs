//! An answer as plain data, so that what we say can be tested without a runtime.
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_bindgen::JsValue;
use web_sys::ReadableStream;

use super::problem::Problem;
use crate::border;

/// What goes back to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// In the place of `body`: what is still being written, such as a bill.
    pub(crate) stream: Option<ReadableStream>,
    /// The problem's stable code, for the log; `None` when all went well.
    pub(crate) code: Option<&'static str>,
}

impl Reply {
    /// A JSON body.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(body)
            .map_err(|_| Problem::internal("an answer could not be written as JSON"))?;
        Ok(Self::text(status, "application/json", body))
    }

    /// JSON that is written already.
    pub(crate) fn view(status: u16, view: Box<RawValue>) -> Self {
        Self::text(status, "application/json", Box::<str>::from(view).into_string())
    }

    /// A body of any text type. Answers depend on secrets, so no cache may keep them.
    pub(crate) fn text(status: u16, content_type: &str, body: String) -> Self {
        Self::empty(status).with_header("content-type", content_type.to_owned()).with_body(body)
    }

    /// A body that comes piece by piece.
    pub(crate) fn stream(content_type: &str, stream: ReadableStream) -> Self {
        let reply = Self::empty(200).with_header("content-type", content_type.to_owned());
        Self { stream: Some(stream), ..reply }
    }

    /// No body.
    pub(crate) fn empty(status: u16) -> Self {
        let headers = vec![("cache-control", "no-store".to_owned())];
        Self { status, headers, body: String::new(), stream: None, code: None }
    }

    /// 302 to `location`, which the caller has checked.
    pub(crate) fn found(location: String) -> Self {
        Self::empty(302).with_header("location", location)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn with_body(mut self, body: String) -> Self {
        self.body = body;
        self
    }

    /// The runtime's response.
    pub(crate) fn into_response(self) -> worker::Result<web_sys::Response> {
        let headers: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        let body = match self.stream {
            Some(stream) => stream.into(),
            None if self.body.is_empty() => JsValue::NULL,
            None => JsValue::from_str(&self.body),
        };
        Ok(border::respond(self.status, &headers.join("\n"), &body)?)
    }
}
