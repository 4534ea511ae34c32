//! `POST /notify/v2/pay`, `/notify/v2/refund` and `/notify/v3`: WeChat tells of a payment, or of a
//! refund.
//!
//! The bytes are verified here, so that a forgery never wakes an object, and once more inside the
//! object, where only a verified value can move the order. Each way it can end has its own word in
//! the log.
use wxpay_core::{
    Ack, Error, OutTradeNo, Unverified,
    v2::{
        notify::{RawNotification, to_xml},
        refund_notify::RawRefundNotification,
    },
    v3::{Headers, notify},
};
use wxpay_merchant::order_number_of;

use super::Call;
use crate::{
    http::{
        body::{self, Unread},
        problem::Problem,
        reply::Reply,
    },
    object::{
        mail,
        order::{Ask, BINDING, Told},
    },
};

/// In which language WeChat is answered.
#[derive(Clone, Copy)]
pub(super) enum Language {
    /// XML, with 200 for a no too.
    V2,
    /// A status, and JSON for a no.
    V3,
}

/// Answers with WeChat's own acknowledgement. A fault of ours is a 500, after which WeChat repeats.
pub(super) async fn pay(call: &Call<'_>) -> Result<Reply, Problem> {
    let bytes = match body(call, Language::V2).await {
        Ok(bytes) => bytes,
        Err(refusal) => return Ok(refusal),
    };
    let Some(credential) = &call.config.v2 else { return Ok(no_key(Language::V2)) };
    match RawNotification::new(bytes.clone()).verify(credential) {
        Ok(news) => {
            let letter = Ask::Notified(text(bytes)?);
            pass_on(call, news.get().out_trade_no(), &letter, Language::V2).await
        }
        Err(error) => Ok(refuse(Language::V2, &error)),
    }
}

/// The same for refunds. That it can be opened shows who it is from, but not that it says what was
/// sealed: it makes the order ask.
pub(super) async fn refund(call: &Call<'_>) -> Result<Reply, Problem> {
    let bytes = match body(call, Language::V2).await {
        Ok(bytes) => bytes,
        Err(refusal) => return Ok(refusal),
    };
    let Some(credential) = &call.config.v2 else { return Ok(no_key(Language::V2)) };
    match RawRefundNotification::new(bytes.clone()).open(credential) {
        Ok(news) => {
            let letter = Ask::RefundNotified(text(bytes)?);
            pass_on(call, &news.out_trade_no, &letter, Language::V2).await
        }
        Err(error) => Ok(refuse(Language::V2, &error)),
    }
}

/// The same for both by API V3, which signs both.
pub(super) async fn v3(call: &Call<'_>) -> Result<Reply, Problem> {
    let bytes = match body(call, Language::V3).await {
        Ok(bytes) => bytes,
        Err(refusal) => return Ok(refusal),
    };
    let Some(v3) = &call.config.v3 else { return Ok(no_key(Language::V3)) };
    let headers = Headers::read(|name| call.header(name));
    match v3.notification(headers.clone(), &bytes).await? {
        Ok(told) => {
            let letter = Ask::NotifiedV3 { headers, body: text(bytes)? };
            pass_on(call, told.news.get().out_trade_no(), &letter, Language::V3).await
        }
        Err(error) => Ok(refuse(Language::V3, &error)),
    }
}

async fn body(call: &Call<'_>, language: Language) -> Result<Vec<u8>, Reply> {
    body::of_request(call.request).await.map_err(|unread| match unread {
        Unread::TooLarge => stop(language, Ack::TooLarge, MALFORMED),
        Unread::Broken => stop(language, Ack::Malformed, MALFORMED),
    })
}

/// What could be read was UTF-8.
fn text(bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|_| Problem::internal("a notification"))
}

/// Gives the order what was said of one of its attempts.
async fn pass_on(
    call: &Call<'_>,
    attempt: &OutTradeNo,
    letter: &Ask,
    language: Language,
) -> Result<Reply, Problem> {
    let number = order_number_of(attempt);
    let Told::Ack(ack) = mail::ask(call.env, BINDING, number.as_str(), letter).await? else {
        return Err(Problem::internal("an order's answer to a notification"));
    };
    let word = match ack {
        Ack::Taken => return Ok(Reply { code: None, ..reply(language, ack, "") }),
        Ack::Repeated => "notification_repeated",
        Ack::Late => "notification_late",
        Ack::UnknownOrder => "notification_unknown_order",
        Ack::Mismatch => "notification_mismatch",
        Ack::Replayed => REPLAYED,
        // Verified a moment ago; its time may be over since.
        Ack::Unverified => STALE,
        Ack::Malformed | Ack::TooLarge => MALFORMED,
        Ack::Elsewhere | Ack::TooOften | Ack::Fault => "notification_fault",
    };
    Ok(reply(language, ack, word))
}

const MALFORMED: &str = "notification_malformed";
const PROBE: &str = "notification_probe";
const REPLAYED: &str = "notification_replayed";
const STALE: &str = "notification_stale";
const FUTURE: &str = "notification_future";
const UNKNOWN_SERIAL: &str = "notification_unknown_serial";

/// Whether the word in the log says that somebody tries to be WeChat. A probe is WeChat's; so may be
/// what a wrong clock, or a key that is not set yet, makes us refuse, and then the rest from the same
/// address must not be stopped for it.
pub(super) fn is_forged(word: &str) -> bool {
    const NO_FORGERY: [&str; 10] = [
        PROBE,
        STALE,
        FUTURE,
        UNKNOWN_SERIAL,
        "notification_no_key",
        "notification_repeated",
        "notification_late",
        "notification_unknown_order",
        "notification_mismatch",
        "notification_fault",
    ];
    word.starts_with("notification_") && !NO_FORGERY.contains(&word)
}

fn refuse(language: Language, error: &Error) -> Reply {
    let word = match error {
        Error::Unverified(why) => match why {
            Unverified::Unsigned => "notification_unsigned",
            Unverified::MissingHeader(_) => "notification_missing_header",
            Unverified::Algorithm => "notification_algorithm",
            Unverified::Stale { .. } => STALE,
            Unverified::Future { .. } => FUTURE,
            Unverified::Probe => PROBE,
            Unverified::UnknownSerial => UNKNOWN_SERIAL,
            Unverified::Signature => "notification_signature",
            Unverified::Sealed => "notification_sealed",
            Unverified::Identity(_) => "notification_not_ours",
        },
        _ => MALFORMED,
    };
    reply(language, Ack::from(error), word)
}

/// Said by an API whose secrets are not set: nothing can be proven.
fn no_key(language: Language) -> Reply {
    reply(language, Ack::Unverified, "notification_no_key")
}

/// A no before anything was read; then V2 gets a status that says so, too.
pub(super) fn stop(language: Language, ack: Ack, word: &'static str) -> Reply {
    Reply { status: notify::Reply::from(ack).status, ..reply(language, ack, word) }
}

/// An answer in WeChat's own form, and the word for it in the log.
fn reply(language: Language, ack: Ack, word: &'static str) -> Reply {
    let reply = match language {
        Language::V2 => Reply::text(200, "text/xml", to_xml(ack)),
        Language::V3 => match notify::Reply::from(ack) {
            notify::Reply { status, body: Some(json) } => {
                Reply::text(status, "application/json", json)
            }
            notify::Reply { status, body: None } => Reply::empty(status),
        },
    };
    Reply { code: Some(word), ..reply }
}
