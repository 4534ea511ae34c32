//! An address as the text it is: cut, never normalised, so that what is kept is kept byte for byte.

use super::{
    Refusal,
    cut::{cut, segments, span},
    fragment::{has_any, starts_with},
};

/// An address in three parts. Putting them together again gives the same text.
#[derive(Clone, Copy)]
pub(super) struct Address<'a> {
    /// Up to the first `?` or `#`.
    pub(super) base: &'a str,
    /// From the first `?` on, if there is one. A `?` inside the hash is the hash's.
    pub(super) query: &'a str,
    /// From the first `#` on, if there is one.
    pub(super) hash: &'a str,
}

impl<'a> Address<'a> {
    pub(super) fn cut(text: &'a str) -> Self {
        let (head, hash) = cut(text, "#");
        let (base, query) = cut(head, "?");
        Self { base, query, hash }
    }

    /// Whether the query has the parameter.
    pub(super) fn has(&self, name: &str) -> bool {
        segments(self.query, "&").any(|part| value_of(part, name).is_some())
    }
}

/// The value of `name=value`, or nothing if the part is another parameter.
pub(super) fn value_of<'a>(part: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = cut(part, "=");
    if key == name { Some(value.get(1..).unwrap_or("")) } else { None }
}

/// An address one may send a buyer to: absolute, unencoded, https (or http on this machine).
///
/// Returns its host without the port (and an IPv6 address without its closing bracket). What
/// browsers read in more than one way is refused: a backslash counts as a slash there, and
/// `https://shop.example@evil.example/` is not the shop's.
pub(super) fn check(url: &str) -> Result<&str, Refusal> {
    if url.bytes().any(|byte| byte <= b' ' || matches!(byte, b'"' | b'<' | b'>' | 0x7f)) {
        return Err(Refusal::UrlMalformed);
    }
    let (scheme, rest) = cut(url, ":%");
    let secure = scheme.eq_ignore_ascii_case("https");
    if !secure && !scheme.eq_ignore_ascii_case("http") {
        return Err(Refusal::UrlMalformed);
    }
    let Some(rest) = rest.strip_prefix("://") else {
        let encoded = starts_with(rest, "%3a");
        return Err(if encoded { Refusal::UrlEncoded } else { Refusal::UrlMalformed });
    };
    let (authority, _) = cut(rest, "/?#");
    // The colons of an IPv6 address are not the port's.
    let (host, _) = cut(authority, if authority.starts_with('[') { "]" } else { ":" });
    if host.is_empty() || has_any(authority, "|@|%|\\") {
        Err(Refusal::UrlMalformed)
    } else if secure || is_loopback(host) {
        Ok(host)
    } else {
        Err(Refusal::UrlInsecure)
    }
}

/// This machine, where a sandbox and a developer's page speak http.
fn is_loopback(host: &str) -> bool {
    // `127.evil.example` is a name and not an address, so the rest has to be digits and dots.
    host.eq_ignore_ascii_case("localhost")
        || host == "[::1"
        || (host.starts_with("127.") && span(host, "0123456789.").len() == host.len())
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
            // Behind the host a backslash is the page's own business, and browsers leave it there.
            ("https://shop.example/?q=a\\b#c\\d", "shop.example"),
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
