//! `POST /notify/v2/pay`: WeChat tells that a payment was made.
//!
//! The bytes are verified here, so that a forgery never wakes an object, and once more inside the
//! object, where only a verified value can move the order.
use wxpay_core::v2::notify::{self, Ack, RawNotification};
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
    let bytes = match body::of_request(call.request).await {
        Ok(bytes) => bytes,
        Err(Unread::TooLarge) => return Ok(refuse(413, Ack::Fail("请求内容过长"))),
        Err(Unread::Broken) => return Ok(refuse(400, Ack::Fail("参数格式校验错误"))),
    };
    let verified = RawNotification::new(bytes.clone()).verify(&call.config.credential);
    let number = match &verified {
        Ok(notification) => order_number_of(notification.get().out_trade_no()),
        Err(error) => return Ok(refuse(200, notify::ack(error))),
    };
    // What verified was UTF-8.
    let body =
        String::from_utf8(bytes).map_err(|_| Problem::internal("a verified notification"))?;
    match mail::ask(call.env, BINDING, number.as_str(), &Ask::Notified(body)).await? {
        Told::Ack { success: true, xml } => Ok(Reply::text(200, "text/xml", xml)),
        Told::Ack { success: false, xml } => Ok(refused(200, xml)),
        _ => Err(Problem::internal("an order's answer to a notification")),
    }
}

fn refuse(status: u16, ack: Ack) -> Reply {
    refused(status, ack.to_xml())
}

fn refused(status: u16, xml: String) -> Reply {
    let mut reply = Reply::text(status, "text/xml", xml);
    reply.code = Some("notification_refused");
    reply
}
