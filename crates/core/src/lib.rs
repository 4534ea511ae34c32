//! The WeChat Pay protocol (微信支付) as values: strings to sign, signatures, XML, domain types.
//!
//! Bytes and facts go in; bytes, values and proofs come out.
//! There is no clock, randomness, socket, file, logging or JavaScript in here, so nothing needs a mock.
//!
//! - [`page`]: what a browser may have. `no_std`, no dependency, always compiled.
//! - [`v2`]: API V2, the merchant's side: signing, order, query, close, refund, notifications, bills.
//! - [`request_payment`]: what the page is handed to raise the cashier.
//! - [`oauth`]: the server's half of web authorisation, code to openid.
//!
//! Secrets and signers exist only with the feature `v2`; the page is built without it.
#![no_std]
extern crate alloc;
#[cfg(feature = "v2")]
extern crate std;

pub mod page;

#[cfg(feature = "v2")]
mod day;
#[cfg(feature = "v2")]
mod error;
#[cfg(feature = "v2")]
mod fen;
#[cfg(feature = "v2")]
mod id;
#[cfg(feature = "v2")]
pub mod oauth;
#[cfg(feature = "v2")]
mod outcome;
#[cfg(feature = "v2")]
pub mod request_payment;
#[cfg(feature = "v2")]
mod secret;
#[cfg(feature = "v2")]
mod text;
#[cfg(feature = "v2")]
mod time;
#[cfg(feature = "v2")]
pub mod v2;
#[cfg(feature = "v2")]
mod verified;
#[cfg(feature = "v2")]
mod yuan;

#[cfg(feature = "v2")]
pub use self::{
    day::BeijingDay,
    error::{Error, Malformed, NextStep, Unverified},
    fen::Fen,
    id::{
        Appid, Mchid, NonceStr, Openid, OutRefundNo, OutTradeNo, PrepayId, RefundId, TransactionId,
    },
    outcome::{Outcome, Why},
    secret::{ApiV2Key, AppSecret},
    text::{Attach, Body, NotifyUrl, RefundDesc},
    time::{BeijingTime, UnixSeconds},
    verified::Verified,
    yuan::{MilliFen, SignedFen},
};
