//! The shop and WeChat in one process under one clock: merchant × sandbox, no socket, no wait.
//!
//! [`World`] stands where the Worker stands: it stores orders, carries out effects, rings alarms,
//! takes in notifications and sends events to the shop's backend. [`Weather`] is what the network
//! and the machine do meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a scenario that panics is a scenario that failed"
)]

mod backend;
mod bill;
mod call;
mod notified;
mod platform;
mod weather;
mod world;

pub use self::{
    backend::{Backend, Event},
    notified::TOLD_BY_V3,
    weather::Weather,
    world::{Kept, World, at_desk, in_wechat, on_phone},
};
