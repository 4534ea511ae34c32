//! Notifications made to measure (构造通知), by either API: what both have in common.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    ack::Ack,
    gateway::Gateway,
    ledger::{Api, Direction, Message},
    time::UnixSeconds,
};

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crafted {
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The exact body.
    pub body: String,
    /// The string that was signed, of V2 without its key; of a refund by V2, which is not signed,
    /// what was sealed.
    pub signed: String,
}

/// Values in the place of others, or beside them; `None` leaves one out.
pub(crate) type Edits = BTreeMap<String, Option<String>>;

/// Headers after signing.
pub(crate) fn edit_headers(headers: &mut BTreeMap<String, String>, edits: &Edits) {
    for (name, value) in edits {
        let name = name.to_ascii_lowercase();
        match value {
            Some(value) => drop(headers.insert(name, value.clone())),
            None => drop(headers.remove(&name)),
        }
    }
}

/// A made notification on its way.
pub(crate) struct Parcel {
    pub(crate) api: Api,
    /// `notify` or `refund_notify`.
    pub(crate) what: &'static str,
    pub(crate) out_trade_no: Option<String>,
    pub(crate) url: String,
    pub(crate) crafted: Crafted,
}

impl Gateway {
    /// Puts what leaves on the record; no ladder waits for it.
    pub(crate) fn record_parcel(&mut self, now: UnixSeconds, parcel: &Parcel) {
        let Parcel { what, out_trade_no, url, crafted, .. } = parcel;
        self.ledger.record(Message {
            out_trade_no: out_trade_no.clone(),
            method: Some("POST".to_owned()),
            url: Some(url.clone()),
            headers: crafted.headers.clone(),
            body: crafted.body.clone(),
            note: Some("made to measure".to_owned()),
            ..Message::new(now, Direction::Out, what)
        });
    }

    /// Puts what came back on the record, and returns the outcome in words.
    pub(crate) fn record_ack(
        &mut self,
        now: UnixSeconds,
        api: Api,
        out_trade_no: Option<&str>,
        ack: &Ack,
    ) -> String {
        let outcome = ack.outcome(api);
        self.ledger.record(Message {
            out_trade_no: out_trade_no.map(str::to_owned),
            status: ack.status(),
            body: ack.text(),
            note: Some(outcome.clone()),
            ..Message::new(now, Direction::In, "notify_ack")
        });
        outcome
    }
}
