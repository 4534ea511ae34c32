//! Rate limits, in memory: how often one key (an address, a serial) may do something.
//!
//! The table never grows. Where it is full, whoever is closest to having waited long enough is
//! forgotten, so a flood of new keys lets somebody off and shuts nobody out. Each isolate counts for
//! itself: on one workerd the limit is exact, at Cloudflare it holds per isolate, of which a busy
//! Worker has several.
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash as _, Hasher as _},
};

/// Milliseconds since 1970.
pub(crate) type Millis = u64;

/// At most `burst` at once, refilled evenly within `window`. `burst` is at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) burst: u32,
    pub(crate) window: Millis,
}

/// Not now; in that many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

/// A key and the instant at which it will have its whole burst again; 16 bytes. The instant alone
/// says how much is left: it is as far ahead as was taken. (Known as GCRA, from ATM networks.)
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: u64,
    whole_at: Millis,
}

/// Keys that may meet in one place before one of them is forgotten.
const WAYS: usize = 4;
/// 64 KB.
const SETS: usize = 1024;

/// One limit for any number of keys.
#[derive(Debug)]
pub(crate) struct Limiter {
    rate: Rate,
    /// Unknown outside, so that nobody can choose keys that meet.
    seed: u64,
    sets: Vec<[Slot; WAYS]>,
}

impl Limiter {
    pub(crate) fn new(rate: Rate, seed: u64) -> Self {
        Self { rate, seed, sets: vec![[Slot::default(); WAYS]; SETS] }
    }

    /// Takes one, if there is one left.
    pub(crate) fn take(&mut self, key: &str, now: Millis) -> Result<(), Wait> {
        let cost = self.cost();
        let latest = now.saturating_add(self.rate.window);
        let Some(slot) = self.slot(key, now) else { return Ok(()) };
        let whole_at = slot.whole_at.max(now).saturating_add(cost);
        match wait(whole_at, latest) {
            None => {
                slot.whole_at = whole_at;
                Ok(())
            }
            Some(wait) => Err(wait),
        }
    }

    /// Whether one is left, without taking it.
    pub(crate) fn check(&mut self, key: &str, now: Millis) -> Result<(), Wait> {
        let whole_at = self.find(key).map_or(now, |slot| slot.whole_at.max(now));
        let latest = now.saturating_add(self.rate.window);
        wait(whole_at.saturating_add(self.cost()), latest).map_or(Ok(()), Err)
    }

    /// What one costs of the window.
    fn cost(&self) -> Millis {
        self.rate.window.checked_div(u64::from(self.rate.burst)).unwrap_or(self.rate.window).max(1)
    }

    fn find(&mut self, key: &str) -> Option<&mut Slot> {
        let (hash, set) = self.place(key);
        self.sets.get_mut(set)?.iter_mut().find(|slot| slot.key == hash)
    }

    /// The key's own slot, or the one that can best be spared. Always there.
    fn slot(&mut self, key: &str, now: Millis) -> Option<&mut Slot> {
        let (hash, set) = self.place(key);
        let set = self.sets.get_mut(set)?;
        let known = set.iter().position(|slot| slot.key == hash);
        let spare = || set.iter().enumerate().min_by_key(|(_, slot)| slot.whole_at);
        let index = known.or_else(|| spare().map(|(index, _)| index))?;
        let slot = set.get_mut(index)?;
        if known.is_none() {
            *slot = Slot { key: hash, whole_at: now };
        }
        Some(slot)
    }

    fn place(&self, key: &str) -> (u64, usize) {
        let mut hasher = DefaultHasher::new();
        self.seed.hash(&mut hasher);
        key.hash(&mut hasher);
        // 0 marks what was never used.
        let hash = hasher.finish().max(1);
        let set = hash.checked_rem(SETS as u64).unwrap_or_default();
        (hash, usize::try_from(set).unwrap_or_default())
    }
}

fn wait(whole_at: Millis, latest: Millis) -> Option<Wait> {
    let over = whole_at.saturating_sub(latest);
    (over > 0).then(|| Wait(over.div_ceil(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 60, window: 60_000 };
    const NOW: Millis = 1_795_000_000_000;

    fn limiter() -> Limiter {
        Limiter::new(RATE, 7)
    }

    #[test]
    fn a_burst_passes_then_one_a_second_and_the_wait_is_true() {
        let mut limiter = limiter();
        for _ in 0..60 {
            assert_eq!(limiter.take("a", NOW), Ok(()));
        }
        assert_eq!(limiter.take("a", NOW), Err(Wait(1)));
        assert_eq!(limiter.take("a", NOW + 999), Err(Wait(1)));
        assert_eq!(limiter.take("a", NOW + 1000), Ok(()));
        assert_eq!(limiter.take("a", NOW + 1000), Err(Wait(1)));
        assert_eq!(limiter.take("b", NOW), Ok(()), "another key is another's");
    }

    #[test]
    fn never_more_than_a_burst_and_the_refill_pass_whatever_the_clock_does() {
        // A small generator of our own: the same steps on every machine.
        let mut state = 1_u64;
        let mut step = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..200 {
            let (mut limiter, mut now, mut passed) = (limiter(), NOW, 0_u64);
            for _ in 0..500 {
                now += step(2000);
                passed += u64::from(limiter.take("a", now).is_ok());
                let most = 60 + (now - NOW) / 1000;
                assert!(passed <= most, "{passed} of {most}");
            }
            assert!(passed > 60, "who waits is let in again");
        }
    }

    #[test]
    fn looking_costs_nothing_and_says_the_same() {
        let mut limiter = limiter();
        for _ in 0..1000 {
            assert_eq!(limiter.check("a", NOW), Ok(()));
        }
        for _ in 0..60 {
            limiter.take("a", NOW).unwrap();
        }
        assert_eq!(limiter.check("a", NOW), Err(Wait(1)));
        assert_eq!(limiter.check("a", NOW + 1000), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_neither_grows_the_table_nor_frees_who_was_stopped_at_once() {
        let mut limiter = limiter();
        while limiter.take("hammer", NOW).is_ok() {}
        for key in 0..3000 {
            assert_eq!(limiter.take(&key.to_string(), NOW), Ok(()), "{key}");
        }
        assert_eq!(limiter.check("hammer", NOW), Err(Wait(1)));
        for key in 0..100_000 {
            assert_eq!(limiter.take(&key.to_string(), NOW), Ok(()), "{key}");
        }
        assert_eq!((limiter.sets.len(), limiter.sets.capacity()), (SETS, SETS));
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out_for_longer_than_it_went() {
        let mut limiter = limiter();
        limiter.take("a", NOW).unwrap();
        assert_eq!(limiter.take("a", NOW - 3_600_000), Err(Wait(3542)));
        assert_eq!(limiter.take("a", NOW), Ok(()));
    }

    #[test]
    fn one_a_minute_is_a_limit_too() {
        let mut limiter = Limiter::new(Rate { burst: 1, window: 60_000 }, 7);
        assert_eq!(limiter.take("serial", NOW), Ok(()));
        assert_eq!(limiter.take("serial", NOW + 1), Err(Wait(60)));
        assert_eq!(limiter.take("serial", NOW + 60_000), Ok(()));
    }
}
