//! 申请退款 · `POST /v3/refund/domestic/refunds`, called by the merchant's server. No certificate is shown.
//!
//! Source: protocol page "申请退款", read 2026-11.
use serde_json::json;

use super::{
    Ask, Merchant, Reply, Request,
    json::{Json, object},
};
use crate::{
    Malformed, Outcome, RefundDesc, RefundId, Verified,
    question::refund::{Answer, Refund},
};

impl Ask for Refund {
    fn to_request(&self, _: &Merchant) -> Request {
        let amount = json!({
            "refund": self.refund_fee.fen(),
            "total": self.total_fee.fen(),
            "currency": "CNY",
        });
        let body = object([
            ("transaction_id", self.transaction_id.as_str().into()),
            ("out_refund_no", self.out_refund_no.as_str().into()),
            ("reason", self.refund_desc.as_ref().map(RefundDesc::as_str).into()),
            ("notify_url", self.notify_url.as_str().into()),
            ("amount", amount),
        ]);
        let target = "/v3/refund/domestic/refunds";
        Request::post(target, target.into(), &body)
    }

    fn read_reply(&self, _: &Merchant, reply: Outcome<Verified<Reply>>) -> Outcome<Answer> {
        reply.try_read(|reply| read(self, reply)).map(Verified::into_inner)
    }
}

/// What became of the money is in the reply too, but is asked about later: seldom is it known yet.
fn read(wish: &Refund, reply: Reply) -> Result<Answer, Malformed> {
    let body = match reply {
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(body) => body,
    };
    let json = Json::decode(&body)?;
    // A reply to another wish, kept and replayed by someone in between, is signed too.
    json.same("transaction_id", wish.transaction_id.as_str())?;
    json.same("out_refund_no", wish.out_refund_no.as_str())?;
    if json.fen("amount.refund")? != wish.refund_fee {
        return Err(Malformed::Field("amount.refund"));
    }
    Ok(Answer::Accepted { refund_id: json.read("refund_id", RefundId::new)? })
}
