//! 查询退款 `POST /pay/refundquery`.
//!
//! Source: pay.weixin.qq.com V2 查询退款, with its section 分页查询.

use super::{Call, Refusal, find_order};
use crate::{
    gateway::Gateway,
    ledger::Order,
    news::{RECEIVED_BY, to_spaced},
    refund::Refund,
    time::UnixSeconds,
    xml::Fields,
};

/// Source: 查询退款: ten refunds from `offset` on.
const PAGE: usize = 10;

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    let found = find(gateway, &call.fields)?;
    let payment = found.order.payment.as_ref().ok_or_else(not_there)?;
    let mut fields = Fields::default();
    fields.push("transaction_id", &payment.transaction_id);
    fields.push("out_trade_no", &found.order.out_trade_no);
    fields.push("total_fee", found.order.total_fee.to_string());
    fields.push("cash_fee", found.order.total_fee.to_string());
    fields.push("refund_count", found.page.len().to_string());
    if let Some(total) = found.total {
        fields.push("total_refund_count", total.to_string());
    }
    for (place, refund) in found.page.iter().enumerate() {
        push(&mut fields, now, place, refund);
    }
    Ok(fields)
}

/// What one query is answered with.
struct Found<'a> {
    order: &'a Order,
    page: &'a [Refund],
    /// How many refunds the order has; told to who asks for the order.
    ///
    /// UNCONFIRMED: that who asks for one refund is not told.
    total: Option<usize>,
}

/// `refund_id` goes before `out_refund_no`, and that before `transaction_id` and `out_trade_no`.
fn find<'a>(gateway: &'a Gateway, fields: &Fields) -> Result<Found<'a>, Refusal> {
    let one = match (fields.get("refund_id"), fields.get("out_refund_no")) {
        (Some(id), _) => Some(gateway.ledger.by_refund_id(id)),
        (None, Some(number)) => Some(gateway.ledger.refund(number)),
        (None, None) => None,
    };
    if let Some(one) = one {
        let (order, refund) = one.ok_or_else(not_there)?;
        return Ok(Found { order, page: std::slice::from_ref(refund), total: None });
    }
    if fields.get("transaction_id").or(fields.get("out_trade_no")).is_none() {
        return Err(param_error());
    }
    let order = find_order(gateway, fields)
        .filter(|order| !order.refunds.is_empty())
        .ok_or_else(not_there)?;
    let total = order.refunds.len();
    let offset = fields.get("offset").map_or(Ok(0), str::parse).map_err(|_| param_error())?;
    let rest = order.refunds.get(offset..).ok_or_else(param_error)?;
    let page = rest.get(..PAGE).unwrap_or(rest);
    Ok(Found { order, page, total: Some(total) })
}

/// UNCONFIRMED: the wording, here and below.
fn not_there() -> Refusal {
    Refusal::business("REFUNDNOTEXIST", "退款不存在")
}

fn param_error() -> Refusal {
    Refusal::business("PARAM_ERROR", "参数错误")
}

