//! Moving the fake clients (客户端) and the site behind them.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, read, write};
use crate::{
    client::{ClientKind, Platform},
    server::{Shared, is_local},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    ip: Option<IpAddr>,
    openid: Option<String>,
    platform: Option<Platform>,
}

pub(super) fn client(shared: &Shared, name: &str, body: &[u8]) -> Result<Value, Refused> {
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

pub(super) fn site(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let Site { url } = read(body)?;
    if !is_local(&url) {
        return Err((400, "expected an http:// address on this machine".to_owned()));
    }
    shared.set_site(&url);
    Ok(json!({ "site": shared.site() }))
}
