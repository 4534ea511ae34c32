//! 申请退款 `POST /v3/refund/domestic/refunds` and 查询单笔退款
//! `GET /v3/refund/domestic/refunds/{out_refund_no}`: both are answered with the refund as it is.
//!
//! Source: pay.weixin.qq.com V3 申请退款 and 查询单笔退款（按商户退款单号）; messages of refusals from
//! merchants' logs where there are any.

use serde_json::json;

use super::{
    call::{Call, Refusal, Reply, present},
    rules::{
        Field, Kind, check, check_notify_url, check_number, missing, needed, one_of, optional,
    },
};
use crate::{
    fault::RefundFault,
    gateway::Gateway,
    ledger::{Api, Order},
    news::RECEIVED_BY,
    refund::{Refund, RefundSource, RefundStatus, UNSETTLED, Unrefundable, Wanted},
    refund_call::{NoRefund, RefundCall},
    time::{UnixSeconds, to_rfc3339},
};

/// DIFFERENCE: `reason`, `goods_detail` and `amount.from` are checked and forgotten.
const FIELDS: [Field; 22] = [
    optional("/transaction_id", Kind::Text(32)),
    optional("/out_trade_no", Kind::Text(32)),
    needed("/out_refund_no", Kind::Text(64)),
    optional("/reason", Kind::Text(80)),
    optional("/notify_url", Kind::Text(256)),
    optional("/funds_account", Kind::Text(32)),
    needed("/amount", Kind::Object),
    needed("/amount/refund", Kind::Number(1)),
    needed("/amount/total", Kind::Number(1)),
    needed("/amount/currency", Kind::Text(16)),
    optional("/amount/from", Kind::List),
    optional("/amount/from/*", Kind::Object),
    needed("/amount/from/*/account", Kind::Text(32)),
    needed("/amount/from/*/amount", Kind::Number(1)),
    optional("/goods_detail", Kind::List),
    optional("/goods_detail/*", Kind::Object),
    needed("/goods_detail/*/merchant_goods_id", Kind::Text(32)),
    optional("/goods_detail/*/wechatpay_goods_id", Kind::Text(32)),
    optional("/goods_detail/*/goods_name", Kind::Text(256)),
    needed("/goods_detail/*/unit_price", Kind::Number(1)),
    needed("/goods_detail/*/refund_amount", Kind::Number(1)),
    needed("/goods_detail/*/refund_quantity", Kind::Number(1)),
];

/// Where the money comes from if not from what is unsettled (可用余额).
const AVAILABLE: &str = "REFUND_SOURCE_RECHARGE_FUNDS";

/// `POST /v3/refund/domestic/refunds`.
pub(super) fn ask(gateway: &mut Gateway, now: UnixSeconds, call: &Call) -> Result<Reply, Refusal> {
    let asked = read(call)?;
    let (order, refund) = gateway.ask_refund(now, asked)?;
    told(now, order, refund)
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
pub(super) fn query(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    let (order, refund) = gateway.ledger.refund(call.last()).ok_or_else(no_refund)?;
    told(now, order, refund)
}

/// Source: said of refunds that were never accepted.
fn no_refund() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
}

/// What is asked for.
fn read(call: &Call) -> Result<RefundCall, Refusal> {
    check(&call.body, &FIELDS)?;
    let named = |at| call.text(at).map(str::to_owned);
    if named("/transaction_id").is_none() && named("/out_trade_no").is_none() {
        return Err(missing("body", "/out_trade_no"));
    }
    check_number(call, "/out_trade_no", 6, "_-|*")?;
    check_number(call, "/out_refund_no", 1, "_-|*@")?;
    check_notify_url(call)?;
    one_of(call, "/amount/currency", &["CNY"])?;
    one_of(call, "/funds_account", &["AVAILABLE"])?;
    let fen = |at| call.number(at).unwrap_or_default();
    let refund_account = if named("/funds_account").is_some() { AVAILABLE } else { UNSETTLED };
    Ok(RefundCall {
        transaction_id: named("/transaction_id"),
        out_trade_no: named("/out_trade_no"),
        total_fee: fen("/amount/total"),
        wanted: Wanted {
            out_refund_no: named("/out_refund_no").unwrap_or_default(),
            refund_fee: fen("/amount/refund"),
            refund_account: refund_account.to_owned(),
            api: Api::V3,
            source: RefundSource::Api,
            notify_url: named("/notify_url"),
        },
    })
}