fn push(fields: &mut Fields, now: UnixSeconds, place: usize, refund: &Refund) {
    let mut indexed = |name: &str, value: &str| fields.push(&format!("{name}_{place}"), value);
    let refund_fee = refund.refund_fee.to_string();
    indexed("out_refund_no", &refund.out_refund_no);
    indexed("refund_id", &refund.refund_id);
    indexed("refund_channel", "ORIGINAL");
    indexed("refund_fee", &refund_fee);
    indexed("settlement_refund_fee", &refund_fee);
    indexed("coupon_refund_fee", "0");
    indexed("coupon_refund_count", "0");
    indexed("refund_status", refund.status(now).as_str());
    indexed("refund_account", &refund.refund_account);
    // The typing error is the protocol's.
    indexed("refund_recv_accout", RECEIVED_BY);
    if let Some(at) = refund.succeeded_at(now) {
        indexed("refund_success_time", &to_spaced(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Faults,
        refund::RefundStatus,
        shop::{NO, NOW, Shop, refusal},
    };

    fn refunded(times: usize) -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        for place in 0..times {
            shop.refund(&format!("R{place}"), 10);
        }
        shop
    }

    fn ask(shop: &mut Shop, fields: &[(&str, &str)]) -> Fields {
        let mut query = Fields::default();
        fields.iter().for_each(|(name, value)| query.push(name, *value));
        shop.call("/pay/refundquery", &query)
    }

    #[test]
    fn a_refund_is_in_process_for_a_minute_and_then_in_the_wallet() {
        let mut shop = refunded(1);
        shop.now = NOW + 59;
        let early = ask(&mut shop, &[("out_refund_no", "R0")]);
        assert_eq!(early.get("refund_status_0"), Some("PROCESSING"));
        assert_eq!(early.get("refund_success_time_0"), None);
        shop.now = NOW + 60;
        let late = ask(&mut shop, &[("out_refund_no", "R0")]);
        for (name, value) in [
            ("out_trade_no", NO),
            ("total_fee", "990"),
            ("refund_count", "1"),
            ("out_refund_no_0", "R0"),
            ("refund_channel_0", "ORIGINAL"),
            ("refund_fee_0", "10"),
            ("refund_status_0", "SUCCESS"),
            ("refund_recv_accout_0", "支付用户零钱"),
            ("refund_success_time_0", "2027-01-15 16:01:00"),
        ] {
            assert_eq!(late.get(name), Some(value), "{name}");
        }
    }

    #[test]
    fn a_refund_becomes_what_the_fault_says_and_can_be_settled_later() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        let refund_end = RefundStatus::Change;
        shop.gateway.set_faults(Faults { refund_end, refund_seconds: 5, ..Faults::default() });
        shop.refund("R0", 10);
        shop.now = NOW + 5;
        let status = |shop: &mut Shop| {
            ask(shop, &[("out_refund_no", "R0")]).get("refund_status_0").map(str::to_owned)
        };
        assert_eq!(status(&mut shop).as_deref(), Some("CHANGE"));
        shop.now = NOW + 10;
        assert!(shop.gateway.settle_refund(shop.now, "R0", RefundStatus::Success));
        assert_eq!(status(&mut shop).as_deref(), Some("SUCCESS"));
        assert!(!shop.gateway.settle_refund(shop.now, "R1", RefundStatus::Success));
        assert_eq!(shop.gateway.ledger().refund("R0").unwrap().1.status(NOW + 5), refund_end);
    }

    #[test]
    fn the_most_exact_name_goes_first() {
        let mut shop = refunded(2);
        let second = ask(&mut shop, &[("out_refund_no", "R1")]);
        let id = second.get("refund_id_0").unwrap().to_owned();
        let both = [("out_refund_no", "R0"), ("refund_id", id.as_str()), ("out_trade_no", "none")];
        assert_eq!(ask(&mut shop, &both).get("out_refund_no_0"), Some("R1"));
        let number = [("out_refund_no", "R0"), ("out_trade_no", "none")];
        assert_eq!(ask(&mut shop, &number).get("out_refund_no_0"), Some("R0"));
        let transaction = second.get("transaction_id").unwrap().to_owned();
        let order = [("transaction_id", transaction.as_str()), ("out_trade_no", "none")];
        assert_eq!(ask(&mut shop, &order).get("refund_count"), Some("2"));
    }

    #[test]
    fn an_order_with_many_refunds_is_read_by_tens() {
        let mut shop = refunded(23);
        for (offset, count, first) in [("", "10", "R0"), ("10", "10", "R10"), ("20", "3", "R20")] {
            let page = ask(&mut shop, &[("out_trade_no", NO), ("offset", offset)]);
            assert_eq!(page.get("refund_count"), Some(count));
            assert_eq!(page.get("total_refund_count"), Some("23"));
            assert_eq!(page.get("out_refund_no_0"), Some(first));
        }
        let beyond = ask(&mut shop, &[("out_trade_no", NO), ("offset", "24")]);
        assert_eq!(refusal(&beyond).0, "PARAM_ERROR");
    }

    #[test]
    fn what_is_not_there_is_said_not_to_be() {
        let mut shop = refunded(0);
        for name in ["out_refund_no", "refund_id", "out_trade_no", "transaction_id"] {
            assert_eq!(refusal(&ask(&mut shop, &[(name, NO)])).0, "REFUNDNOTEXIST", "{name}");
        }
        assert_eq!(refusal(&ask(&mut shop, &[])).0, "PARAM_ERROR");
    }

    #[test]
    fn a_refund_from_the_merchant_platform_is_there_too() {
        let mut shop = refunded(1);
        let number = shop
            .gateway
            .refund_elsewhere(NOW, NO, None, None)
            .map(|refund| refund.out_refund_no.clone())
            .unwrap();
        let answer = ask(&mut shop, &[("out_trade_no", NO)]);
        assert_eq!(answer.get("out_refund_no_1"), Some(number.as_str()));
        assert_eq!(answer.get("refund_fee_1"), Some("980"), "all that was left");
    }
}
