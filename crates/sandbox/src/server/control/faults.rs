//! Switching faults (故障) on and off.

use serde_json::Value;

use super::{Refused, read, write};
use crate::{
    fault::{Fault, FaultChanges},
    server::Shared,
};

/// `GET /sandbox/faults`: every fault there is, by name.
pub(super) fn list() -> Result<Value, Refused> {
    write(Fault::all())
}

/// `POST /sandbox/faults`.
pub(super) fn switch(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let changes: FaultChanges = read(body)?;
    let mut gateway = shared.gateway();
    let faults = changes.apply(gateway.faults());
    gateway.set_faults(faults);
    write(faults)
}
