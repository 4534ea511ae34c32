//! Amounts as bills write them: yuan with a decimal point, now and then negative.
//!
//! They are read digit by digit into whole numbers of a smaller unit; nothing is ever rounded.
use serde::Serialize;

use crate::{Error, Fen};

/// An amount on a bill, in fen. What goes back to a buyer, or out of an account, can be negative.
///
/// ```
/// # use wxpay_core::{Fen, SignedFen};
/// assert_eq!(SignedFen::from_yuan("19.90")?, Fen::new(1990).into());
/// assert_eq!(SignedFen::from_yuan("-0.01")?.fen(), -1);
/// assert!(SignedFen::from_yuan("0.001").is_err());
/// # Ok::<_, wxpay_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SignedFen(i64);

impl SignedFen {
    /// Reads yuan: digits, a point, at most two more that are not zero.
    pub fn from_yuan(text: &str) -> Result<Self, Error> {
        let rule = "expected yuan with at most two decimals";
        decimal(text, 2).map(Self).ok_or(Error::Invalid { what: "yuan", rule })
    }

    /// The number of fen.
    pub const fn fen(self) -> i64 {
        self.0
    }
}

impl From<Fen> for SignedFen {
    fn from(amount: Fen) -> Self {
        Self(i64::from(amount.fen()))
    }
}

/// A commission (手续费) on a bill, in thousandths of a fen.
///
/// WeChat charges 0.6 % and writes five decimals of a yuan. A type of its own, since no such number
/// may be compared with, or added to, an amount that somebody pays; and a whole number, not the
/// text, since commissions are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MilliFen(i64);

impl MilliFen {
    /// Reads yuan: digits, a point, at most five more that are not zero.
    pub fn from_yuan(text: &str) -> Result<Self, Error> {
        let rule = "expected yuan with at most five decimals";
        decimal(text, 5).map(Self).ok_or(Error::Invalid { what: "yuan", rule })
    }

    /// The number of thousandths of a fen.
    pub const fn millifen(self) -> i64 {
        self.0
    }
}

/// Reads a decimal number as a whole number of its `places`-th decimal. Exact, or `None`.
pub(crate) fn decimal(text: &str, places: usize) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.is_empty() || fraction.is_empty() {
        return None;
    }
    let (kept, beyond) = fraction.split_at_checked(places).unwrap_or((fraction, ""));
    if beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let zeros = core::iter::repeat_n('0', places.saturating_sub(kept.len()));
    let number =
        whole.chars().chain(kept.chars()).chain(zeros).try_fold(0_i64, |number, digit| {
            number.checked_mul(10)?.checked_add(i64::from(digit.to_digit(10)?))
        })?;
    Some(if digits.len() < text.len() { number.saturating_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_are_read_exactly_or_not_at_all() {
        let fen = |text: &str| SignedFen::from_yuan(text).map(SignedFen::fen).ok();
        for (text, read) in [
            ("0.01", 1),
            ("6", 600),
            ("6.0", 600),
            ("6.00", 600),
            ("6.00000", 600),
            ("-6.40", -640),
            ("-0.00", 0),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(fen(text), Some(read), "{text}");
        }
        for bad in [
            "",
            "-",
            ".",
            "6.",
            ".5",
            "+1",
            "1e2",
            "1,000.00",
            "--1",
            "6.005",
            "6.0.0",
            " 6",
            "６",
            "0.分",
            "92233720368547758.08",
        ] {
            assert_eq!(fen(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_commission_keeps_its_thousandths_of_a_fen() {
        let read = |text: &str| MilliFen::from_yuan(text).map(MilliFen::millifen).ok();
        assert_eq!(read("0.04000"), Some(4000));
        assert_eq!(read("-0.00006"), Some(-6));
        assert_eq!(read("0.000001"), None);
    }

    proptest! {
        #[test]
        fn every_amount_reads_back(fen in -99_999_999_i64..99_999_999) {
            let sign = if fen < 0 { "-" } else { "" };
            let yuan = format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100);
            prop_assert_eq!(SignedFen::from_yuan(&yuan).map(SignedFen::fen), Ok(fen));
        }
    }
}
