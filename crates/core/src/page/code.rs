//! Code and state out of the address bar: 网页授权 comes back to the page with both in its address.
//!
//! A code is good for one use and five minutes, so it has to leave the address before anything
//! else happens: a refresh, a "back" or a shared link would offer it a second time (errcode 40163).

use super::{
    Draft,
    address::{Address, value_of},
    cut::{cut, segments},
};

/// The end of every authorisation address. A redirect without a hash of its own keeps the last one,
/// so it comes back with the code, and a hash router would take it for a route.
/// Source: Fetch Standard, "HTTP-redirect fetch" step 6, read 2026-11-23; seen in Chromium.
const LEFT_BY_WECHAT: &str = "#wechat_redirect";

/// What WeChat put into the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenCode<'a> {
    /// Opaque, not empty.
    pub code: &'a str,
    /// As sent to the authorisation page; may be empty.
    pub state: &'a str,
}

/// Finds `code` and `state` in the query, or in the query of a hash route (`#/pay?code=…&state=…`),
/// and puts down the address without them.
///
/// Both have to be there: a lone `code` is somebody's coupon. WeChat appends, so the last one is
/// the fresh one. The values are given as they stand: neither alphabet needs decoding.
///
/// What leaves the address with them: older pairs, which a login from an uncleaned address has
/// left, and WeChat's own hash `#wechat_redirect`. Every other parameter and hash is kept byte for
/// byte.
pub fn take_code<'a>(href: &'a str, cleaned: &mut impl Draft) -> Option<TakenCode<'a>> {
    let address = Address::cut(href);
    let route = Address::cut(address.hash.get(1..).unwrap_or(""));
    let in_query = last_pair(address.query);
    let in_route = last_pair(route.query);
    let taken = in_query.or(in_route)?;
    cleaned.put(address.base);
    put_rest(cleaned, address.query, in_query);
    if in_route.is_some() {
        cleaned.put("#");
        cleaned.put(route.base);
        put_rest(cleaned, route.query, in_route);
        cleaned.put(route.hash);
    } else if address.hash != LEFT_BY_WECHAT {
        cleaned.put(address.hash);
    }
    Some(taken)
}

fn last_pair(query: &str) -> Option<TakenCode<'_>> {
    let mut code = None;
    let mut state = None;
    for part in segments(query, "&") {
        code = code_in(part).or(code);
        state = value_of(part, "state").or(state);
    }
    Some(TakenCode { code: code?, state: state? })
}

fn code_in(part: &str) -> Option<&str> {
    value_of(part, "code").filter(|code| !code.is_empty())
}

/// The query without the pair; the `?` goes too when nothing is left behind it.
fn put_rest(out: &mut impl Draft, query: &str, pair: Option<TakenCode<'_>>) {
    let Some(last) = pair else { return out.put(query) };
    let mut mark = "?";
    let mut rest = query;
    let mut behind_code = false;
    while let Some(text) = rest.get(1..) {
        let (part, behind) = cut(text, "&");
        rest = behind;
        let state = value_of(part, "state");
        // An older pair is one that stands together.
        let before_state = behind.starts_with("&state=");
        let is_code = code_in(part).is_some_and(|code| before_state || is_same(code, last.code));
        let is_state = state.is_some_and(|state| behind_code || is_same(state, last.state));
        behind_code = is_code;
        let is_leading_blank = part.is_empty() && mark == "?";
        if !(is_code || is_state || is_leading_blank) {
            out.put(mark);
            out.put(part);
            mark = "&";
        }
    }
}

/// The same place in the address, not merely the same text.
fn is_same(one: &str, other: &str) -> bool {
    core::ptr::eq(one.as_ptr(), other.as_ptr())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn check(href: &str, expected: Option<(&str, &str, &str)>) {
        let mut cleaned = String::new();
        let taken = take_code(href, &mut cleaned);
        let found = taken.map(|taken| (taken.code, taken.state, cleaned.as_str()));
        assert_eq!(found, expected, "{href}");
    }

    #[test]
    fn the_seeds_awkward_address_gives_its_code_and_keeps_its_route() {
        check(
            "https://shop.example/b.html?&code=CODE&state=#/",
            Some(("CODE", "", "https://shop.example/b.html#/")),
        );
    }

    #[test]
    fn code_and_state_are_found_in_the_query_and_in_a_hash_route() {
        check("/b?code=C&state=S", Some(("C", "S", "/b")));
        check("/b?a=1&code=C&state=S&z=%2F", Some(("C", "S", "/b?a=1&z=%2F")));
        check("/b?code=C&state=S#/pay?x=1", Some(("C", "S", "/b#/pay?x=1")));
        check("/b#/pay?code=C&state=S", Some(("C", "S", "/b#/pay")));
        check("/b?k=v#/pay?x=1&code=C&state=S&y", Some(("C", "S", "/b?k=v#/pay?x=1&y")));
        check("/b?state=S&x=1&code=C", Some(("C", "S", "/b?x=1")));
    }

    #[test]
    fn the_hash_that_wechats_redirect_leaves_goes_with_the_code() {
        check("/b?code=C&state=S#wechat_redirect", Some(("C", "S", "/b")));
        check("/b?a=1&code=C&state=S#wechat_redirect", Some(("C", "S", "/b?a=1")));
        check("/b?code=C&state=S#/wechat_redirect", Some(("C", "S", "/b#/wechat_redirect")));
        check("/b?x=1#wechat_redirect", None);
    }

    #[test]
    fn a_code_without_a_state_is_not_wechats() {
        check("/b?code=COUPON", None);
        check("/b?state=S", None);
        check("/b?code=&state=S", None);
        check("/b?barcode=1&state=S", None);
        check("/b?code=1#/?state=S", None);
    }

    #[test]
    fn the_pages_own_code_stays_and_wechats_is_taken() {
        check("/b?code=COUPON&x=1&code=C&state=S", Some(("C", "S", "/b?code=COUPON&x=1")));
    }

    #[test]
    fn a_stale_pair_is_cleaned_away_with_the_fresh_one() {
        check("/b?code=OLD&state=S1&x=1&code=NEW&state=S2", Some(("NEW", "S2", "/b?x=1")));
        check("/b?code=Q&state=1#/r?code=H&state=2", Some(("Q", "1", "/b#/r")));
    }
}
