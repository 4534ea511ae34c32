//! 通知 · notifications: what WeChat tells by itself, and what it is answered.
//!
//! Source: protocol pages "支付结果通知", "支付通知", "退款结果通知", read 2026-11. Sent again up to 15
//! times over about a day until it is acknowledged within 5 seconds; may come twice, late, or never.
//! The order of work is: verify, match with the order, write down, acknowledge.
use serde::{Deserialize, Serialize};

use crate::{Error, OutTradeNo, Payment, question::refund_query::Page, refusal::ErrorCode};

/// What WeChat tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// A payment was made.
    Paid(Payment),
    /// A payment attempt failed (V2, `result_code=FAIL`). It says nothing final about the order.
    Failed {
        /// The number the order was placed under.
        out_trade_no: OutTradeNo,
        /// Why.
        code: ErrorCode,
    },
    /// A refund came to its end (V3; V2 tells of refunds unsigned, see
    /// [`RefundNews`](crate::v2::refund_notify::RefundNews)).
    Refund(Page),
}

impl Notification {
    /// The number the order was placed under.
    pub fn out_trade_no(&self) -> &OutTradeNo {
        match self {
            Self::Paid(payment) => &payment.out_trade_no,
            Self::Failed { out_trade_no, .. } => out_trade_no,
            Self::Refund(page) => &page.out_trade_no,
        }
    }
}

/// What became of a notification. WeChat stops sending only after one of the first three; how each
/// is said is the API's: [`v2::notify::to_xml`](crate::v2::notify::to_xml),
/// [`v3::notify::Reply`](crate::v3::notify::Reply).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ack {
    /// It was news, and is written down.
    Taken,
    /// It was known already.
    Repeated,
    /// It was news, of a payment that came after the order was closed here.
    Late,
    /// No order of ours has this number.
    UnknownOrder,
    /// Amount, currency or payer are not the order's.
    Mismatch,
    /// These very bytes came before, under the same nonce: somebody repeats what WeChat said.
    Replayed,
    /// Nothing proves that WeChat said it to us.
    Unverified,
    /// It cannot be read.
    Malformed,
    /// Longer than any notification.
    TooLarge,
    /// It comes from an address that is not WeChat's.
    Elsewhere,
    /// Its address was wrong too often.
    TooOften,
    /// We failed. It may be sent again at once.
    Fault,
}

impl Ack {
    /// Whether WeChat need not send it again.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Taken | Self::Repeated | Self::Late)
    }

    /// What is answered, in WeChat's language. The reason is for its operators and never repeats what
    /// was sent.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Taken | Self::Repeated | Self::Late => "OK",
            Self::UnknownOrder => "订单不存在",
            Self::Mismatch => "订单信息不一致",
            Self::Replayed => "重复的请求",
            Self::Unverified => "签名失败",
            Self::Malformed => "参数格式校验错误",
            Self::TooLarge => "请求内容过长",
            Self::Elsewhere => "来源地址不被接受",
            Self::TooOften => "请求过于频繁",
            Self::Fault => "处理失败",
        }
    }
}

/// What to answer to a notification that could not be accepted. Total, so that a new error can not
/// be forgotten; never a success, so that a real one comes again.
impl From<&Error> for Ack {
    fn from(error: &Error) -> Self {
        match error {
            Error::Malformed(_) => Self::Malformed,
            Error::Unverified(_) => Self::Unverified,
            Error::Invalid { .. } => Self::Fault,
        }
    }
}