impl From<NoRefund> for Refusal {
    fn from(reason: NoRefund) -> Self {
        match reason {
            NoRefund::Rule(Unrefundable::NotPaid) => {
                Self::new(404, "RESOURCE_NOT_EXISTS", Unrefundable::NotPaid.text())
            }
            // UNCONFIRMED: this code for each of them; it is the one documented for business rules.
            NoRefund::Rule(rule) => Self::new(400, "INVALID_REQUEST", rule.text()),
            NoRefund::Fault(fault) => as_refusal(fault),
        }
    }
}

fn as_refusal(fault: RefundFault) -> Refusal {
    match fault {
        // Whatever breaks every kind of call is seen to before a refund is asked for.
        RefundFault::Normal
        | RefundFault::Timeout
        | RefundFault::TimeoutBeforeEffect
        | RefundFault::Systemerror
        | RefundFault::SystemerrorAfterEffect => Refusal::Silence,
        // API V3 has no BIZERR_NEED_RETRY; what it says instead is also repeated as it is.
        RefundFault::BizerrNeedRetry => Refusal::system_error(),
        RefundFault::FrequencyLimited | RefundFault::OneAMinute => {
            Refusal::new(429, "FREQUENCY_LIMITED", "频率限制")
        }
        RefundFault::Notenough => {
            Refusal::new(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
        }
        RefundFault::UserAccountAbnormal => {
            Refusal::new(403, "USER_ACCOUNT_ABNORMAL", "退款请求失败")
        }
    }
}

/// 退款状态, in the words of V3.
pub(super) const fn word(status: RefundStatus) -> &'static str {
    match status {
        RefundStatus::Processing => "PROCESSING",
        RefundStatus::Success => "SUCCESS",
        RefundStatus::Change => "ABNORMAL",
        RefundStatus::Refundclose => "CLOSED",
    }
}

