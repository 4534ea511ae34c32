//! 申请退款 · asking for a refund.
//!
//! Source: protocol pages "申请退款" (V2, V3), read 2026-11. A yes means accepted; what became of the
//! money comes by notification and refund query. Within a year of the payment; at most 50 per
//! payment, a minute between two; together never more than was paid.
//! A repeat is safe: one `out_refund_no` is one refund, however often it is asked for with the same
//! amount. On a time-out, or SYSTEMERROR, repeat; never mint a new number, that would pay twice.
use super::Question;
use crate::{Fen, NotifyUrl, OutRefundNo, RefundDesc, RefundId, TransactionId, refusal::Refusal};

/// A wish to give money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The payment it is taken from.
    pub transaction_id: TransactionId,
    /// The merchant's number for the refund, the key of every repeat.
    pub out_refund_no: OutRefundNo,
    /// What the order cost, in fen, as it was paid.
    pub total_fee: Fen,
    /// What goes back, in fen: at least 1, at most what is left of the payment.
    pub refund_fee: Fen,
    /// Why; the buyer reads it.
    pub refund_desc: Option<RefundDesc>,
    /// Where the notification goes.
    pub notify_url: NotifyUrl,
}

impl Question for Refund {
    type Answer = Answer;
}

/// What WeChat answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken; the money is not back yet.
    Accepted {
        /// WeChat's number for it.
        refund_id: RefundId,
    },
    /// A signed no.
    Refused(Refusal),
}
