//! NOTIFY_SOURCES: the addresses from which notifications are taken, as one more layer.
//!
//! The signature is what makes a notification true. An address can be had by others (a proxy in
//! front, a leased range), and WeChat may add ranges before this list does; so nothing is checked
//! unless the operator says so, and a notification that is refused for its address is a payment
//! that the order finds by asking.
use std::net::IpAddr;

use crate::http::cidr::Cidr;

/// Where WeChat Pay's notifications come from.
/// Source: protocol page "支付结果通知", 回调IP段, read 2026-04.
const WECHAT: &[&str] = &[
    "101.226.103.0/25",
    "140.207.54.0/25",
    "121.51.58.128/25",
    "183.3.234.0/25",
    "58.251.80.0/25",
    "121.51.30.128/25",
    "203.205.219.128/25",
    "81.71.199.64",
    "81.71.198.25",
    "81.71.199.59",
    // Refunds and profit sharing.
    "175.24.214.208",
    "175.24.211.24",
    "175.24.213.135",
    "109.244.180.23",
    "114.132.203.119",
    "43.139.43.69",
];

/// The ranges that are let in; none means that nobody is asked where he comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotifySources(Vec<Cidr>);

impl NotifySources {
    /// Reads `wechat` and ranges, separated by commas; nothing for nothing.
    pub(crate) fn parse(list: &str) -> Option<Self> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let ranges = entries.flat_map(|entry| match entry {
            "wechat" => WECHAT.iter().map(|range| Cidr::parse(range)).collect(),
            range => vec![Cidr::parse(range)],
        });
        ranges.collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether a notification may come from there; from nowhere only if nobody asks.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> bool {
        let is_listed = |address| self.0.iter().any(|range| range.contains(address));
        self.0.is_empty() || address.is_some_and(is_listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(list: &str, address: &str) -> bool {
        NotifySources::parse(list).unwrap().admit(address.parse().ok())
    }

    #[test]
    fn unset_takes_every_source_and_the_list_only_its_own() {
        assert!(admits("", "203.0.113.9") && admits("", "from nowhere"));
        assert!(admits("wechat", "121.51.58.200") && admits("wechat", "43.139.43.69"));
        assert!(!admits("wechat", "203.0.113.9") && !admits("wechat", "from nowhere"));
        let both = "wechat, 203.0.113.0/24";
        assert!(admits(both, "203.0.113.9") && admits(both, "81.71.199.59"));
        assert!(!admits("203.0.113.0/24", "81.71.199.59"));
    }

    #[test]
    fn every_published_range_is_one_and_a_mistake_is_no_list() {
        assert_eq!(NotifySources::parse("wechat").unwrap().0.len(), WECHAT.len());
        for bad in ["weixin", "wechat;10.0.0.0/8", "10.0.0.1/8", "wechat,*"] {
            assert_eq!(NotifySources::parse(bad), None, "{bad}");
        }
    }
}
