//! The little HTTP that asking our own children on loopback takes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// A server that has not answered by then counts as not there.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came back. A chunked body is left as it was sent: it is only shown to a person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// GET `http://127.0.0.1:<port><path>`.
pub(crate) fn get(base: &str, path: &str) -> Result<Answer> {
    exchange(base, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// POST of a JSON text.
pub(crate) fn post_json(base: &str, path: &str, json: &str) -> Result<Answer> {
    let length = json.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    );
    exchange(base, &head, json)
}

fn exchange(base: &str, head: &str, body: &str) -> Result<Answer> {
    let authority = base.strip_prefix("http://").unwrap_or(base).trim_end_matches('/');
    let address: SocketAddr =
        authority.parse().with_context(|| format!("`{base}` is not an address and a port"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "{head}host: {authority}\r\nconnection: close\r\n\r\n{body}")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&String::from_utf8_lossy(&bytes)).with_context(|| format!("no HTTP answer from {base}"))
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_are_read_from_an_answer() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\n\r\nno keys";
        assert_eq!(parse(answer), Some(Answer { status: 503, body: "no keys".to_owned() }));
        assert_eq!(parse("220 smtp.example.com ready\r\n\r\n"), None);
        assert_eq!(parse(""), None);
    }
}
