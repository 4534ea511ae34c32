//! What a page may know: which context it runs in, and the addresses and parameters it handles.
//!
//! Everything here is a pure function of text, takes any text without panicking, and needs nothing
//! but `alloc`: this module is what the npm package `wxpay-h5` ships as WebAssembly.
//!
//! - [`detect`]: user agent and hints → [`Context`], which names the way to pay.
//! - [`AuthorizeUrl`]: the address of WeChat's authorisation page.
//! - [`take_code`]: code and state out of the address bar, and the address without them.
//! - [`mweb_url`]: the cashier's address with the way back; [`with_return_token`] marks that way.
//! - [`BridgeNews`], [`PaymentParameters`]: the border to `WeixinJSBridge` and `wx.chooseWXPay`.
//!
//! Absent on purpose: secrets, signers, amounts, and every sentence shown to a person.
//! Sentences live in `pkg/src/text.ts`, because the page waits for each byte of the `.wasm`.
//! For the same reason addresses are cut by our own few lines instead of the `url` crate (70 KB).

mod address;
mod bridge;
mod code;
mod context;
mod fragment;
mod mweb;
mod oauth;
mod percent;
mod refusal;

pub use self::{
    address::parts,
    bridge::{BridgeNews, Cause, Named, PaymentParameters},
    code::{TakenCode, take_code},
    context::{Channel, Client, Context, Hints, Platform, Reason, detect},
    mweb::{mweb_url, with_return_token},
    oauth::{AuthorizeUrl, Scope},
    refusal::Refusal,
};
