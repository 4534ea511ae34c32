//! Moving the clock (时钟).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, read};
use crate::server::{Shared, courier};

/// The clock moves at most this far at once: ten years.
const FARTHEST_SECONDS: i64 = 10 * 366 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

pub(super) async fn clock(shared: &Arc<Shared>, body: &[u8]) -> Result<Value, Refused> {
    let Advance { advance_seconds } = read(body)?;
    if !(0..=FARTHEST_SECONDS).contains(&advance_seconds) {
        return Err((
            400,
            format!("expected 0 to {FARTHEST_SECONDS} seconds, found {advance_seconds}"),
        ));
    }
    courier::advance(shared, advance_seconds).await;
    Ok(json!({ "now": shared.clock.now(), "clock_offset_seconds": shared.clock.offset_seconds() }))
}
