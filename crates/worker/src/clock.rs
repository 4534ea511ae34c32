//! The time. Workers have no `SystemTime`; the runtime's clock stands still while we compute and
//! moves on only with I/O, which is exact enough for seconds.
use wxpay_core::UnixSeconds;

/// Now, in whole seconds.
pub(crate) fn now() -> UnixSeconds {
    UnixSeconds::new(now_millis() / 1000)
}

/// Now, in milliseconds since 1970. For the log's durations only.
pub(crate) fn now_millis() -> u64 {
    js_sys::Date::now() as u64
}
