//! The cashier (收银台): where the buyer taps Pay or Cancel, whichever door led there.

use serde::{Deserialize, Serialize};

use crate::{
    gateway::Gateway,
    ledger::{Order, Prepay, Unpayable},
    message::{Request, Response},
    page, query,
    time::UnixSeconds,
};

/// How the buyer got to the cashier, and so where they go afterwards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Door {
    /// From the H5 middle page; back to this address.
    MiddlePage { return_to: String },
    /// By scanning a code; the buyer stays in WeChat.
    Scan,
    /// From a page inside WeChat, as an overlay; the outcome goes to a script of this origin.
    Bridge { origin: String },
}

/// One raised cashier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) out_trade_no: String,
    pub(crate) openid: String,
    pub(crate) door: Door,
    /// Whether it was tried with too little money.
    #[serde(default)]
    pub(crate) refused: bool,
}

/// Raises a cashier and returns its address below WeChat's base.
pub(crate) fn raise(gateway: &mut Gateway, out_trade_no: &str, openid: &str, door: Door) -> String {
    let name = gateway.random.hex(32);
    let session = Session {
        out_trade_no: out_trade_no.to_owned(),
        openid: openid.to_owned(),
        door,
        refused: false,
    };
    gateway.sessions.insert(name.clone(), session);
    format!("/cashier?session={name}")
}

/// Why a prepay cannot lead to a cashier at `now`, whichever door was taken.
pub(crate) fn refusal(
    order: &Order,
    prepay: &Prepay,
    now: UnixSeconds,
    lifetime: i64,
) -> Option<&'static str> {
    if let Err(reason) = order.payable(now) {
        return Some(reason.text());
    }
    (now >= prepay.issued_at.saturating_add(lifetime)).then_some("支付请求已失效，请重新发起支付")
}

/// `GET /cashier?session=…`; with `&window=second` it ends by itself instead of going back.
pub(crate) fn open(gateway: &Gateway, now: UnixSeconds, request: &Request) -> Response {
    let Some((name, session)) = session(gateway, request) else { return gone() };
    let Some(order) = gateway.ledger.order(&session.out_trade_no) else { return gone() };
    if let Err(reason) = order.payable(now) {
        return end(request, session, &Outcome::Refused(reason));
    }
    show(gateway, now, request, order, &name, &session)
}

fn show(
    gateway: &Gateway,
    now: UnixSeconds,
    request: &Request,
    order: &Order,
    name: &str,
    session: &Session,
) -> Response {
    let html = page::shell("微信支付", &bill(gateway, now, order, name, second_window(request)));
    let html = match session.door {
        Door::Bridge { .. } => html.replace("<body>", "<body class=\"sheet\">"),
        Door::MiddlePage { .. } | Door::Scan => html,
    };
    Response::html(200, html)
}

fn second_window(request: &Request) -> &'static str {
    if query::value(&request.query, "window") == "second" { "&window=second" } else { "" }
}

/// What is to be paid and by whom, and the two buttons.
pub(crate) fn bill(
    gateway: &Gateway,
    now: UnixSeconds,
    order: &Order,
    session: &str,
    suffix: &str,
) -> String {
    let line = |chinese: &str, english: &str, value: &str| {
        format!(
            "<div><dt>{chinese} <small lang=\"en\">{english}</small></dt><dd>{}</dd></div>",
            page::escape(value)
        )
    };
    let button = |action: &str, look: &str, chinese: &str, english: &str| {
        format!(
            "<form method=\"post\" action=\"/cashier/{action}?session={session}{suffix}\">\
<button id=\"sandbox-{action}\" class=\"{look}\">{chinese} <small lang=\"en\">{english}</small></button></form>"
        )
    };
    format!(
        "<main class=\"card\"><h1>确认支付 <small lang=\"en\">Confirm payment</small></h1>\
<p class=\"amount\">{}</p>{}<dl>{}{}{}</dl>{}{}{}</main>",
        page::yuan(order.total_fee),
        payer(gateway, now, order, session),
        line("商品", "for", order.term("body").unwrap_or_default()),
        line("收款方", "to", &format!("测试商户 {}", gateway.account.mch_id)),
        line("商户订单号", "order", &order.out_trade_no),
        button("pay", "primary", "立即支付", "Pay"),
        button("cancel", "plain", "取消", "Cancel"),
        others(gateway, now, session, suffix),
    )
}

/// Who pays, and whether the money suffices.
fn payer(gateway: &Gateway, now: UnixSeconds, order: &Order, session: &str) -> String {
    let Some(session) = gateway.sessions.get(session) else { return String::new() };
    let name = gateway.buyers.get(&session.openid).map_or("", |buyer| buyer.name.as_str());
    let balance = gateway.balance(now, &session.openid);
    let purse = balance.map_or_else(|| "不限 unlimited".to_owned(), page::yuan);
    let poor = if balance.is_some_and(|fen| fen < order.total_fee) && session.refused {
        "<p id=\"sandbox-notice\" class=\"cause\" role=\"alert\">余额不足 <small lang=\"en\">The balance is too small.</small></p>"
    } else {
        ""
    };
    format!("<p>{} <small>零钱 {purse}</small></p>{poor}", page::escape(name))
}

