//! The home page `/`: the doors into the shop, the orders, the clock and the faults.

use crate::{gateway::Gateway, message::Response, page};

const PAGE: &str = include_str!("page/home.html");

/// `GET /`. The page reads the control API of the host it is served from.
pub(crate) fn page(gateway: &Gateway) -> Response {
    let addresses = &gateway.addresses;
    let account = &gateway.account;
    let sign_type = account.sign_type.map_or("MD5 / HMAC-SHA256", |sign_type| sign_type.as_str());
    let html = [
        ("__GATEWAY__", &addresses.gateway),
        ("__WECHAT__", &addresses.wechat),
        ("__WECHAT_PAGES__", &addresses.wechat_pages),
        ("__PHONE__", &addresses.phone),
        ("__DESKTOP__", &addresses.desktop),
        ("__APPID__", &account.appid),
        ("__MCH_ID__", &account.mch_id),
        ("__SIGN_TYPE__", &sign_type.to_owned()),
    ]
    .iter()
    .fold(PAGE.to_owned(), |html, (name, value)| html.replace(name, &page::escape(value)));
    Response::html(200, html)
}
