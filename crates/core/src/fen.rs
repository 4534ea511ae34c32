use core::fmt;

use serde::{Deserialize, Serialize};

/// An amount of money in fen (分), one hundredth of a yuan (元), currency CNY.
///
/// WeChat's `total_fee`, `cash_fee` and their kin: whole numbers, never decimals.
/// Range: 0 to 4 294 967 295 fen (about 43 million yuan), far over any single payment's limit.
/// There is no `Default`, no arithmetic operator and no float anywhere: an amount is taken from
/// the shop's price list or from WeChat's signed word, compared, and written down.
///
/// ```
/// # use wxpay_core::Fen;
/// let price = Fen::new(1990);
/// assert_eq!(price.to_string(), "1990");
/// assert_eq!(Fen::parse("19.90").unwrap_err().to_string(), "`fen`: expected whole fen as decimal digits");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(u32);

impl Fen {
    /// An amount of `fen` hundredths of a yuan.
    pub const fn new(fen: u32) -> Self {
        Self(fen)
    }

    /// Reads the wire form: decimal digits only, no sign, no point, no blank.
    pub fn parse(text: &str) -> Result<Self, crate::Error> {
        let rule =
            crate::Error::Invalid { what: "fen", rule: "expected whole fen as decimal digits" };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(rule);
        }
        text.parse().map(Self).map_err(|_| rule)
    }

    /// The number of fen.
    pub const fn fen(self) -> u32 {
        self.0
    }
}

/// The wire form: fen as decimal digits.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
