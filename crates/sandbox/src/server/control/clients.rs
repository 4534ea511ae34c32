//! Moving the fake clients (客户端) and the site behind them, and what the merchant has set.

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{Refused, read, write};
use crate::{
    buyers::BuyerChanges,
    client::{ClientKind, Device},
    message::Response,
    platform::PlatformSettings,
    query,
    server::{Shared, is_local},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    ip: Option<IpAddr>,
    /// The `openid` of a buyer; one who is not known yet is made.
    #[serde(alias = "openid")]
    buyer: Option<String>,
    device: Option<Device>,
}

pub(super) fn client(shared: &Shared, name: &str, body: &[u8]) -> Result<Value, Refused> {
    let kind = match name {
        "wechat" => ClientKind::Wechat,
        "phone" => ClientKind::Phone,
        "desktop" => ClientKind::Desktop,
        _ => return Err((404, format!("expected wechat, phone or desktop, found `{name}`"))),
    };
    let Move { ip, buyer, device } = read(body)?;
    if device.is_some_and(|device| device.kind() != kind) {
        return Err((400, format!("this device is no `{name}` client")));
    }
    let mut gateway = shared.gateway();
    gateway.set_client(kind, ip, buyer);
    if let Some(device) = device {
        gateway.set_device(device);
    }
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
        return Err(not_local());
    }
    shared.set_site(&url);
    Ok(json!({ "site": shared.site() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    openid: String,
    name: Option<String>,
    /// `null` pays everything, and is something else than nothing said.
    #[serde(default, deserialize_with = "said")]
    balance: Option<Option<u64>>,
    snapshot: Option<bool>,
}

fn said<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(source).map(Some)
}

pub(super) fn buyer(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let Person { openid, name, balance, snapshot } = read(body)?;
    let now = shared.clock.now();
    let mut gateway = shared.gateway();
    gateway.set_buyer(now, &openid, BuyerChanges { name, balance, snapshot });
    write(gateway.buyers(now).into_iter().find(|buyer| buyer.openid == openid))
}

/// Every device there is, and which client it is.
pub(super) fn devices() -> Value {
    let device = |device: Device| {
        json!({
            "device": device,
            "client": device.kind(),
            "chinese": device.chinese(),
            "english": device.english(),
            "user_agent": device.user_agent(),
        })
    };
    Device::ALL.map(device).to_vec().into()
}

/// `?as=<device>&url=<address on this machine>&buyer=<openid>`: the device goes there in this
/// buyer's hands. Without `url` it goes to the site's first page, without `buyer` nobody else takes it.
pub(super) fn open(shared: &Shared, text: &str) -> Result<Response, Refused> {
    let name = query::value(text, "as");
    let device = Device::named(&name).ok_or_else(|| {
        (400, format!("expected `as` to be one of /sandbox/devices, found `{name}`"))
    })?;
    let buyer = Some(query::value(text, "buyer")).filter(|openid| !openid.is_empty());
    let address = query::value(text, "url");
    let address = if address.is_empty() { format!("{}/", shared.site()) } else { address };
    let origin = url::Url::parse(&address).map(|url| url.origin().ascii_serialization());
    let origin = origin.ok().filter(|_| is_local(&address)).ok_or_else(not_local)?;
    let path = address.strip_prefix(&origin).ok_or_else(not_local)?;
    let (door, pages, is_shop, is_wechat) = {
        let mut gateway = shared.gateway();
        gateway.set_device(device);
        gateway.set_client(device.kind(), None, buyer);
        let at = gateway.addresses();
        let (door, pages) = at.of(device.kind());
        let is_shop = [&at.wechat, &at.phone, &at.desktop].contains(&&origin);
        let wechats = [&at.gateway, &at.wechat_pages, &at.phone_pages, &at.desktop_pages];
        (door.to_owned(), pages.to_owned(), is_shop, wechats.contains(&&origin))
    };
    if !is_shop && !is_wechat {
        shared.set_site(&origin);
    }
    let base = if is_wechat { pages } else { door };
    Ok(Response::redirect(302, &format!("{base}{path}")))
}

fn not_local() -> Refused {
    (400, "expected an http:// address on this machine".to_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingChanges {
    pay_dirs: Option<Vec<String>>,
    ip_whitelist: Option<Vec<IpAddr>>,
}

pub(super) fn settings(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let SettingChanges { pay_dirs, ip_whitelist } = read(body)?;
    let mut gateway = shared.gateway();
    let PlatformSettings { pay_dirs: old_dirs, ip_whitelist: old_list } =
        gateway.platform().clone();
    let settings = PlatformSettings {
        pay_dirs: pay_dirs.unwrap_or(old_dirs),
        ip_whitelist: ip_whitelist.unwrap_or(old_list),
    };
    settings.check().map_err(|reason| (400, reason))?;
    gateway.set_platform(settings);
    write(gateway.platform())
}
