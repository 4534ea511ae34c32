//! What a merchant decides: the settings by name, the file they stand in, and the file of secrets.

pub(crate) mod api;
pub(crate) mod lines;
pub(crate) mod manifest;
pub(crate) mod setting;
pub(crate) mod settings;
pub(crate) mod shape;
