//! The buyer's IP address, which WeChat compares with the one that opens the cashier.
//!
//! It comes from one trusted header and nowhere else: never from the page, never from
//! `X-Forwarded-For` unless the operator named it, never a default.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{problem::Problem, problem_code::Code};

/// Reads the trusted header's value. `real_gateway` says whether the true WeChat Pay is asked:
/// it refuses buyers from private networks, the local one expects them.
pub(crate) fn client_ip(header: Option<&str>, real_gateway: bool) -> Result<IpAddr, Problem> {
    let text = header.map(str::trim).filter(|text| !text.is_empty());
    let text = text.ok_or(Code::ClientIpMissing)?;
    let address: IpAddr = text.parse().map_err(|_| Code::ClientIpMalformed)?;
    // An IPv4 buyer seen through an IPv6 socket is an IPv4 buyer.
    let address = address.to_canonical();
    match real_gateway && !is_public(address) {
        true => Err(Code::ClientIpNotPublic.into()),
        false => Ok(address),
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Source: IANA IPv4 Special-Purpose Address Registry, the blocks a buyer cannot come from.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let carrier_grade_nat = a == 100 && (64..128).contains(&b);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || carrier_grade_nat
        || a == 0
        || a >= 240)
}

/// Source: IANA IPv6 Special-Purpose Address Registry; global unicast is 2000::/3.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let documentation = first == 0x2001 && second == 0x0db8;
    first & 0xe000 == 0x2000 && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(header: Option<&str>) -> Result<String, Code> {
        client_ip(header, true).map(|ip| ip.to_string()).map_err(|problem| problem.code)
    }

    #[test]
    fn one_public_address_is_taken_in_its_shortest_form() {
        for (header, ip) in [
            ("14.23.150.211", "14.23.150.211"),
            (" 14.23.150.211 ", "14.23.150.211"),
            ("::ffff:14.23.150.211", "14.23.150.211"),
            ("240e:0:0:0:0:0:0:1", "240e::1"),
        ] {
            assert_eq!(code(Some(header)).as_deref(), Ok(ip));
        }
    }

    #[test]
    fn lists_ports_and_words_are_not_an_address() {
        for header in [
            "14.23.150.211, 10.0.0.1",
            "14.23.150.211:443",
            "unknown",
            "014.023.150.211",
            "1.2.3",
            "for=14.23.150.211",
            "fe80::1%eth0",
        ] {
            assert_eq!(code(Some(header)), Err(Code::ClientIpMalformed), "{header}");
        }
        assert_eq!(code(None), Err(Code::ClientIpMissing));
        assert_eq!(code(Some("  ")), Err(Code::ClientIpMissing));
    }

    #[test]
    fn addresses_no_buyer_has_are_refused_before_the_real_gateway_refuses_them() {
        for header in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "203.0.113.7",
            "::1",
            "fe80::1",
            "fc00::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(code(Some(header)), Err(Code::ClientIpNotPublic), "{header}");
            assert!(client_ip(Some(header), false).is_ok(), "{header}");
        }
    }
}
