//! The control API (控制接口) `/sandbox/*`: what a test may look at and turn.

use std::{net::IpAddr, sync::Arc};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Shared, courier, is_local, v3};
use crate::{
    ack::Ack,
    client::{BUYER, ClientKind, Platform},
    fault::{
        BillFault, BridgeFault, CloseFault, NotifyFault, OrderFault, QueryFault, RefundFault,
        V3Fault, V3Status,
    },
    message::{Request, Response},
    notify::Delivery,
    query,
    refund::RefundStatus,
    report::StateReport,
};

/// The clock moves at most this far at once: ten years.
const FARTHEST_SECONDS: i64 = 10 * 366 * 24 * 60 * 60;

/// Copies of one notification that may be asked for.
const MOST_COPIES: u32 = 1_000;

/// An HTTP status, and what was wrong.
pub(super) type Refused = (u16, String);

/// Answers a call of the control API; `None` if the path is not one of its own.
pub(super) async fn answer(shared: &Arc<Shared>, request: &Request) -> Option<Response> {
    let path = request.path.strip_prefix("/sandbox/")?;
    if request.method == "OPTIONS" {
        return Some(Response::new(204, "text/plain", ""));
    }
    let parts: Vec<String> = path.split('/').map(query::decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let answer = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["state"]) => Ok(state(shared)),
        ("GET", ["orders", number]) => order(shared, number),
        ("POST", ["orders", number, "notify"]) => notify(shared, number, &request.body).await,
        ("POST", ["orders", number, "pay"]) => pay(shared, number, &request.body),
        ("POST", ["orders", number, "refund"]) => refund(shared, number, &request.body),
        ("POST", ["refunds", number, "notify"]) => {
            notify_refund(shared, number, &request.body).await
        }
        ("POST", ["refunds", number, "settle"]) => settle(shared, number, &request.body),
        ("POST", ["clock"]) => clock(shared, &request.body).await,
        ("POST", ["faults"]) => faults(shared, &request.body),
        ("POST", ["clients", name]) => client(shared, name, &request.body),
        ("POST", ["site"]) => site(shared, &request.body),
        ("POST", ["reset"]) => Ok(reset(shared).await),
        (_, ["bridge" | "client.js"]) => return None,
        (_, ["v3", rest @ ..]) => {
            v3::answer(shared, request, rest).unwrap_or_else(|| no_call(request))
        }
        _ => no_call(request),
    };
    Some(match answer {
        Ok(value) => Response::json(200, &value),
        Err((status, error)) => Response::json(status, &json!({ "error": error })),
    })
}

fn no_call(request: &Request) -> Result<Value, Refused> {
    Err((404, format!("no `{} {}` in the control API", request.method, request.path)))
}

/// An empty body counts as `{}`.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| (400, error.to_string()))
}

pub(super) fn write(report: impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(report).map_err(|error| (500, error.to_string()))
}

fn state(shared: &Shared) -> Value {
    let now = shared.clock.now();
    let gateway = shared.gateway();
    json!(StateReport {
        now,
        clock_offset_seconds: shared.clock.offset_seconds(),
        faults: gateway.faults(),
        addresses: gateway.addresses().clone(),
        clients: gateway.clients().clone(),
        site: shared.site(),
        calls: gateway.ledger().calls().clone(),
        orders: gateway.order_reports(now),
        unclaimed: gateway.unclaimed(),
    })
}

