//! An address as the text it is: cut, never normalised, so that what is kept is kept byte for byte.

use alloc::string::String;

use super::{Refusal, fragment::has_any};

/// An address in three parts. Putting them together again gives the same text.
pub(super) struct Address<'a> {
    /// Up to the first `?` or `#`.
    pub(super) base: &'a str,
    /// After the first `?`, without it. A `?` inside the hash is the hash's.
    pub(super) query: Option<&'a str>,
    /// After the first `#`, without it.
    pub(super) hash: Option<&'a str>,
}

impl<'a> Address<'a> {
    pub(super) fn cut(text: &'a str) -> Self {
        let (head, hash) = cut_at(text, b'#');
        let (base, query) = cut_at(head, b'?');
        Self { base, query, hash }
    }
}

/// Splits at the first `mark`, which is dropped.
pub(super) fn cut_at(text: &str, mark: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == mark).unwrap_or(text.len());
    (text.get(..at).unwrap_or(text), text.get(at.wrapping_add(1)..))
}

/// The parts between the marks, one at least. `str::split` and its searcher cost a page 1 KB.
pub(super) fn segments(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let (segment, behind) = cut_at(rest?, mark);
        rest = behind;
        Some(segment)
    })
}

/// The first parts of a text that NUL separates; missing ones are empty.
#[must_use]
pub fn parts<const N: usize>(text: &str) -> [&str; N] {
    let mut out = [""; N];
    for (place, part) in out.iter_mut().zip(segments(text, 0)) {
        *place = part;
    }
    out
}

/// The value of `name=value`, or nothing if the segment is another parameter.
pub(super) fn value_of<'a>(segment: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = cut_at(segment, b'=');
    if key == name { Some(value.unwrap_or("")) } else { None }
}

/// Appends `part` after `mark`, if there is a part.
pub(super) fn append_part(out: &mut String, mark: &str, part: Option<&str>) {
    if let Some(part) = part {
        out.push_str(mark);
        out.push_str(part);
    }
}

/// An address one may send a buyer to: absolute, unencoded, https (or http on this machine).
///
/// Returns its host without the port (and an IPv6 address without its closing bracket). What browsers read in more than one way is refused: a
/// backslash counts as a slash there, and `https://shop.example@evil.example/` is not the shop's.
pub(super) fn check(url: &str) -> Result<&str, Refusal> {
    if url.bytes().any(|byte| byte <= b' ' || matches!(byte, b'\\' | b'"' | b'<' | b'>' | 0x7f)) {
        return Err(Refusal::UrlMalformed);
    }
    let (rest, secure) = match (strip(url, "https://"), strip(url, "http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => {
            let encoded = has_any(url.get(..8).unwrap_or(""), "http%3a|https%3a");
            return Err(if encoded { Refusal::UrlEncoded } else { Refusal::UrlMalformed });
        }
    };
    let authority = [b'/', b'?', b'#'].iter().fold(rest, |rest, mark| cut_at(rest, *mark).0);
    // The colons of an IPv6 address are not the port's.
    let mark = if authority.starts_with('[') { b']' } else { b':' };
    let host = cut_at(authority, mark).0;
    if host.is_empty() || has_any(authority, "@|%") {
        return Err(Refusal::UrlMalformed);
    }
    if secure || is_loopback(host) { Ok(host) } else { Err(Refusal::UrlInsecure) }
}

/// This machine, where a sandbox and a developer's page speak http.
fn is_loopback(host: &str) -> bool {
    // `127.evil.example` is a name and not an address, so the rest has to be digits and dots.
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1"
        || (host.starts_with("127.") && digits_and_dots(host).len() == host.len())
}

/// The digits and dots a text begins with.
pub(super) fn digits_and_dots(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.');
    text.get(..end.unwrap_or(text.len())).unwrap_or("")
}

/// `strip_prefix`, whatever the case of the letters.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_without_port_and_path() {
        for (url, host) in [
            ("https://shop.example", "shop.example"),
            ("HTTPS://Shop.example:8443/a?b#c", "Shop.example"),
            ("https://shop.example?x=/", "shop.example"),
            ("http://localhost:8787/", "localhost"),
            ("http://127.0.0.1:8787/", "127.0.0.1"),
            ("http://[::1]:8787/", "[::1"),
            ("https://商店.example/支付", "商店.example"),
        ] {
            assert_eq!(check(url), Ok(host), "{url}");
        }
    }

    #[test]
    fn an_address_that_is_not_plainly_ours_is_refused() {
        for (url, refusal) in [
            ("", Refusal::UrlMalformed),
            ("/pay", Refusal::UrlMalformed),
            ("//shop.example/", Refusal::UrlMalformed),
            ("javascript:alert(1)", Refusal::UrlMalformed),
            ("https://", Refusal::UrlMalformed),
            ("https:///pay", Refusal::UrlMalformed),
            ("https://shop.example@evil.example/", Refusal::UrlMalformed),
            ("https://evil.example\\@shop.example/", Refusal::UrlMalformed),
            ("https://shop.example/a b", Refusal::UrlMalformed),
            ("https://shop.example/\n", Refusal::UrlMalformed),
            ("https%3A%2F%2Fshop.example", Refusal::UrlEncoded),
            ("http%3a%2f%2fshop.example", Refusal::UrlEncoded),
            ("http://shop.example/", Refusal::UrlInsecure),
            ("http://127.evil.example/", Refusal::UrlInsecure),
            ("http://localhost.evil.example/", Refusal::UrlInsecure),
        ] {
            assert_eq!(check(url), Err(refusal), "{url}");
        }
    }
}
