//! H5 支付中间页 `GET /cgi-bin/mmpayweb-bin/checkmweb`: every check that stands between a
//! `mweb_url` and the cashier, in WeChat's own words.
//!
//! Source: pay.weixin.qq.com H5支付 常见问题. UNCONFIRMED: the order of the checks when several
//! fail at once.

use std::net::IpAddr;

use crate::{
    cashier::{self, Door},
    gateway::{Gateway, Visitor},
    ledger::{MWEB_SECONDS, Order},
    message::{Request, Response},
    page, query,
    time::UnixSeconds,
};

/// A refusal: WeChat's text, and the cause for the developer.
type Refused = (&'static str, &'static str);

const INSIDE_WECHAT: Refused =
    ("请在微信外打开订单，进行支付", "H5 payment does not work inside WeChat; use JSAPI there.");
const NO_REFERER: Refused = (
    "商家参数格式有误，请联系商家解决",
    "The Referer was empty: `mweb_url` has to be opened by navigation from the shop's page.",
);
const FOREIGN_REFERER: Refused =
    ("商家存在未配置的参数，请联系商家解决", "The Referer's host is not the registered H5 domain.");
const FOREIGN_REDIRECT: Refused = (
    "商家存在未配置的参数，请联系商家解决",
    "The host of `redirect_url` is not the registered H5 domain.",
);
const TOO_LATE: Refused = (
    "支付请求已失效，请重新发起支付",
    "`mweb_url` is older than five minutes: order again for a new one.",
);
const LOOPBACK_IP: Refused = (
    "由于商家传入的H5交易参数有误，该笔交易暂时无法完成，请联系商家解决",
    "`spbill_create_ip` was a loopback address, not the buyer's.",
);
const OTHER_IP: Refused = (
    "网络环境未能通过安全验证，请稍后再试",
    "The buyer's address now differs from `spbill_create_ip`.",
);

/// Which of two texts one and the same refusal has depends on the phone.
const fn broken_link(on_android: bool, cause: &'static str) -> Refused {
    (if on_android { "系统繁忙，请稍后再试" } else { "签名验证失败" }, cause)
}

/// Answers a visit.
pub(crate) fn open(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let visitor = gateway.visitor(request);
    let (out_trade_no, return_to) = match admit(gateway, now, request, &visitor) {
        Ok(admitted) => admitted,
        Err((text, cause)) => return page::error(text, cause),
    };
    let door = Door::MiddlePage { return_to: return_to.clone() };
    let cashier = cashier::raise(gateway, &out_trade_no, &visitor.openid, door);
    let Some(order) = gateway.ledger.order(&out_trade_no) else {
        return page::error(TOO_LATE.0, TOO_LATE.1);
    };
    Response::html(200, raised(gateway, order, &cashier, &return_to))
}

/// Every rule, in order; what passes is the order's number and where the buyer goes afterwards.
fn admit(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    visitor: &Visitor,
) -> Result<(String, String), Refused> {
    if visitor.in_wechat() {
        return Err(INSIDE_WECHAT);
    }
    let broken = |cause| broken_link(visitor.on_android(), cause);
    let prepay_id = query::value(&request.query, "prepay_id");
    let package = query::value(&request.query, "package");
    let (order, prepay) = gateway
        .ledger
        .by_prepay_id(&prepay_id)
        .filter(|(_, prepay)| prepay.mweb_url.is_some() && prepay.package == package)
        .ok_or_else(|| {
            broken(
                "`prepay_id` and `package` are not those of a `mweb_url`: it was cut or changed.",
            )
        })?;
    let referer = request.header("referer").unwrap_or_default();
    if referer.is_empty() {
        return Err(NO_REFERER);
    }
    // Browsers send only the origin across origins (strict-origin-when-cross-origin); its host is
    // all that is looked at.
    if !gateway.is_registered(referer) {
        return Err(FOREIGN_REFERER);
    }
    let return_to = match redirect_url(&request.query).map_err(broken)? {
        Some(address) if !gateway.is_registered(&address) => return Err(FOREIGN_REDIRECT),
        Some(address) => address,
        None => referer.to_owned(),
    };
    if let Some(text) = cashier::refusal(order, prepay, now, MWEB_SECONDS) {
        return Err((
            text,
            if text == TOO_LATE.0 {
                TOO_LATE.1
            } else {
                "The order cannot be paid in its present state."
            },
        ));
    }
    check_ip(order, visitor.ip)?;
    let out_trade_no = order.out_trade_no.clone();
    if !gateway.ledger.claim(&prepay_id, &visitor.openid) {
        return Err(broken("Another WeChat user has opened this `mweb_url` already."));
    }
    Ok((out_trade_no, return_to))
}

fn check_ip(order: &Order, seen: IpAddr) -> Result<(), Refused> {
    let given: Option<IpAddr> = order.term("spbill_create_ip").and_then(|text| text.parse().ok());
    match given.map(|ip| ip.to_canonical()) {
        Some(ip) if ip.is_loopback() => Err(LOOPBACK_IP),
        Some(ip) if ip == seen.to_canonical() => Ok(()),
        _ => Err(OTHER_IP),
    }
}

/// The decoded `redirect_url`, or why it is not encoded as it has to be.
///
/// UNCONFIRMED: how the real page notices. Here a value counts as not encoded when `://` stands in
/// it bare, when names that are not WeChat's follow (an unencoded `&` cut the address there), or
/// when decoding it once does not give an absolute address (cut off, or encoded twice).
fn redirect_url(text: &str) -> Result<Option<String>, &'static str> {
    if query::pairs(text).any(|(name, _)| !matches!(name, "prepay_id" | "package" | "redirect_url"))
    {
        return Err("`redirect_url` was not encoded: its own `&` ended it early.");
    }
    let Some(raw) = query::raw(text, "redirect_url") else { return Ok(None) };
    if raw.contains("://") {
        return Err("`redirect_url` was not encoded: it holds a bare `://`.");
    }
    let address = query::decode(raw);
    if url::Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        Ok(Some(address))
    } else {
        Err("`redirect_url` decoded once is not an absolute address: cut off, or encoded twice.")
    }
}

/// The cashier, raised. The real page leaves for the WeChat app and comes back by itself after
/// five seconds; here the cashier is in the page, and only when it is opened as a second window
/// does this one go back by itself.
fn raised(gateway: &Gateway, order: &Order, cashier: &str, return_to: &str) -> String {
    let session = cashier.split_once('=').map_or("", |(_, session)| session);
    let body = cashier::bill(gateway, order, session, "");
    let second = format!(
        "<p class=\"second\"><a id=\"sandbox-second-window\" target=\"_blank\" href=\"{}&amp;window=second\">\
在另一窗口打开收银台（本页 5 秒后自动返回，如同真实情形）</a><br>\
<span lang=\"en\">Open the cashier as a second window: this page then goes back after 5 s, as the real one does.</span></p></main>\
<script>document.getElementById('sandbox-second-window').addEventListener('click',function(){{\
document.querySelectorAll('button').forEach(function(button){{button.disabled=true}});\
setTimeout(function(){{location.replace({})}},5000)}})</script>",
        page::escape(cashier),
        serde_json::Value::from(return_to).to_string().replace("</", "<\\/"),
    );
    page::shell("微信支付", &body.replace("</main>", &second))
}
