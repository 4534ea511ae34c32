//! Time on the wire. V2 speaks Beijing time (UTC+8, no daylight saving) without a zone mark.
//!
//! The core never asks what time it is; the caller says.
use alloc::{format, string::String};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// The instant `seconds` after 1970-01-01T00:00:00Z.
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This instant plus `seconds`, or the end of time.
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this instant; 0 if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl UnixSeconds {
    /// The instant as RFC 3339 in UTC: `2026-01-01T04:00:00Z`.
    pub fn rfc3339(self) -> String {
        let (year, month, day) = civil_from_days(self.0 / DAY_SECONDS);
        let second = self.0 % DAY_SECONDS;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl UnixSeconds {
    /// Reads RFC 3339, as V3 writes times: `2018-06-08T10:34:56+08:00`. Parts of a second are dropped.
    pub fn parse_rfc3339(text: &str) -> Result<Self, Error> {
        Self::read_rfc3339(text).ok_or(Error::Invalid {
            what: "time",
            rule: "expected RFC 3339, a real date from 1970 on",
        })
    }

    fn read_rfc3339(text: &str) -> Option<Self> {
        let (local, rest) = text.split_at_checked(19)?;
        let (day, hour) = local.split_once('T')?;
        let beijing = BeijingTime::parse_spaced(&format!("{day} {hour}")).ok()?.unix();
        let utc_if_zulu = beijing.plus(BEIJING_OFFSET_SECONDS);
        let zone = rest.strip_prefix('.').map_or(rest, |fraction| {
            fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())
        });
        if matches!(zone, "Z" | "z") {
            return Some(utc_if_zulu);
        }
        let two = |from: usize| -> Option<u64> {
            let digits = zone.get(from..from.checked_add(2)?)?;
            let both = digits.bytes().all(|byte| byte.is_ascii_digit());
            both.then(|| digits.parse().ok())?
        };
        if zone.len() != 6 || zone.get(3..4) != Some(":") {
            return None;
        }
        let offset = two(1)?.checked_mul(3600)?.checked_add(two(4)?.checked_mul(60)?)?;
        match zone.get(..1)? {
            "+" => utc_if_zulu.0.checked_sub(offset).map(Self),
            "-" => Some(utc_if_zulu.plus(offset)),
            _ => None,
        }
    }
}

/// The decimal seconds, as `timeStamp` wants them.
impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `yyyyMMddHHmmss` in Beijing time: V2's `time_start`, `time_expire`, `time_end`.
///
/// ```
/// # use wxpay_core::{BeijingTime, UnixSeconds};
/// let end = BeijingTime::parse("20140903131540")?;
/// assert_eq!(end.unix(), UnixSeconds::new(1_409_721_340));
/// assert_eq!(BeijingTime::from(end.unix()).to_string(), "20140903131540");
/// # Ok::<_, wxpay_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BeijingTime(UnixSeconds);

/// Source: protocol page "统一下单", time_start / time_expire are UTC+8, read 2026-11.
pub(crate) const BEIJING_OFFSET_SECONDS: u64 = 8 * 3600;
pub(crate) const DAY_SECONDS: u64 = 86_400;

impl BeijingTime {
    /// The instant it names.
    pub const fn unix(self) -> UnixSeconds {
        self.0
    }

    /// RFC 3339 with Beijing's offset, as V3 wants it: `2018-06-08T10:34:56+08:00`.
    pub fn rfc3339(self) -> String {
        let local = UnixSeconds(self.0.0.saturating_add(BEIJING_OFFSET_SECONDS)).rfc3339();
        format!("{}+08:00", local.trim_end_matches('Z'))
    }

    /// Reads 14 digits naming a real date from 1970 on.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text).ok_or(Error::Invalid {
            what: "beijing time",
            rule: "expected yyyyMMddHHmmss, a real date from 1970 on",
        })
    }

    /// Reads `yyyy-MM-dd HH:mm:ss`, which refunds and bills write instead.
    pub(crate) fn parse_spaced(text: &str) -> Result<Self, Error> {
        let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
        let marked = text.len() == 19
            && marks.iter().all(|(place, mark)| text.as_bytes().get(*place) == Some(mark));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        Self::read(&digits).filter(|_| marked).ok_or(Error::Invalid {
            what: "beijing time",
            rule: "expected yyyy-MM-dd HH:mm:ss, a real date from 1970 on",
        })
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
        if hour > 23 || minute > 59 || second > 59 || !(1..=12).contains(&month) || year < 1970 {
            return None;
        }
        let days = days_from_civil(year, month, day)?;
        let local = days
            .checked_mul(DAY_SECONDS)?
            .checked_add(hour.checked_mul(3600)?)?
            .checked_add(minute.checked_mul(60)?)?
            .checked_add(second)?;
        let time = Self(UnixSeconds(local.checked_sub(BEIJING_OFFSET_SECONDS)?));
        // 30 February and its like come out as another date.
        (format!("{time}") == text).then_some(time)
    }
}

