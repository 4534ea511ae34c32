//! Web origins (scheme, host, port), compared as browsers print them.
use std::fmt;

/// `https://shop.example.com`, `http://localhost:8991`: what a browser sends as `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// The origin of an absolute http(s) URL, or of an `Origin` header.
    ///
    /// Refuses what two readers could take differently: user names, backslashes, blanks, control
    /// and non-ASCII characters. Default ports are dropped, as browsers drop them.
    pub(crate) fn of(url: &str) -> Option<Self> {
        if !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
        let host = authority.strip_suffix(default_port).unwrap_or(&authority);
        let plain = !host.is_empty() && !host.starts_with(':') && !host.contains(['@', '%']);
        plain.then(|| Self(format!("{scheme}://{host}")))
    }

    /// Host name without the port, for telling loopback from the world.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.0.split_once("://").map_or("", |(_, host)| host);
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|loopback| {
            host.strip_prefix(loopback).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_browsers_print_it() {
        for (url, origin) in [
            ("https://Shop.Example.com/pay/?a=1#b", "https://shop.example.com"),
            ("https://shop.example.com:443", "https://shop.example.com"),
            ("http://localhost:8991/", "http://localhost:8991"),
            ("http://[::1]:8787?x", "http://[::1]:8787"),
        ] {
            assert_eq!(Origin::of(url).map(|found| found.to_string()).as_deref(), Some(origin));
        }
    }

    #[test]
    fn urls_that_readers_disagree_about_have_no_origin() {
        for url in [
            "null",
            "//shop.example.com",
            "javascript://shop.example.com/%0aalert(1)",
            "https://shop.example.com@evil.example/",
            "https:\\\\evil.example",
            "https://evil.example\\@shop.example.com/",
            "https://shop.example.com \r\nx: y",
            "https://商店.example/",
            "https:///path",
            "https://:443/",
        ] {
            assert_eq!(Origin::of(url), None, "{url}");
        }
    }

    #[test]
    fn loopback_is_a_host_and_not_a_prefix() {
        assert!(Origin::of("http://127.0.0.1:8990").is_some_and(|origin| origin.is_loopback()));
        assert!(!Origin::of("http://127.0.0.1.evil.example").is_some_and(|o| o.is_loopback()));
    }
}
