//! 扫一扫: the fake WeChat scans a NATIVE code.

use crate::{
    cashier::{self, Door},
    gateway::Gateway,
    ledger::{PREPAY_SECONDS, TradeType},
    message::{Request, Response},
    page, query,
    time::UnixSeconds,
};

/// The newest orders whose codes are listed, if they are open.
const CODES_FROM: usize = 200;

/// `GET /scan` lists the newest open codes; `GET /scan?code_url=…` scans one.
pub(crate) fn open(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let visitor = gateway.visitor(request);
    if !visitor.in_wechat() {
        return page::error(
            "请使用微信扫描二维码",
            "Only the WeChat client scans codes: open this page there.",
        );
    }
    let code_url = query::value(&request.query, "code_url");
    if code_url.is_empty() {
        return list(gateway, now);
    }
    let Some((order, prepay)) = gateway.ledger.by_code_url(&code_url) else {
        return page::error("二维码已失效", "This `code_url` was never handed out here.");
    };
    let newest = order.newest().is_some_and(|newest| newest.prepay_id == prepay.prepay_id);
    // Source: 统一下单: ordering again gives a new code_url and kills the old one.
    // UNCONFIRMED: the wording.
    if !newest {
        return page::error(
            "二维码已失效",
            "A newer `code_url` of the same order replaced this one.",
        );
    }
    if let Some(text) = cashier::refusal(order, prepay, now, PREPAY_SECONDS) {
        return page::error(text, "The order cannot be paid with this code any more.");
    }
    let (out_trade_no, prepay_id) = (order.out_trade_no.clone(), prepay.prepay_id.clone());
    if !gateway.ledger.claim(&prepay_id, &visitor.openid) {
        return page::error(
            "商家订单信息有误，请重新下单支付",
            "Another WeChat user has scanned this code already.",
        );
    }
    let cashier = cashier::raise(gateway, &out_trade_no, &visitor.openid, Door::Scan);
    Response::redirect(302, &cashier)
}

fn list(gateway: &Gateway, now: UnixSeconds) -> Response {
    let orders = gateway.ledger.newest(None, CODES_FROM);
    let codes: String = orders
        .iter()
        .filter(|order| order.trade_type == TradeType::Native && order.payable(now).is_ok())
        .filter_map(|order| Some((order, order.newest()?.code_url.as_deref()?)))
        .map(|(order, code_url)| {
            format!(
                "<li><a href=\"/scan?code_url={}\"><span>{}<br><small>{}</small></span><b>{}</b></a></li>",
                query::encode(code_url),
                page::escape(order.term("body").unwrap_or_default()),
                page::escape(&order.out_trade_no),
                page::yuan(order.total_fee),
            )
        })
        .collect();
    let codes = if codes.is_empty() {
        "<p>没有待支付的二维码 <small lang=\"en\">no open codes</small></p>".to_owned()
    } else {
        format!("<ul class=\"codes\">{codes}</ul>")
    };
    let body = format!(
        "<main class=\"card\"><h1>扫一扫 <small lang=\"en\">Scan</small></h1>{codes}\
<form action=\"/scan\"><label>二维码内容 <small lang=\"en\">code content</small>\
<input name=\"code_url\" placeholder=\"weixin://wxpay/bizpayurl?pr=…\" required></label>\
<button class=\"primary\">扫描 <small lang=\"en\">Scan</small></button></form></main>"
    );
    Response::html(200, page::shell("扫一扫", &body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::ClientKind,
        shop::{NOW, Shop, error_text},
    };

    fn scan(shop: &mut Shop, kind: ClientKind, code_url: &str) -> Response {
        shop.get(kind, &format!("/scan?code_url={}", query::encode(code_url)))
    }

    fn ordered() -> (Shop, String) {
        let mut shop = Shop::open();
        let code_url = shop.order("NATIVE").get("code_url").unwrap().to_owned();
        (shop, code_url)
    }

    #[test]
    fn a_scanned_code_leads_to_the_cashier_and_is_paid_there() {
        let (mut shop, code_url) = ordered();
        assert!(shop.get(ClientKind::Wechat, "/scan").text().contains("¥9.90"));
        let reply = scan(&mut shop, ClientKind::Wechat, &code_url);
        assert_eq!(reply.status, 302);
        let page = shop.get(ClientKind::Wechat, reply.header("location").unwrap());
        assert!(shop.press(ClientKind::Wechat, &page, "pay").text().contains("支付成功"));
        assert_eq!(shop.query().get("trade_state"), Some("SUCCESS"));
        assert!(shop.get(ClientKind::Wechat, "/scan").text().contains("没有待支付的二维码"));
        assert_eq!(
            error_text(&shop.press(ClientKind::Wechat, &page, "pay")).as_deref(),
            Some("该订单已支付")
        );
    }

    #[test]
    fn only_the_newest_code_of_an_order_works_and_only_for_two_hours() {
        let (mut shop, old) = ordered();
        let new = shop.order("NATIVE").get("code_url").unwrap().to_owned();
        assert_eq!(
            error_text(&scan(&mut shop, ClientKind::Wechat, &old)).as_deref(),
            Some("二维码已失效")
        );
        assert_eq!(scan(&mut shop, ClientKind::Wechat, &new).status, 302);
        shop.now = NOW + PREPAY_SECONDS;
        assert!(error_text(&scan(&mut shop, ClientKind::Wechat, &new)).is_some());
    }

    #[test]
    fn two_users_cannot_scan_one_code_and_a_browser_cannot_scan_at_all() {
        let (mut shop, code_url) = ordered();
        assert!(error_text(&scan(&mut shop, ClientKind::Phone, &code_url)).is_some());
        assert_eq!(scan(&mut shop, ClientKind::Wechat, &code_url).status, 302);
        shop.gateway.set_client(ClientKind::Wechat, None, Some("oSomebodyElse".to_owned()));
        let text = error_text(&scan(&mut shop, ClientKind::Wechat, &code_url));
        assert_eq!(text.as_deref(), Some("商家订单信息有误，请重新下单支付"));
    }
}
