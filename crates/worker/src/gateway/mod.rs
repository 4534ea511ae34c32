//! The way to the WeChat Pay gateway. Only a signed request can take it, and only core can read
//! what comes back.
//!
//! A question travels by one API or the other (`v2`, `v3`) and has the same answer. One call is one
//! request, but for the few cases in which WeChat did nothing: its host cannot be reached (then the
//! same bytes go to the other one), the V2 key we signed with is not, or not yet, the one that WeChat
//! has (then the other signs), or it only tried whether we check its signatures (V3).
use std::cell::{Cell, RefCell};

use web_sys::{ReadableStream, Response};
use wxpay_core::{Api, Outcome, Why, v2 as core_v2, v3 as core_v3};

use self::call::Call;
use crate::{
    config::{Config, Speaker},
    outbound::Patience,
};

mod call;
pub(crate) mod v2;
pub(crate) mod v3;

/// Something that both APIs can ask.
pub(crate) trait Ask: core_v2::Ask + core_v3::Ask {}

impl<Q: core_v2::Ask + core_v3::Ask> Ask for Q {}

/// Sees each answer before it is read.
pub(crate) type Note<'a> = &'a dyn Fn(&Call, &Response);

/// For whom there is nothing to see.
pub(crate) const NO_NOTE: Note<'static> = &|_, _| {};

/// Signs a question, sends it and reads the reply. `api`: by which its order was begun.
pub(crate) async fn ask<Q: Ask>(config: &Config, api: Api, question: &Q) -> Outcome<Q::Answer> {
    ask_noting(config, api, question, NO_NOTE).await
}

/// The same, and whether the answer is to a second sending: WeChat's first host gave none, or none that
/// could be believed. It may have done what was asked for all that, so a no says nothing of it.
pub(crate) async fn ask_doubting<Q: Ask>(
    config: &Config,
    api: Api,
    question: &Q,
) -> (Outcome<Q::Answer>, bool) {
    let is_second = Cell::new(false);
    let note = |call: &Call, _: &Response| is_second.set(is_second.get() || call.is_second());
    let outcome = ask_noting(config, api, question, &note).await;
    (outcome, is_second.get())
}

/// The same for the doctor, who also wants to know what time it is there: the `Date` of the answer.
pub(crate) async fn probe<Q: Ask>(
    config: &Config,
    api: Api,
    question: &Q,
) -> (Outcome<Q::Answer>, Option<String>) {
    let date = RefCell::new(None);
    let note = |_: &Call, response: &Response| {
        date.replace(response.headers().get("date").ok().flatten());
    };
    let outcome = ask_noting(config, api, question, &note).await;
    (outcome, date.take())
}

async fn ask_noting<Q: Ask>(
    config: &Config,
    api: Api,
    question: &Q,
    note: Note<'_>,
) -> Outcome<Q::Answer> {
    match config.speaker(api) {
        Speaker::V2 => v2::ask(config, question, note).await,
        Speaker::V3(by) => v3::ask(config, by, question, note).await,
    }
}

/// A bill of a large day takes WeChat a while to begin. How long the rest takes is its reader's.
const BILL_BEGINS_MILLIS: u32 = 30_000;

/// The body of a bill, as it comes.
async fn open(
    mut call: Call,
    config: &Config,
    sent: call::Sent<'_>,
) -> Result<ReadableStream, Why> {
    let patience = Patience::of(BILL_BEGINS_MILLIS)?;
    let response = call.send(config, sent, &patience).await;
    let opened = response.and_then(|response| match response.status() {
        200 => response.body().ok_or(Why::Transport),
        _ => Err(Why::Transport),
    });
    call.log(opened.as_ref().err());
    opened
}

/// Says in the log that a bill, once begun, did not come to its end.
pub(crate) fn broke_off(name: &'static str, why: &Why) {
    Call::begin(name).log(Some(why));
}
