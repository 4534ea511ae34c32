//! An order as pages and the shop's backend see it. Links, prepay ids and buyers' addresses stay
//! inside: they are of use to whoever pays only.
use serde::Serialize;
use serde_json::value::RawValue;
use wxpay_core::{
    Attach, Body, Fen, OutRefundNo, OutTradeNo, Payment, RefundDesc, RefundId, TransactionId,
    UnixSeconds,
};
use wxpay_merchant::{Attempt, Conflict, Order, PageStatus, Refund, RefundStage, Stage};

/// A view as JSON.
pub(super) fn raw(view: &impl Serialize) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(serde_json::to_string(view)?)
}

/// The answer of `GET /v1/checkout/{return_token}`: all that a page may know.
#[derive(Serialize)]
pub(super) struct StatusView<'a> {
    status: PageStatus,
    out_trade_no: &'a OutTradeNo,
    amount: Fen,
    description: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<UnixSeconds>,
}

/// The answer of `GET /v1/orders/{no}`.
#[derive(Serialize)]
pub(super) struct OrderView<'a> {
    out_trade_no: &'a OutTradeNo,
    status: PageStatus,
    amount: Fen,
    description: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<&'a Attach>,
    created_at: UnixSeconds,
    expires_at: UnixSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a Payment>,
    attempts: Vec<AttemptView<'a>>,
    refunded: Fen,
    refunds: Vec<RefundView<'a>>,
    conflicts: &'a [Conflict],
    history: Box<RawValue>,
    events: Box<RawValue>,
}

#[derive(Serialize)]
struct AttemptView<'a> {
    out_trade_no: &'a OutTradeNo,
    trade_type: &'static str,
    amount: Fen,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    err_code: Option<&'a str>,
    asked_at: UnixSeconds,
}

/// The answer of `GET /v1/orders/{no}/refunds/{out_refund_no}`.
#[derive(Serialize)]
pub(super) struct RefundView<'a> {
    out_refund_no: &'a OutRefundNo,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_id: Option<&'a RefundId>,
    transaction_id: &'a TransactionId,
    amount: Fen,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a RefundDesc>,
    status: RefundStage,
    #[serde(skip_serializing_if = "Option::is_none")]
    err_code: Option<&'a str>,
    asked_at: UnixSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded_at: Option<UnixSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recv_account: Option<&'a str>,
}

impl<'a> StatusView<'a> {
    pub(super) fn of(order: &'a Order) -> Self {
        Self {
            status: order.page_status(),
            out_trade_no: order.terms().out_trade_no(),
            amount: order.amount(),
            description: order.terms().description(),
            paid_at: order.payments().next().map(|payment| payment.paid_at),
        }
    }
}

impl<'a> OrderView<'a> {
    pub(super) fn of(order: &'a Order, history: Box<RawValue>, events: Box<RawValue>) -> Self {
        let terms = order.terms();
        Self {
            out_trade_no: terms.out_trade_no(),
            status: order.page_status(),
            amount: order.amount(),
            description: terms.description(),
            attach: terms.attach(),
            created_at: order.created_at(),
            expires_at: order.expires_at(),
            payment: order.payments().next(),
            attempts: order.attempts().iter().map(AttemptView::of).collect(),
            refunded: order.refunded(),
            refunds: order.refunds().iter().map(RefundView::of).collect(),
            conflicts: order.conflicts(),
            history,
            events,
        }
    }
}

impl<'a> AttemptView<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        let (stage, err_code) = match &attempt.stage {
            Stage::Placing => ("placing", None),
            Stage::Open { .. } => ("open", None),
            Stage::Refused { code } => ("refused", Some(code.as_str())),
            Stage::Closed => ("closed", None),
        };
        Self {
            out_trade_no: &attempt.number,
            trade_type: attempt.buyer.way.trade_type(),
            amount: attempt.amount,
            stage,
            err_code,
            asked_at: attempt.asked_at,
        }
    }
}

impl<'a> RefundView<'a> {
    pub(super) fn of(refund: &'a Refund) -> Self {
        Self {
            out_refund_no: &refund.out_refund_no,
            refund_id: refund.refund_id.as_ref(),
            transaction_id: &refund.transaction_id,
            amount: refund.amount,
            reason: refund.reason.as_ref(),
            status: refund.stage,
            err_code: refund.err_code.as_deref(),
            asked_at: refund.asked_at,
            succeeded_at: refund.succeeded_at,
            recv_account: refund.recv_account.as_deref(),
        }
    }
}
