use serde::{Deserialize, Serialize};
use wxpay_core::{
    Ack, Api, Fen, Notification, OutRefundNo, OutTradeNo, Outcome, TransactionId, UnixSeconds,
    Verified,
    question::{
        close_order, order_query, prepay, refund,
        refund_query::{self, By},
    },
    v2::refund_notify::RefundNews,
};

use crate::{Buyer, Closing, Order, RefundAsk, RefundStage, Shop};

/// Something that happened to an order.
#[derive(Debug, Clone)]
pub enum Input {
    /// A buyer wants to pay, at the shop as it is now.
    Checkout(Buyer, Shop),
    /// A buyer asks whether the payment went through.
    PageAsks,
    /// The shop wants the order closed.
    CloseAsked,
    /// The shop changed the amount.
    Repriced(Fen),
    /// The shop wants money to go back; [`Order::admit_refund`] says beforehand whether it may.
    RefundAsked(RefundAsk),
    /// WeChat's bill, which nobody signed, has a payment of this attempt.
    OnBill(OutTradeNo),
    /// The time asked for by [`Decision::wake_at`] has come.
    Alarm,
    /// WeChat sent a notification, by this API.
    Notified(Api, Verified<Notification>),
    /// A refund notification of V2, which nothing proves to be WeChat's.
    RefundHinted(RefundNews),
    /// The answer to [`Effect::Place`].
    Ordered(OutTradeNo, Outcome<prepay::Answer>),
    /// The answer to [`Effect::Query`].
    Queried(OutTradeNo, Outcome<Verified<order_query::Answer>>),
    /// The answer to [`Effect::Close`].
    ClosedOff(OutTradeNo, Outcome<close_order::Answer>),
    /// The answer to [`Effect::Refund`].
    RefundAnswered(OutRefundNo, Outcome<refund::Answer>),
    /// The answer to [`Effect::QueryRefunds`].
    RefundsQueried(By, u32, Outcome<Verified<refund_query::Answer>>),
}

/// Something to do, after the new order is durable. Each may be done twice without harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Place the attempt at WeChat: [`Order::prepay`] has its parameters.
    Place(OutTradeNo),
    /// Ask WeChat about the attempt.
    Query(OutTradeNo),
    /// Close the attempt at WeChat.
    Close(OutTradeNo),
    /// Send the refund: [`Order::refund_request`] has its parameters.
    Refund(OutRefundNo),
    /// Ask WeChat about one refund, or (V2) about those of an attempt from this one on.
    QueryRefunds(By, u32),
}

/// What an input leads to.
#[derive(Debug, Clone)]
#[must_use]
pub struct Decision {
    /// The order as it now is. Store it before anything else.
    pub order: Order,
    /// What to do next, in order. Feed each result back as an [`Input`].
    pub effects: Vec<Effect>,
    /// What became of it, for the order's history.
    pub happened: Vec<Happened>,
    /// The answer to a notification; only after the order is durable.
    pub ack: Option<Ack>,
    /// When to send [`Input::Alarm`]; replaces any earlier wish.
    pub wake_at: Option<UnixSeconds>,
}

/// One line of an order's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happened {
    /// The order exists.
    Created,
    /// An attempt is about to be placed at WeChat.
    AttemptStarted {
        /// Its number.
        number: OutTradeNo,
        /// `JSAPI`, `MWEB` or `NATIVE`.
        trade_type: String,
    },
    /// The attempt stands.
    AttemptOpened {
        /// Its number.
        number: OutTradeNo,
    },
    /// WeChat refused the attempt.
    AttemptRefused {
        /// Its number.
        number: OutTradeNo,
        /// `err_code`.
        code: String,
    },
    /// The attempt can not be paid any more.
    AttemptClosed {
        /// Its number.
        number: OutTradeNo,
    },
    /// WeChat's word made the order paid. Once per order.
    Paid {
        /// The attempt that was paid.
        number: OutTradeNo,
        /// WeChat's number.
        transaction_id: TransactionId,
        /// In fen.
        amount: Fen,
        /// By WeChat's clock.
        paid_at: UnixSeconds,
    },
    /// The shop changed the amount.
    Repriced {
        /// The new one, in fen.
        amount: Fen,
    },
    /// WeChat says that it was paid and that a refund was asked for, before we heard of either.
    Refunded,
    /// A refund went a step further.
    Refund {
        /// Its number.
        out_refund_no: OutRefundNo,
        /// In fen.
        amount: Fen,
        /// How far it came now.
        status: RefundStage,
        /// WeChat's code, where it said no.
        #[serde(skip_serializing_if = "Option::is_none")]
        err_code: Option<String>,
    },
    /// The order ended unpaid.
    Closed {
        /// Why.
        reason: Closing,
    },
    /// News that contradicts what is known. A person should look.
    Conflict(Conflict),
}

impl Happened {
    /// The event that the shop is told of, if it is one.
    pub fn event_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Paid { .. } => "order.paid",
            Self::Refunded => "order.refunded",
            Self::Closed { .. } => "order.closed",
            Self::Conflict(_) => "order.conflict",
            Self::Refund { status, .. } => match status {
                RefundStage::Waiting | RefundStage::Asked => return None,
                RefundStage::Processing => "refund.processing",
                RefundStage::Succeeded => "refund.succeeded",
                RefundStage::Abnormal => "refund.abnormal",
                RefundStage::Closed => "refund.closed",
                RefundStage::Refused => "refund.refused",
            },
            Self::Created
            | Self::AttemptStarted { .. }
            | Self::AttemptOpened { .. }
            | Self::AttemptRefused { .. }
            | Self::AttemptClosed { .. }
            | Self::Repriced { .. } => return None,
        })
    }
}

/// News that contradicts what is known. Kept with the order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its name.
    #[serde(rename = "conflict")]
    pub kind: ConflictKind,
    /// How much money it is about, in fen.
    pub amount: Fen,
    /// The attempt, for a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<OutTradeNo>,
    /// The payment, for a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<TransactionId>,
    /// The refund, for a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_refund_no: Option<OutRefundNo>,
    /// The field that differs, for a mismatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// How news contradicts what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// A second payment, under another transaction id: refund it.
    PaidTwice,
    /// The payment came after the order was closed here: deliver or refund.
    PaidAfterClose,
    /// Paid by a link from before the amount was changed: deliver, or refund.
    PaidOldAmount,
    /// A signed payment whose amount, currency or payer is not the order's. The order stays as it is.
    Mismatch,
    /// WeChat tells of a refund under our number with another amount. The refund stays as it is.
    RefundMismatch,
    /// WeChat tells otherwise of a refund that had ended. The refund stays as it is.
    RefundContradicted,
}
