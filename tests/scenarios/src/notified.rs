//! What WeChat tells by itself, as the Worker takes it in: verified, matched with the order, written
//! down, acknowledged.
use wxpay_core::{
    Ack, Api, Error, Notification, OutTradeNo, Verified,
    v2::{
        notify::{RawNotification, to_xml},
        refund_notify::RawRefundNotification,
    },
    v3::{
        Headers,
        notify::{NotificationClaim, Reply},
    },
};
use wxpay_merchant::{Input, order_number_of};
use wxpay_sandbox::{self as sandbox, Delivery};

use crate::{World, platform::PLATFORM, weather::Weather};

/// Where WeChat tells a payment by V2…
pub(crate) const TOLD_BY_V2: &str = "https://pay.example.com/notify/v2/pay";
/// … and a refund, …
pub(crate) const TOLD_OF_REFUNDS_BY_V2: &str = "https://pay.example.com/notify/v2/refund";
/// … and where both by V3.
pub const TOLD_BY_V3: &str = "https://pay.example.com/notify/v3";

/// A nonce is kept longer than a notification can be replayed. Seconds.
const NONCES_KEPT: u64 = 600;

impl World {
    /// Everything that WeChat sends by now arrives.
    pub(crate) fn take_in(&mut self) {
        for delivery in self.wechat.due(self.wechat_now()) {
            self.deliver(delivery);
        }
    }

    /// WeChat sends a notification, in whatever weather.
    pub fn deliver(&mut self, delivery: Delivery) {
        let weather = self.weather.pop_front().unwrap_or(Weather::Fine);
        let ack = match weather {
            Weather::RequestLost => sandbox::Ack::Timeout,
            Weather::Crash => {
                self.crash();
                sandbox::Ack::Timeout
            }
            Weather::Fine | Weather::AnswerLost | Weather::AnswerLate => {
                let ack = self.hear_again(&delivery);
                self.heard.push((delivery.clone(), ack, self.ahead));
                match weather {
                    Weather::AnswerLost => sandbox::Ack::Timeout,
                    _ => said(ack, &delivery),
                }
            }
        };
        self.wechat.answered(self.wechat_now(), delivery.id, &ack);
    }

    /// What the shop answers to what WeChat sends it, and whoever sends the same again.
    pub fn hear_again(&mut self, delivery: &Delivery) -> Ack {
        let header = |name: &str| {
            let found = delivery.headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        self.hear(&delivery.url, &header, &delivery.body)
    }

    /// What the shop answers to a notification, whoever sends it. Headers by their names in lower
    /// case.
    pub fn hear(&mut self, url: &str, header: &dyn Fn(&str) -> Option<String>, text: &str) -> Ack {
        let body = text.as_bytes().to_vec();
        let heard = match url {
            TOLD_BY_V2 | TOLD_OF_REFUNDS_BY_V2 if !self.has_v2 => return Ack::Unverified,
            TOLD_BY_V2 => RawNotification::new(body).verify(&self.credential).map(|news| {
                self.acknowledge(news.get().out_trade_no().clone(), Input::Notified(Api::V2, news))
            }),
            TOLD_OF_REFUNDS_BY_V2 => RawRefundNotification::new(body)
                .open(&self.credential)
                .map(|news| self.acknowledge(news.out_trade_no.clone(), Input::RefundHinted(news))),
            TOLD_BY_V3 => {
                let headers = Headers::read(|name| header(&name.to_ascii_lowercase()));
                self.open(headers, text).map(|(news, nonce)| self.once(news, nonce))
            }
            other => panic!("nobody asked to be told at {other}"),
        };
        heard.unwrap_or_else(|error| Ack::from(&error))
    }

    /// Verified, then opened, then read; with the nonce it came under.
    fn open(
        &self,
        headers: Headers,
        body: &str,
    ) -> Result<(Verified<Notification>, String), Error> {
        let claim = NotificationClaim::new(headers, body.as_bytes(), self.shop_now())?;
        let verdict = PLATFORM.check(claim.claim());
        let sealed = claim.proven(verdict)?;
        let (nonce, plain) = (sealed.nonce().to_owned(), PLATFORM.open(sealed.resource()));
        Ok((sealed.open(&PLATFORM.merchant, plain)?, nonce))
    }

    /// A replay is no second one. Its nonce is kept with what it led to.
    fn once(&mut self, news: Verified<Notification>, nonce: String) -> Ack {
        let (now, attempt) = (self.shop_now(), news.get().out_trade_no().clone());
        let number = order_number_of(&attempt);
        if let Some(kept) = self.orders.get_mut(number.as_str()) {
            kept.nonces.retain(|_, at| now.since(*at) < NONCES_KEPT);
            if kept.nonces.insert(nonce, now).is_some() {
                return Ack::Replayed;
            }
        }
        self.acknowledge(attempt, Input::Notified(Api::V3, news))
    }

    fn acknowledge(&mut self, attempt: OutTradeNo, news: Input) -> Ack {
        let number = order_number_of(&attempt);
        match self.orders.contains_key(number.as_str()) {
            true => self.input(number.as_str(), news).unwrap(),
            false => Ack::UnknownOrder,
        }
    }
}

/// In the language of the notification.
fn said(ack: Ack, delivery: &Delivery) -> sandbox::Ack {
    let (status, body) = match delivery.url.as_str() {
        TOLD_BY_V3 => {
            let Reply { status, body } = Reply::from(ack);
            (status, body.unwrap_or_default())
        }
        _ => (200, to_xml(ack)),
    };
    sandbox::Ack::Answer { status, body: body.into_bytes() }
}
