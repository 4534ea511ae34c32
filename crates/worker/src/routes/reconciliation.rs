//! For the shop's backend: `GET` and `POST /v1/reconciliation/{day}`.
use serde::Serialize;
use serde_json::value::RawValue;
use wxpay_core::{BeijingDay, UnixSeconds};
use wxpay_merchant::{
    PlanState,
    reconciliation::{BillTotals, Counts},
};

use super::{Call, bills::day_of_bill, cursor::Cursor, lists::limit};
use crate::{
    http::{problem::Problem, reply::Reply},
    object::ledger::{self, Ask, Told},
};

#[derive(Serialize)]
struct Report {
    day: BeijingDay,
    /// How the newest comparison stands.
    state: PlanState,
    /// When the last one that came to its end did so; the rest is what it found.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<UnixSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<BillTotals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    differences: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What the last comparison of a day found.
pub(super) async fn read(call: &Call<'_>, day: &str) -> Result<Reply, Problem> {
    let day = BeijingDay::parse(day).map_err(|error| Problem::invalid(&error))?;
    let cursor = Cursor::of_query(call.query, "differences", day)?;
    let ask = Ask::Report { limit: limit(call)?, after: cursor.after };
    Reply::json(200, &report(call, cursor, &ask).await?)
}

/// Compares a day again, now.
pub(super) async fn run(call: &Call<'_>, day: &str) -> Result<Reply, Problem> {
    let day = day_of_bill(day)?;
    let cursor = Cursor { list: "differences", day, after: 0 };
    Reply::json(202, &report(call, cursor, &Ask::Reconcile(day)).await?)
}

async fn report(call: &Call<'_>, cursor: Cursor, ask: &Ask) -> Result<Report, Problem> {
    let Told::Report { state, summary, differences, next } =
        ledger::ask(call.env, cursor.day, ask).await?
    else {
        return Err(Problem::internal("a day's answer about its reconciliation"));
    };
    let (at, bill, counts) = match summary {
        Some(summary) => (Some(summary.at), Some(summary.bill), Some(summary.counts)),
        None => (None, None, None),
    };
    let next = next.map(|after| Cursor { after, ..cursor }.to_text());
    Ok(Report { day: cursor.day, state, at, bill, counts, differences, next })
}
