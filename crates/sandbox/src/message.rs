//! Requests and answers as plain values, so that the gateway can be driven without a socket.

use std::net::{IpAddr, Ipv4Addr};

use crate::client::ClientKind;

/// What reached WeChat: an API call from the merchant's server, or a page opened by a client.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// The query as it was on the wire, without `?`; empty if there was none.
    pub query: String,
    /// Header names in any case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's exact bytes.
    pub body: Vec<u8>,
    /// The fake client the request came through; `None` for a direct caller.
    pub client: Option<ClientKind>,
    /// The address of a direct caller; a fake client has its own, see [`crate::Gateway::set_client`].
    pub peer: IpAddr,
}

impl Request {
    /// A `GET` of `path_and_query` by a direct caller on this machine.
    #[must_use]
    pub fn get(path_and_query: &str) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            client: None,
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// A `POST` of `body` to `path_and_query` by a direct caller on this machine.
    #[must_use]
    pub fn post(path_and_query: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST".to_owned(), body: body.into(), ..Self::get(path_and_query) }
    }

    /// The same request, made through a fake client.
    #[must_use]
    pub fn through(self, client: ClientKind) -> Self {
        Self { client: Some(client), ..self }
    }

    /// The same request with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first value of a header, names compared without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// Path and query as they were on the wire.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let Self { path, query, .. } = self;
        if query.is_empty() { path.clone() } else { format!("{path}?{query}") }
    }
}

/// How an answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// In one piece.
    #[default]
    Whole,
    /// The connection ends in the middle of the body.
    HalfClosed,
    /// Byte by byte.
    Slow {
        /// Of real time, for the whole body.
        seconds: u32,
    },
}

/// What WeChat answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's exact bytes.
    pub body: Vec<u8>,
    /// How the body travels.
    pub wire: Wire,
}

impl Response {
    /// A body of a given type.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            wire: Wire::Whole,
        }
    }

    /// A page of ours. WeChat's pages are never cached: each visit is checked again.
    #[must_use]
    pub fn html(status: u16, body: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", body).with_header("cache-control", "no-store")
    }

    /// A JSON text.
    #[must_use]
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
            .with_header("cache-control", "no-store")
    }

    /// A redirect by `status` (302 after a look, 303 after a form).
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, "text/html; charset=utf-8", "")
            .with_header("cache-control", "no-store")
            .with_header("location", location)
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first value of a header, names compared without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The body as text, with replacement characters where it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn first<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let named = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
    headers.iter().find(named).map(|(_, value)| value.as_str())
}
