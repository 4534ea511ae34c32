//! The browser's border to `wxpay_core::page`. Translates; decides nothing.
//!
//! One door, and only flat text goes through it: a question's parts are separated by NUL, and so
//! are an answer's. Each further export, argument, object or promise would cost the page 300 bytes
//! and more on both sides of the border. `pkg/src/ask.ts` is the other side and names the questions.
// On any other target this is an ordinary library, so that its tests and lints run there.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(
    not(any(target_arch = "wasm32", test)),
    expect(dead_code, reason = "only a page has the border that asks")
)]

use wxpay_core::page::{
    self, AuthorizeUrl, BridgeNews, Cashier, Cause, Draft, Hints, Refusal, Scope,
};

#[cfg(target_arch = "wasm32")]
mod border;

/// Why there is no answer, as a number: the place of the code in `pkg/src/sentences.ts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct No(usize);

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self(refusal as usize)
    }
}

impl From<Cause> for No {
    /// Causes stand behind the refusals.
    fn from(cause: Cause) -> Self {
        Self(Refusal::CODES.len().wrapping_add(cause as usize))
    }
}

type Parts<'a> = &'a [&'a str; 6];

/// Answers one question; its parts are named at each function below.
///
/// Questions: 0 detect, 1 authorize URL, 2 take code, 3 mweb URL, 4 return URL, 5 fields for the
/// Bridge, 6 fields for `wx.chooseWXPay`, 7 Bridge news. Anything else is answered with nothing.
fn answer(question: u32, text: &str, out: &mut impl Draft) -> Result<(), No> {
    let parts = &mut [""; 6];
    page::read_parts(text, parts);
    match question {
        0 => detect(parts, out),
        1 => authorize_url(parts, out)?,
        2 => take_code(parts, out),
        3 => mweb_url(parts, out)?,
        4 => return_url(parts, out),
        5 => page::check_request_payment(parts, Cashier::Bridge)?,
        6 => page::check_request_payment(parts, Cashier::ChooseWxPay)?,
        7 => bridge_news(parts, out)?,
        _ => {}
    }
    Ok(())
}

/// `user agent, __wxjs_environment, "touch", "mobile", platform` →
/// `reason, client, platform, channel, version`; the reason is a letter, `a` for the first in
/// `pkg/src/reasons.ts`.
fn detect(&[user_agent, environment, touch, mobile, platform, _]: Parts<'_>, out: &mut impl Draft) {
    let hints =
        Hints { environment, touch: !touch.is_empty(), mobile: !mobile.is_empty(), platform };
    let context = page::detect(user_agent, hints);
    out.put_byte(b'a'.wrapping_add(context.reason as u8));
    put_all(
        out,
        &[context.client.word(), context.platform.word(), context.channel.word(), context.version],
    );
}

/// `appid, redirect_uri, scope, state, "popup" or nothing` → the address.
fn authorize_url(
    &[appid, redirect_uri, scope, state, popup, _]: Parts<'_>,
    out: &mut impl Draft,
) -> Result<(), Refusal> {
    let scope = Scope::from_word(scope)?;
    AuthorizeUrl { appid, redirect_uri, scope, state, force_popup: !popup.is_empty() }.put(out)
}

/// `address` → `address without code and state, code, state`, or nothing.
fn take_code(&[href, ..]: Parts<'_>, out: &mut impl Draft) {
    if let Some(taken) = page::take_code(href, out) {
        put_all(out, &[taken.code, taken.state]);
    }
}

/// `mweb_url, return page, hosts separated by commas` → the address.
fn mweb_url(
    &[mweb_url, return_url, hosts, ..]: Parts<'_>,
    out: &mut impl Draft,
) -> Result<(), Refusal> {
    page::put_mweb_url(out, mweb_url, return_url, hosts)
}

/// `return page, token` → the address.
fn return_url(&[return_url, token, ..]: Parts<'_>, out: &mut impl Draft) {
    page::put_return_url(out, return_url, token);
}

/// `err_msg or errMsg, err_desc, err_code` → `ok`, `cancel`, or the cause.
fn bridge_news(
    &[message, description, err_code, ..]: Parts<'_>,
    out: &mut impl Draft,
) -> Result<(), Cause> {
    match BridgeNews::from_texts(message, description, err_code) {
        BridgeNews::Ok => out.put("ok"),
        BridgeNews::Cancel => out.put("cancel"),
        BridgeNews::Fail(cause) => return Err(cause),
    }
    Ok(())
}

/// Each part with a NUL before it.
fn put_all(out: &mut impl Draft, parts: &[&str]) {
    for part in parts {
        out.put_byte(0);
        out.put(part);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The answer as JavaScript sees it.
    fn ask(question: u32, parts: &[&str]) -> Result<String, No> {
        let mut out = String::new();
        let parts: String = parts.iter().flat_map(|part| ["\0", part]).collect();
        answer(question, &parts, &mut out).map(|()| out)
    }

    #[test]
    fn each_question_is_answered_in_its_form() {
        let iphone = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.16(0x18001042)";
        let detected = "a\0wechat-ios\0ios\0jsapi\08.0.16";
        assert_eq!(ask(0, &[iphone]).as_deref(), Ok(detected));
        assert_eq!(ask(2, &["/b?code=C&state=S#/r"]).as_deref(), Ok("/b#/r\0C\0S"));
        assert_eq!(ask(2, &["/b"]).as_deref(), Ok(""));
        assert_eq!(ask(4, &["/r", "t"]).as_deref(), Ok("/r?wxpay_return=t"));
        assert_eq!(ask(7, &["chooseWXPay:ok"]).as_deref(), Ok("ok"));
        assert_eq!(ask(8, &["anything"]).as_deref(), Ok(""));
    }

    #[test]
    fn the_pages_sentences_stand_in_the_order_of_the_numbers() {
        let table = include_str!("../../../pkg/src/sentences.ts");
        let (_, table) = table.split_once("ERRORS = {").unwrap();
        let keys = table.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(": ["));
        let keys: Vec<_> = keys.map(|(key, _)| key).collect();
        let codes: Vec<_> = Refusal::CODES.into_iter().chain(Cause::CODES).collect();
        assert_eq!(keys.get(..codes.len()), Some(codes.as_slice()));
        assert_eq!(No::from(Cause::UrlUnregistered).0, Refusal::CODES.len());
    }

    proptest! {
        #[test]
        fn any_question_with_any_parts_has_an_answer_of_bounded_length(
            question: u32,
            parts in proptest::collection::vec(any::<String>(), 0..8),
        ) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let asked = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()).saturating_add(1));
            if let Ok(out) = ask(question % 9, &parts) {
                // What `border::room` has made room for.
                prop_assert!(out.len() <= asked.saturating_mul(3).saturating_add(1024));
            }
        }
    }
}
