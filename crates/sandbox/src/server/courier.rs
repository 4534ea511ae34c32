//! Carries notifications to the merchant, and moves the clock from one to the next.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use tokio::{task::JoinSet, time};

use super::{Change, Shared, is_local};
use crate::{
    ack::{ACK_SECONDS, Ack},
    clock::ClockMode,
    notify::Delivery,
    time::UnixSeconds,
};

/// More than any ack; a longer answer is none.
const ACK_BYTES: usize = 64 * 1024;

/// Timers stand still while a machine sleeps and its clock does not, so the clock is looked at anew.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Sends what becomes due, for as long as the sandbox runs.
pub(super) async fn run(shared: Arc<Shared>) -> std::io::Result<()> {
    loop {
        let travel = Arc::clone(&shared.travel).read_owned().await;
        let travel = Arc::new(travel);
        for delivery in due(&shared) {
            let (shared, travel) = (Arc::clone(&shared), Arc::clone(&travel));
            tokio::spawn(async move {
                carry(&shared, delivery).await;
                drop(travel);
                // A failed try plans the next one.
                shared.bell.notify_one();
            });
        }
        drop(travel);
        let next = shared.gateway().next_due();
        let now = shared.clock.now();
        let stands = shared.clock.mode() == ClockMode::Freeze;
        // What is due later than now never is while time stands still, until somebody moves it.
        let next = next.filter(|due| *due <= now || !stands);
        let wait = next.map(|due| due.saturating_sub(now).max(0));
        match wait.and_then(|seconds| u64::try_from(seconds).ok()) {
            // An early ring is harmless: the loop only looks again.
            Some(seconds) => {
                let wait = Duration::from_secs(seconds).min(LONGEST_WAIT);
                drop(time::timeout(wait, shared.bell.notified()).await);
            }
            None => shared.bell.notified().await,
        }
    }
}

/// What is due now. Most of the time that is nothing, and then nothing is changed.
fn due(shared: &Shared) -> Vec<Delivery> {
    let mut gateway = shared.gateway();
    let now = shared.clock.now();
    let any = gateway.next_due().is_some_and(|due_at| due_at <= now);
    if any { gateway.due(now) } else { Vec::new() }
}

/// Moves the clock to `target`, stopping at every notification due on the way until it has been
/// attempted; so a day passes with each try at its own moment.
pub(super) async fn travel_to(shared: &Arc<Shared>, target: UnixSeconds) {
    let _travel = shared.travel.write().await;
    while let Some(moment) = next_until(shared, target) {
        shared.clock.move_to(moment);
        carry_all(shared, due(shared)).await;
    }
    shared.clock.move_to(target);
    shared.tell(Change::State);
}

fn next_until(shared: &Shared, target: UnixSeconds) -> Option<UnixSeconds> {
    shared.gateway().next_due().filter(|due| *due <= target)
}

/// Sends deliveries at the same time; the acks come back in the order of the deliveries.
pub(super) async fn carry_all(
    shared: &Arc<Shared>,
    deliveries: Vec<Delivery>,
) -> Vec<(Ack, String)> {
    let mut travellers = JoinSet::new();
    for (place, delivery) in deliveries.into_iter().enumerate() {
        let shared = Arc::clone(shared);
        travellers.spawn(async move { (place, carry(&shared, delivery).await) });
    }
    let mut acks = travellers.join_all().await;
    acks.sort_by_key(|(place, _)| *place);
    acks.into_iter().map(|(_, ack)| ack).collect()
}

async fn carry(shared: &Shared, mut delivery: Delivery) -> (Ack, String) {
    shared.forward().readdress(&mut delivery);
    let Delivery { id, url, headers, body, .. } = delivery;
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let ack = post(shared, &url, headers, body).await;
    let outcome = shared.gateway().answered(shared.clock.now(), id, &ack);
    (ack, outcome)
}

/// Posts `body` to the merchant, and waits for the ack no longer than WeChat does.
pub(super) async fn post<'a>(
    shared: &Shared,
    url: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: String,
) -> Ack {
    let answered =
        time::timeout(Duration::from_secs(ACK_SECONDS), send(shared, url, headers, body));
    answered.await.unwrap_or(Ok(Ack::Timeout)).unwrap_or_else(Ack::Unreachable)
}

async fn send<'a>(
    shared: &Shared,
    url: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: String,
) -> Result<Ack, String> {
    // DIFFERENCE: the real gateway reaches public https addresses only, this one the opposite.
    if !is_local(url) {
        return Err("the sandbox speaks http, and to this machine only".to_owned());
    }
    let request =
        headers.fold(Request::post(url), |request, (name, value)| request.header(name, value));
    let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
    let response = shared.http.request(request).await.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let body = to_bytes(Body::new(response.into_body()), ACK_BYTES)
        .await
        .map_err(|error| error.to_string())?;
    Ok(Ack::Answer { status, body: body.to_vec() })
}
