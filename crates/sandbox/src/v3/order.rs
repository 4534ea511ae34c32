//! 下单 `POST /v3/pay/transactions/{jsapi|h5|native|app}`. An identical repeat is the same order and
//! gets a new prepay.
//!
//! Source: pay.weixin.qq.com V3 JSAPI下单, H5下单, Native下单, APP下单.

use serde_json::json;

use super::{
    call::{ALREADY_PAID, Call, Refusal, Reply},
    terms::Terms,
};
use crate::{
    fault::FaultChanges,
    gateway::Gateway,
    ledger::{Api, ORDER_SECONDS, Order, TradeType},
    ordering::NotAgain,
    time::UnixSeconds,
};

/// Source: V3 下单, `time_expire`: what is nearer than a minute becomes a minute.
const SHORTEST_SECONDS: i64 = 60;

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    let terms = Terms::read(&gateway.account, call)?;
    let trade_type = terms.trade_type;
    let prepay = gateway.order(now, order(now, terms), |_| Ok::<(), Refusal>(()))?;
    Ok(Reply::Json(match trade_type {
        TradeType::Jsapi | TradeType::App => json!({ "prepay_id": prepay.prepay_id }),
        TradeType::Mweb => json!({ "h5_url": prepay.mweb_url }),
        TradeType::Native => json!({ "code_url": prepay.code_url }),
    }))
}

impl From<NotAgain> for Refusal {
    /// UNCONFIRMED: the words and the status for paid orders; that `OUT_TRADE_NO_USED` goes with
    /// what changed is one of two versions in the documentation.
    fn from(reason: NotAgain) -> Self {
        match reason {
            NotAgain::Paid => Self::new(400, "ORDER_PAID", "该订单已支付").tail(ALREADY_PAID),
            NotAgain::Closed => Self::new(400, "ORDER_CLOSED", "该订单已关闭"),
            NotAgain::Changed => {
                Self::new(403, "OUT_TRADE_NO_USED", "商户订单号重复，请核实后再试")
            }
        }
    }
}

