//! 查询订单 `POST /pay/orderquery`.
//!
//! Source: pay.weixin.qq.com V2 查询订单; the shape of unpaid answers from merchants' logs.

use super::{Call, Refusal};
use crate::{
    gateway::Gateway,
    ledger::{Order, TradeState},
    time::{UnixSeconds, to_compact},
    xml::Fields,
};

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    let order = find(gateway, &call.fields)?;
    let state = order.trade_state(now);
    let (word, description) = state.words();
    let mut fields = Fields::default();
    fields.push("out_trade_no", &order.out_trade_no);
    fields.push("total_fee", order.total_fee.to_string());
    fields.push("trade_state", word);
    fields.push("trade_state_desc", description);
    if let Some(attach) = order.term("attach") {
        fields.push("attach", attach);
    }
    if let (TradeState::Success, Some(payment)) = (state, &order.payment) {
        fields.push("openid", &payment.openid);
        fields.push("is_subscribe", "N");
        fields.push("trade_type", order.trade_type.as_str());
        fields.push("bank_type", "OTHERS");
        fields.push("fee_type", "CNY");
        fields.push("cash_fee", order.total_fee.to_string());
        fields.push("cash_fee_type", "CNY");
        fields.push("transaction_id", &payment.transaction_id);
        fields.push("time_end", to_compact(payment.paid_at));
    }
    Ok(fields)
}

/// `transaction_id` goes first; an unpaid order has none and is found by `out_trade_no` only.
fn find<'a>(gateway: &'a Gateway, fields: &Fields) -> Result<&'a Order, Refusal> {
    let order = match (fields.get("transaction_id"), fields.get("out_trade_no")) {
        (Some(transaction_id), _) => gateway.ledger.orders().find(|order| {
            order.payment.as_ref().is_some_and(|payment| payment.transaction_id == transaction_id)
        }),
        (None, Some(out_trade_no)) => gateway.ledger.order(out_trade_no),
        // UNCONFIRMED: the wording.
        (None, None) => return Err(Refusal::communication("缺少参数")),
    };
    order.ok_or_else(|| Refusal::business("ORDERNOTEXIST", "订单不存在"))
}
