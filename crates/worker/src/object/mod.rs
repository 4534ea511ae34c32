//! Durable Objects: the only state there is.
mod book;
pub(crate) mod certificates;
mod comparison;
mod desk;
mod disk;
mod dispatch;
pub(crate) mod ledger;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod order;
pub(crate) mod outbox;
pub(crate) mod repeat;
mod store;
mod view;
