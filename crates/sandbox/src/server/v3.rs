//! The control API's part for API V3, `/sandbox/v3/*`: keys, crafted notifications.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared,
    control::{Refused, read, write},
};
use crate::{
    message::Request,
    time::UnixSeconds,
    v3::{self, Craft, KeyChanges, KeyKind},
};

/// Answers a call below `/sandbox/v3/`, whose path is in `parts`; `None` if there is no such call.
pub(super) fn answer(
    shared: &Arc<Shared>,
    request: &Request,
    parts: &[&str],
) -> Option<Result<Value, Refused>> {
    Some(match (request.method.as_str(), parts) {
        ("GET", ["keys"]) => write(shared.gateway().keys()),
        ("POST", ["keys"]) => change(shared, &request.body),
        ("POST", ["keys", serial, "retire"]) => retire(shared, serial),
        ("POST", ["keys", kind]) => add(shared, kind, &request.body),
        ("POST", ["cashier"]) => cashier(shared, &request.body),
        ("POST", ["notification"]) => craft(shared, &request.body),
        _ => return None,
    })
}

fn change(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let changes: KeyChanges = read(body)?;
    let mut gateway = shared.gateway();
    gateway.set_keys(changes);
    write(gateway.keys())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Life {
    effective_at: Option<UnixSeconds>,
    expires_at: Option<UnixSeconds>,
}

fn add(shared: &Shared, kind: &str, body: &[u8]) -> Result<Value, Refused> {
    let kind: KeyKind = serde_json::from_value(kind.into()).map_err(|_| {
        (404, format!("expected certificate, public_key or merchant, found `{kind}`"))
    })?;
    let Life { effective_at, expires_at } = read(body)?;
    let now = shared.clock.now();
    let mut gateway = shared.gateway();
    // Whoever looks at a certificate's life goes by the time that signatures tell.
    let effective_at = effective_at.unwrap_or_else(|| gateway.signing_time(now));
    let serial = gateway.add_key(kind, effective_at, expires_at);
    let serial = serial.ok_or_else(|| (409, "no test key of this kind is left".to_owned()))?;
    Ok(json!({ "serial": serial }))
}

fn retire(shared: &Shared, serial: &str) -> Result<Value, Refused> {
    let mut gateway = shared.gateway();
    if !gateway.retire_key(serial) {
        return Err((404, format!("no key `{serial}`")));
    }
    write(gateway.keys())
}

/// What a page or an app hands to WeChat, in the names of either.
#[derive(Deserialize)]
struct Cashier {
    #[serde(alias = "appId")]
    appid: String,
    #[serde(alias = "timeStamp")]
    timestamp: String,
    #[serde(alias = "nonceStr")]
    noncestr: String,
    /// `prepay_id=…` of a page.
    package: String,
    /// The bare id of an app, whose package is `Sign=WXPay`.
    #[serde(alias = "prepayId")]
    prepayid: Option<String>,
    #[serde(alias = "paySign")]
    sign: String,
}

fn cashier(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let Cashier { appid, timestamp, noncestr, package, prepayid, sign } = read(body)?;
    let last = prepayid.as_deref().unwrap_or(&package);
    let lines = [appid.as_str(), &timestamp, &noncestr, last];
    let gateway = shared.gateway();
    let expected: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Ok(json!({ "right": v3::is_merchants(&gateway, lines, &sign), "expected": expected }))
}

fn craft(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let wanted: Craft = read(body)?;
    let now = shared.clock.now();
    let crafted = shared.gateway().craft(now, &wanted);
    write(crafted.map_err(|reason| (400, reason))?)
}
