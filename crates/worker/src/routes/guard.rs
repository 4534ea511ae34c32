//! What stands before a route: how often an address may ask, and where notifications may come from.
use std::net::IpAddr;

use wxpay_core::Ack;

use super::{Call, respond};
use crate::{
    http::{client_ip, problem::Problem, problem_code::Code, reply::Reply, routing::Route},
    limiter::Wait,
    routes::notify,
    shop_keys::Scope,
};

/// Lets a page in, unless it, or somebody at its address, asks all the time.
pub(super) fn page(call: &Call<'_>) -> Result<(), Problem> {
    match (&call.config.limits, address(call)) {
        (Some(limits), Some(address)) => limits.page(address).map_err(too_often),
        _ => Ok(()),
    }
}

/// Lets the shop's backend in. A right key is never stopped; a wrong one too often is told so.
pub(super) fn shop(call: &Call<'_>, scope: Scope) -> Result<(), Problem> {
    let admitted = call.admit(scope);
    if let Err(problem) = &admitted
        && problem.code == Code::Unauthorized
    {
        mistake(call).map_err(too_often)?;
    }
    admitted
}

/// Lets a notification in: from a source that is listed, if there is a list, and from no address
/// that was wrong too often, before its body is even read.
pub(super) async fn notification(call: &Call<'_>, route: Route<'_>) -> Result<Reply, Problem> {
    let address = address(call);
    let language = match route {
        Route::NotifyV3 => notify::Language::V3,
        _ => notify::Language::V2,
    };
    if !call.config.notify_sources.admit(address) {
        return Ok(notify::stop(language, Ack::Elsewhere, "notify_source"));
    }
    if let (Some(limits), Some(address)) = (&call.config.limits, address)
        && let Err(Wait(seconds)) = limits.may_be_wrong(address)
    {
        let refused = notify::stop(language, Ack::TooOften, "rate_limited");
        return Ok(refused.with_header("retry-after", seconds.to_string()));
    }
    let reply = respond(call, route).await?;
    if reply.code.is_some_and(notify::is_forged) {
        // The next one is told, not this one: its answer is written already.
        let _ = mistake(call);
    }
    Ok(reply)
}

fn mistake(call: &Call<'_>) -> Result<(), Wait> {
    match (&call.config.limits, address(call)) {
        (Some(limits), Some(address)) => limits.mistake(address),
        _ => Ok(()),
    }
}

/// Where the request comes from, as the trusted header has it. Without that nobody can be told
/// from another, and nobody is limited.
fn address(call: &Call<'_>) -> Option<IpAddr> {
    let header = call.header(&call.config.client_ip_header);
    client_ip::client_ip(header.as_deref(), false).ok()
}

fn too_often(Wait(seconds): Wait) -> Problem {
    Problem::rate_limited(seconds)
}
