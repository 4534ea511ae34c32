//! 关闭订单 `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`. Closing what is closed is
//! the same as closing it.
//!
//! Source: pay.weixin.qq.com V3 关闭订单.

use super::{
    call::{ALREADY_PAID, Call, Refusal, Reply},
    query::not_exist,
    rules::{Field, Kind, check, check_mchid, needed},
};
use crate::{fault::CloseFault, gateway::Gateway, ledger::TradeState, time::UnixSeconds};

const FIELDS: [Field; 1] = [needed("/mchid", Kind::Text(32))];

/// Source: V2's 关闭订单: not earlier than five minutes after ordering.
const SOONEST_SECONDS: i64 = 5 * 60;

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Reply, Refusal> {
    check(&call.body, &FIELDS)?;
    check_mchid(&gateway.account, call.text("/mchid"))?;
    let [.., number, _] = call.path.as_slice() else { return Err(not_exist()) };
    let order = gateway.ledger.order(number).ok_or_else(not_exist)?;
    let fault = gateway.in_force(Some(order)).close;
    match order.trade_state(now) {
        // UNCONFIRMED: the status, and the code among three versions of it.
        TradeState::Success | TradeState::Refund => {
            Err(Refusal::new(400, "ORDER_PAID", "该订单已支付").tail(ALREADY_PAID))
        }
        TradeState::Closed => Ok(Reply::NoContent),
        TradeState::NotPay => {
            // DIFFERENCE: V2's pages forbid closing within five minutes of ordering and V3's do not
            // say; closing early is allowed here unless switched off.
            let soonest = order.created_at.saturating_add(SOONEST_SECONDS);
            if fault == CloseFault::TooSoon && now < soonest {
                // UNCONFIRMED: the code. This one is documented for closing, without a cause.
                return Err(Refusal::new(403, "TRADE_ERROR", "订单状态错误"));
            }
            gateway.ledger.change(number, |order| order.closed_at = Some(now));
            Ok(Reply::NoContent)
        }
    }
}
