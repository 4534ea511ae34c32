//! The commands, each in a file of its own; [`start`] is the one without a name.

pub(crate) mod env;
mod sandbox;
pub(crate) mod start;
