//! A local WeChat (本地微信) for people who take WeChat payments on web pages.
//!
//! [`Gateway`] is WeChat as a value: state and rules, with the time given as an argument, for
//! tests that drive both sides of a payment in one process.
//! [`start`] puts it behind four ports of this machine: the gateway, and three fake clients
//! (inside WeChat, a phone browser, a desktop browser) around the merchant's site.
//!
//! The crate uses nothing of the merchant's side on purpose: its XML and its strings-to-sign are
//! written a second time here, so that no mistake is made on both sides and cancels out.
//!
//! Where it knowingly differs from the real gateway the code says `DIFFERENCE:`, and where the
//! real behaviour is not documented, `UNCONFIRMED:`; the README lists both.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test that panics is a test that fails"
    )
)]

mod account;
mod ack;
mod bill;
mod bridge;
mod buyers;
mod cashier;
mod client;
mod clock;
pub mod conform;
mod console;
mod craft;
mod decoded;
mod diagnosis;
mod ecb;
mod error_code;
mod fault;
mod fund_flow;
mod gateway;
mod ladder;
mod ledger;
mod merchant;
mod message;
mod middle_page;
mod mp;
mod news;
mod notify;
mod oauth;
mod ordering;
mod page;
mod platform;
mod query;
mod random;
mod recent;
mod refund;
mod refund_call;
mod report;
mod saved;
mod scan;
mod server;
#[cfg(test)]
mod shop;
mod sign;
mod time;
mod v2;
mod v3;
mod xml;

pub use account::{Account, Addresses, SubMerchant};
pub use ack::{ACK_SECONDS, Ack};
pub use buyers::{BuyerChanges, BuyerReport};
pub use client::{BUYER, Client, ClientKind, Clients, Device};
pub use clock::{ClockMode, ClockStart};
pub use craft::Crafted;
pub use diagnosis::Diagnosis;
pub use error_code::ErrorFault;
pub use fault::{
    AMOUNTS_ABOVE, BillFault, BridgeFault, CloseFault, Fault, FaultChanges, Faults, NotifyFault,
    OrderFault, QueryFault, RefundFault, StatusFault, V3Fault, WireFault,
};
pub use gateway::Gateway;
pub use ladder::{LADDER, LATE_SECONDS, Notice};
pub use ledger::{
    Api, Direction, Ledger, Message, Order, Payment, Prepay, TradeState, TradeType, Unpayable,
};
pub use merchant::{Merchant, V3Signer};
pub use message::{Request, Response, Wire};
pub use notify::Delivery;
pub use platform::PlatformSettings;
pub use refund::{Refund, RefundSource, RefundStatus, Unrefundable};
pub use report::{MessageReport, OrderReport, RefundReport, SettingsReport, StateReport};
pub use server::{Options, Running, start};
pub use sign::SignType;
pub use time::{UnixSeconds, from_rfc3339};
pub use v2::{Signing, V2Craft};
pub use v3::{
    Craft, KeyChanges, KeyKind, KeyMode, KeysReport, MerchantKeyReport, PlatformKeyReport,
};
