//! 查询退款 · refund query.
//!
//! Source: protocol pages "查询退款" (V2), "查询单笔退款" (V3), read 2026-11. Asking changes nothing, so
//! it may be repeated. Money goes back to the wallet within minutes, to a card in one to three
//! working days.
use alloc::{string::String, vec::Vec};

use super::Question;
use crate::{
    Fen, OutRefundNo, OutTradeNo, RefundId, TransactionId, UnixSeconds, Verified, refusal::Refusal,
};

/// A question about one refund, or about all of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundQuery {
    /// What to ask about.
    pub by: By,
    /// How many refunds of the order to pass over; 0 for the first page.
    pub offset: u32,
}

impl Question for RefundQuery {
    type Answer = Verified<Answer>;
}

/// What a refund query asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// One refund.
    OutRefundNo(OutRefundNo),
    /// Every refund of an order. V3 has no such question.
    OutTradeNo(OutTradeNo),
}

/// What WeChat answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These are known.
    Found(Page),
    /// REFUNDNOTEXIST: none was ever taken.
    NotExist,
    /// Another signed no.
    Refused(Refusal),
}

/// Some of an order's refunds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The payment they are taken from…
    pub transaction_id: TransactionId,
    /// … and its order.
    pub out_trade_no: OutTradeNo,
    /// How many there are in all (`total_refund_count`), on this page and the others.
    pub total: u32,
    /// Those of this page.
    pub refunds: Vec<RefundRecord>,
}

/// A refund as WeChat knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRecord {
    /// The merchant's number.
    pub out_refund_no: OutRefundNo,
    /// WeChat's number.
    pub refund_id: RefundId,
    /// What was asked to go back, in fen.
    pub amount: Fen,
    /// What goes back less coupons the merchant paid for, in fen.
    pub settlement_amount: Option<Fen>,
    /// `ORIGINAL`, `BALANCE`, `OTHER_BALANCE`, `OTHER_BANKCARD`: the way it goes.
    pub channel: Option<String>,
    /// What became of it.
    pub status: RefundStatus,
    /// Where it arrives, in WeChat's words: `招商银行信用卡0403`, `支付用户零钱`.
    pub recv_account: Option<String>,
    /// When it arrived.
    pub succeeded_at: Option<UnixSeconds>,
    /// `REFUND_SOURCE_…`: which of the merchant's funds it is taken from.
    pub account: Option<String>,
    /// The coupons in it.
    pub coupons: Vec<Coupon>,
}

/// A coupon (代金券) that goes back with a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// `coupon_refund_id`.
    pub id: String,
    /// `CASH` or `NO_CASH`.
    pub kind: Option<String>,
    /// In fen.
    pub amount: Fen,
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// `PROCESSING`: under way.
    Processing,
    /// `SUCCESS`: the money is back.
    Success,
    /// `CHANGE`, V3 `ABNORMAL`: it could not arrive, the account is closed or frozen. The merchant has to pay the
    /// buyer back by hand (商户平台, 交易中心).
    Abnormal,
    /// `REFUNDCLOSE`, V3 `CLOSED`: given up; the money stayed with the merchant.
    Closed,
    /// A state this version does not know. Never taken for success.
    Unrecognised(String),
}

impl RefundStatus {
    /// Reads the wire's word, V2's or V3's.
    pub fn read(word: &str) -> Self {
        match word {
            "PROCESSING" => Self::Processing,
            "SUCCESS" => Self::Success,
            "CHANGE" | "ABNORMAL" => Self::Abnormal,
            "REFUNDCLOSE" | "CLOSED" => Self::Closed,
            other => Self::Unrecognised(other.chars().take(32).collect()),
        }
    }
}
