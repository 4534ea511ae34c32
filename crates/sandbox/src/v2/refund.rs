//! 申请退款 `POST /secapi/pay/refund`.
//!
//! Source: pay.weixin.qq.com V2 申请退款; wording of refusals from merchants' logs where there is
//! any.

use super::{
    Call, Refusal,
    rules::{check_lengths, check_notify_url, invalid, one_of, read_fee, required},
};
use crate::{
    fault::RefundFault,
    gateway::Gateway,
    ledger::{Api, Order},
    refund::{Refund, RefundSource, UNSETTLED, Unrefundable, Wanted},
    refund_call::{NoRefund, RefundCall},
    time::UnixSeconds,
    xml::Fields,
};

const LONGEST: [(&str, usize); 5] = [
    ("out_refund_no", 64),
    ("refund_fee_type", 8),
    ("refund_desc", 80),
    ("refund_account", 30),
    ("notify_url", 256),
];

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    let asked = read(&call.fields).map_err(as_param_error)?;
    let (order, refund) = gateway.ask_refund(now, asked)?;
    told(order, refund)
}

impl From<NoRefund> for Refusal {
    fn from(reason: NoRefund) -> Self {
        match reason {
            NoRefund::Rule(rule) => Self::business(code(rule), rule.text()),
            NoRefund::Fault(fault) => as_refusal(fault),
        }
    }
}

/// UNCONFIRMED: which code goes with too many refunds, with too much money, and with a `total_fee`
/// that is not the order's.
const fn code(rule: Unrefundable) -> &'static str {
    match rule {
        Unrefundable::NotPaid => "ORDERNOTEXIST",
        Unrefundable::Overdue => "TRADE_OVERDUE",
        Unrefundable::TooMany | Unrefundable::Exhausted | Unrefundable::Amount => "ERROR",
        Unrefundable::Mismatch => "REFUND_FEE_MISMATCH",
    }
}

fn as_refusal(fault: RefundFault) -> Refusal {
    let (code, text) = match fault {
        // Whatever breaks every kind of call is seen to before a refund is asked for.
        RefundFault::Normal
        | RefundFault::Timeout
        | RefundFault::TimeoutBeforeEffect
        | RefundFault::Systemerror
        | RefundFault::SystemerrorAfterEffect => return Refusal::Silence,
        RefundFault::BizerrNeedRetry => {
            ("BIZERR_NEED_RETRY", "退款业务流程错误，需要商户触发重试来解决")
        }
        // UNCONFIRMED: this code for a refund within a minute of the last one.
        RefundFault::FrequencyLimited | RefundFault::OneAMinute => {
            ("FREQUENCY_LIMITED", "频率限制")
        }
        RefundFault::Notenough => ("NOTENOUGH", "基本账户余额不足，请充值后重新发起"),
        RefundFault::UserAccountAbnormal => ("USER_ACCOUNT_ABNORMAL", "退款请求失败"),
    };
    Refusal::business(code, text)
}

/// What is asked for.
fn read(fields: &Fields) -> Result<RefundCall, Refusal> {
    check_lengths(fields, &LONGEST)?;
    if fields.get("transaction_id").is_none() {
        required(fields, "out_trade_no")?;
    }
    let out_refund_no = required(fields, "out_refund_no")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    if !out_refund_no.bytes().all(allowed) {
        return Err(invalid("out_refund_no"));
    }
    one_of(fields, "refund_fee_type", &["CNY"])?;
    one_of(fields, "refund_account", &[UNSETTLED, "REFUND_SOURCE_RECHARGE_FUNDS"])?;
    if fields.get("notify_url").is_some() {
        check_notify_url(fields)?;
    }
    let named = |name| fields.get(name).map(str::to_owned);
    let wanted = Wanted {
        out_refund_no: out_refund_no.to_owned(),
        refund_fee: read_fee(fields, "refund_fee")?,
        refund_account: fields.get("refund_account").unwrap_or(UNSETTLED).to_owned(),
        api: Api::V2,
        source: RefundSource::Api,
        notify_url: named("notify_url"),
    };
    Ok(RefundCall {
        transaction_id: named("transaction_id"),
        out_trade_no: named("out_trade_no"),
        total_fee: read_fee(fields, "total_fee")?,
        wanted,
    })
}

/// UNCONFIRMED: that every malformed field is a signed `PARAM_ERROR`, the only code documented.
fn as_param_error(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Communication(text) | Refusal::Business(_, text) => {
            Refusal::business("PARAM_ERROR", text)
        }
        Refusal::Silence => Refusal::Silence,
    }
}

