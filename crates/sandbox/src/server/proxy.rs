//! A fake client's way to the merchant's site: a reverse proxy that changes what makes a client.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::Response,
};

use super::Shared;
use crate::{
    client::{ClientKind, rewrite},
    page,
};

/// The header in which the site finds the buyer's address; it overwrites whatever came in.
const CLIENT_IP: HeaderName = HeaderName::from_static("x-sandbox-client-ip");

/// Text bodies longer than this are refused rather than half rewritten.
const TEXT_LIMIT: usize = 32 * 1024 * 1024;

/// Source: RFC 9110 §7.6.1; these belong to one connection, not to the message.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Takes one request to the site and its answer back.
pub(super) async fn forward(shared: &Shared, kind: ClientKind, request: Request) -> Response {
    let site = shared.site();
    let request = match outbound(shared, kind, &site, request) {
        Ok(request) => request,
        Err(reason) => return unreachable_site(&site, &reason),
    };
    match shared.http.request(request).await {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            inbound(shared, kind, Response::from_parts(parts, Body::new(body))).await
        }
        Err(error) => unreachable_site(&site, &error.to_string()),
    }
}

fn outbound(
    shared: &Shared,
    kind: ClientKind,
    site: &str,
    request: Request,
) -> Result<Request, String> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = format!("{site}{path}").parse::<Uri>().map_err(|error| error.to_string())?;
    drop_hop_by_hop(&mut parts.headers);
    let gateway = shared.gateway();
    let client = gateway.clients().one(kind);
    // Client hints would contradict the user agent.
    for hint in ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"] {
        parts.headers.remove(hint);
    }
    parts.headers.insert(header::USER_AGENT, HeaderValue::from_static(client.user_agent));
    let ip = HeaderValue::from_str(&client.ip.to_string()).map_err(|error| error.to_string())?;
    parts.headers.insert(CLIENT_IP, ip);
    // What comes back is to be read and changed, so it must not be compressed.
    parts.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(Request::from_parts(parts, body))
}

async fn inbound(shared: &Shared, kind: ClientKind, response: Response) -> Response {
    let (gateway, pages) = {
        let gateway = shared.gateway();
        let addresses = gateway.addresses();
        let (_, pages) = addresses.of(kind);
        (addresses.gateway.clone(), pages.to_owned())
    };
    let (mut parts, body) = response.into_parts();
    drop_hop_by_hop(&mut parts.headers);
    change(&mut parts.headers, &header::LOCATION, |text| {
        rewrite::readdress(text, &gateway, &pages)
    });
    change(&mut parts.headers, &header::CONTENT_SECURITY_POLICY, |text| {
        rewrite::allow(text, &pages)
    });
    let content_type = text_of(&parts.headers, &header::CONTENT_TYPE);
    let whole = !matches!(parts.status, StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
    let plain =
        matches!(text_of(&parts.headers, &header::CONTENT_ENCODING).as_str(), "" | "identity");
    if !(whole && plain && rewrite::is_text(&content_type)) {
        return Response::from_parts(parts, body);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    let Ok(bytes) = to_bytes(body, TEXT_LIMIT).await else {
        return page_of(
            StatusCode::BAD_GATEWAY,
            "站点的回应中断或过长",
            "The site's answer broke off, or was longer than 32 MB.",
        );
    };
    // A text in another charset than UTF-8 passes as it is.
    let bytes = match String::from_utf8(bytes.to_vec()) {
        Ok(text) => {
            let text = rewrite::readdress(&text, &gateway, &pages);
            let html = rewrite::is_html(&content_type) && !text.is_empty();
            if html { rewrite::inject(&text, &pages) } else { text }.into_bytes()
        }
        Err(other) => other.into_bytes(),
    };
    Response::from_parts(parts, Body::from(bytes))
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named = text_of(headers, &header::CONNECTION);
    for name in HOP_BY_HOP.into_iter().chain(named.split(',').map(str::trim)) {
        headers.remove(name);
    }
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Changes every value of a header; one that is not text stays.
fn change(headers: &mut HeaderMap, name: &HeaderName, rule: impl Fn(&str) -> String) {
    let values: Vec<HeaderValue> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            let changed =
                value.to_str().ok().and_then(|text| HeaderValue::from_str(&rule(text)).ok());
            changed.unwrap_or_else(|| value.clone())
        })
        .collect();
    headers.remove(name);
    for value in values {
        headers.append(name, value);
    }
}

fn unreachable_site(site: &str, reason: &str) -> Response {
    let cause = format!("No answer from {site} ({reason}). Start it, or POST /sandbox/site.");
    page_of(StatusCode::BAD_GATEWAY, "商户站点没有回应", &cause)
}

fn page_of(status: StatusCode, text: &str, cause: &str) -> Response {
    let mut response = super::exchange::write(page::error(text, cause), false);
    *response.status_mut() = status;
    response
}
