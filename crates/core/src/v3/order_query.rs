//! 查询订单 · `GET /v3/pay/transactions/out-trade-no/{…}` and `…/id/{…}`, called by the merchant's server.
//!
//! Source: protocol pages "商户订单号查询订单", "微信支付订单号查询订单", read 2026-11.
use alloc::format;

use super::{
    Ask, Merchant, Reply, Request,
    json::Json,
    message::segment,
    payment::{self, is_for_us},
};
use crate::{
    Error, ErrorCode, Outcome, Refusal, Verified,
    question::order_query::{Answer, By, OrderQuery},
};

impl Ask for OrderQuery {
    fn to_request(&self, merchant: &Merchant) -> Request {
        let (name, number) = match &self.by {
            By::OutTradeNo(number) => ("/v3/pay/transactions/out-trade-no", number.as_str()),
            By::TransactionId(number) => ("/v3/pay/transactions/id", number.as_str()),
        };
        Request::get(name, format!("{name}/{}?mchid={}", segment(number), merchant.mchid))
    }

    fn read_reply(
        &self,
        merchant: &Merchant,
        reply: Outcome<Verified<Reply>>,
    ) -> Outcome<Verified<Answer>> {
        reply.try_read(|reply| read(self, merchant, reply))
    }
}

fn read(question: &OrderQuery, merchant: &Merchant, reply: Reply) -> Result<Answer, Error> {
    let body = match reply {
        Reply::Refused(Refusal { code: ErrorCode::OrderNotExist, .. }) => {
            return Ok(Answer::NotExist);
        }
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(body) => body,
    };
    let json = Json::decode(&body)?;
    is_for_us(merchant, &json)?;
    // A reply to another question, kept and replayed by someone in between, is signed too.
    match &question.by {
        By::OutTradeNo(number) => json.same("out_trade_no", number.as_str())?,
        By::TransactionId(number) => json.same("transaction_id", number.as_str())?,
    }
    Ok(Answer::read(json.required("trade_state")?, || payment::read(&json))?)
}
