//! Durable Objects: the only state there is.
mod desk;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod order;
pub(crate) mod store;