/// DIFFERENCE: no coupons, so the buyer pays and gets back everything.
fn told(now: UnixSeconds, order: &Order, refund: &Refund) -> Result<Reply, Refusal> {
    let payment = order.payment.as_ref().ok_or_else(no_refund)?;
    let from_available = refund.refund_account == AVAILABLE;
    Ok(Reply::Json(present(json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": payment.transaction_id,
        "out_trade_no": order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": RECEIVED_BY,
        "success_time": refund.succeeded_at(now).map(to_rfc3339),
        "create_time": to_rfc3339(refund.requested_at),
        "status": word(refund.status(now)),
        "funds_account": if from_available { "AVAILABLE" } else { "UNSETTLED" },
        "amount": {
            "total": order.total_fee,
            "refund": refund.refund_fee,
            "payer_total": order.total_fee,
            "payer_refund": refund.refund_fee,
            "settlement_total": order.total_fee,
            "settlement_refund": refund.refund_fee,
            "discount_refund": 0,
            "currency": "CNY",
        },
    }))))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        fault::Faults,
        message::{Request, Response},
        shop::{NO, NOW, Shop, with},
    };

    fn paid() -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        shop
    }

    fn terms(out_refund_no: &str, refund_fee: u64) -> Value {
        json!({
            "out_trade_no": NO,
            "out_refund_no": out_refund_no,
            "notify_url": "http://127.0.0.1:8787/notify/v3",
            "amount": { "refund": refund_fee, "total": 990, "currency": "CNY" },
        })
    }

    const PATH: &str = "/v3/refund/domestic/refunds";

    fn refund(shop: &mut Shop, out_refund_no: &str, refund_fee: u64) -> Value {
        let (status, answer) = shop.v3_post(PATH, &terms(out_refund_no, refund_fee));
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Status and code of a refusal.
    fn code(reply: &Response) -> String {
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        format!("{} {}", reply.status, body["code"].as_str().unwrap())
    }

    fn refused(shop: &mut Shop, body: &Value) -> String {
        code(&shop.v3_send(Request::post(PATH, body.to_string())).unwrap())
    }

    fn find(shop: &mut Shop, out_refund_no: &str) -> Value {
        let (status, answer) = shop.v3_get(&format!("{PATH}/{out_refund_no}"));
        assert_eq!(status, 200, "{answer}");
        answer
    }

    #[test]
    fn a_refund_is_in_process_first_and_a_query_says_the_same() {
        let mut shop = paid();
        let transaction = shop.query().get("transaction_id").unwrap().to_owned();
        let answer = refund(&mut shop, "R1", 400);
        for (name, value) in [
            ("out_refund_no", "R1"),
            ("out_trade_no", NO),
            ("transaction_id", transaction.as_str()),
            ("channel", "ORIGINAL"),
            ("user_received_account", "支付用户零钱"),
            ("create_time", "2027-01-15T16:00:00+08:00"),
            ("status", "PROCESSING"),
            ("funds_account", "UNSETTLED"),
        ] {
            assert_eq!(answer[name], value, "{name}");
        }
        assert_eq!(answer.get("success_time"), None);
        let amount = json!({
            "total": 990, "payer_total": 990, "settlement_total": 990, "refund": 400,
            "payer_refund": 400, "settlement_refund": 400, "discount_refund": 0, "currency": "CNY",
        });
        assert_eq!(answer["amount"], amount);
        assert_eq!(find(&mut shop, "R1"), answer);
        shop.now = NOW + 60;
        let later = find(&mut shop, "R1");
        assert_eq!(later["status"], "SUCCESS");
        assert_eq!(later["success_time"], "2027-01-15T16:01:00+08:00");
    }

    #[test]
    fn each_end_has_its_v3_word() {
        for (refund_end, word) in [
            (RefundStatus::Success, "SUCCESS"),
            (RefundStatus::Change, "ABNORMAL"),
            (RefundStatus::Refundclose, "CLOSED"),
            (RefundStatus::Processing, "PROCESSING"),
        ] {
            let mut shop = paid();
            shop.gateway.set_faults(Faults { refund_end, ..Faults::default() });
            refund(&mut shop, "R1", 400);
            shop.now = NOW + 60;
            let told = find(&mut shop, "R1");
            assert_eq!(told["status"], word);
            let succeeded = refund_end == RefundStatus::Success;
            assert_eq!(told.get("success_time").is_some(), succeeded, "{word}");
        }
    }

    #[test]
    fn one_number_is_one_refund_whichever_api_asks() {
        let mut shop = paid();
        let by_v2 = shop.refund("R1", 400);
        let by_v3 = refund(&mut shop, "R1", 400);
        assert_eq!(by_v2.get("refund_id"), by_v3["refund_id"].as_str());
        refund(&mut shop, "R2", 590);
        assert_eq!(shop.refund("R2", 590).get("result_code"), Some("SUCCESS"));
        assert_eq!(shop.gateway.ledger().refunds().count(), 2);
        assert_eq!(refused(&mut shop, &terms("R1", 401)), "400 INVALID_REQUEST");
        assert_eq!(refused(&mut shop, &terms("R3", 1)), "400 INVALID_REQUEST");
    }

    #[test]
    fn never_more_goes_back_than_was_paid_nor_of_another_total() {
        let mut shop = paid();
        assert_eq!(refused(&mut shop, &terms("R1", 991)), "400 INVALID_REQUEST");
        let mut other = terms("R1", 1);
        other["amount"]["total"] = json!(991);
        assert_eq!(refused(&mut shop, &other), "400 INVALID_REQUEST");
        assert_eq!(shop.gateway.ledger().refunds().count(), 0);
    }

    #[test]
    fn an_unknown_or_unpaid_order_and_an_unknown_refund_do_not_exist() {
        let mut shop = Shop::open();
        let not_there = "404 RESOURCE_NOT_EXISTS";
        assert_eq!(refused(&mut shop, &terms("R1", 1)), not_there);
        shop.order("JSAPI");
        assert_eq!(refused(&mut shop, &terms("R1", 1)), not_there);
        let unknown = shop.v3_send(Request::get(&format!("{PATH}/R1"))).unwrap();
        assert_eq!(code(&unknown), not_there);
    }

    #[test]
    fn fifty_refunds_and_a_year_are_the_ends_of_it() {
        let mut shop = paid();
        for place in 0..50 {
            refund(&mut shop, &format!("R{place}"), 1);
        }
        assert_eq!(refused(&mut shop, &terms("R50", 1)), "400 INVALID_REQUEST");
        let mut shop = paid();
        shop.now = NOW + 365 * 24 * 60 * 60;
        refund(&mut shop, "R1", 1);
        shop.now += 1;
        assert_eq!(refused(&mut shop, &terms("R2", 1)), "400 INVALID_REQUEST");
    }

    #[test]
    fn the_transaction_goes_before_the_order_number() {
        let mut shop = paid();
        let other = with(&Shop::terms("NATIVE"), "out_trade_no", "ORDER-000002");
        shop.call("/pay/unifiedorder", &other);
        let mut body = terms("R1", 1);
        body["transaction_id"] = shop.query().get("transaction_id").unwrap().into();
        body["out_trade_no"] = "ORDER-000002".into();
        assert_eq!(shop.v3_post(PATH, &body).1["out_trade_no"], NO);
    }

    #[test]
    fn every_field_rule_is_kept() {
        let mut shop = paid();
        for (pointer, value) in [
            ("/out_trade_no", json!(null)),
            ("/out_trade_no", json!("short")),
            ("/out_refund_no", json!("退款1")),
            ("/out_refund_no", json!("r".repeat(65))),
            ("/notify_url", json!("http://127.0.0.1/n?x=1")),
            ("/amount/refund", json!(0)),
            ("/amount/refund", json!("1")),
            ("/amount/refund", json!(1.5)),
            ("/amount/total", json!(null)),
            ("/amount/currency", json!("USD")),
            ("/amount/currency", json!(null)),
        ] {
            let mut body = terms("R1", 1);
            *body.pointer_mut(pointer).unwrap() = value;
            assert_eq!(refused(&mut shop, &body), "400 PARAM_ERROR", "{body}");
        }
        for (name, value) in [
            ("reason", json!("退".repeat(81))),
            ("funds_account", json!("MY_POCKET")),
            ("goods_detail", json!([{ "merchant_goods_id": "tea" }])),
            ("goods_detail", json!({})),
        ] {
            let mut body = terms("R1", 1);
            body[name] = value;
            assert_eq!(refused(&mut shop, &body), "400 PARAM_ERROR", "{body}");
        }
        assert_eq!(shop.gateway.ledger().refunds().count(), 0);
        let mut whole = terms("r_-|*@", 1);
        whole["reason"] = json!("退".repeat(80));
        whole["funds_account"] = json!("AVAILABLE");
        whole["amount"]["from"] = json!([{ "account": "AVAILABLE", "amount": 1 }]);
        whole["goods_detail"] = json!([{
            "merchant_goods_id": "tea", "unit_price": 1, "refund_amount": 1, "refund_quantity": 1,
        }]);
        assert_eq!(shop.v3_post(PATH, &whole).1["funds_account"], "AVAILABLE");
    }

    #[test]
    fn the_refund_faults_differ_in_what_they_leave_behind_and_a_repeat_heals_them() {
        for (fault, refusal, made) in [
            (RefundFault::Systemerror, Some("500 SYSTEM_ERROR"), 0),
            (RefundFault::SystemerrorAfterEffect, Some("500 SYSTEM_ERROR"), 1),
            (RefundFault::Timeout, None, 1),
            (RefundFault::BizerrNeedRetry, Some("500 SYSTEM_ERROR"), 0),
            (RefundFault::FrequencyLimited, Some("429 FREQUENCY_LIMITED"), 0),
            (RefundFault::Notenough, Some("403 NOT_ENOUGH"), 0),
            (RefundFault::UserAccountAbnormal, Some("403 USER_ACCOUNT_ABNORMAL"), 0),
        ] {
            let mut shop = paid();
            shop.gateway.set_faults(Faults { refund: fault, ..Faults::default() });
            let reply = shop.v3_send(Request::post(PATH, terms("R1", 1).to_string()));
            assert_eq!(reply.as_ref().map(code), refusal.map(str::to_owned), "{fault:?}");
            assert_eq!(shop.gateway.ledger().refunds().count(), made, "{fault:?}");
            shop.gateway.set_faults(Faults::default());
            refund(&mut shop, "R1", 1);
            assert_eq!(shop.gateway.ledger().refunds().count(), 1, "{fault:?}");
        }
        let mut shop = paid();
        let one_a_minute = RefundFault::OneAMinute;
        shop.gateway.set_faults(Faults { refund: one_a_minute, ..Faults::default() });
        refund(&mut shop, "R1", 1);
        assert_eq!(refused(&mut shop, &terms("R2", 1)), "429 FREQUENCY_LIMITED");
    }
}
