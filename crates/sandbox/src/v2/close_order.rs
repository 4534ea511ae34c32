//! 关闭订单 `POST /pay/closeorder`.
//!
//! Source: pay.weixin.qq.com V2 关闭订单.

use super::{Call, Refusal};
use crate::{
    fault::CloseFault, gateway::Gateway, ledger::TradeState, time::UnixSeconds, xml::Fields,
};

/// Source: 关闭订单: not earlier than five minutes after ordering.
const SOONEST_SECONDS: i64 = 5 * 60;

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    // UNCONFIRMED: the wording.
    let out_trade_no =
        call.fields.get("out_trade_no").ok_or_else(|| Refusal::communication("缺少参数"))?;
    let fault = gateway.in_force(gateway.ledger.order(out_trade_no)).close;
    let order = gateway
        .ledger
        .order(out_trade_no)
        .ok_or_else(|| Refusal::business("ORDERNOTEXIST", "订单不存在"))?;
    match order.trade_state(now) {
        TradeState::Success | TradeState::Refund => {
            Err(Refusal::business("ORDERPAID", "该订单已支付"))
        }
        TradeState::Closed => Err(Refusal::business("ORDERCLOSED", "该订单已关闭")),
        TradeState::NotPay => {
            // DIFFERENCE: the documentation forbids closing within five minutes of ordering but
            // names no error code for it, so closing early is allowed here unless switched off.
            if fault == CloseFault::TooSoon
                && now < order.created_at.saturating_add(SOONEST_SECONDS)
            {
                // UNCONFIRMED: the code. This one is documented for a state that forbids closing.
                return Err(Refusal::business("TRADE_STATE_ERROR", "订单状态错误"));
            }
            gateway.ledger.change(out_trade_no, |order| order.closed_at = Some(now));
            Ok(Fields::from([("result_msg", "OK")]))
        }
    }
}
