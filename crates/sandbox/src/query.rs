//! Queries and forms, read by hand where the exact bytes matter.

use url::form_urlencoded;

/// The raw value of a name, still percent-encoded; `None` if the name is absent.
pub(crate) fn raw<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    pairs(query).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The decoded value of a name; empty if it is absent.
pub(crate) fn value(query: &str, name: &str) -> String {
    raw(query, name).map(decode).unwrap_or_default()
}

/// Names and raw values in order; empty pieces, as in `?&code=1`, are left out.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Percent-decoding alone: `+` stays `+`. Broken escapes stay as they are.
pub(crate) fn decode(raw: &str) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| hex_pair(tail)).flatten();
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let pair = bytes.get(..2).filter(|pair| pair.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

/// Percent-encoding for a query value.
pub(crate) fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once_and_broken_ones_left() {
        assert_eq!(decode("https%3A%2F%2Fa%2520b+c"), "https://a%20b+c");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%E6%94%AF"), "支");
    }

    #[test]
    fn empty_pieces_are_skipped() {
        assert_eq!(value("&code=1&&state=", "code"), "1");
        assert_eq!(raw("&code=1&&state=", "state"), Some(""));
        assert_eq!(raw("code=1", "state"), None);
    }
}
