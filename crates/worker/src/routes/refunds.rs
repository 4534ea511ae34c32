//! 退款, for the shop's backend: `POST /v1/orders/{no}/refunds`, and `GET` of one of them.
use serde::Deserialize;
use wxpay_core::{Fen, OutRefundNo, RefundDesc, TransactionId};
use wxpay_merchant::{RefundAdmission, RefundAsk};

use super::{
    Call,
    orders::{ask, number},
};
use crate::{
    http::{body, problem::Problem, problem_code::Code, query, reply::Reply},
    object::order::{Ask, Told},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    amount: Fen,
    out_refund_no: Option<OutRefundNo>,
    transaction_id: Option<TransactionId>,
    reason: Option<RefundDesc>,
}

/// Takes a refund; sent again unchanged, it finds the same one.
pub(super) async fn create(call: &Call<'_>, no: &str) -> Result<Reply, Problem> {
    let number = number(no)?;
    let new: NewRefund = body::parse(&call.body().await?)?;
    if new.amount.fen() == 0 {
        return Err(Problem::with_detail(Code::InvalidField, "`amount`: expected at least 1 fen"));
    }
    let out_refund_no = match new.out_refund_no {
        Some(out_refund_no) => out_refund_no,
        None => OutRefundNo::new(&call.new_number("refund")?)
            .map_err(|_| Problem::internal("a new number broke its rule"))?,
    };
    let refund = RefundAsk {
        out_refund_no,
        transaction_id: new.transaction_id,
        amount: new.amount,
        reason: new.reason,
        notify_urls: call.config.refund_notify_urls.clone(),
    };
    match ask(call, &number, &Ask::Refund(refund)).await? {
        Told::Refund { taken, view } => Ok(Reply::view(if taken { 201 } else { 200 }, view)),
        Told::NotRefunded(reason) => Err(refused(reason).into()),
        Told::CertificateMissing => Err(Code::CertificateMissing.into()),
        Told::NotFound => Err(Code::OrderNotFound.into()),
        _ => Err(Problem::internal("an order's answer to a refund")),
    }
}

fn refused(reason: RefundAdmission) -> Code {
    match reason {
        RefundAdmission::Differs => Code::RefundDiffers,
        RefundAdmission::NotPaid => Code::OrderNotPaid,
        RefundAdmission::Exceeds => Code::RefundExceeds,
        RefundAdmission::Limit => Code::RefundLimit,
        RefundAdmission::Overdue => Code::RefundOverdue,
        RefundAdmission::Taken | RefundAdmission::Known => Code::Internal,
    }
}

/// How a refund goes.
pub(super) async fn read(call: &Call<'_>, no: &str, refund: &str) -> Result<Reply, Problem> {
    let number = number(no).map_err(|_| Code::RefundNotFound)?;
    let refund = query::decode(refund).ok_or(Code::RefundNotFound)?;
    let refund = OutRefundNo::new(&refund).map_err(|_| Code::RefundNotFound)?;
    match ask(call, &number, &Ask::ReadRefund(refund)).await? {
        Told::Refund { view, .. } => Ok(Reply::view(200, view)),
        Told::NotFound => Err(Code::RefundNotFound.into()),
        _ => Err(Problem::internal("an order's answer to the shop")),
    }
}
