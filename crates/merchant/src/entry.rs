use serde::{Deserialize, Serialize};
use wxpay_core::{BeijingDay, Fen, OutRefundNo, OutTradeNo, RefundId, TransactionId, UnixSeconds};

use crate::{Order, PageStatus, RefundStage};

/// One line of a day's book (日账), keyed within its day; writing it again replaces it.
///
/// A bill of WeChat's covers one Beijing day, so the shop's books do too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The day it belongs to, for ever: that of `at`.
    pub day: BeijingDay,
    /// When the order was created, the payment made (WeChat's clock), the refund asked for, the
    /// event written.
    pub at: UnixSeconds,
    /// What is written.
    pub line: Line,
}

/// What a line of the book is about. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// An order of the shop's, as it now stands.
    Order {
        /// Its number.
        out_trade_no: OutTradeNo,
        /// What it costs.
        amount: Fen,
        /// How it stands.
        status: PageStatus,
        /// When WeChat says it was paid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paid_at: Option<UnixSeconds>,
        /// The payment that made it paid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transaction_id: Option<TransactionId>,
        /// How much went back for good.
        refunded: Fen,
        /// How many contradictions a person should look at.
        conflicts: u32,
    },
    /// Money that came in, by WeChat's verified word.
    Payment {
        /// The order.
        out_trade_no: OutTradeNo,
        /// The attempt that was paid: what WeChat's bill calls 商户订单号.
        number: OutTradeNo,
        /// WeChat's number.
        transaction_id: TransactionId,
        /// How much.
        amount: Fen,
    },
    /// Money that goes back.
    Refund {
        /// The order.
        out_trade_no: OutTradeNo,
        /// The attempt that had been paid.
        number: OutTradeNo,
        /// Our number.
        out_refund_no: OutRefundNo,
        /// WeChat's number, once it has given one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_id: Option<RefundId>,
        /// How much.
        amount: Fen,
        /// How far it came.
        status: RefundStage,
    },
    /// An event for the shop, and what became of its sending.
    Event {
        /// The webhook's id.
        id: String,
        /// Its type, for example `order.paid`.
        r#type: String,
        /// The order it is about, if it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        out_trade_no: Option<OutTradeNo>,
        /// `pending`, `delivered`, `dead` or `kept`.
        state: String,
        /// How often it was sent.
        attempts: u32,
    },
}

impl Line {
    /// What the line is known by within its day.
    pub fn key(&self) -> String {
        match self {
            Self::Order { out_trade_no, .. } => format!("order:{out_trade_no}"),
            Self::Payment { transaction_id, .. } => format!("payment:{transaction_id}"),
            Self::Refund { out_refund_no, .. } => format!("refund:{out_refund_no}"),
            Self::Event { id, .. } => format!("event:{id}"),
        }
    }

    /// `order`, `payment`, `refund` or `event`: the key's first word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Order { .. } => "order",
            Self::Payment { .. } => "payment",
            Self::Refund { .. } => "refund",
            Self::Event { .. } => "event",
        }
    }
}

impl Order {
    /// The order's lines in the books: itself on the day it was created, each payment on the day
    /// WeChat took it, each refund on the day WeChat took it.
    ///
    /// A refund made elsewhere has no line: on which day WeChat took it is not told.
    pub fn entries(&self) -> Vec<Entry> {
        let out_trade_no = self.terms().out_trade_no();
        let line = |at, line| Entry { day: BeijingDay::of(at), at, line };
        let first = self.payments().next();
        let order = Line::Order {
            out_trade_no: out_trade_no.clone(),
            amount: self.amount(),
            status: self.page_status(),
            paid_at: first.map(|payment| payment.paid_at),
            transaction_id: first.map(|payment| payment.transaction_id.clone()),
            refunded: self.refunded(),
            conflicts: u32::try_from(self.conflicts().len()).unwrap_or(u32::MAX),
        };
        let payments = self.payments().map(|payment| {
            let of_payment = Line::Payment {
                out_trade_no: out_trade_no.clone(),
                number: payment.out_trade_no.clone(),
                transaction_id: payment.transaction_id.clone(),
                amount: payment.total_fee,
            };
            line(payment.paid_at, of_payment)
        });
        let refunds = self.refunds().iter().filter_map(|refund| {
            let of_refund = Line::Refund {
                out_trade_no: out_trade_no.clone(),
                number: self.payment_of(refund)?.out_trade_no.clone(),
                out_refund_no: refund.out_refund_no.clone(),
                refund_id: refund.refund_id.clone(),
                amount: refund.amount,
                status: refund.stage,
            };
            Some(line(refund.taken_at?, of_refund))
        });
        [line(self.created_at(), order)].into_iter().chain(payments).chain(refunds).collect()
    }
}
