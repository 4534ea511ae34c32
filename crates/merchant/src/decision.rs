use serde::{Deserialize, Serialize};
use wxpay_core::{
    Fen, OutTradeNo, Outcome, TransactionId, UnixSeconds, Verified,
    v2::{
        close_order,
        notify::{Ack, Notification},
        order_query, unified_order,
    },
};

use crate::{Buyer, Closing, Order};

/// Something that happened to an order.
#[derive(Debug, Clone)]
pub enum Input {
    /// A buyer wants to pay.
    Checkout(Buyer),
    /// A buyer asks whether the payment went through.
    PageAsks,
    /// The shop wants the order closed.
    CloseAsked,
    /// The time asked for by [`Decision::wake_at`] has come.
    Alarm,
    /// WeChat sent a notification.
    Notified(Verified<Notification>),
    /// The answer to [`Effect::Place`].
    Ordered(OutTradeNo, Outcome<unified_order::Answer>),
    /// The answer to [`Effect::Query`].
    Queried(OutTradeNo, Outcome<Verified<order_query::Answer>>),
    /// The answer to [`Effect::Close`].
    ClosedOff(OutTradeNo, Outcome<close_order::Answer>),
}

/// Something to do, after the new order is durable. Each may be done twice without harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Place the attempt at WeChat: [`Order::unified_order`] has its parameters.
    Place(OutTradeNo),
    /// Ask WeChat about the attempt.
    Query(OutTradeNo),
    /// Close the attempt at WeChat.
    Close(OutTradeNo),
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
    },
    /// WeChat says that a refund was asked for.
    Refunded,
    /// The order ended unpaid.
    Closed {
        /// Why.
        reason: Closing,
    },
    /// News that contradicts what is known. A person should look.
    Conflict(Conflict),
}

/// News that contradicts what is known. Kept with the order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its name.
    #[serde(rename = "conflict")]
    pub kind: ConflictKind,
    /// The attempt it is about.
    pub number: OutTradeNo,
    /// The payment.
    pub transaction_id: TransactionId,
    /// How much was paid, in fen.
    pub amount: Fen,
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
    /// A signed payment whose amount, currency or payer is not the order's. The order stays as it is.
    Mismatch,
}
