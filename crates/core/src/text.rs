//! Free texts of an order and a refund, each with the length WeChat accepts and without characters XML cannot carry.
use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, id::identifier};

/// Whether the text has `1..=max` characters, none of them a control character.
/// UNCONFIRMED: the V2 pages do not say whether their lengths count bytes or characters; V3's say
/// characters, and so do we.
fn line(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

identifier! {
    /// `body` (V2) / `description` (V3): what the buyer reads in the bill, 商场名-商品名.
    /// Source: "统一下单", 127 characters (older pages 128), read 2026-11.
    Body, "description", "expected 1 to 127 characters without control characters",
    |text| line(text, 127)
}

identifier! {
    /// `attach`: the shop's own word, echoed in notification and query.
    /// Source: "统一下单", 127 characters, read 2026-11.
    Attach, "attach", "expected 1 to 127 characters without control characters",
    |text| line(text, 127)
}

identifier! {
    /// `refund_desc`: why the money goes back; the buyer reads it.
    /// Source: "申请退款", 80 characters, read 2026-11.
    RefundDesc, "refund_desc", "expected 1 to 80 characters without control characters",
    |text| line(text, 80)
}

identifier! {
    /// `notify_url`: where WeChat sends its notification. Absolute, public, no query and no fragment,
    /// at most 256 bytes. Plain `http` is accepted for loopback only, where the sandbox lives.
    NotifyUrl, "notify_url", "expected an absolute https URL of at most 256 bytes, without query",
    |text| {
        let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"]
            .iter()
            .any(|host| text.strip_prefix(host).is_some_and(|rest| rest.starts_with([':', '/'])));
        text.len() <= 256
            && (text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()) || loopback)
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!(Body::new(&"商".repeat(127)).is_ok());
        assert!(Body::new(&"商".repeat(128)).is_err());
        assert!(Attach::new("").is_err());
        assert!(Attach::new("line\nbreak").is_err());
    }

    #[test]
    fn a_notify_url_is_https_and_has_no_query() {
        assert!(NotifyUrl::new("https://pay.example.com/notify/v2/pay").is_ok());
        assert!(NotifyUrl::new("http://127.0.0.1:8787/notify/v2/pay").is_ok());
        for bad in [
            "http://pay.example.com/notify",
            "http://127.0.0.1.evil.example/notify",
            "https://pay.example.com/notify?a=1",
            "https://pay.example.com/notify#a",
            "https://",
            "/notify",
        ] {
            assert!(NotifyUrl::new(bad).is_err(), "{bad}");
        }
    }
}