fn order(now: UnixSeconds, terms: Terms) -> Order {
    // Source: the same page. UNCONFIRMED: how far away is too far; pages say 7, 15 and 90 days.
    let soonest = now.saturating_add(SHORTEST_SECONDS);
    let latest = now.saturating_add(ORDER_SECONDS);
    Order {
        out_trade_no: terms.out_trade_no,
        api: Api::V3,
        terms: terms.fields,
        trade_type: terms.trade_type,
        total_fee: terms.total_fee,
        sign_type: None,
        created_at: now,
        expires_at: terms.expires_at.map(|expiry| expiry.clamp(soonest, latest)),
        prepays: Vec::new(),
        payment: None,
        closed_at: None,
        refunds: Vec::new(),
        notices: Vec::new(),
        faults: FaultChanges::default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        client::{BUYER, ClientKind},
        fault::{Faults, OrderFault},
        message::Request,
        shop::{NO, NOW, Shop, refusal as v2_refusal},
        time::to_rfc3339,
        v3::shop::refusal,
    };

    fn changed(kind: &str, pointer: &str, value: Value) -> (Shop, Value) {
        let shop = Shop::open();
        let mut terms = shop.v3_terms(kind);
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        terms.pointer_mut(parent).unwrap()[name] = value;
        (shop, terms)
    }

    #[test]
    fn each_way_to_pay_gets_what_it_needs_and_nothing_else() {
        for (kind, name, start) in [
            ("jsapi", "prepay_id", "wx15160000"),
            ("app", "prepay_id", "wx15160000"),
            ("native", "code_url", "weixin://wxpay/bizpayurl?pr="),
            ("h5", "h5_url", "http://127.0.0.1:8990/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx"),
        ] {
            let (status, answer) = Shop::open().v3_order(kind);
            assert_eq!(status, 200);
            assert!(answer[name].as_str().unwrap().starts_with(start), "{answer}");
            assert_eq!(answer.as_object().unwrap().len(), 1);
        }
    }

    #[test]
    fn every_field_rule_is_kept() {
        for (kind, pointer, value, code, field) in [
            ("jsapi", "/payer", json!(null), "PARAM_ERROR", "/payer/openid"),
            ("jsapi", "/payer/openid", json!("x".repeat(129)), "PARAM_ERROR", "/payer/openid"),
            ("jsapi", "/description", json!("长".repeat(128)), "PARAM_ERROR", "/description"),
            ("jsapi", "/attach", json!("长".repeat(129)), "PARAM_ERROR", "/attach"),
            ("jsapi", "/out_trade_no", json!("12345"), "PARAM_ERROR", "/out_trade_no"),
            ("jsapi", "/out_trade_no", json!("ORDER@00001"), "PARAM_ERROR", "/out_trade_no"),
            ("jsapi", "/amount/total", json!(0), "PARAM_ERROR", "/amount/total"),
            ("jsapi", "/amount/total", json!("990"), "PARAM_ERROR", "/amount/total"),
            ("jsapi", "/amount/total", json!(9.9), "PARAM_ERROR", "/amount/total"),
            ("jsapi", "/amount/currency", json!("USD"), "PARAM_ERROR", "/amount/currency"),
            ("jsapi", "/notify_url", json!("http://a/n?x=1"), "PARAM_ERROR", "/notify_url"),
            ("jsapi", "/notify_url", json!("/notify"), "PARAM_ERROR", "/notify_url"),
            ("jsapi", "/time_expire", json!("2027-01-16 00:00:00"), "PARAM_ERROR", "/time_expire"),
            ("jsapi", "/scene_info", json!({}), "PARAM_ERROR", "/scene_info/payer_client_ip"),
            ("jsapi", "/total_fee", json!(1), "INVALID_REQUEST", ""),
            ("native", "/payer", json!({ "openid": BUYER }), "INVALID_REQUEST", ""),
            ("h5", "/scene_info", json!(null), "PARAM_ERROR", "/scene_info"),
            (
                "h5",
                "/scene_info/payer_client_ip",
                json!("localhost"),
                "PARAM_ERROR",
                "/scene_info/payer_client_ip",
            ),
            (
                "h5",
                "/scene_info/h5_info/type",
                json!("H5"),
                "PARAM_ERROR",
                "/scene_info/h5_info/type",
            ),
            ("jsapi", "/mchid", json!("1900000110"), "MCH_NOT_EXISTS", ""),
            ("jsapi", "/appid", json!("wx0000000000000000"), "APPID_MCHID_NOT_MATCH", ""),
        ] {
            let (mut shop, terms) = changed(kind, pointer, value.clone());
            let answer = shop.v3_post(&format!("/v3/pay/transactions/{kind}"), &terms);
            assert_eq!(refusal(&answer), (400, code), "{pointer} {value}");
            let named = answer.1["detail"]["field"].as_str().unwrap_or_default();
            assert_eq!(named, field, "{pointer} {value}");
            assert_eq!(shop.gateway.ledger().orders().count(), 0);
        }
    }

    #[test]
    fn an_identical_repeat_gets_a_new_prepay_and_any_other_is_a_used_number() {
        let mut shop = Shop::open();
        let (first, second) = (shop.v3_order("jsapi"), shop.v3_order("jsapi"));
        assert_eq!((first.0, second.0), (200, 200));
        assert_ne!(first.1["prepay_id"], second.1["prepay_id"]);
        for (pointer, value) in [
            ("/amount/total", json!(991)),
            ("/description", json!("咖啡")),
            ("/attach", json!("new")),
            ("/payer/openid", json!("oSomebodyElse")),
            ("/goods_tag", json!("tea")),
        ] {
            let (_, terms) = changed("jsapi", pointer, value);
            let answer = shop.v3_post("/v3/pay/transactions/jsapi", &terms);
            assert_eq!(refusal(&answer), (403, "OUT_TRADE_NO_USED"), "{pointer}");
        }
        assert_eq!(refusal(&shop.v3_order("native")), (403, "OUT_TRADE_NO_USED"));
        let by_v2 = shop.order("JSAPI");
        assert_eq!(v2_refusal(&by_v2).0, "INVALID_REQUEST", "one number is one order");
    }

    #[test]
    fn a_paid_order_and_a_closed_one_are_not_ordered_again() {
        let mut shop = Shop::open();
        shop.v3_order("jsapi");
        shop.pay();
        assert_eq!(refusal(&shop.v3_order("jsapi")), (400, "ORDER_PAID"));
        let mut shop = Shop::open();
        shop.v3_order("jsapi");
        assert_eq!(shop.v3_close().0, 204);
        assert_eq!(refusal(&shop.v3_order("jsapi")), (400, "ORDER_CLOSED"));
    }

    #[test]
    fn an_expiry_too_near_is_moved_away_and_then_ends_the_order() {
        let (mut shop, terms) = changed("jsapi", "/time_expire", json!(to_rfc3339(NOW + 1)));
        assert_eq!(shop.v3_post("/v3/pay/transactions/jsapi", &terms).0, 200);
        let order = shop.gateway.ledger().order(NO).unwrap();
        assert_eq!(order.expires_at, Some(NOW + 60));
        shop.now = NOW + 60;
        let again = shop.v3_post("/v3/pay/transactions/jsapi", &terms);
        assert_eq!(refusal(&again), (400, "ORDER_CLOSED"));
    }

    #[test]
    fn the_order_faults_differ_in_what_they_leave_behind() {
        for (order, status, made) in [
            (OrderFault::Systemerror, Some(500), 0),
            (OrderFault::SystemerrorAfterEffect, Some(500), 1),
            (OrderFault::Timeout, None, 1),
        ] {
            let mut shop = Shop::open();
            shop.gateway.set_faults(Faults { order, ..Faults::default() });
            let terms = shop.v3_terms("jsapi").to_string();
            let reply = shop.v3_send(Request::post("/v3/pay/transactions/jsapi", terms));
            assert_eq!(reply.map(|reply| reply.status), status);
            assert_eq!(shop.gateway.ledger().orders().count(), made);
            shop.gateway.set_faults(Faults::default());
            assert_eq!(shop.v3_order("jsapi").0, 200, "the repeat heals it");
        }
    }

    #[test]
    fn a_life_of_an_order_is_told_in_the_words_of_v3() {
        let mut shop = Shop::open();
        assert_eq!(refusal(&shop.v3_query()), (404, "ORDER_NOT_EXIST"));
        shop.v3_order("jsapi");
        let (_, unpaid) = shop.v3_query();
        assert_eq!(unpaid["trade_state"], "NOTPAY");
        assert!(unpaid.get("transaction_id").is_none() && unpaid.get("amount").is_none());
        shop.pay();
        let (_, paid) = shop.v3_query();
        assert_eq!(paid["trade_state"], "SUCCESS");
        assert_eq!(paid["amount"]["total"], 990);
        assert_eq!(paid["payer"]["openid"], BUYER);
        assert_eq!(paid["success_time"], "2027-01-15T16:00:00+08:00");
        let number = paid["transaction_id"].as_str().unwrap();
        let url = format!("/v3/pay/transactions/id/{number}?mchid=1900000109");
        assert_eq!(shop.v3_get(&url).1, paid);
        assert_eq!(refusal(&shop.v3_close()), (400, "ORDER_PAID"));
        assert_eq!(shop.query().get("trade_state"), Some("SUCCESS"), "V2 asks the same ledger");
    }

    #[test]
    fn closing_twice_is_closing_once() {
        let mut shop = Shop::open();
        assert_eq!(refusal(&shop.v3_close()), (404, "ORDER_NOT_EXIST"));
        shop.v3_order("native");
        assert_eq!((shop.v3_close().0, shop.v3_close().0), (204, 204));
        assert_eq!(shop.v3_query().1["trade_state"], "CLOSED");
    }

    #[test]
    fn a_query_names_the_merchant_that_signs_it() {
        let mut shop = Shop::open();
        let url = format!("/v3/pay/transactions/out-trade-no/{NO}");
        assert_eq!(refusal(&shop.v3_get(&url)), (400, "PARAM_ERROR"));
        assert_eq!(refusal(&shop.v3_get(&format!("{url}?mchid=1"))), (400, "MCH_NOT_EXISTS"));
    }

    #[test]
    fn a_number_with_a_bar_is_found_whether_it_is_sent_encoded_or_not() {
        let (mut shop, terms) = changed("native", "/out_trade_no", json!("ORDER|*0001"));
        assert_eq!(shop.v3_post("/v3/pay/transactions/native", &terms).0, 200);
        for number in ["ORDER%7C%2A0001", "ORDER|*0001"] {
            let url = format!("/v3/pay/transactions/out-trade-no/{number}?mchid=1900000109");
            assert_eq!(shop.v3_get(&url).1["trade_state"], "NOTPAY");
        }
    }

    #[test]
    fn a_code_and_an_h5_address_of_v3_are_paid_as_those_of_v2_are() {
        let mut shop = Shop::open();
        let (_, answer) = shop.v3_order("native");
        let code_url: String =
            url::form_urlencoded::byte_serialize(answer["code_url"].as_str().unwrap().as_bytes())
                .collect();
        let reply = shop.get(ClientKind::Wechat, &format!("/scan?code_url={code_url}"));
        let page = shop.get(ClientKind::Wechat, reply.header("location").unwrap());
        shop.press(ClientKind::Wechat, &page, "pay");
        assert_eq!(shop.v3_query().1["trade_type"], "NATIVE");

        let mut shop = Shop::open();
        let (_, answer) = shop.v3_order("h5");
        let path = answer["h5_url"].as_str().unwrap().trim_start_matches("http://127.0.0.1:8990");
        let request = Request::get(path).through(ClientKind::Phone);
        let request = request.with_header("referer", "http://localhost:8992/pay");
        let page = shop.gateway.handle(NOW, &request).unwrap();
        shop.press(ClientKind::Phone, &page, "pay");
        assert_eq!(shop.v3_query().1["trade_type"], "MWEB");
    }
}