fn order(shared: &Shared, number: &str) -> Result<Value, Refused> {
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

async fn notify(shared: &Arc<Shared>, number: &str, body: &[u8]) -> Result<Value, Refused> {
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

async fn notify_refund(shared: &Arc<Shared>, number: &str, body: &[u8]) -> Result<Value, Refused> {
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
        .map(|(ack, outcome)| match ack {
            Ack::Answer { status, body } => {
                json!({ "outcome": outcome, "status": status, "body": String::from_utf8_lossy(&body) })
            }
            Ack::Timeout | Ack::Unreachable(_) => json!({ "outcome": outcome }),
        })
        .collect();
    json!({ "acks": acks })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payer {
    openid: Option<String>,
}

fn pay(shared: &Shared, number: &str, body: &[u8]) -> Result<Value, Refused> {
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

fn refund(shared: &Shared, number: &str, body: &[u8]) -> Result<Value, Refused> {
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

fn settle(shared: &Shared, number: &str, body: &[u8]) -> Result<Value, Refused> {
    let Settlement { refund_status } = read(body)?;
    let now = shared.clock.now();
    let mut gateway = shared.gateway();
    if !gateway.settle_refund(now, number, refund_status) {
        return Err(no_refund(number));
    }
    let order = gateway.ledger().refund(number).map(|(order, _)| order.out_trade_no.clone());
    write(order.and_then(|order| gateway.order_report(now, &order)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn clock(shared: &Arc<Shared>, body: &[u8]) -> Result<Value, Refused> {
    let Advance { advance_seconds } = read(body)?;
    if !(0..=FARTHEST_SECONDS).contains(&advance_seconds) {
        return Err((
            400,
            format!("expected 0 to {FARTHEST_SECONDS} seconds, found {advance_seconds}"),
        ));
    }
    courier::advance(shared, advance_seconds).await;
    Ok(json!({ "now": shared.clock.now(), "clock_offset_seconds": shared.clock.offset_seconds() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    notify: Option<NotifyFault>,
    times: Option<u32>,
    order: Option<OrderFault>,
    query: Option<QueryFault>,
    close: Option<CloseFault>,
    refund: Option<RefundFault>,
    refund_end: Option<RefundStatus>,
    refund_seconds: Option<u32>,
    bill: Option<BillFault>,
    bridge: Option<BridgeFault>,
    v3_status: Option<V3Status>,
    v3_answer: Option<V3Fault>,
    v3_notify: Option<V3Fault>,
    probe_answer_percent: Option<u8>,
    probe_notify_percent: Option<u8>,
}

fn faults(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let changes: Changes = read(body)?;
    let mut gateway = shared.gateway();
    let mut faults = gateway.faults();
    faults.notify = changes.notify.unwrap_or(faults.notify);
    faults.times = changes.times.unwrap_or(faults.times).min(MOST_COPIES);
    faults.order = changes.order.unwrap_or(faults.order);
    faults.query = changes.query.unwrap_or(faults.query);
    faults.close = changes.close.unwrap_or(faults.close);
    faults.refund = changes.refund.unwrap_or(faults.refund);
    faults.refund_end = changes.refund_end.unwrap_or(faults.refund_end);
    faults.refund_seconds = changes.refund_seconds.unwrap_or(faults.refund_seconds);
    faults.bill = changes.bill.unwrap_or(faults.bill);
    faults.bridge = changes.bridge.unwrap_or(faults.bridge);
    faults.v3_status = changes.v3_status.unwrap_or(faults.v3_status);
    faults.v3_answer = changes.v3_answer.unwrap_or(faults.v3_answer);
    faults.v3_notify = changes.v3_notify.unwrap_or(faults.v3_notify);
    faults.probe_answer_percent =
        changes.probe_answer_percent.unwrap_or(faults.probe_answer_percent);
    faults.probe_notify_percent =
        changes.probe_notify_percent.unwrap_or(faults.probe_notify_percent);
    gateway.set_faults(faults);
    write(faults)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    ip: Option<IpAddr>,
    openid: Option<String>,
    platform: Option<Platform>,
}

fn client(shared: &Shared, name: &str, body: &[u8]) -> Result<Value, Refused> {
    let kind = match name {
        "wechat" => ClientKind::Wechat,
        "phone" => ClientKind::Phone,
        "desktop" => ClientKind::Desktop,
        _ => return Err((404, format!("expected wechat, phone or desktop, found `{name}`"))),
    };
    let Move { ip, openid, platform } = read(body)?;
    let mut gateway = shared.gateway();
    gateway.set_client(kind, ip, openid, platform);
    write(gateway.clients().one(kind))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    url: String,
}

fn site(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let Site { url } = read(body)?;
    if !is_local(&url) {
        return Err((400, "expected an http:// address on this machine".to_owned()));
    }
    shared.set_site(&url);
    Ok(json!({ "site": shared.site() }))
}

async fn reset(shared: &Shared) -> Value {
    let _travel = shared.travel.write().await;
    shared.gateway().reset();
    shared.clock.reset();
    state(shared)
}
