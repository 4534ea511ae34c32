//! 查询订单 · order query, by either number.
//!
//! Source: protocol pages "查询订单", "微信支付订单号查询订单", "商户订单号查询订单", read 2026-11.
//! Asking changes nothing, so it may be repeated. An unpaid order can be found by `out_trade_no` only.
use alloc::string::String;

use super::Question;
use crate::{OutTradeNo, Payment, TransactionId, Verified, refusal::Refusal};

/// A question about one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Which one.
    pub by: By,
}

/// What an order query asks by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The number it was placed under.
    OutTradeNo(OutTradeNo),
    /// WeChat's number, which only a paid order has.
    TransactionId(TransactionId),
}

impl OrderQuery {
    /// A question about the order with this number.
    pub fn of(out_trade_no: OutTradeNo) -> Self {
        Self { by: By::OutTradeNo(out_trade_no) }
    }
}

impl Question for OrderQuery {
    type Answer = Verified<Answer>;
}

/// What WeChat answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `SUCCESS`: paid.
    Paid(Payment),
    /// `REFUND`: it was paid, and a refund was asked for since. V2 promises only the number; the
    /// payment is there where WeChat tells its facts all the same.
    Refund(Option<Payment>),
    /// `NOTPAY`, or `PAYERROR` (a bank said no; the buyer may try again): not paid.
    NotPaid,
    /// `USERPAYING` or `ACCEPT`: under way.
    Paying,
    /// `CLOSED` or `REVOKED`: can not be paid any more.
    Closed,
    /// ORDERNOTEXIST: never placed.
    NotExist,
    /// A state this version does not know. Never taken for success.
    Unrecognised(String),
    /// Another signed no.
    Refused(Refusal),
}

impl Answer {
    /// The answer that a `trade_state` gives, whose payment is read if it has one.
    pub(crate) fn read<E>(
        trade_state: &str,
        payment: impl FnOnce() -> Result<Payment, E>,
    ) -> Result<Self, E> {
        Ok(match trade_state {
            "SUCCESS" => Self::Paid(payment()?),
            "REFUND" => Self::Refund(payment().ok()),
            "NOTPAY" | "PAYERROR" => Self::NotPaid,
            "USERPAYING" | "ACCEPT" => Self::Paying,
            "CLOSED" | "REVOKED" => Self::Closed,
            other => Self::Unrecognised(other.chars().take(32).collect()),
        })
    }
}
