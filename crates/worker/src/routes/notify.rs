//! `POST /notify/v2/pay` and `/notify/v2/refund`: WeChat tells of a payment, or of a refund.
//!
//! The bytes are verified here, so that a forgery never wakes an object, and once more inside the
//! object, where only a verified value can move the order.
use wxpay_core::{
    OutTradeNo,
    v2::{
        notify::{self, Ack, RawNotification},
        refund_notify::RawRefundNotification,
    },
};
use wxpay_merchant::order_number_of;

use super::Call;
use crate::{
    http::{
        body::{self, Unread},
        problem::Problem,
        reply::Reply,
    },
    object::{
        mail,
        order::{Ask, BINDING, Told},
    },
};

/// Answers with WeChat's own acknowledgement. A fault of ours is a 500, after which WeChat repeats.
pub(super) async fn pay(call: &Call<'_>) -> Result<Reply, Problem> {
    let bytes = match body(call).await {
        Ok(bytes) => bytes,
        Err(refusal) => return Ok(refusal),
    };
    match RawNotification::new(bytes.clone()).verify(&call.config.credential) {
        Ok(news) => pass_on(call, news.get().out_trade_no(), bytes, Ask::Notified).await,
        Err(error) => Ok(refuse(200, UNVERIFIED, notify::ack(&error))),
    }
}

/// The same for refunds. That it can be opened shows who it is from, but not that it says what was
/// sealed: it makes the order ask.
pub(super) async fn refund(call: &Call<'_>) -> Result<Reply, Problem> {
    let bytes = match body(call).await {
        Ok(bytes) => bytes,
        Err(refusal) => return Ok(refusal),
    };
    match RawRefundNotification::new(bytes.clone()).open(&call.config.credential) {
        Ok(news) => pass_on(call, &news.out_trade_no, bytes, Ask::RefundNotified).await,
        Err(error) => Ok(refuse(200, UNVERIFIED, notify::ack(&error))),
    }
}

async fn body(call: &Call<'_>) -> Result<Vec<u8>, Reply> {
    body::of_request(call.request).await.map_err(|unread| match unread {
        Unread::TooLarge => refuse(413, UNVERIFIED, Ack::Fail("请求内容过长")),
        Unread::Broken => refuse(400, UNVERIFIED, Ack::Fail("参数格式校验错误")),
    })
}

/// Gives the order what was said of one of its attempts.
async fn pass_on(
    call: &Call<'_>,
    attempt: &OutTradeNo,
    bytes: Vec<u8>,
    letter: fn(String) -> Ask,
) -> Result<Reply, Problem> {
    let number = order_number_of(attempt);
    // What could be read was UTF-8.
    let body = String::from_utf8(bytes).map_err(|_| Problem::internal("a notification"))?;
    match mail::ask(call.env, BINDING, number.as_str(), &letter(body)).await? {
        Told::Ack { success: true, xml } => Ok(Reply::text(200, "text/xml", xml)),
        Told::Ack { success: false, xml } => Ok(refused(200, "notification_refused", xml)),
        _ => Err(Problem::internal("an order's answer to a notification")),
    }
}

/// The word in the log for what WeChat did not say.
pub(super) const UNVERIFIED: &str = "notification_unverified";

/// A no in WeChat's own form, and the word for it in the log.
pub(super) fn refuse(status: u16, code: &'static str, ack: Ack) -> Reply {
    refused(status, code, ack.to_xml())
}

fn refused(status: u16, code: &'static str, xml: String) -> Reply {
    let mut reply = Reply::text(status, "text/xml", xml);
    reply.code = Some(code);
    reply
}
