use serde::{Deserialize, Serialize};
use wxpay_core::{Api, Payment, PrepayId, UnixSeconds};

use crate::{Buyer, Order, Refund, RefundStage, Stage, State, order::Word};

/// What a checkout may be answered, once its effects are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Offer {
    /// Pay with this.
    Pay(Handed),
    /// Paid already (or paid and refunded). Show the result.
    Paid,
    /// Closed or expired. A new purchase needs a new order.
    Closed,
    /// WeChat said no with this code; the shop must mend something.
    Refused(String),
    /// WeChat's answer is not known. Ask again with the same request.
    Unknown,
    /// Somebody else, or a buyer at an old price, holds a live link to this order and it could not
    /// be closed yet. Ask again.
    HeldByOther,
    /// No further attempt fits: nine were made, or the number is too long for `*2`.
    Exhausted,
}

/// What a page is handed to raise the cashier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handed {
    /// Inside WeChat: sign this for the bridge.
    Bridge {
        /// By which API it was placed: the cashier's parameters are signed by the same.
        #[serde(default)]
        api: Api,
        /// The order, as the cashier knows it.
        prepay_id: PrepayId,
        /// Two hours after it was asked for.
        expires_at: UnixSeconds,
    },
    /// Navigate here, at the top level, with a Referer.
    MwebUrl {
        /// WeChat's middle page.
        mweb_url: String,
        /// Five minutes after it was asked for.
        expires_at: UnixSeconds,
    },
    /// Show this as a QR code.
    CodeUrl {
        /// `weixin://wxpay/…`.
        code_url: String,
        /// Two hours after it was asked for.
        expires_at: UnixSeconds,
    },
}

/// What a page may be told about its order; nothing else about it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageStatus {
    /// WeChat said so, signed.
    Paid,
    /// WeChat last said that it is not paid, or it was never ordered.
    Unpaid,
    /// WeChat says the buyer is at it.
    Paying,
    /// Can not be paid any more.
    Closed,
    /// Paid, and all of it went back or is on its way.
    Refunded,
    /// Nobody knows. Ask again.
    Unknown,
}

impl Order {
    /// What to answer `buyer` now.
    pub fn offer(&self, buyer: &Buyer, now: UnixSeconds) -> Offer {
        match self.state() {
            State::Paid(_) | State::Refunded => return Offer::Paid,
            State::Closed => return Offer::Closed,
            State::Created | State::AwaitingPayment if self.is_ending(now) => return Offer::Closed,
            State::Created | State::AwaitingPayment => {}
        }
        if self.waiting.as_ref().is_some_and(|(waiting, _)| waiting == buyer) {
            return Offer::HeldByOther;
        }
        let amount = self.amount();
        match self.attempts().last() {
            Some(attempt) if attempt.is_live() && attempt.amount != amount => Offer::HeldByOther,
            Some(attempt) if attempt.buyer.shares_with(buyer) => match &attempt.stage {
                Stage::Open { .. } => attempt.handed(now).map_or(Offer::Unknown, Offer::Pay),
                Stage::Placing => Offer::Unknown,
                Stage::Refused { code } => Offer::Refused(code.clone()),
                Stage::Closed => Offer::Exhausted,
            },
            // Somebody else came while this buyer's call was under way.
            Some(attempt) if attempt.is_live() => Offer::HeldByOther,
            _ => Offer::Exhausted,
        }
    }

    /// What the page may be told.
    pub fn page_status(&self) -> PageStatus {
        match self.state() {
            State::Paid(payment) if self.is_given_back(payment) => PageStatus::Refunded,
            State::Paid(_) => PageStatus::Paid,
            State::Refunded => PageStatus::Refunded,
            State::Closed => PageStatus::Closed,
            State::Created => PageStatus::Unpaid,
            State::AwaitingPayment => match self.word {
                Word::NotPaid => PageStatus::Unpaid,
                Word::Paying => PageStatus::Paying,
                Word::Unknown => PageStatus::Unknown,
            },
        }
    }

    /// Whether WeChat took refunds of the whole payment.
    fn is_given_back(&self, payment: &Payment) -> bool {
        let taken = |refund: &&Refund| {
            refund.transaction_id == payment.transaction_id
                && matches!(
                    refund.stage,
                    RefundStage::Processing | RefundStage::Succeeded | RefundStage::Abnormal
                )
        };
        let taken = self.refunds().iter().filter(taken);
        let sum = taken.fold(0_u64, |sum, it| sum.saturating_add(u64::from(it.amount.fen())));
        sum >= u64::from(payment.total_fee.fen())
    }
}
