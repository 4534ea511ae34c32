//! An answer as plain data, so that what we say can be tested without a runtime.
use serde::Serialize;
use serde_json::value::RawValue;
use web_sys::ReadableStream;
use worker::{Headers, Response, ResponseBuilder};

use super::problem::Problem;

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
    pub(crate) fn into_response(self) -> worker::Result<Response> {
        let headers = Headers::new();
        for (name, value) in &self.headers {
            headers.append(name, value)?;
        }
        let builder = ResponseBuilder::new().with_status(self.status).with_headers(headers);
        Ok(match self.stream {
            Some(stream) => builder.stream(stream),
            None if self.body.is_empty() => builder.empty(),
            None => builder.fixed(self.body.into_bytes()),
        })
    }
}
