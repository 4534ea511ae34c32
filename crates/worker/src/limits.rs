//! RATE_LIMIT: how often one address may ask, and how often it may be wrong.
use std::{cell::RefCell, net::IpAddr};

use crate::{
    clock,
    http::cidr,
    limiter::{Limiter, Rate, Wait},
    token::TokenKey,
};

/// A shop behind one address (a mall's Wi-Fi, a carrier's NAT) has many buyers, and a page that
/// waits for its payment asks thirty times a minute.
pub(crate) const DEFAULT: &str = "1200";
const WINDOW_MILLIS: u64 = 60_000;
/// Who has no key, or is not WeChat, needs fewer tries than a buyer.
const MISTAKES_DIVISOR: u32 = 10;

/// The limits of this isolate.
pub(crate) struct Limits {
    pages: RefCell<Limiter>,
    mistakes: RefCell<Limiter>,
}

/// RATE_LIMIT as set: requests a minute, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimit(Option<u32>);

impl RateLimit {
    /// Reads a number from 10 to 1000000, or `off`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Self(None));
        }
        text.parse()
            .ok()
            .filter(|rate| (10..=1_000_000).contains(rate))
            .map(|rate| Self(Some(rate)))
    }

    /// The limits themselves; `None` where there are none.
    pub(crate) fn limits(self, key: &TokenKey) -> Option<Limits> {
        let burst = self.0?;
        let seed = key.fingerprint("limits", b"");
        let seed = seed.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let limiter =
            |burst| RefCell::new(Limiter::new(Rate { burst, window: WINDOW_MILLIS }, seed));
        let mistakes = burst.checked_div(MISTAKES_DIVISOR).unwrap_or(burst);
        Some(Limits { pages: limiter(burst), mistakes: limiter(mistakes) })
    }
}

impl Limits {
    /// A page asks from there.
    pub(crate) fn page(&self, address: IpAddr) -> Result<(), Wait> {
        self.pages.borrow_mut().take(&visitor(address), clock::now_millis())
    }

    /// Somebody there was wrong once more.
    pub(crate) fn mistake(&self, address: IpAddr) -> Result<(), Wait> {
        self.mistakes.borrow_mut().take(&visitor(address), clock::now_millis())
    }

    /// Whether somebody there may be wrong once more.
    pub(crate) fn may_be_wrong(&self, address: IpAddr) -> Result<(), Wait> {
        self.mistakes.borrow_mut().check(&visitor(address), clock::now_millis())
    }
}

/// An IPv4 address, or the /64 that one IPv6 subscriber has for himself.
fn visitor(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(_) => format!("{:x}/64", cidr::masked(address, 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        visitor(text.parse().unwrap())
    }

    #[test]
    fn a_visitor_is_an_ipv4_address_or_an_ipv6_subscriber() {
        assert_ne!(of("203.0.113.1"), of("203.0.113.2"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn a_limit_is_a_number_of_requests_or_off() {
        assert_eq!(RateLimit::parse("off"), Some(RateLimit(None)));
        assert_eq!(RateLimit::parse(DEFAULT), Some(RateLimit(Some(1200))));
        for bad in ["", "0", "9", "-1", "1000001", "many"] {
            assert_eq!(RateLimit::parse(bad), None, "{bad}");
        }
    }
}
