//! What a page may know: which context it runs in, and the addresses and parameters it handles.
//!
//! Everything here is a pure function of text, takes any text without panicking, and allocates
//! nothing: answers go into a [`Draft`]. This module is what the npm package `wxpay-h5` ships as
//! WebAssembly.
//!
//! - [`detect`]: user agent and hints → [`Context`], which names the way to pay.
//! - [`AuthorizeUrl`]: the address of WeChat's authorisation page.
//! - [`take_code`]: code and state out of the address bar, and the address without them.
//! - [`put_mweb_url`]: the cashier's address with the way back; [`put_return_url`] marks that way.
//! - [`check_request_payment`], [`BridgeNews`]: the border to `WeixinJSBridge` and `wx.chooseWXPay`.
//!
//! Absent on purpose: secrets, signers, amounts, and every sentence shown to a person.
//! Sentences live in `pkg/src`, because the page waits for each byte of the `.wasm`.
//! For the same reason addresses are cut by our own few lines instead of the `url` crate (70 KB).

mod address;
mod bridge;
mod code;
mod context;
mod cut;
mod draft;
mod fragment;
mod mweb;
mod oauth;
mod percent;
mod refusal;

pub use self::{
    bridge::{BridgeNews, Cashier, Cause, check_request_payment},
    code::{TakenCode, take_code},
    context::{Channel, Client, Context, Hints, Platform, Reason, detect},
    cut::read_parts,
    draft::Draft,
    mweb::{put_mweb_url, put_return_url},
    oauth::{AuthorizeUrl, Scope},
    refusal::Refusal,
};
