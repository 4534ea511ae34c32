//! Edit and send (编辑后发送): a notification made to measure, brought to the merchant.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Refused, orders::ack_report, read, write};
use crate::{
    craft::Parcel,
    gateway::Gateway,
    ledger::Api,
    server::{Shared, courier},
    time::UnixSeconds,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sending {
    out_trade_no: Option<String>,
    out_refund_no: Option<String>,
    /// Instead of the `notify_url`.
    url: Option<String>,
    /// Instead of the one that the order or refund was asked for by.
    api: Option<Api>,
    /// What [`crate::V2Craft`] or [`crate::Craft`] takes.
    #[serde(default)]
    edit: Map<String, Value>,
}

/// The answer says what left and what came back. No ladder waits for it, and no fault touches it.
pub(super) async fn send(shared: &Arc<Shared>, body: &[u8]) -> Result<Value, Refused> {
    let sending: Sending = read(body)?;
    let _travel = shared.travel.read().await;
    let now = shared.clock.now();
    let parcel = {
        let mut gateway = shared.gateway();
        let parcel = pack(&mut gateway, now, sending)?;
        gateway.record_parcel(now, &parcel);
        parcel
    };
    let Parcel { api, out_trade_no, url, crafted, .. } = parcel;
    let headers = crafted.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let ack = courier::post(shared, &url, headers, crafted.body.clone()).await;
    let outcome =
        shared.gateway().record_ack(shared.clock.now(), api, out_trade_no.as_deref(), &ack);
    let mut answer = write(crafted)?;
    if let Value::Object(answer) = &mut answer {
        answer.insert("ack".to_owned(), ack_report(&ack, &outcome));
        answer.insert("url".to_owned(), json!(url));
    }
    Ok(answer)
}

fn pack(gateway: &mut Gateway, now: UnixSeconds, sending: Sending) -> Result<Parcel, Refused> {
    let Sending { out_trade_no, out_refund_no, url, api, mut edit } = sending;
    let ledger = gateway.ledger();
    let refund = match &out_refund_no {
        Some(number) => {
            let found = ledger.refund(number);
            Some(found.ok_or_else(|| (404, format!("no refund `{number}`")))?)
        }
        None => None,
    };
    let order = match (&out_trade_no, &refund) {
        (_, Some((order, _))) => Some(*order),
        (Some(number), None) => {
            let order = ledger.order(number);
            Some(order.ok_or_else(|| (404, format!("no order `{number}`")))?)
        }
        (None, None) => None,
    };
    let notify_url = match &refund {
        Some((_, refund)) => refund.notify_url.as_deref(),
        None => order.and_then(|order| order.term("notify_url")),
    };
    let url = url.or_else(|| notify_url.map(str::to_owned));
    let url = url.ok_or_else(|| (400, "expected url: nothing is named that has one".to_owned()))?;
    let of_refund = refund.as_ref().map(|(_, refund)| refund.api);
    let api = api.or(of_refund).or_else(|| order.map(|order| order.api));
    let api = api.ok_or_else(|| (400, "expected api: v2 or v3".to_owned()))?;
    let what = if refund.is_some() { "refund_notify" } else { "notify" };
    let named = order.map(|order| order.out_trade_no.clone());
    for (name, number) in [("out_trade_no", out_trade_no), ("out_refund_no", out_refund_no)] {
        if let Some(number) = number {
            edit.entry(name).or_insert_with(|| number.into());
        }
    }
    let edit = Value::Object(edit);
    let malformed = |error: serde_json::Error| (400, format!("edit: {error}"));
    let crafted = match api {
        Api::V2 => gateway.craft_v2(now, &serde_json::from_value(edit).map_err(malformed)?),
        Api::V3 => gateway.craft(now, &serde_json::from_value(edit).map_err(malformed)?),
    };
    let crafted = crafted.map_err(|reason| (400, reason))?;
    Ok(Parcel { api, what, out_trade_no: named, url, crafted })
}
