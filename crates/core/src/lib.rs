//! The WeChat Pay protocol (微信支付) as values: strings to sign, signatures, XML, domain types.
//!
//! Bytes and facts go in; bytes, values and proofs come out.
//! There is no clock, randomness, socket, file, logging or JavaScript in here, so nothing needs a mock.
//!
//! - [`page`]: what a browser may have. `no_std`, no dependency, always compiled.
//! - [`question`]: what is asked of WeChat and answered, whichever API carries it.
//! - [`bill`], [`fund_flow`]: the tables that bills are, the same by both APIs.
//! - [`v2`]: API V2: flat XML, MD5 or HMAC-SHA256.
//! - [`v3`]: API V3: JSON; strings to sign go out, signatures come in, RSA and AES are the caller's.
//! - [`request_payment`]: what the page is handed to raise the cashier.
//! - [`oauth`]: the server's half of web authorisation, code to openid.
//!
//! Secrets and signers exist only with the feature `server`; the page is built without it.
#![no_std]
extern crate alloc;
#[cfg(feature = "server")]
extern crate std;

pub mod page;

#[cfg(feature = "server")]
pub mod bill;
#[cfg(feature = "server")]
mod day;
#[cfg(feature = "server")]
mod error;
#[cfg(feature = "server")]
mod fen;
#[cfg(feature = "server")]
pub mod fund_flow;
#[cfg(feature = "server")]
mod id;
#[cfg(feature = "server")]
mod notification;
#[cfg(feature = "server")]
pub mod oauth;
#[cfg(feature = "server")]
mod outcome;
#[cfg(feature = "server")]
mod payment;
#[cfg(feature = "server")]
pub mod question;
#[cfg(feature = "server")]
mod refusal;
#[cfg(feature = "server")]
pub mod request_payment;
#[cfg(feature = "server")]
mod secret;
#[cfg(feature = "server")]
mod table;
#[cfg(feature = "server")]
mod text;
#[cfg(feature = "server")]
mod time;
#[cfg(feature = "server")]
pub mod v2;
#[cfg(feature = "server")]
pub mod v3;
#[cfg(feature = "server")]
mod verified;
#[cfg(feature = "server")]
mod yuan;

#[cfg(feature = "server")]
pub use self::{
    day::BeijingDay,
    error::{Error, Malformed, NextStep, Unverified},
    fen::Fen,
    id::{
        Appid, Mchid, NonceStr, Openid, OutRefundNo, OutTradeNo, PrepayId, RefundId, SerialNo,
        TransactionId,
    },
    notification::{Ack, Notification},
    outcome::{Outcome, Why},
    payment::Payment,
    question::Api,
    refusal::{ErrorCode, Refusal, RequestId},
    secret::{ApiV2Key, ApiV3Key, AppSecret},
    text::{Attach, Body, NotifyUrl, RefundDesc},
    time::{BeijingTime, UnixSeconds},
    verified::Verified,
    yuan::{MilliFen, SignedFen},
};
