//! 关闭订单 · close order.
//!
//! Source: protocol page "关闭订单", read 2026-11. A repeat is safe: a closed order counts as closed.
//! UNCONFIRMED: V2's page asks for five minutes between ordering and closing; what the gateway
//! answers before that is not documented, so any such refusal simply leaves the order open.
use super::Question;
use crate::{
    OutTradeNo,
    refusal::{ErrorCode, Refusal},
};

/// A wish to close one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseOrder {
    /// The number it was placed under.
    pub out_trade_no: OutTradeNo,
}

impl Question for CloseOrder {
    type Answer = Answer;
}

/// What WeChat answers. It names no order, so it is believed for the one just asked about: TLS, not
/// the signature, says which question it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Closed now or before.
    Closed,
    /// ORDERPAID: it can not be closed any more. Query it.
    Paid,
    /// ORDERNOTEXIST: never placed, so nobody can pay it.
    NotExist,
    /// Another signed no: the order is as it was.
    Refused(Refusal),
}

impl Answer {
    /// What a signed no means.
    pub(crate) fn of(refusal: Refusal) -> Self {
        match refusal.code {
            ErrorCode::OrderClosed => Self::Closed,
            ErrorCode::OrderPaid => Self::Paid,
            ErrorCode::OrderNotExist => Self::NotExist,
            _ => Self::Refused(refusal),
        }
    }
}
