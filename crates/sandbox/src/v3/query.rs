//! 查询订单 `GET /v3/pay/transactions/id/{transaction_id}` and
//! `GET /v3/pay/transactions/out-trade-no/{out_trade_no}`. Asking again changes nothing.
//!
//! Source: pay.weixin.qq.com V3 微信支付订单号查询订单, 商户订单号查询订单.

use super::{
    call::{Call, Refusal, Reply},
    rules::check_mchid,
    transaction,
};
use crate::{
    fault::QueryFault,
    gateway::Gateway,
    ledger::{Order, TradeState},
    time::UnixSeconds,
};

pub(super) fn by_transaction_id(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    check_mchid(&gateway.account, call.query("mchid"))?;
    tell(gateway, now, gateway.ledger.by_transaction_id(call.last()))
}

pub(super) fn by_out_trade_no(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    check_mchid(&gateway.account, call.query("mchid"))?;
    tell(gateway, now, gateway.ledger.order(call.last()))
}

fn tell(gateway: &Gateway, now: UnixSeconds, order: Option<&Order>) -> Result<Reply, Refusal> {
    let order = order.ok_or_else(not_exist)?;
    let state = order.trade_state(now);
    let fault = gateway.in_force(Some(order)).query;
    let words = match (state, fault) {
        (TradeState::NotPay, QueryFault::Userpaying) => ("USERPAYING", "用户支付中"),
        (TradeState::NotPay, QueryFault::Payerror) => {
            ("PAYERROR", "支付失败(其他原因，如银行返回失败)")
        }
        (TradeState::NotPay, QueryFault::NewWord) => ("A WORD OF TOMORROW", ""),
        _ => state.words(),
    };
    let account = &gateway.account;
    let bare = fault == QueryFault::Bare && state != TradeState::Success;
    Ok(Reply::Json(if bare {
        transaction::promised(account, order, words)
    } else {
        transaction::told(account, order, words, order.total_fee)
    }))
}

/// Source: error codes of 查询订单 and 关闭订单.
pub(super) fn not_exist() -> Refusal {
    Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在")
}
