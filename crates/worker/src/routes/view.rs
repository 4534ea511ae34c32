//! An order as the shop's backend sees it. Links, prepay ids and buyers' addresses stay inside:
//! they are of use to whoever pays only.
use serde::Serialize;
use serde_json::value::RawValue;
use wxpay_core::{Attach, Body, Fen, OutTradeNo, UnixSeconds, v2::Payment};
use wxpay_merchant::{Attempt, Conflict, Order, PageStatus, Stage};

/// The answer of `GET /v1/orders/{no}`.
#[derive(Debug, Serialize)]
pub(super) struct OrderView {
    out_trade_no: OutTradeNo,
    pub(super) status: PageStatus,
    amount: Fen,
    description: Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<Attach>,
    created_at: UnixSeconds,
    expires_at: UnixSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Payment>,
    attempts: Vec<AttemptView>,
    conflicts: Vec<Conflict>,
    history: Box<RawValue>,
}

#[derive(Debug, Serialize)]
struct AttemptView {
    out_trade_no: OutTradeNo,
    trade_type: &'static str,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    err_code: Option<String>,
    asked_at: UnixSeconds,
}

impl OrderView {
    pub(super) fn of(order: &Order, history: Box<RawValue>) -> Self {
        let terms = order.terms();
        Self {
            out_trade_no: terms.out_trade_no().clone(),
            status: order.page_status(),
            amount: order.amount(),
            description: terms.description().clone(),
            attach: terms.attach().cloned(),
            created_at: order.created_at(),
            expires_at: order.expires_at(),
            payment: payment(order).cloned(),
            attempts: order.attempts().iter().map(AttemptView::of).collect(),
            conflicts: order.conflicts().to_vec(),
            history,
        }
    }
}

impl AttemptView {
    fn of(attempt: &Attempt) -> Self {
        let (stage, err_code) = match &attempt.stage {
            Stage::Placing => ("placing", None),
            Stage::Open { .. } => ("open", None),
            Stage::Refused { code } => ("refused", Some(code.clone())),
            Stage::Closed => ("closed", None),
        };
        Self {
            out_trade_no: attempt.number.clone(),
            trade_type: attempt.buyer.way.trade_type(),
            stage,
            err_code,
            asked_at: attempt.asked_at,
        }
    }
}

/// The payment that made the order paid.
pub(super) fn payment(order: &Order) -> Option<&Payment> {
    order.payments().next()
}
