//! Forwarding (转发通知): every notification is handed to one address instead of its `notify_url`, so
//! that `wxpay-sandbox listen` can bring it to a shop under development, whatever address the shop
//! told WeChat.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Shared,
    control::{self, Refused},
    is_local,
};
use crate::notify::Delivery;

/// Where notifications go instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forward {
    /// An `http://` address on this machine; `None` lets every notification go where it was to go.
    pub(super) url: Option<String>,
    /// What is forwarded; nothing named means everything.
    #[serde(default)]
    events: Vec<Event>,
}

/// What a notification tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    /// 支付结果通知.
    Payment,
    /// 退款结果通知.
    Refund,
}

impl Forward {
    /// Readdresses `delivery` if it is to be forwarded, and says in headers of ours what its
    /// receiver could not know.
    pub(super) fn readdress(&self, delivery: &mut Delivery) {
        let event = if delivery.out_refund_no.is_some() { Event::Refund } else { Event::Payment };
        let Some(url) = &self.url else { return };
        if !self.events.is_empty() && !self.events.contains(&event) {
            return;
        }
        let notify_url = std::mem::replace(&mut delivery.url, url.clone());
        let number = delivery.out_refund_no.as_ref().unwrap_or(&delivery.out_trade_no);
        let told = [("x-sandbox-notify-url", notify_url), ("x-sandbox-number", number.clone())];
        delivery.headers.extend(told);
    }
}

/// `POST /sandbox/forward`.
pub(super) fn change(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let forward: Forward = control::read(body)?;
    if forward.url.as_deref().is_some_and(|url| !is_local(url)) {
        return Err((400, "expected an http:// address on this machine".to_owned()));
    }
    shared.set_forward(forward.clone());
    Ok(json!(forward))
}
