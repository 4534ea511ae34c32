//! The commands, each in a file of its own; [`start`] is the one without a name.

pub(crate) mod start;
