//! Durable Objects: the only state there is.
mod book;
mod desk;
pub(crate) mod ledger;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod order;
pub(crate) mod repeat;
pub(crate) mod store;
