//! A day of the books. Bills run from midnight to midnight in Beijing.
use alloc::{format, string::String};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Error, UnixSeconds,
    time::{BEIJING_OFFSET_SECONDS, DAY_SECONDS, civil_from_days, days_from_civil},
};

/// One calendar day in Beijing (UTC+8), 1970-01-01 to 9999-12-31. Written `2026-11-23`.
///
/// ```
/// # use wxpay_core::{BeijingDay, UnixSeconds};
/// let day = BeijingDay::parse("2026-12-31")?;
/// assert_eq!(day.next().to_string(), "2027-01-01");
/// assert_eq!(day.compact(), "20261231");
/// assert_eq!(BeijingDay::of(day.starts_at()), day);
/// # Ok::<_, wxpay_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BeijingDay {
    /// Days since 1970-01-01.
    days: u64,
}

/// 9999-12-31: a year after it would not fit its four digits.
const LAST_DAY: u64 = 2_932_896;

impl BeijingDay {
    /// Reads `yyyy-MM-dd`, a real date from 1970 on.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text).ok_or(Error::Invalid {
            what: "day",
            rule: "expected yyyy-MM-dd, a real date from 1970 on",
        })
    }

    fn read(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        if year < 1970 || !(1..=12).contains(&month) {
            return None;
        }
        let day = Self { days: days_from_civil(year, month, day)? };
        // 30 February, a sign for a digit and another mark come out as another text.
        (format!("{day}") == text).then_some(day)
    }

    /// The day that an instant falls on.
    pub fn of(instant: UnixSeconds) -> Self {
        let local = instant.seconds().saturating_add(BEIJING_OFFSET_SECONDS);
        Self { days: (local / DAY_SECONDS).min(LAST_DAY) }
    }

    /// The day after. The last day is its own next.
    #[must_use]
    pub fn next(self) -> Self {
        Self { days: self.days.saturating_add(1).min(LAST_DAY) }
    }

    /// Midnight in Beijing, the day's first second. The first of all days begins at 0, eight hours in.
    pub fn starts_at(self) -> UnixSeconds {
        let local = self.days.saturating_mul(DAY_SECONDS);
        UnixSeconds::new(local.saturating_sub(BEIJING_OFFSET_SECONDS))
    }

    /// `20261123`, as `bill_date` wants it.
    pub fn compact(self) -> String {
        let (year, month, day) = civil_from_days(self.days);
        format!("{year:04}{month:02}{day:02}")
    }
}

impl fmt::Display for BeijingDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.days);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl TryFrom<String> for BeijingDay {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<BeijingDay> for String {
    fn from(day: BeijingDay) -> String {
        format!("{day}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_day_changes_at_midnight_in_beijing() {
        // Source: `TZ=UTC-8 date -d @N +%F` of GNU coreutils.
        for (unix, text) in [
            (0, "1970-01-01"),
            (57_599, "1970-01-01"),
            (57_600, "1970-01-02"),
            (1_795_449_599, "2026-11-23"),
            (1_795_449_600, "2026-11-24"),
        ] {
            assert_eq!(BeijingDay::of(UnixSeconds::new(unix)).to_string(), text);
        }
        let day = BeijingDay::parse("2026-11-24").unwrap();
        assert_eq!(day.starts_at(), UnixSeconds::new(1_795_449_600));
    }

    #[test]
    fn the_last_day_is_its_own_next() {
        let last = BeijingDay::of(UnixSeconds::new(u64::MAX));
        assert_eq!(last.to_string(), "9999-12-31");
        assert_eq!(last.next(), last);
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-01-00",
            "1969-12-31",
            "20261123",
            "2026/11/23",
            "2026-+1-23",
            "",
            "二〇二六",
        ] {
            assert!(BeijingDay::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_day_reads_back_and_its_seconds_are_its_own(seconds in 57_600_u64..253_000_000_000) {
            let day = BeijingDay::of(UnixSeconds::new(seconds));
            prop_assert_eq!(BeijingDay::parse(&day.to_string()), Ok(day));
            prop_assert!(day.starts_at().seconds() <= seconds);
            prop_assert!(seconds < day.next().starts_at().seconds());
            prop_assert_eq!(day.to_string().replace('-', ""), day.compact());
        }
    }
}
