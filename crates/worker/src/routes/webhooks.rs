//! For the shop's backend: `POST /v1/events/{id}/resend` and `POST /v1/webhook/verify`.
use serde::Serialize;
use wxpay_core::BeijingDay;

use super::{
    Call,
    orders::{ask, number},
};
use crate::{
    http::{problem::Problem, problem_code::Code, query, reply::Reply},
    object::{
        ledger,
        order::{Ask, Told},
    },
    webhook,
};

/// Sends an event again, whatever became of it before.
pub(super) async fn resend(call: &Call<'_>, id: &str) -> Result<Reply, Problem> {
    let id = query::decode(id).ok_or(Code::EventNotFound)?;
    let (name, seq) = id.rsplit_once('_').ok_or(Code::EventNotFound)?;
    let seq: u64 = seq.parse().map_err(|_| Code::EventNotFound)?;
    if call.config.webhook.is_none() {
        return Err(Code::WebhookMissing.into());
    }
    let found = match (name.strip_prefix("evt_"), name.strip_prefix("rpt_")) {
        (Some(no), _) => {
            let number = number(no).map_err(|_| Code::EventNotFound)?;
            matches!(ask(call, &number, &Ask::Resend(seq)).await?, Told::Done)
        }
        (_, Some(day)) => {
            let day = BeijingDay::parse(day).map_err(|_| Code::EventNotFound)?;
            let told = ledger::ask(call.env, day, &ledger::Ask::Resend(seq)).await?;
            matches!(told, ledger::Told::Done)
        }
        _ => false,
    };
    match found {
        true => Ok(Reply::json(202, &Resent { id: &id })?),
        false => Err(Code::EventNotFound.into()),
    }
}

#[derive(Serialize)]
struct Resent<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Checked {
    /// An event signed by us was answered 2xx.
    accepted: bool,
    /// The same with another signature was answered otherwise.
    refuses_forgeries: bool,
}

/// Tries the shop's endpoint: it has to take what we sign, and to refuse what somebody else signs.
pub(super) async fn verify(call: &Call<'_>) -> Result<Reply, Problem> {
    let endpoint = call.config.webhook.as_ref().ok_or(Code::WebhookMissing)?;
    let trial = webhook::trial(endpoint).await?;
    let (accepted, refuses_forgeries) = (trial.accepted(), trial.refuses_forgeries());
    Reply::json(200, &Checked { accepted, refuses_forgeries })
}
