//! Seeded chance: the same seed gives the same prepay ids, codes and nonces.
//!
//! Nothing here protects anything; a sandbox must be repeatable, not unguessable.

use serde::{Deserialize, Serialize};

/// `SplitMix64`, the generator that seeds others; short, and good enough to look random.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn pick(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .filter_map(|_| {
                let draw = usize::try_from(self.next() >> 32).ok()?;
                alphabet.get(draw.checked_rem(alphabet.len())?).map(|byte| char::from(*byte))
            })
            .collect()
    }

    /// One of a hundred: 0 to 99.
    pub(crate) fn percent(&mut self) -> u8 {
        u8::try_from(self.next().checked_rem(100).unwrap_or_default()).unwrap_or_default()
    }

    /// Digits `0`–`9`.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.pick(b"0123456789", length)
    }

    /// Lower-case hex.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.pick(b"0123456789abcdef", length)
    }

    /// Letters and digits.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        self.pick(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let (mut left, mut right) = (Random::from_seed(7), Random::from_seed(7));
        assert_eq!(left.hex(32), right.hex(32));
        assert_eq!(left.digits(10), right.digits(10));
        assert_ne!(left.letters(32), right.hex(32));
    }
}
