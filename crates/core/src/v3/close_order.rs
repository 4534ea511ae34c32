//! 关闭订单 · `POST /v3/pay/transactions/out-trade-no/{…}/close`, called by the merchant's server.
//!
//! Source: protocol page "关闭订单", read 2026-11. The yes is 204: no body, and signed all the same.
use alloc::format;

use serde_json::json;

use super::{Ask, Merchant, Reply, Request, message::segment};
use crate::{
    Malformed, Outcome, Verified,
    question::close_order::{Answer, CloseOrder},
};

impl Ask for CloseOrder {
    fn to_request(&self, merchant: &Merchant) -> Request {
        let number = segment(self.out_trade_no.as_str());
        let target = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        let body = json!({ "mchid": merchant.mchid.as_str() });
        Request::post("/v3/pay/transactions/out-trade-no/close", target, &body)
    }

    fn read_reply(&self, _: &Merchant, reply: Outcome<Verified<Reply>>) -> Outcome<Answer> {
        let read = |reply| match reply {
            Reply::Success(_) => Ok::<_, Malformed>(Answer::Closed),
            Reply::Refused(refusal) => Ok(Answer::of(refusal)),
        };
        reply.try_read(read).map(Verified::into_inner)
    }
}
