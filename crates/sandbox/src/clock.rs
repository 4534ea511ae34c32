//! The movable clock (可拨动的时钟): the machine's time plus an offset, or a time that stands still.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::time::UnixSeconds;

/// Whether time passes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// It passes as the machine's does.
    #[default]
    Run,
    /// It stands still, and passes only when it is moved.
    Freeze,
}

/// What the clock shows when a sandbox starts, and again after a reset.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockStart {
    /// The time, before or after the machine's; without it the machine's.
    pub now: Option<UnixSeconds>,
    /// Whether it passes from there on.
    pub mode: ClockMode,
}

/// Shared by everything that needs the time. It only moves forward until it is reset.
#[derive(Debug)]
pub(crate) struct Clock {
    start: ClockStart,
    motion: Mutex<Motion>,
}

/// How the clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Motion {
    /// The machine's time plus this.
    Runs {
        offset_seconds: i64,
    },
    Stands {
        at: UnixSeconds,
    },
}

impl Motion {
    fn now(self) -> UnixSeconds {
        match self {
            Self::Runs { offset_seconds } => machine_now().saturating_add(offset_seconds),
            Self::Stands { at } => at,
        }
    }

    fn showing(now: UnixSeconds, mode: ClockMode) -> Self {
        match mode {
            ClockMode::Run => Self::Runs { offset_seconds: now.saturating_sub(machine_now()) },
            ClockMode::Freeze => Self::Stands { at: now },
        }
    }

    const fn mode(self) -> ClockMode {
        match self {
            Self::Runs { .. } => ClockMode::Run,
            Self::Stands { .. } => ClockMode::Freeze,
        }
    }
}

impl Clock {
    pub(crate) fn new(start: ClockStart) -> Self {
        let now = start.now.unwrap_or_else(machine_now);
        Self { start, motion: Mutex::new(Motion::showing(now, start.mode)) }
    }

    pub(crate) fn now(&self) -> UnixSeconds {
        self.motion().now()
    }

    pub(crate) fn mode(&self) -> ClockMode {
        self.motion().mode()
    }

    /// How far the clock is ahead of the machine's; negative if it is behind.
    pub(crate) fn offset_seconds(&self) -> i64 {
        match *self.motion() {
            Motion::Runs { offset_seconds } => offset_seconds,
            Motion::Stands { at } => at.saturating_sub(machine_now()),
        }
    }

    /// Moves the clock so that it shows at least `moment`.
    pub(crate) fn move_to(&self, moment: UnixSeconds) {
        let mut motion = self.motion();
        if motion.now() < moment {
            *motion = Motion::showing(moment, motion.mode());
        }
    }

    /// Lets time stand still, or go on from where it stands.
    pub(crate) fn set_mode(&self, mode: ClockMode) {
        let mut motion = self.motion();
        if motion.mode() != mode {
            *motion = Motion::showing(motion.now(), mode);
        }
    }

    pub(crate) fn reset(&self) {
        let now = self.start.now.unwrap_or_else(machine_now);
        *self.motion() = Motion::showing(now, self.start.mode);
    }

    /// How it goes, to be kept.
    pub(crate) fn kept(&self) -> Motion {
        *self.motion()
    }

    /// Goes on as another clock did.
    pub(crate) fn resume(&self, motion: Motion) {
        *self.motion() = motion;
    }

    fn motion(&self) -> MutexGuard<'_, Motion> {
        self.motion.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time of this machine, which nobody moves.
pub(crate) fn machine_now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_moves_only_forward_and_only_when_it_is_moved() {
        let start = ClockStart { now: Some(1_800_000_000), mode: ClockMode::Freeze };
        let clock = Clock::new(start);
        clock.move_to(1_800_000_300);
        clock.move_to(1_800_000_200);
        assert_eq!((clock.now(), clock.mode()), (1_800_000_300, ClockMode::Freeze));
        clock.set_mode(ClockMode::Run);
        assert!((1_800_000_300..1_800_000_360).contains(&clock.now()), "it goes on from there");
        clock.reset();
        assert_eq!((clock.now(), clock.mode()), (1_800_000_000, ClockMode::Freeze));
    }

    #[test]
    fn a_clock_that_runs_goes_with_the_machine() {
        let clock = Clock::new(ClockStart::default());
        assert_eq!(clock.offset_seconds(), 0);
        clock.move_to(machine_now() + 1_000);
        assert!((990..=1_000).contains(&clock.offset_seconds()));
        clock.set_mode(ClockMode::Run);
        assert!((990..=1_000).contains(&clock.offset_seconds()), "it ran already");
        clock.set_mode(ClockMode::Freeze);
        let stands = clock.now();
        clock.move_to(stands + 5);
        assert_eq!(clock.now(), stands + 5);
    }
}
