//! 查询订单 `POST /pay/orderquery`.
//!
//! Source: pay.weixin.qq.com V2 查询订单; the shape of unpaid answers from merchants' logs.

use super::{Call, Refusal, find_order};
use crate::{
    fault::QueryFault,
    gateway::Gateway,
    ledger::TradeState,
    news::push_payer,
    time::{UnixSeconds, to_compact},
    xml::Fields,
};

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    if call.fields.get("transaction_id").or(call.fields.get("out_trade_no")).is_none() {
        // UNCONFIRMED: the wording.
        return Err(Refusal::communication("缺少参数"));
    }
    let order = find_order(gateway, &call.fields)
        .ok_or_else(|| Refusal::business("ORDERNOTEXIST", "订单不存在"))?;
    let state = order.trade_state(now);
    let fault = gateway.in_force(Some(order)).query;
    let (word, description) = match (state, fault) {
        (TradeState::NotPay, QueryFault::Userpaying) => ("USERPAYING", "用户支付中"),
        (TradeState::NotPay, QueryFault::Payerror) => ("PAYERROR", "支付失败(如银行返回失败)"),
        (TradeState::NotPay, QueryFault::NewWord) => ("A WORD OF TOMORROW", ""),
        _ => state.words(),
    };
    let mut fields = Fields::default();
    fields.push("out_trade_no", &order.out_trade_no);
    fields.push("trade_state", word);
    fields.push("trade_state_desc", description);
    if let Some(attach) = order.term("attach") {
        fields.push("attach", attach);
    }
    if fault == QueryFault::Bare && state != TradeState::Success {
        return Ok(fields);
    }
    // UNCONFIRMED: that a refunded order is still told in full; promised is `out_trade_no` only.
    fields.push("total_fee", order.total_fee.to_string());
    if let Some(payment) = &order.payment {
        push_payer(&mut fields, order, payment);
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
