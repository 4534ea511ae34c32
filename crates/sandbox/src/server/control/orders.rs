//! What a test does to orders and refunds (订单与退款): look, pay, refund, settle, notify again.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, read, write};
use crate::{
    ack::Ack,
    client::BUYER,
    notify::{Delivery, MOST_COPIES},
    query,
    refund::RefundStatus,
    server::{Shared, courier},
};

/// Orders told of at once unless more are asked for.
pub(super) const PAGE: usize = 200;

/// Orders told of at once at most.
const LONGEST_PAGE: usize = 1_000;

/// `GET /sandbox/orders?before=…&limit=…`.
pub(super) fn list(shared: &Shared, text: &str) -> Result<Value, Refused> {
    let (before, limit) = (query::value(text, "before"), query::value(text, "limit"));
    let limit = if limit.is_empty() { Ok(PAGE) } else { limit.parse() };
    let limit = limit.ok().filter(|limit| *limit <= LONGEST_PAGE);
    let limit = limit.ok_or_else(|| (400, format!("limit: expected 0 to {LONGEST_PAGE}")))?;
    let gateway = shared.gateway();
    let before = Some(before.as_str()).filter(|number| !number.is_empty());
    if let Some(number) = before.filter(|number| !gateway.ledger().knows(number)) {
        return Err(no_order(number));
    }
    let orders = gateway.order_reports(shared.clock.now(), before, limit);
    Ok(json!({ "count": gateway.ledger().count(), "orders": orders }))
}

pub(super) fn order(shared: &Shared, number: &str) -> Result<Value, Refused> {
    let report = shared.gateway().order_report(shared.clock.now(), number);
    write(report.ok_or_else(|| no_order(number))?)
}

fn no_order(number: &str) -> Refused {
    (404, format!("no order `{number}`"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Copies {
    #[serde(default = "one")]
    times: u32,
}

const fn one() -> u32 {
    1
}

impl Copies {
    fn read(body: &[u8]) -> Result<u32, Refused> {
        let Self { times } = read(body)?;
        if times > MOST_COPIES {
            return Err((400, format!("expected at most {MOST_COPIES} times, found {times}")));
        }
        Ok(times)
    }
}

pub(super) async fn notify(
    shared: &Arc<Shared>,
    number: &str,
    body: &[u8],
) -> Result<Value, Refused> {
    let times = Copies::read(body)?;
    match shared.gateway().ledger().order(number) {
        None => return Err(no_order(number)),
        Some(order) if order.payment.is_none() => {
            return Err((409, "only paid orders are notified".to_owned()));
        }
        Some(_) => {}
    }
    let _travel = shared.travel.read().await;
    let deliveries = shared.gateway().renotify(shared.clock.now(), number, times);
    Ok(carried(shared, deliveries).await)
}

pub(super) async fn notify_refund(
    shared: &Arc<Shared>,
    number: &str,
    body: &[u8],
) -> Result<Value, Refused> {
    let times = Copies::read(body)?;
    let _travel = shared.travel.read().await;
    let now = shared.clock.now();
    match shared.gateway().ledger().refund(number) {
        None => return Err(no_refund(number)),
        Some((_, refund)) if !refund.is_told(now) => {
            let rule = "only refunds that ended and have a notify_url are notified";
            return Err((409, rule.to_owned()));
        }
        Some(_) => {}
    }
    let deliveries = shared.gateway().renotify_refund(now, number, times);
    Ok(carried(shared, deliveries).await)
}

async fn carried(shared: &Arc<Shared>, deliveries: Vec<Delivery>) -> Value {
    let acks: Vec<Value> = courier::carry_all(shared, deliveries)
        .await
        .into_iter()
        .map(|(ack, outcome)| ack_report(&ack, &outcome))
        .collect();
    json!({ "acks": acks })
}

/// What came back, as far as something did.
pub(super) fn ack_report(ack: &Ack, outcome: &str) -> Value {
    match ack.status() {
        Some(status) => json!({ "outcome": outcome, "status": status, "body": ack.text() }),
        None => json!({ "outcome": outcome }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payer {
    openid: Option<String>,
}

pub(super) fn pay(shared: &Shared, number: &str, body: &[u8]) -> Result<Value, Refused> {
    let Payer { openid } = read(body)?;
    let now = shared.clock.now();
    let mut gateway = shared.gateway();
    let order = gateway.ledger().order(number).ok_or_else(|| no_order(number))?;
    let ordered_for = order.buyer().map(str::to_owned);
    let openid = openid.or(ordered_for).unwrap_or_else(|| BUYER.to_owned());
    gateway.pay(now, number, &openid).map_err(|reason| (409, reason.text().to_owned()))?;
    write(gateway.order_report(now, number))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundElsewhere {
    refund_fee: Option<u64>,
    notify_url: Option<String>,
}

pub(super) fn refund(shared: &Shared, number: &str, body: &[u8]) -> Result<Value, Refused> {
    let RefundElsewhere { refund_fee, notify_url } = read(body)?;
    let now = shared.clock.now();
    let mut gateway = shared.gateway();
    if gateway.ledger().order(number).is_none() {
        return Err(no_order(number));
    }
    gateway
        .refund_elsewhere(now, number, refund_fee, notify_url.as_deref())
        .map_err(|reason| (409, reason.text().to_owned()))?;
    write(gateway.order_report(now, number))
}

fn no_refund(number: &str) -> Refused {
    (404, format!("no refund `{number}`"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settlement {
    refund_status: RefundStatus,
}

pub(super) fn settle(shared: &Shared, number: &str, body: &[u8]) -> Result<Value, Refused> {
    let Settlement { refund_status } = read(body)?;
    let now = shared.clock.now();
    let mut gateway = shared.gateway();
    if !gateway.settle_refund(now, number, refund_status) {
        return Err(no_refund(number));
    }
    let order = gateway.ledger().refund(number).map(|(order, _)| order.out_trade_no.clone());
    write(order.and_then(|order| gateway.order_report(now, &order)))
}
