//! The commands, each in a file of its own; [`start`] is the one without a name.

pub(crate) mod conform;
pub(crate) mod env;
pub(crate) mod listen;
mod message;
mod receiver;
pub(crate) mod replay;
mod sandbox;
pub(crate) mod start;
pub(crate) mod tail;
pub(crate) mod trigger;
