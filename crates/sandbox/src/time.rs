//! Times: Unix seconds inside; Beijing time without a zone mark on the V2 wire, with one on V3's.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{self, Offset},
};

/// Seconds since 1970-01-01T00:00:00Z, on the sandbox's movable clock.
pub type UnixSeconds = i64;

/// Source: pay.weixin.qq.com V2 parameter rules: times are `yyyyMMddHHmmss` in UTC+8.
const COMPACT: &str = "%Y%m%d%H%M%S";

const BEIJING: Offset = tz::offset(8);

/// `pattern` filled with the Beijing time of `at`; empty for a time no calendar has.
pub(crate) fn beijing_format(at: UnixSeconds, pattern: &str) -> String {
    Timestamp::from_second(at)
        .map(|timestamp| BEIJING.to_datetime(timestamp).strftime(pattern).to_string())
        .unwrap_or_default()
}

/// The V2 form: `20261101093000`.
pub(crate) fn to_compact(at: UnixSeconds) -> String {
    beijing_format(at, COMPACT)
}

/// Reads the V2 form; `None` if it is not fourteen digits of a real moment.
pub(crate) fn from_compact(text: &str) -> Option<UnixSeconds> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let civil = DateTime::strptime(COMPACT, text).ok()?;
    Some(BEIJING.to_timestamp(civil).ok()?.as_second())
}

/// The V3 form: `2026-11-01T09:30:00+08:00`.
pub(crate) fn to_rfc3339(at: UnixSeconds) -> String {
    beijing_format(at, "%Y-%m-%dT%H:%M:%S+08:00")
}

/// Reads a time of RFC 3339, in any zone; `None` if it is none, or says no zone.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<UnixSeconds> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_shows_beijing_time() {
        assert_eq!(to_compact(0), "19700101080000");
        assert_eq!(to_compact(1_409_721_340), "20140903131540");
    }

    #[test]
    fn a_wire_time_comes_back_as_the_same_second() {
        assert_eq!(from_compact("20140903131540"), Some(1_409_721_340));
        assert_eq!(
            from_compact("20260228235959").map(to_compact).as_deref(),
            Some("20260228235959")
        );
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for text in [
            "",
            "2014090313154",
            "20140903131540 ",
            "20261301000000",
            "20260230000000",
            "2026010112000a",
        ] {
            assert_eq!(from_compact(text), None, "{text}");
        }
    }

    #[test]
    fn the_v3_wire_says_the_zone() {
        assert_eq!(to_rfc3339(1_528_425_296), "2018-06-08T10:34:56+08:00");
        assert_eq!(from_rfc3339("2018-06-08T10:34:56+08:00"), Some(1_528_425_296));
        assert_eq!(from_rfc3339("2018-06-08T02:34:56Z"), Some(1_528_425_296));
        for text in ["2018-06-08T10:34:56", "2018-06-08", "20180608103456", ""] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }
}