/// Accepted, which is not yet refunded.
fn told(order: &Order, refund: &Refund) -> Result<Fields, Refusal> {
    let payment = order.payment.as_ref().ok_or(NoRefund::Rule(Unrefundable::NotPaid))?;
    let refund_fee = refund.refund_fee.to_string();
    let mut fields = Fields::default();
    fields.push("transaction_id", &payment.transaction_id);
    fields.push("out_trade_no", &order.out_trade_no);
    fields.push("out_refund_no", &refund.out_refund_no);
    fields.push("refund_id", &refund.refund_id);
    // Source: answers in merchants' logs have it, and empty.
    fields.push("refund_channel", "");
    fields.push("refund_fee", &refund_fee);
    fields.push("coupon_refund_fee", "0");
    fields.push("total_fee", order.total_fee.to_string());
    fields.push("cash_fee", order.total_fee.to_string());
    fields.push("coupon_refund_count", "0");
    fields.push("cash_refund_fee", &refund_fee);
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Faults,
        refund::RefundStatus,
        shop::{NO, NOW, Shop, refusal, with},
    };

    const YEAR: i64 = 365 * 24 * 60 * 60;

    fn paid() -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        shop
    }

    #[test]
    fn a_refund_is_accepted_and_the_order_says_so_at_once() {
        let mut shop = paid();
        let answer = shop.refund("R1", 400);
        assert_eq!(answer.get("result_code"), Some("SUCCESS"));
        assert_eq!(answer.get("refund_fee"), Some("400"));
        assert_eq!(answer.get("refund_id").map(str::len), Some(29));
        let order = shop.query();
        assert_eq!(order.get("trade_state"), Some("REFUND"));
        assert_eq!(order.get("transaction_id"), answer.get("transaction_id"));
        assert_eq!(refusal(&shop.close()).0, "ORDERPAID");
        assert_eq!(refusal(&shop.order("JSAPI")).0, "ORDERPAID");
    }

    #[test]
    fn the_transaction_goes_before_the_order_number() {
        let mut shop = paid();
        let transaction = shop.query().get("transaction_id").unwrap().to_owned();
        let terms = with(&Shop::refund_terms("R1", 1), "transaction_id", &transaction);
        let answer = shop.call("/secapi/pay/refund", &with(&terms, "out_trade_no", "OTHER-1"));
        assert_eq!(answer.get("out_trade_no"), Some(NO));
    }

    #[test]
    fn the_same_number_is_the_same_refund_and_no_other_amount() {
        let mut shop = paid();
        let first = shop.refund("R1", 400);
        let second = shop.refund("R1", 400);
        assert_eq!(first.get("refund_id"), second.get("refund_id"));
        assert_eq!(shop.gateway.ledger().refunds().count(), 1);
        assert_eq!(refusal(&shop.refund("R1", 401)).0, "REFUND_FEE_MISMATCH");
        let terms = with(&Shop::refund_terms("R1", 400), "total_fee", "991");
        assert_eq!(refusal(&shop.call("/secapi/pay/refund", &terms)).0, "REFUND_FEE_MISMATCH");
    }

    #[test]
    fn the_total_has_to_be_the_orders() {
        let mut shop = paid();
        let terms = with(&Shop::refund_terms("R1", 400), "total_fee", "991");
        assert_eq!(refusal(&shop.call("/secapi/pay/refund", &terms)).0, "REFUND_FEE_MISMATCH");
        assert_eq!(shop.gateway.ledger().refunds().count(), 0);
    }

    #[test]
    fn one_number_does_not_refund_two_orders() {
        let mut shop = paid();
        shop.refund("R1", 400);
        let other = with(&Shop::terms("NATIVE"), "out_trade_no", "ORDER-000002");
        shop.call("/pay/unifiedorder", &other);
        shop.gateway.pay(NOW, "ORDER-000002", "o").unwrap();
        let terms = with(&Shop::refund_terms("R1", 400), "out_trade_no", "ORDER-000002");
        assert_eq!(refusal(&shop.call("/secapi/pay/refund", &terms)).0, "REFUND_FEE_MISMATCH");
    }

    #[test]
    fn an_accepted_refund_is_found_again_though_nothing_is_left() {
        let mut shop = paid();
        shop.refund("R1", 990);
        assert_eq!(shop.refund("R1", 990).get("result_code"), Some("SUCCESS"));
        let exhausted = ("ERROR".to_owned(), "订单已全额退款".to_owned());
        assert_eq!(refusal(&shop.refund("R2", 1)), exhausted);
    }

    #[test]
    fn never_more_goes_back_than_was_paid() {
        let mut shop = paid();
        assert_eq!(refusal(&shop.refund("R1", 991)).1, "累计退款金额大于支付金额");
        shop.refund("R1", 600);
        assert_eq!(refusal(&shop.refund("R2", 391)).1, "累计退款金额大于支付金额");
        assert_eq!(shop.refund("R2", 390).get("result_code"), Some("SUCCESS"));
    }

    #[test]
    fn a_closed_refund_gives_its_amount_free_and_an_abnormal_one_does_not() {
        for (refund_end, left) in [(RefundStatus::Refundclose, 990), (RefundStatus::Change, 0)] {
            let mut shop = paid();
            shop.gateway.set_faults(Faults { refund_end, ..Faults::default() });
            shop.refund("R1", 990);
            let order = shop.gateway.ledger().order(NO).unwrap();
            assert_eq!((order.refundable_fee(NOW), order.refundable_fee(NOW + 60)), (0, left));
        }
    }

    #[test]
    fn an_unknown_or_unpaid_order_does_not_exist() {
        let mut shop = Shop::open();
        assert_eq!(refusal(&shop.refund("R1", 1)).0, "ORDERNOTEXIST");
        shop.order("JSAPI");
        assert_eq!(refusal(&shop.refund("R1", 1)).0, "ORDERNOTEXIST");
    }

    #[test]
    fn a_year_after_the_payment_it_is_too_late() {
        let mut shop = paid();
        shop.now = NOW + YEAR;
        assert_eq!(shop.refund("R1", 1).get("result_code"), Some("SUCCESS"));
        shop.now += 1;
        assert_eq!(refusal(&shop.refund("R2", 1)).0, "TRADE_OVERDUE");
    }

    #[test]
    fn an_order_is_refunded_at_most_fifty_times() {
        let mut shop = paid();
        for place in 0..50 {
            let answer = shop.refund(&format!("R{place}"), 1);
            assert_eq!(answer.get("result_code"), Some("SUCCESS"), "{place}");
        }
        assert_eq!(refusal(&shop.refund("R50", 1)).1, Unrefundable::TooMany.text());
    }

    #[test]
    fn every_field_rule_is_kept() {
        let long = "退".repeat(81);
        for (name, value) in [
            ("out_trade_no", ""),
            ("out_refund_no", ""),
            ("out_refund_no", "退款1"),
            ("out_refund_no", &"r".repeat(65)),
            ("refund_fee", "0"),
            ("refund_fee", "-1"),
            ("refund_fee", "1.00"),
            ("total_fee", ""),
            ("refund_desc", &long),
            ("refund_account", "MY_POCKET"),
            ("refund_fee_type", "USD"),
            ("notify_url", "http://127.0.0.1/n?x=1"),
        ] {
            let mut shop = paid();
            let terms = with(&Shop::refund_terms("R1", 1), name, value);
            let answer = shop.call("/secapi/pay/refund", &terms);
            assert_eq!(refusal(&answer).0, "PARAM_ERROR", "{name}={value}");
            assert_eq!(shop.gateway.ledger().refunds().count(), 0);
        }
        let answer = paid().refund("r_-|*@", 1);
        assert_eq!(answer.get("result_code"), Some("SUCCESS"));
    }

    #[test]
    fn the_refund_faults_differ_in_what_they_leave_behind_and_a_repeat_heals_them() {
        for (refund, code, made) in [
            (RefundFault::Systemerror, Some("SYSTEMERROR"), 0),
            (RefundFault::SystemerrorAfterEffect, Some("SYSTEMERROR"), 1),
            (RefundFault::Timeout, None, 1),
            (RefundFault::BizerrNeedRetry, Some("BIZERR_NEED_RETRY"), 0),
            (RefundFault::FrequencyLimited, Some("FREQUENCY_LIMITED"), 0),
            (RefundFault::Notenough, Some("NOTENOUGH"), 0),
            (RefundFault::UserAccountAbnormal, Some("USER_ACCOUNT_ABNORMAL"), 0),
        ] {
            let mut shop = paid();
            shop.gateway.set_faults(Faults { refund, ..Faults::default() });
            let reply = shop.send("/secapi/pay/refund", &Shop::refund_terms("R1", 1));
            let said = reply.map(|reply| reply.text());
            assert_eq!(said.is_some(), code.is_some(), "{refund:?}");
            assert!(said.is_none_or(|said| said.contains(code.unwrap())), "{refund:?}");
            assert_eq!(shop.gateway.ledger().refunds().count(), made, "{refund:?}");
            shop.gateway.set_faults(Faults::default());
            assert_eq!(shop.refund("R1", 1).get("result_code"), Some("SUCCESS"));
            assert_eq!(shop.gateway.ledger().refunds().count(), 1);
        }
    }

    #[test]
    fn one_a_minute_refuses_the_second_of_a_minute() {
        let mut shop = paid();
        let refund = RefundFault::OneAMinute;
        shop.gateway.set_faults(Faults { refund, ..Faults::default() });
        shop.refund("R1", 1);
        shop.now = NOW + 59;
        assert_eq!(refusal(&shop.refund("R2", 1)).0, "FREQUENCY_LIMITED");
        assert_eq!(shop.refund("R1", 1).get("result_code"), Some("SUCCESS"), "a repeat is not new");
        shop.now = NOW + 60;
        assert_eq!(shop.refund("R2", 1).get("result_code"), Some("SUCCESS"));
    }
}
