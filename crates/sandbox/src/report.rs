//! Orders and state as the control API and the console show them.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use serde_json::Value;

use crate::{
    account::Addresses,
    client::Clients,
    clock::ClockMode,
    decoded::decoded,
    fault::{FaultChanges, Faults},
    gateway::Gateway,
    ladder::Notice,
    ledger::{Api, Message, Order, TradeState, TradeType},
    refund::{Refund, RefundSource, RefundStatus},
    time::UnixSeconds,
};

/// One order. Times are Unix seconds.
#[derive(Clone, Debug, Serialize)]
pub struct OrderReport {
    /// 商户订单号.
    pub out_trade_no: String,
    /// 微信支付订单号.
    pub transaction_id: Option<String>,
    /// By which it was ordered: `v2` or `v3`.
    pub api: Api,
    /// 交易类型.
    pub trade_type: TradeType,
    /// 交易状态.
    pub trade_state: &'static str,
    /// In fen.
    pub total_fee: u64,
    /// What the buyer reads on the bill.
    pub body: String,
    /// What the merchant gave to be told again.
    pub attach: Option<String>,
    /// Who paid, or else who the order was made for.
    pub openid: Option<String>,
    /// When the order was first accepted.
    pub created_at: UnixSeconds,
    /// `time_expire`.
    pub expires_at: Option<UnixSeconds>,
    /// When it was paid.
    pub paid_at: Option<UnixSeconds>,
    /// When it was closed.
    pub closed_at: Option<UnixSeconds>,
    /// The newest prepay.
    pub prepay_id: Option<String>,
    /// The newest H5 address.
    pub mweb_url: Option<String>,
    /// The newest code.
    pub code_url: Option<String>,
    /// The faults that it was made under and keeps; what is not named is as it is switched.
    pub faults: FaultChanges,
    /// Sent and planned.
    pub notifications: Vec<Notice>,
    /// Oldest first.
    pub refunds: Vec<RefundReport>,
    /// Empty in lists.
    pub messages: Vec<MessageReport>,
}

/// One message, raw and read.
#[derive(Clone, Debug, Serialize)]
pub struct MessageReport {
    /// As it was.
    #[serde(flatten)]
    pub message: Message,
    /// Its body as an object: of V2 the elements, of V3 the JSON, with what is sealed for the
    /// merchant as `opened`. `None` of tables, pages and nothing.
    pub decoded: Option<Value>,
}

/// One refund. Times are Unix seconds.
#[derive(Clone, Debug, Serialize)]
pub struct RefundReport {
    /// 商户退款单号.
    pub out_refund_no: String,
    /// 微信退款单号.
    pub refund_id: String,
    /// In fen.
    pub refund_fee: u64,
    /// 退款状态.
    pub refund_status: RefundStatus,
    /// By which it was asked for, and is told.
    pub api: Api,
    /// Who asked for it.
    pub source: RefundSource,
    /// When it was accepted.
    pub requested_at: UnixSeconds,
    /// When the money reached the buyer.
    pub succeeded_at: Option<UnixSeconds>,
    /// Where its outcome is told.
    pub notify_url: Option<String>,
    /// Sent and planned.
    pub notifications: Vec<Notice>,
}

/// Messages without an order that the state tells of: enough to see what just went wrong.
const MOST_UNCLAIMED: usize = 20;

/// What is switched, and where everything is.
#[derive(Clone, Debug, Serialize)]
pub struct SettingsReport {
    /// The sandbox's time.
    pub now: UnixSeconds,
    /// How far it is ahead of the machine's; negative if it is behind.
    pub clock_offset_seconds: i64,
    /// Whether it passes by itself.
    pub clock_mode: ClockMode,
    /// Faults in force.
    pub faults: Faults,
    /// Where the gateway and the clients are; a page cannot guess ports that were chosen freely.
    pub addresses: Addresses,
    /// The fake clients.
    pub clients: Clients,
    /// The site behind the clients.
    pub site: String,
    /// Where notifications are handed to instead of their `notify_url` (转发通知).
    pub forward: Option<String>,
    /// How often the merchant sent each message, refused or not, by its name.
    pub calls: BTreeMap<Cow<'static, str>, u64>,
    /// How many orders there are.
    pub order_count: u64,
}

/// Everything at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct StateReport {
    /// What is switched, and where everything is.
    #[serde(flatten)]
    pub settings: SettingsReport,
    /// The newest two hundred, newest first, without messages.
    pub orders: Vec<OrderReport>,
    /// The newest messages that belong to no order, oldest first: with a wrong key no order ever
    /// comes into being, and this is where to read that WeChat said 签名错误.
    pub unclaimed: Vec<MessageReport>,
}

