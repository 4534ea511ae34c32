//! The movable clock (可拨动的时钟): the machine's time plus an offset.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::time::UnixSeconds;

/// Shared by everything that needs the time. It only moves forward until it is reset.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    pub(crate) fn now(&self) -> UnixSeconds {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(real).unwrap_or(i64::MAX).saturating_add(self.offset_seconds())
    }

    pub(crate) fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// Moves the clock so that it shows at least `moment`.
    pub(crate) fn move_to(&self, moment: UnixSeconds) {
        let missing = moment.saturating_sub(self.now()).max(0);
        self.offset_seconds.fetch_add(missing, Ordering::SeqCst);
    }

    pub(crate) fn reset(&self) {
        self.offset_seconds.store(0, Ordering::SeqCst);
    }
}
