//! Address ranges, `203.0.113.0/24` or `2001:db8::/32`; a single address is a range of one.
use std::net::IpAddr;

/// All addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    network: IpAddr,
    prefix: u32,
}

impl Cidr {
    /// Reads a range. Bits behind the prefix must be zero: otherwise one of the two is a mistake.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().ok()?;
        let prefix = match prefix {
            None => width(network),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            Some(_) => return None,
        };
        let is_whole = prefix <= width(network) && masked(network, prefix) == bits(network);
        is_whole.then_some(Self { network, prefix })
    }

    /// Whether the address, in its shortest form, is one of them.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        width(address) == width(self.network) && masked(address, self.prefix) == bits(self.network)
    }
}

/// The first `prefix` bits of an address, the rest zero.
pub(crate) fn masked(address: IpAddr, prefix: u32) -> u128 {
    let behind = width(address).saturating_sub(prefix);
    let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
    bits(address) & mask
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, address: &str) -> bool {
        Cidr::parse(range).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_range_holds_what_begins_with_its_bits() {
        for (range, inside, outside) in [
            ("101.226.103.0/25", "101.226.103.127", "101.226.103.128"),
            ("121.51.58.128/25", "121.51.58.255", "121.51.58.127"),
            ("81.71.199.64", "81.71.199.64", "81.71.199.65"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
        ] {
            assert!(holds(range, inside), "{range} {inside}");
            assert!(!holds(range, outside), "{range} {outside}");
        }
        assert!(holds("0.0.0.0/0", "203.0.113.1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "203.0.113.1"));
    }

    #[test]
    fn what_is_not_a_range_is_refused() {
        for no in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "2001:db8::/129",
            "10.0.0",
        ] {
            assert_eq!(Cidr::parse(no), None, "{no}");
        }
    }
}
