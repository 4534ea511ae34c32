//! The browser's border to `wxpay_core::page`. Translates; decides nothing.
//!
//! One door, and only flat text goes through it: parts are separated by NUL, an empty answer is
//! "nothing", and an answer that begins with `!` is a refusal's code. Each further export, argument,
//! object or promise would cost the page 300 bytes and more on both sides of the border.
//! `pkg/src/wasm.ts` is the other side and gives each question its name.
// On any other target this is an ordinary library, so that its tests and lints run there.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

use alloc::string::String;
use wasm_bindgen::prelude::wasm_bindgen;
use wxpay_core::page::{self, AuthorizeUrl, BridgeNews, Hints, Named, PaymentParameters, Scope};

#[cfg(target_arch = "wasm32")]
mod runtime;

/// Answers one question; its parts are named at each function below.
///
/// Questions: 0 detect, 1 authorize URL, 2 take code, 3 mweb URL, 4 with return token,
/// 5 parameters for the Bridge, 6 parameters for `wx.chooseWXPay`, 7 Bridge news. Anything else is
/// answered with nothing.
#[wasm_bindgen]
#[must_use]
pub fn ask(question: u32, parts: &str) -> String {
    let parts = page::parts(parts);
    match question {
        0 => detect(parts),
        1 => authorize_url(parts),
        2 => take_code(parts),
        3 => mweb_url(parts),
        4 => with_return_token(parts),
        5 => payment_parameters(parts, false),
        6 => payment_parameters(parts, true),
        7 => bridge_news(parts),
        _ => String::new(),
    }
}

type Parts<'a> = [&'a str; 6];

/// `user agent, __wxjs_environment, "touch" or nothing` →
/// `client, platform, version, channel, reason`.
fn detect([user_agent, environment, touch, ..]: Parts<'_>) -> String {
    let context = page::detect(user_agent, Hints { environment, touch: !touch.is_empty() });
    let mut out = String::new();
    for part in [
        context.client.word(),
        context.platform.word(),
        context.version,
        context.channel.word(),
        context.reason.word(),
    ] {
        push_all(&mut out, &[part, "\0"]);
    }
    out
}

/// `appid, redirect_uri, scope, state, "popup" or nothing` → the address.
fn authorize_url([appid, redirect_uri, scope, state, popup, _]: Parts<'_>) -> String {
    let url = Scope::from_word(scope).and_then(|scope| {
        AuthorizeUrl { appid, redirect_uri, scope, state, force_popup: !popup.is_empty() }.to_text()
    });
    url.unwrap_or_else(|refusal| refuse(refusal.code()))
}

/// `address` → `code, state, address without them`, or nothing.
fn take_code([href, ..]: Parts<'_>) -> String {
    let Some(taken) = page::take_code(href) else { return String::new() };
    let mut out = String::new();
    push_all(&mut out, &[taken.code, "\0", taken.state, "\0", &taken.cleaned]);
    out
}

/// `mweb_url, return page, hosts separated by commas` → the address.
fn mweb_url([mweb_url, return_url, hosts, ..]: Parts<'_>) -> String {
    page::mweb_url(mweb_url, return_url, hosts).unwrap_or_else(|refusal| refuse(refusal.code()))
}

/// `return page, token` → the address.
fn with_return_token([return_url, token, ..]: Parts<'_>) -> String {
    page::with_return_token(return_url, token)
}

/// `appId, timeStamp, nonceStr, package, signType, paySign` → `name, value, name, value, …`.
fn payment_parameters(fields: Parts<'_>, choose: bool) -> String {
    match PaymentParameters::new(fields) {
        Err(refusal) => refuse(refusal.code()),
        Ok(parameters) if choose => flat(parameters.to_choose_wx_pay()),
        Ok(parameters) => match parameters.to_bridge() {
            Err(refusal) => refuse(refusal.code()),
            Ok(named) => flat(named),
        },
    }
}

fn flat<'a>(named: impl Iterator<Item = Named<'a>>) -> String {
    let mut out = String::new();
    for (name, value) in named {
        push_all(&mut out, &[name, "\0", value, "\0"]);
    }
    out
}

/// `err_msg or errMsg, err_desc, err_code` → `ok`, `cancel`, or a refusal with the cause's code.
fn bridge_news([message, description, err_code, ..]: Parts<'_>) -> String {
    match BridgeNews::from_texts(message, description, err_code) {
        BridgeNews::Ok => String::from("ok"),
        BridgeNews::Cancel => String::from("cancel"),
        BridgeNews::Fail(cause) => refuse(cause.code()),
    }
}

fn refuse(code: &str) -> String {
    let mut out = String::new();
    push_all(&mut out, &["!", code]);
    out
}

fn push_all(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
