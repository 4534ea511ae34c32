//! Between axum's requests and our plain ones.

use std::net::IpAddr;

use axum::{
    body::to_bytes,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::line;
use crate::{client::ClientKind, message};

/// More than API V2 takes, so that the gateway itself can say that a body is too long.
const BODY_LIMIT: usize = 1024 * 1024;

/// Reads a whole request, or answers that it is too long.
pub(super) async fn read(
    request: axum::extract::Request,
    client: Option<ClientKind>,
    peer: IpAddr,
) -> Result<message::Request, Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    Ok(message::Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
        client,
        peer,
    })
}

/// Writes an answer; `open` lets pages of other origins read it (the control API, the bridge).
pub(super) fn write(reply: message::Response, open: bool) -> Response {
    let mut response = Response::new(line::carry(reply.body, reply.wire));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if open {
        open_to_all(&mut response);
    }
    response
}

/// Lets whichever page was let in read the answer.
pub(super) fn open_to_all(response: &mut Response) {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}