/// The other buyers, where the order is not made for one already.
fn others(gateway: &Gateway, now: UnixSeconds, name: &str, suffix: &str) -> String {
    let Some(session) = gateway.sessions.get(name) else { return String::new() };
    if matches!(session.door, Door::Bridge { .. }) {
        return String::new();
    }
    let buyers = gateway.buyers(now).into_iter().filter(|buyer| buyer.openid != session.openid);
    let choices: String = buyers
        .map(|buyer| {
            format!(
                "<form method=\"post\" action=\"/cashier/buyer?session={name}{suffix}&amp;openid={}\">\
<button class=\"plain\">{} <small>零钱 {}</small></button></form>",
                page::escape(&query::encode(&buyer.openid)),
                page::escape(&buyer.name),
                buyer.balance.map_or_else(|| "不限 unlimited".to_owned(), page::yuan),
            )
        })
        .collect();
    format!(
        "<details><summary>换人付款 <small lang=\"en\">Somebody else pays</small></summary>{choices}</details>"
    )
}

/// How a visit to the cashier ended.
enum Outcome {
    Paid,
    Cancelled,
    Refused(Unpayable),
}

/// `POST /cashier/pay?session=…`
pub(crate) fn pay(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    if request.method != "POST" {
        return Response::new(405, "text/plain", "");
    }
    let Some((name, session)) = session(gateway, request) else { return gone() };
    let outcome = match gateway.pay(now, &session.out_trade_no, &session.openid) {
        Ok(()) => Outcome::Paid,
        Err(Unpayable::NoMoney) => {
            if let Some(session) = gateway.sessions.get_mut(&name) {
                session.refused = true;
            }
            return open(gateway, now, request);
        }
        Err(reason) => Outcome::Refused(reason),
    };
    end(request, session, &outcome)
}

/// `POST /cashier/buyer?session=…&openid=…`: another WeChat user has the phone in hand, from the
/// moment on when the code was scanned or the page was opened.
pub(crate) fn hand_over(gateway: &mut Gateway, request: &Request) -> Response {
    let openid = query::value(&request.query, "openid");
    let known = gateway.buyers.get(&openid).is_some();
    let Some((name, session)) = session(gateway, request).filter(|_| known) else { return gone() };
    if request.method != "POST" || matches!(session.door, Door::Bridge { .. }) {
        return Response::new(405, "text/plain", "");
    }
    gateway.ledger.hand_over(&session.out_trade_no, &session.openid, &openid);
    if let Some(kind) = request.client {
        gateway.set_client(kind, None, Some(openid.clone()));
    }
    if let Some(session) = gateway.sessions.get_mut(&name) {
        session.openid = openid;
        session.refused = false;
    }
    Response::redirect(303, &format!("/cashier?session={name}{}", second_window(request)))
}

/// `POST /cashier/cancel?session=…`
pub(crate) fn cancel(gateway: &Gateway, request: &Request) -> Response {
    if request.method != "POST" {
        return Response::new(405, "text/plain", "");
    }
    let Some((_, session)) = session(gateway, request) else { return gone() };
    end(request, session, &Outcome::Cancelled)
}

fn session(gateway: &Gateway, request: &Request) -> Option<(String, Session)> {
    let name = query::value(&request.query, "session");
    let session = gateway.sessions.get(&name)?.clone();
    Some((name, session))
}

fn gone() -> Response {
    page::error("支付请求已失效，请重新发起支付", "This cashier is not known (any more).")
}

fn end(request: &Request, session: Session, outcome: &Outcome) -> Response {
    let second = !second_window(request).is_empty();
    match (session.door, outcome) {
        (Door::Bridge { origin }, outcome) => tell_page(&origin, outcome),
        (_, Outcome::Refused(reason)) => {
            page::error(reason.text(), "The order cannot be paid in its present state.")
        }
        (Door::MiddlePage { return_to }, _) if !second => Response::redirect(303, &return_to),
        (Door::MiddlePage { .. } | Door::Scan, Outcome::Paid) => {
            page::done("ok", "支付成功", "Paid. You may close this page.")
        }
        (Door::MiddlePage { .. } | Door::Scan, Outcome::Cancelled) => {
            page::done("off", "已取消支付", "Cancelled. You may close this page.")
        }
    }
}

/// Hands the outcome of an overlay to the script that opened it (see `client/bridge.js`).
fn tell_page(origin: &str, outcome: &Outcome) -> Response {
    let (word, text) = match outcome {
        Outcome::Paid => ("ok", ""),
        Outcome::Cancelled => ("cancel", ""),
        Outcome::Refused(reason) => ("fail", reason.text()),
    };
    let message = serde_json::json!({ "sandboxCashier": word, "text": text });
    // `</` would end the script element; an origin has no such characters, but it came from a page.
    let origin = serde_json::Value::from(origin).to_string().replace("</", "<\\/");
    let body = format!("<script>parent.postMessage({message},{origin})</script>");
    Response::html(200, page::shell("微信支付", &body))
}
