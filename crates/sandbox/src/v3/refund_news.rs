//! What a notification says of a refund (退款结果通知), before it is sealed.
//!
//! Source: pay.weixin.qq.com V3 退款结果通知.

use serde_json::{Value, json};

use super::{call::present, refund::word};
use crate::{
    ledger::Order,
    news::RECEIVED_BY,
    refund::{Refund, RefundStatus},
    time::{UnixSeconds, to_rfc3339},
};

/// `event_type`, `summary`, and the object that is sealed between them; `None` while the refund is
/// in process. `too_much` is what a fault adds to the amount, in fen.
pub(crate) fn refund_news(
    now: UnixSeconds,
    mchid: &str,
    order: &Order,
    refund: &Refund,
    too_much: u64,
) -> Option<(&'static str, &'static str, Value)> {
    let status = refund.status(now);
    let (event_type, summary) = match status {
        RefundStatus::Processing => return None,
        RefundStatus::Success => ("REFUND.SUCCESS", "退款成功"),
        RefundStatus::Change => ("REFUND.ABNORMAL", "退款异常"),
        RefundStatus::Refundclose => ("REFUND.CLOSED", "退款关闭"),
    };
    let refund_fee = refund.refund_fee.saturating_add(too_much);
    let object = json!({
        "mchid": mchid,
        "transaction_id": order.payment.as_ref()?.transaction_id,
        "out_trade_no": order.out_trade_no,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "refund_status": word(status),
        "success_time": refund.succeeded_at(now).map(to_rfc3339),
        "user_received_account": RECEIVED_BY,
        "amount": {
            "total": order.total_fee,
            "refund": refund_fee,
            "payer_total": order.total_fee,
            "payer_refund": refund_fee,
        },
    });
    Some((event_type, summary, present(object)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ack::Ack,
        fault::Faults,
        shop::{NO, NOW, Shop},
    };

    fn told(refund_end: RefundStatus, now: UnixSeconds) -> Option<(&'static str, Value)> {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        shop.gateway.set_faults(Faults { refund_end, ..Faults::default() });
        shop.refund("R1", 400);
        let (order, refund) = shop.gateway.ledger().refund("R1").unwrap();
        let (event_type, _, object) = refund_news(now, "1900000109", order, refund, 1)?;
        Some((event_type, object))
    }

    #[test]
    fn each_end_of_a_refund_has_its_event_and_its_word() {
        for (refund_end, event_type, word, success_time) in [
            (
                RefundStatus::Success,
                "REFUND.SUCCESS",
                "SUCCESS",
                Some(&json!("2027-01-15T16:01:00+08:00")),
            ),
            (RefundStatus::Change, "REFUND.ABNORMAL", "ABNORMAL", None),
            (RefundStatus::Refundclose, "REFUND.CLOSED", "CLOSED", None),
        ] {
            let (event, object) = told(refund_end, NOW + 60).unwrap();
            assert_eq!((event, &object["refund_status"]), (event_type, &json!(word)));
            assert_eq!(object.get("success_time"), success_time, "{word}");
            assert_eq!(
                (&object["mchid"], &object["out_trade_no"]),
                (&json!("1900000109"), &json!(NO))
            );
            let amount =
                json!({ "total": 990, "refund": 401, "payer_total": 990, "payer_refund": 401 });
            assert_eq!(object["amount"], amount, "with the fen that a fault adds");
        }
        assert_eq!(told(RefundStatus::Success, NOW + 59), None, "nothing while it is in process");
    }

    #[test]
    fn a_refund_is_told_by_the_api_that_asked_for_it_whichever_took_the_order() {
        let pay = |shop: &mut Shop, status, body: &str| {
            shop.pay();
            let id = shop.gateway.due(NOW).remove(0).id;
            shop.gateway.answered(NOW, id, &Ack::Answer { status, body: body.into() });
        };
        let mut shop = Shop::open();
        shop.order("JSAPI");
        pay(&mut shop, 200, "<xml><return_code>SUCCESS</return_code></xml>");
        let terms = json!({
            "out_trade_no": NO, "out_refund_no": "R1",
            "notify_url": "http://127.0.0.1:8787/notify/v3",
            "amount": { "refund": 400, "total": 990, "currency": "CNY" },
        });
        assert_eq!(shop.v3_post("/v3/refund/domestic/refunds", &terms).0, 200);
        let delivery = shop.gateway.due(NOW + 60).remove(0);
        assert_eq!(delivery.url, "http://127.0.0.1:8787/notify/v3");
        assert!(delivery.body.starts_with('{'), "{}", delivery.body);

        let mut shop = Shop::open();
        shop.v3_order("jsapi");
        pay(&mut shop, 204, "");
        shop.refund("R1", 400);
        let delivery = shop.gateway.due(NOW + 60).remove(0);
        assert_eq!(delivery.url, "http://127.0.0.1:8787/notify/v2/refund");
        assert!(delivery.body.contains("<req_info>"), "{}", delivery.body);
    }
}
