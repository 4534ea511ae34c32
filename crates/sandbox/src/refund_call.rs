//! A call for a refund (申请退款), whichever API carries it: one number is one refund.
//!
//! Source: pay.weixin.qq.com 申请退款, V2 and V3.

use crate::{
    fault::RefundFault,
    gateway::Gateway,
    ledger::Order,
    refund::{Refund, Unrefundable, Wanted},
    time::UnixSeconds,
};

/// Source: 申请退款: at least one minute between two refunds of one order.
const GAP_SECONDS: i64 = 60;

/// A call for a refund, whichever API carries it.
pub(crate) struct RefundCall {
    pub(crate) transaction_id: Option<String>,
    pub(crate) out_trade_no: Option<String>,
    /// What the merchant believes the order's total to be, in fen.
    pub(crate) total_fee: u64,
    pub(crate) wanted: Wanted,
}

/// Why a call for a refund is not answered with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRefund {
    /// The rules of refunds forbid it.
    Rule(Unrefundable),
    /// The fault in force has its way.
    Fault(RefundFault),
}

impl From<Unrefundable> for NoRefund {
    fn from(reason: Unrefundable) -> Self {
        Self::Rule(reason)
    }
}

impl RefundFault {
    /// Refuses every call, and nothing is made.
    const fn refuses(self) -> bool {
        matches!(self, Self::BizerrNeedRetry | Self::FrequencyLimited)
    }

    /// Refuses a new refund of `order`: one that was accepted before stays accepted.
    fn refuses_new(self, order: &Order, now: UnixSeconds) -> bool {
        let last = order.refunds.last().map(|refund| refund.requested_at);
        match self {
            Self::Notenough | Self::UserAccountAbnormal => true,
            // UNCONFIRMED: that a refund too soon is refused.
            Self::OneAMinute => last.is_some_and(|last| now < last.saturating_add(GAP_SECONDS)),
            _ => false,
        }
    }
}

impl Gateway {
    /// Answers a call for a refund: makes it, or finds the one that an earlier call made.
    pub(crate) fn ask_refund(
        &mut self,
        now: UnixSeconds,
        call: RefundCall,
    ) -> Result<(&Order, &Refund), NoRefund> {
        let order = self.ledger.named(call.transaction_id.as_deref(), call.out_trade_no.as_deref());
        let fault = self.in_force(order).refund;
        if fault.refuses() {
            return Err(NoRefund::Fault(fault));
        }
        let order = order.ok_or(Unrefundable::NotPaid)?;
        let out_trade_no = order.out_trade_no.clone();
        let out_refund_no = call.wanted.out_refund_no.clone();
        if let Some((refunded, refund)) = self.ledger.refund(&out_refund_no) {
            let same = refunded.out_trade_no == out_trade_no
                && refunded.total_fee == call.total_fee
                && refund.refund_fee == call.wanted.refund_fee;
            if !same {
                return Err(Unrefundable::Mismatch.into());
            }
        } else {
            if order.payment.is_some() && order.total_fee != call.total_fee {
                return Err(Unrefundable::Mismatch.into());
            }
            if fault.refuses_new(order, now) {
                return Err(NoRefund::Fault(fault));
            }
            self.refund(now, &out_trade_no, call.wanted)?;
        }
        Ok(self.ledger.refund(&out_refund_no).ok_or(Unrefundable::NotPaid)?)
    }
}