impl From<UnixSeconds> for BeijingTime {
    fn from(instant: UnixSeconds) -> Self {
        Self(instant)
    }
}

impl fmt::Display for BeijingTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.0.0.saturating_add(BEIJING_OFFSET_SECONDS);
        let (year, month, day) = civil_from_days(local / DAY_SECONDS);
        let second = local % DAY_SECONDS;
        write!(
            f,
            "{year:04}{month:02}{day:02}{:02}{:02}{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

// Source of both: the days-from-civil algorithm of Howard Hinnant, for years from 1970 on.
// A year is counted from March, so that the leap day is its last.
#[expect(clippy::arithmetic_side_effects, reason = "year has four digits, month 1 to 12, day two")]
pub(crate) fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).checked_sub(719_468)
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "days is seconds / 86 400, so sums cannot overflow"
)]
pub(crate) fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

impl From<BeijingTime> for String {
    fn from(time: BeijingTime) -> String {
        format!("{time}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants_print_in_beijing_time() {
        // Source: `TZ=UTC-8 date -d @N +%Y%m%d%H%M%S` of GNU coreutils.
        for (unix, text) in [
            (1_409_721_340, "20140903131540"),
            (0, "19700101080000"),
            (951_753_600, "20000229000000"),
            (1_767_240_000, "20260101120000"),
            (4_107_513_600, "21000301000000"),
        ] {
            let time = BeijingTime::from(UnixSeconds::new(unix));
            assert_eq!(time.to_string(), text);
            assert_eq!(BeijingTime::parse(text), Ok(time));
        }
    }

    #[test]
    fn the_spaced_form_names_the_same_instants() {
        let spaced = BeijingTime::parse_spaced("2014-09-03 13:15:40");
        assert_eq!(spaced, BeijingTime::parse("20140903131540"));
        for text in
            ["2014-09-03T13:15:40", "2014-09-31 13:15:40", "20140903131540", "2014-9-03 13:15:40 "]
        {
            assert!(BeijingTime::parse_spaced(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rfc_3339_names_the_same_instants_in_every_zone() {
        // Source: `date -d 2018-06-08T10:34:56+08:00 +%s` of GNU coreutils.
        let instant = UnixSeconds::new(1_528_425_296);
        for text in [
            "2018-06-08T10:34:56+08:00",
            "2018-06-08T02:34:56Z",
            "2018-06-08T02:34:56.789Z",
            "2018-06-07T21:04:56-05:30",
        ] {
            assert_eq!(UnixSeconds::parse_rfc3339(text), Ok(instant), "{text}");
        }
        assert_eq!(BeijingTime::from(instant).rfc3339(), "2018-06-08T10:34:56+08:00");
        for text in [
            "2018-06-08 10:34:56+08:00",
            "2018-06-31T10:34:56+08:00",
            "2018-06-08T10:34:56",
            "2018-06-08T10:34:56+0800",
            "2018-06-08T10:34:56+08:0x",
            "2018-06-08T10:34:56+-8:00",
            "一二三四五六七八",
        ] {
            assert!(UnixSeconds::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "20260229000000",
            "20261301000000",
            "20260100000000",
            "20260101240000",
            "20260101006000",
            "2026010100000",
            "2026010100000x",
            "19691231235959",
            "+0260101000000",
        ] {
            assert!(BeijingTime::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_instant_to_the_year_9999_reads_back(seconds in 0_u64..253_402_271_999) {
            let time = BeijingTime::from(UnixSeconds::new(seconds));
            prop_assert_eq!(BeijingTime::parse(&time.to_string()), Ok(time));
        }

        #[test]
        fn a_day_later_is_the_next_calendar_day(seconds in 0_u64..253_000_000_000) {
            let today = BeijingTime::from(UnixSeconds::new(seconds)).to_string();
            let tomorrow = BeijingTime::from(UnixSeconds::new(seconds.saturating_add(DAY_SECONDS))).to_string();
            prop_assert!(today < tomorrow);
            prop_assert_eq!(&today[8..], &tomorrow[8..]);
        }
    }
}
