//! 查询单笔退款 · `GET /v3/refund/domestic/refunds/{out_refund_no}`, called by the merchant's server.
//!
//! Source: protocol page "查询单笔退款（通过商户退款单号）", read 2026-11. There is no question about all
//! refunds of an order.
use alloc::{format, vec::Vec};

use super::{Ask, Merchant, Reply, Request, json::Json, message::segment};
use crate::{
    ErrorCode, Malformed, OutRefundNo, OutTradeNo, Outcome, RefundId, Refusal, TransactionId,
    UnixSeconds, Verified, Why,
    question::refund_query::{Answer, By, Coupon, Page, RefundQuery, RefundRecord, RefundStatus},
};

impl Ask for RefundQuery {
    fn to_request(&self, _: &Merchant) -> Request {
        let number = match &self.by {
            By::OutRefundNo(number) => number.as_str(),
            By::OutTradeNo(number) => number.as_str(),
        };
        let name = "/v3/refund/domestic/refunds";
        Request::get(name, format!("{name}/{}", segment(number)))
    }

    fn read_reply(
        &self,
        _: &Merchant,
        reply: Outcome<Verified<Reply>>,
    ) -> Outcome<Verified<Answer>> {
        match &self.by {
            By::OutRefundNo(number) => reply.try_read(|reply| read(number, reply)),
            By::OutTradeNo(_) => Outcome::Unknown(Why::Distrusted(Malformed::Field("by").into())),
        }
    }
}

fn read(asked: &OutRefundNo, reply: Reply) -> Result<Answer, Malformed> {
    let body = match reply {
        Reply::Refused(Refusal {
            code: ErrorCode::ResourceNotExists | ErrorCode::RefundNotExist,
            ..
        }) => return Ok(Answer::NotExist),
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(body) => body,
    };
    let json = Json::decode(&body)?;
    let page = page(&json, "status")?;
    // A reply to another question, kept and replayed by someone in between, is signed too.
    match page.refunds.iter().all(|refund| refund.out_refund_no == *asked) {
        true => Ok(Answer::Found(page)),
        false => Err(Malformed::Field("out_refund_no")),
    }
}

/// One refund as a page of one; `status`: the name its state has here.
pub(super) fn page(json: &Json, status: &'static str) -> Result<Page, Malformed> {
    let record = RefundRecord {
        out_refund_no: json.read("out_refund_no", OutRefundNo::new)?,
        refund_id: json.read("refund_id", RefundId::new)?,
        amount: json.fen("amount.refund")?,
        settlement_amount: json.fen("amount.settlement_refund").ok(),
        channel: json.text("channel"),
        status: RefundStatus::read(json.required(status)?),
        recv_account: json.text("user_received_account"),
        succeeded_at: json.read_optional("success_time", UnixSeconds::parse_rfc3339)?,
        account: json.text("funds_account"),
        coupons: json.list("promotion_detail").map(|it| coupon(&it)).collect::<Result<_, _>>()?,
    };
    Ok(Page {
        transaction_id: json.read("transaction_id", TransactionId::new)?,
        out_trade_no: json.read("out_trade_no", OutTradeNo::new)?,
        total: 1,
        refunds: Vec::from([record]),
    })
}

fn coupon(json: &Json) -> Result<Coupon, Malformed> {
    Ok(Coupon {
        id: json.required("promotion_id")?.into(),
        kind: json.text("type"),
        amount: json.fen("refund_amount")?,
    })
}
