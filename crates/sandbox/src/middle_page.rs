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
    Response::html(200, raised(gateway, now, order, &cashier, &return_to))
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
fn raised(
    gateway: &Gateway,
    now: UnixSeconds,
    order: &Order,
    cashier: &str,
    return_to: &str,
) -> String {
    let session = cashier.split_once('=').map_or("", |(_, session)| session);
    let body = cashier::bill(gateway, now, order, session, "");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::{BUYER, ClientKind, Device},
        shop::{NO, NOW, Shop, error_text, with},
    };

    const SHOP: &str = "http://localhost:8992/";
    const BACK: &str = "&redirect_url=http%3A%2F%2Flocalhost%3A8992%2Fback%3Fa%3D1%26b%3D2";

    fn ordered() -> (Shop, String) {
        let mut shop = Shop::open();
        let mweb_url = shop.order("MWEB").get("mweb_url").unwrap().to_owned();
        (shop, mweb_url)
    }

    fn visit(shop: &mut Shop, kind: ClientKind, mweb_url: &str, referer: Option<&str>) -> Response {
        let mut request =
            Request::get(mweb_url.trim_start_matches("http://127.0.0.1:8990")).through(kind);
        if let Some(referer) = referer {
            request = request.with_header("Referer", referer);
        }
        shop.gateway.handle(shop.now, &request).unwrap()
    }

    fn refused(shop: &mut Shop, mweb_url: &str, referer: Option<&str>) -> String {
        error_text(&visit(shop, ClientKind::Phone, mweb_url, referer)).expect("a refusal")
    }

    #[test]
    fn a_buyer_who_comes_from_the_shop_pays_and_returns_to_redirect_url() {
        let (mut shop, mweb_url) = ordered();
        let page = visit(&mut shop, ClientKind::Phone, &format!("{mweb_url}{BACK}"), Some(SHOP));
        assert!(page.text().contains("id=\"sandbox-pay\"") && page.text().contains("¥9.90"));
        let back = shop.press(ClientKind::Phone, &page, "pay");
        assert_eq!(
            (back.status, back.header("location")),
            (303, Some("http://localhost:8992/back?a=1&b=2"))
        );
        assert_eq!(shop.query().get("trade_state"), Some("SUCCESS"));
    }

    #[test]
    fn a_buyer_who_cancels_returns_unpaid_to_where_they_came_from() {
        let (mut shop, mweb_url) = ordered();
        let page =
            visit(&mut shop, ClientKind::Phone, &mweb_url, Some("http://localhost:8992/cart"));
        let back = shop.press(ClientKind::Phone, &page, "cancel");
        assert_eq!(back.header("location"), Some("http://localhost:8992/cart"));
        assert_eq!(shop.query().get("trade_state"), Some("NOTPAY"));
    }

    #[test]
    fn another_address_than_spbill_create_ip_is_refused() {
        let (mut shop, mweb_url) = ordered();
        let elsewhere = "198.51.100.9".parse().unwrap();
        shop.gateway.set_client(ClientKind::Phone, Some(elsewhere), None);
        assert_eq!(
            refused(&mut shop, &mweb_url, Some(SHOP)),
            "网络环境未能通过安全验证，请稍后再试"
        );
    }

    #[test]
    fn an_empty_referer_is_refused() {
        let (mut shop, mweb_url) = ordered();
        assert_eq!(refused(&mut shop, &mweb_url, None), "商家参数格式有误，请联系商家解决");
        assert_eq!(refused(&mut shop, &mweb_url, Some("")), "商家参数格式有误，请联系商家解决");
    }

    #[test]
    fn a_referer_or_redirect_url_on_a_foreign_host_is_refused() {
        const TEXT: &str = "商家存在未配置的参数，请联系商家解决";
        let (mut shop, mweb_url) = ordered();
        for referer in [
            "http://evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1:8992/",
            "localhost",
        ] {
            assert_eq!(refused(&mut shop, &mweb_url, Some(referer)), TEXT, "{referer}");
        }
        let foreign = format!("{mweb_url}&redirect_url=http%3A%2F%2Fevil.example%2F");
        assert_eq!(refused(&mut shop, &foreign, Some(SHOP)), TEXT);
    }

    #[test]
    fn after_five_minutes_the_address_is_dead() {
        let (mut shop, mweb_url) = ordered();
        shop.now = NOW + MWEB_SECONDS - 1;
        assert_eq!(error_text(&visit(&mut shop, ClientKind::Phone, &mweb_url, Some(SHOP))), None);
        shop.now = NOW + MWEB_SECONDS;
        assert_eq!(refused(&mut shop, &mweb_url, Some(SHOP)), "支付请求已失效，请重新发起支付");
    }

    #[test]
    fn inside_wechat_the_buyer_is_sent_outside() {
        let (mut shop, mweb_url) = ordered();
        let page = visit(&mut shop, ClientKind::Wechat, &mweb_url, Some("http://localhost:8991/"));
        assert_eq!(error_text(&page).as_deref(), Some("请在微信外打开订单，进行支付"));
    }

    #[test]
    fn a_mini_programs_page_is_inside_wechat_and_wecom_is_not() {
        for (device, inside) in [(Device::MiniProgram, true), (Device::Wecom, false)] {
            let mut shop = Shop::open();
            let terms = with(&Shop::terms("MWEB"), "spbill_create_ip", "203.0.113.8");
            let mweb_url =
                shop.call("/pay/unifiedorder", &terms).get("mweb_url").unwrap().to_owned();
            shop.gateway.set_device(device);
            let from = Some("http://localhost:8991/");
            let page = visit(&mut shop, ClientKind::Wechat, &mweb_url, from);
            assert_eq!(error_text(&page).is_some(), inside, "{device:?}");
        }
    }

    #[test]
    fn a_second_wechat_user_is_refused_in_the_words_of_their_phone() {
        for (device, text) in
            [(Device::IosSafari, "签名验证失败"), (Device::AndroidChrome, "系统繁忙，请稍后再试")]
        {
            let (mut shop, mweb_url) = ordered();
            for _ in 0..2 {
                let page = visit(&mut shop, ClientKind::Phone, &mweb_url, Some(SHOP));
                assert_eq!(error_text(&page), None, "the first user may come again");
            }
            let second = Some("oSomebodyElse".to_owned());
            shop.gateway.set_client(ClientKind::Phone, None, second);
            shop.gateway.set_device(device);
            assert_eq!(refused(&mut shop, &mweb_url, Some(SHOP)), text);
        }
    }

    #[test]
    fn an_unencoded_a_cut_and_a_twice_encoded_redirect_url_are_refused() {
        for tail in [
            "&redirect_url=http://localhost:8992/back",
            "&redirect_url=http://localhost:8992/back?a=1&b=2",
            "&redirect_url=http%3A%2F%2Flocalhost%3A8992%2Fback&b=2",
            "&redirect_url=http%253A%252F%252Flocalhost%253A8992%252Fback",
            "&redirect_url=",
            "&redirect_url=%2Fback",
        ] {
            let (mut shop, mweb_url) = ordered();
            assert_eq!(
                refused(&mut shop, &format!("{mweb_url}{tail}"), Some(SHOP)),
                "签名验证失败",
                "{tail}"
            );
        }
    }

    #[test]
    fn a_cut_or_altered_mweb_url_is_refused() {
        let (mut shop, mweb_url) = ordered();
        let (without_package, _) = mweb_url.split_once("&package").unwrap();
        assert_eq!(refused(&mut shop, without_package, Some(SHOP)), "签名验证失败");
        assert_eq!(refused(&mut shop, &format!("{mweb_url}1"), Some(SHOP)), "签名验证失败");
    }

    #[test]
    fn a_loopback_address_in_the_order_is_refused() {
        for ip in ["127.0.0.1", "::1"] {
            let mut shop = Shop::open();
            let terms = with(&Shop::terms("MWEB"), "spbill_create_ip", ip);
            let mweb_url =
                shop.call("/pay/unifiedorder", &terms).get("mweb_url").unwrap().to_owned();
            assert_eq!(
                refused(&mut shop, &mweb_url, Some(SHOP)),
                "由于商家传入的H5交易参数有误，该笔交易暂时无法完成，请联系商家解决"
            );
        }
    }

    #[test]
    fn an_address_written_in_ipv6_is_the_same_address() {
        let mut shop = Shop::open();
        let terms = with(&Shop::terms("MWEB"), "spbill_create_ip", "::ffff:203.0.113.7");
        let mweb_url = shop.call("/pay/unifiedorder", &terms).get("mweb_url").unwrap().to_owned();
        assert_eq!(error_text(&visit(&mut shop, ClientKind::Phone, &mweb_url, Some(SHOP))), None);
    }

    #[test]
    fn a_paid_or_closed_order_says_so() {
        let (mut shop, mweb_url) = ordered();
        shop.gateway.pay(NOW, NO, BUYER).unwrap();
        assert_eq!(refused(&mut shop, &mweb_url, Some(SHOP)), "该订单已支付");
        let (mut shop, mweb_url) = ordered();
        shop.close();
        assert_eq!(refused(&mut shop, &mweb_url, Some(SHOP)), "该订单已关闭");
    }

    #[test]
    fn a_cashier_in_a_second_window_ends_there() {
        let (mut shop, mweb_url) = ordered();
        let page = visit(&mut shop, ClientKind::Phone, &mweb_url, Some(SHOP)).text();
        let href =
            page.split_once("target=\"_blank\" href=\"").unwrap().1.split('"').next().unwrap();
        let second = shop.get(ClientKind::Phone, &href.replace("&amp;", "&"));
        let done = shop.press(ClientKind::Phone, &second, "pay");
        assert!(done.text().contains("支付成功"));
    }
}
