//! `jsapi_ticket`: `GET /cgi-bin/ticket/getticket?type=jsapi`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Refused, refused, reply, token::TOKEN_SECONDS};
use crate::{
    gateway::Gateway,
    message::{Request, Response},
    query,
    time::UnixSeconds,
};

/// Tickets kept, so that an old one can be told from an unknown one.
const KEPT: usize = 100;

/// One ticket handed out; it lives 7200 seconds.
#[derive(Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) appid: String,
    pub(super) value: String,
    pub(super) ends_at: UnixSeconds,
}

/// `GET /cgi-bin/ticket/getticket`
pub(crate) fn get(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let answer = ticket(gateway, now, &request.query);
    reply(gateway, answer)
}

/// UNCONFIRMED: that a ticket is handed out again until it ends, with the seconds it has left, and
/// the code for another `type`.
fn ticket(gateway: &mut Gateway, now: UnixSeconds, text: &str) -> Result<Value, Refused> {
    let appid = gateway.tokens.owner(now, &query::value(text, "access_token"))?;
    if query::value(text, "type") != "jsapi" {
        return Err(refused(40_097, "invalid args"));
    }
    let tickets = &mut gateway.tokens.tickets;
    let newest = tickets.iter().rfind(|ticket| ticket.appid == appid && now < ticket.ends_at);
    if let Some(ticket) = newest {
        return Ok(told(&ticket.value, ticket.ends_at.saturating_sub(now)));
    }
    let value = gateway.random.letters(86);
    if tickets.len() >= KEPT {
        tickets.remove(0);
    }
    let ends_at = now.saturating_add(TOKEN_SECONDS);
    tickets.push(Ticket { appid, value: value.clone(), ends_at });
    gateway.tokens.count();
    Ok(told(&value, TOKEN_SECONDS))
}

fn told(ticket: &str, expires_in: i64) -> Value {
    json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": expires_in })
}
