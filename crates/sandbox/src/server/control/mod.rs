//! The control API (控制接口) `/sandbox/*`: what a test may look at and turn.

mod clients;
mod clock;
mod description;
mod faults;
mod orders;
mod qr;
mod send;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Change, Shared, forward, v3};
use crate::{
    console,
    message::{Request, Response},
    query,
    report::{SettingsReport, StateReport},
};

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
        ("GET", ["env"]) => write(shared.gateway().merchant()),
        ("GET", ["orders"]) => orders::list(shared, &request.query),
        ("GET", ["orders", number]) => orders::order(shared, number),
        ("POST", ["orders", number, "notify"]) => {
            orders::notify(shared, number, &request.body).await
        }
        ("POST", ["orders", number, "pay"]) => orders::pay(shared, number, &request.body),
        ("POST", ["orders", number, "refund"]) => orders::refund(shared, number, &request.body),
        ("POST", ["refunds", number, "notify"]) => {
            orders::notify_refund(shared, number, &request.body).await
        }
        ("POST", ["refunds", number, "settle"]) => orders::settle(shared, number, &request.body),
        ("GET", ["signatures"]) => write(shared.gateway().diagnoses()),
        ("POST", ["send"]) => send::send(shared, &request.body).await,
        ("POST", ["clock"]) => clock::clock(shared, &request.body).await,
        ("GET", ["faults"]) => faults::list(),
        ("POST", ["faults"]) => faults::switch(shared, &request.body),
        ("POST", ["forward"]) => forward::change(shared, &request.body),
        ("GET", ["openapi.yaml"]) => return Some(description::file()),
        ("GET", ["qr"]) => return Some(qr::picture(&request.query).unwrap_or_else(refusal)),
        ("GET", ["open"]) => {
            return Some(clients::open(shared, &request.query).unwrap_or_else(refusal));
        }
        ("GET", ["devices"]) => Ok(clients::devices()),
        ("GET", ["buyers"]) => write(shared.gateway().buyers(shared.clock.now())),
        ("POST", ["buyers"]) => clients::buyer(shared, &request.body),
        ("GET", ["settings"]) => write(shared.gateway().platform()),
        ("POST", ["settings"]) => clients::settings(shared, &request.body),
        ("POST", ["clients", name]) => clients::client(shared, name, &request.body),
        ("POST", ["site"]) => clients::site(shared, &request.body),
        ("POST", ["reset"]) => Ok(reset(shared).await),
        ("GET", ["console", name]) => return console::file(name),
        (_, ["bridge", ..] | ["client.js"]) => return None,
        (_, ["v3", rest @ ..]) => {
            v3::answer(shared, request, rest).unwrap_or_else(|| no_call(request))
        }
        _ => no_call(request),
    };
    Some(match answer {
        Ok(value) => Response::json(200, &value),
        Err(refused) => refusal(refused),
    })
}

fn refusal((status, error): Refused) -> Response {
    Response::json(status, &json!({ "error": error }))
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
    let settings = settings(shared);
    let gateway = shared.gateway();
    let orders = gateway.order_reports(settings.now, None, orders::PAGE);
    json!(StateReport { settings, orders, unclaimed: gateway.unclaimed() })
}

pub(super) fn settings(shared: &Shared) -> SettingsReport {
    let gateway = shared.gateway();
    SettingsReport {
        now: shared.clock.now(),
        clock_offset_seconds: shared.clock.offset_seconds(),
        clock_mode: shared.clock.mode(),
        faults: gateway.faults(),
        addresses: gateway.addresses().clone(),
        clients: gateway.clients().clone(),
        site: shared.site(),
        forward: shared.forward().url,
        calls: gateway.ledger().calls().clone(),
        order_count: gateway.ledger().count(),
    }
}

async fn reset(shared: &Shared) -> Value {
    let _travel = shared.travel.write().await;
    shared.gateway().reset();
    shared.clock.reset();
    shared.tell(Change::State);
    state(shared)
}
