//! For the shop's backend, a day at a time: `GET /v1/orders?day=`, `GET /v1/events?day=`.
use serde::Serialize;
use serde_json::value::RawValue;
use wxpay_core::BeijingDay;

use super::{Call, cursor::Cursor};
use crate::{
    http::{problem::Problem, problem_code::Code, query, reply::Reply},
    object::ledger::{self, Ask, Told},
};

/// Lines on a page, unless `limit` says otherwise, and at most.
const PAGE: u64 = 20;
const PAGE_MAX: u64 = 100;

/// What `PageStatus` can say.
const STATUSES: [&str; 6] = ["unpaid", "paying", "paid", "closed", "refunded", "unknown"];
/// What an event's sending can have come to.
const STATES: [&str; 4] = ["pending", "delivered", "dead", "kept"];

#[derive(Serialize)]
struct Orders {
    day: BeijingDay,
    orders: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Events {
    day: BeijingDay,
    events: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The orders created on a day, oldest first.
pub(super) async fn orders(call: &Call<'_>) -> Result<Reply, Problem> {
    let (day, cursor) = place(call, "orders")?;
    let status = one_of(call, "status", &STATUSES)?;
    let ask = Ask::Orders { status, limit: limit(call)?, after: cursor.after };
    let (orders, next) = page(call, day, &ask).await?;
    let next = next.map(|after| Cursor { after, ..cursor }.to_text());
    Reply::json(200, &Orders { day, orders, next })
}

/// The events written on a day, oldest first.
pub(super) async fn events(call: &Call<'_>) -> Result<Reply, Problem> {
    let (day, cursor) = place(call, "events")?;
    let state = one_of(call, "state", &STATES)?;
    let ask = Ask::Events { state, limit: limit(call)?, after: cursor.after };
    let (events, next) = page(call, day, &ask).await?;
    let next = next.map(|after| Cursor { after, ..cursor }.to_text());
    Reply::json(200, &Events { day, events, next })
}

fn place(call: &Call<'_>, list: &'static str) -> Result<(BeijingDay, Cursor), Problem> {
    let day = query::value(call.query, "day").unwrap_or_default();
    let day = BeijingDay::parse(&day).map_err(|error| Problem::invalid(&error))?;
    Ok((day, Cursor::of_query(call.query, list, day)?))
}

async fn page(
    call: &Call<'_>,
    day: BeijingDay,
    ask: &Ask,
) -> Result<(Box<RawValue>, Option<u64>), Problem> {
    match ledger::ask(call.env, day, ask).await? {
        Told::Page { lines, next } => Ok((lines, next)),
        _ => Err(Problem::internal("a day's answer about a list")),
    }
}

/// `limit`, 1 to 100.
pub(super) fn limit(call: &Call<'_>) -> Result<u64, Problem> {
    let Some(text) = query::value(call.query, "limit") else { return Ok(PAGE) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| digits && (1..=PAGE_MAX).contains(limit));
    let no = "`limit`: expected a whole number from 1 to 100";
    limit.ok_or_else(|| Problem::with_detail(Code::InvalidField, no))
}

/// A parameter of the query that has a few words to choose from.
pub(super) fn one_of(
    call: &Call<'_>,
    name: &str,
    words: &[&str],
) -> Result<Option<String>, Problem> {
    match query::value(call.query, name) {
        Some(word) if !words.contains(&word.as_str()) => {
            let no = format!("`{name}`: expected one of {}", words.join(", "));
            Err(Problem::with_detail(Code::InvalidField, no))
        }
        word => Ok(word),
    }
}
