//! The merchant's side of WeChat Pay on Cloudflare Workers (or plain workerd).
//!
//! This crate translates: HTTP to `wxpay-merchant` and back, effects to calls, decisions to rows.
//! No rule about orders, states or amounts lives here.
//!
//! - `routes`: one file per resource. `http`: what has nothing to do with WeChat.
//! - `object`: the Durable Objects; one per order, per login code, per Idempotency-Key, per day, and
//!   one for WeChat's certificates.
//! - `config`, `catalogue`, `shop_keys`, `limits`, `notify_sources`: what the operator decides.
//!   `token`: what a page carries for us.
//! - `gateway`, `bill`, `login`, `outbound`: the calls to WeChat. `webhook`: those to the shop.
//! - `v3`, `key_ring`, `rsa`, `pem`: API V3's keys, ours and WeChat's.
//!
//! Absent on purpose: async state in statics (another request waiting on it would be cancelled),
//! `Request::json` (numbers pass through JavaScript), `Request::url` (75 KB), routers.
mod aead;
mod bill;
mod border;
mod catalogue;
mod clock;
mod config;
#[cfg(test)]
mod contract;
mod doctor;
mod gateway;
mod http;
mod json;
mod key_ring;
mod limiter;
mod limits;
mod log;
mod login;
mod notify_sources;
mod object;
mod outbound;
mod pem;
mod random;
mod routes;
mod rsa;
mod shop_keys;
mod token;
mod v3;
mod webhook;

use worker::{Context, Env, event};

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    _context: Context,
) -> worker::Result<web_sys::Response> {
    routes::answer(&request, &env).await.into_response()
}
