//! Code and state out of the address bar: 网页授权 comes back to the page with both in its address.
//!
//! A code is good for one use and five minutes, so it has to leave the address before anything
//! else happens: a refresh, a "back" or a shared link would offer it a second time (errcode 40163).

use alloc::string::String;

use super::address::{Address, append_part, segments, value_of};

/// The end of every authorisation address. A redirect without a hash of its own keeps the last one,
/// so it comes back with the code, and a hash router would take it for a route.
/// Source: Fetch Standard, "HTTP-redirect fetch" step 6, read 2026-11-23; seen in Chromium.
const LEFT_BY_WECHAT: &str = "wechat_redirect";

/// What WeChat put into the address, and the address as it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenCode<'a> {
    /// Opaque, not empty.
    pub code: &'a str,
    /// As sent to the authorisation page; may be empty.
    pub state: &'a str,
    /// The address without the two and without WeChat's own hash `#wechat_redirect`. Every other
    /// parameter and hash is kept byte for byte.
    pub cleaned: String,
}

/// Finds `code` and `state` in the query, or in the query of a hash route (`#/pay?code=…&state=…`).
///
/// Both have to be there: a lone `code` is somebody's coupon. WeChat appends, so the last one is
/// the fresh one; older pairs, left by a login that started from an uncleaned address, go too.
/// The values are given as they stand: neither alphabet needs decoding.
#[must_use]
pub fn take_code(href: &str) -> Option<TakenCode<'_>> {
    let address = Address::cut(href);
    let route = Address::cut(address.hash.unwrap_or(""));
    let in_query = address.query.and_then(take_pair);
    let in_route = route.query.and_then(take_pair);
    let (code, state) = match (&in_query, &in_route) {
        (Some(pair), _) | (None, Some(pair)) => (pair.code, pair.state),
        (None, None) => return None,
    };
    let mut cleaned = String::from(address.base);
    append_rest(&mut cleaned, address.query, in_query);
    match in_route {
        None => {
            let hash = address.hash.filter(|hash| *hash != LEFT_BY_WECHAT);
            append_part(&mut cleaned, "#", hash);
        }
        Some(pair) => {
            append_part(&mut cleaned, "#", Some(route.base));
            append_rest(&mut cleaned, route.query, Some(pair));
            append_part(&mut cleaned, "#", route.hash);
        }
    }
    Some(TakenCode { code, state, cleaned })
}

struct Pair<'a> {
    code: &'a str,
    state: &'a str,
    rest: String,
}

fn take_pair(query: &str) -> Option<Pair<'_>> {
    let code = segments(query, b'&').filter_map(code_in).last()?;
    let state = segments(query, b'&').filter_map(state_in).last()?;
    let mut rest = String::new();
    let mut kept = false;
    let mut behind_code = false;
    let mut following = segments(query, b'&').skip(1);
    for segment in segments(query, b'&') {
        let next = following.next().unwrap_or("");
        let is_code =
            code_in(segment).is_some_and(|value| is_same(value, code) || state_in(next).is_some());
        let is_state = state_in(segment).is_some_and(|value| is_same(value, state) || behind_code);
        behind_code = is_code;
        if is_code || is_state {
            continue;
        }
        append_part(&mut rest, if kept { "&" } else { "" }, Some(segment));
        kept = true;
    }
    Some(Pair { code, state, rest })
}

fn code_in(segment: &str) -> Option<&str> {
    value_of(segment, "code").filter(|code| !code.is_empty())
}

fn state_in(segment: &str) -> Option<&str> {
    value_of(segment, "state")
}

/// The same place in the address, not merely the same text.
fn is_same(one: &str, other: &str) -> bool {
    core::ptr::eq(one.as_ptr(), other.as_ptr())
}

/// The query without the pair; the `?` goes too when nothing is left behind it.
fn append_rest(out: &mut String, query: Option<&str>, pair: Option<Pair<'_>>) {
    match pair {
        None => append_part(out, "?", query),
        Some(pair) if pair.rest.is_empty() => {}
        Some(pair) => append_part(out, "?", Some(&pair.rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(href: &str, expected: Option<(&str, &str, &str)>) {
        let taken = take_code(href);
        let found = taken.as_ref().map(|taken| (taken.code, taken.state, taken.cleaned.as_str()));
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