impl Gateway {
    /// One order with its messages; `None` if there is no such order.
    #[must_use]
    pub fn order_report(&self, now: UnixSeconds, out_trade_no: &str) -> Option<OrderReport> {
        let order = self.ledger.order(out_trade_no)?;
        let messages = self
            .ledger
            .messages()
            .filter(|message| message.out_trade_no.as_deref() == Some(out_trade_no))
            .map(|message| self.message_report(message))
            .collect();
        Some(OrderReport { messages, ..summary(order, now) })
    }

    /// Up to `limit` orders without their messages, newest first; those that came before the one
    /// with the number `before`, if one is given.
    #[must_use]
    pub fn order_reports(
        &self,
        now: UnixSeconds,
        before: Option<&str>,
        limit: usize,
    ) -> Vec<OrderReport> {
        let orders = self.ledger.newest(before, limit);
        orders.iter().map(|order| summary(order, now)).collect()
    }

    /// One order without its messages.
    pub(crate) fn order_summary(
        &self,
        now: UnixSeconds,
        out_trade_no: &str,
    ) -> Option<OrderReport> {
        self.ledger.order(out_trade_no).map(|order| summary(order, now))
    }

    pub(crate) fn message_report(&self, message: &Message) -> MessageReport {
        let decoded = decoded(&self.account, &message.body);
        MessageReport { message: message.clone(), decoded }
    }

    /// The newest messages that belong to no order, oldest first.
    #[must_use]
    pub fn unclaimed(&self) -> Vec<MessageReport> {
        let is_claimed = |message: &Message| {
            let number = message.out_trade_no.as_deref();
            number.is_some_and(|number| self.ledger.knows(number))
        };
        let newest = self.ledger.messages().rev().filter(|message| !is_claimed(message));
        let newest = newest.take(MOST_UNCLAIMED).map(|message| self.message_report(message));
        let mut unclaimed: Vec<_> = newest.collect();
        unclaimed.reverse();
        unclaimed
    }
}

fn summary(order: &Order, now: UnixSeconds) -> OrderReport {
    let state = order.trade_state(now);
    let payment = order.payment.as_ref();
    let newest = order.newest();
    OrderReport {
        out_trade_no: order.out_trade_no.clone(),
        transaction_id: payment.map(|payment| payment.transaction_id.clone()),
        api: order.api,
        trade_type: order.trade_type,
        trade_state: state.words().0,
        total_fee: order.total_fee,
        body: order.term("body").unwrap_or_default().to_owned(),
        attach: order.term("attach").map(str::to_owned),
        openid: payment
            .map(|payment| payment.openid.clone())
            .or_else(|| order.buyer().map(str::to_owned)),
        created_at: order.created_at,
        expires_at: order.expires_at,
        paid_at: payment.map(|payment| payment.paid_at),
        closed_at: order.closed_at.filter(|_| state == TradeState::Closed),
        prepay_id: newest.map(|prepay| prepay.prepay_id.clone()),
        mweb_url: newest.and_then(|prepay| prepay.mweb_url.clone()),
        code_url: newest.and_then(|prepay| prepay.code_url.clone()),
        faults: order.faults,
        notifications: order.notices.clone(),
        refunds: order.refunds.iter().map(|refund| refund_summary(refund, now)).collect(),
        messages: Vec::new(),
    }
}

fn refund_summary(refund: &Refund, now: UnixSeconds) -> RefundReport {
    RefundReport {
        out_refund_no: refund.out_refund_no.clone(),
        refund_id: refund.refund_id.clone(),
        refund_fee: refund.refund_fee,
        refund_status: refund.status(now),
        api: refund.api,
        source: refund.source,
        requested_at: refund.requested_at,
        succeeded_at: refund.succeeded_at(now),
        notify_url: refund.notify_url.clone(),
        notifications: refund.notices.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Account, Request, ledger::Direction};

    #[test]
    fn messages_that_led_to_no_order_are_told_newest_last_and_only_the_newest() {
        let mut gateway = Gateway::new(Account::default(), Addresses::default(), 1);
        let unsigned = "<xml><out_trade_no>a</out_trade_no></xml>";
        for _ in 0..MOST_UNCLAIMED {
            gateway.handle(1_700_000_000, &Request::post("/pay/unifiedorder", unsigned));
        }
        let unclaimed = gateway.unclaimed();
        assert_eq!(unclaimed.len(), MOST_UNCLAIMED);
        let newest = &unclaimed.last().unwrap().message;
        assert_eq!(newest.direction, Direction::Out);
        assert!(newest.body.contains("签名错误"), "{}", newest.body);
        assert_eq!(gateway.ledger().calls().get("unifiedorder"), Some(&(MOST_UNCLAIMED as u64)));
    }
}
