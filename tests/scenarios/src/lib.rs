//! The shop and WeChat in one process under one clock: merchant × sandbox, no socket, no wait.
//!
//! [`World`] stands where the Worker stands: it stores orders, carries out effects, rings alarms
//! and delivers notifications. [`Weather`] is what the network and the machine do meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a scenario that panics is a scenario that failed"
)]

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, Ipv4Addr},
};

use wxpay_core::{
    ApiV2Key, Appid, Body, Fen, Mchid, NonceStr, NotifyUrl, Openid, OutTradeNo, Outcome,
    UnixSeconds, Why,
    v2::{
        Credential, SignType, SignedRequest,
        close_order::CloseOrder,
        notify::{self, RawNotification},
        order_query::OrderQuery,
    },
};
use wxpay_merchant::{
    Buyer, Decision, Effect, Happened, Input, Offer, Order, Shop, Terms, Visitor, Way,
    order_number_of,
};
use wxpay_sandbox::{Account, Ack, Addresses, Gateway, Request};

/// What happens to the next call between the shop and WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It goes through.
    Fine,
    /// The request is lost: no effect, no answer.
    RequestLost,
    /// The answer is lost: the effect is there, nobody knows.
    AnswerLost,
    /// The shop's machine dies before the call; what it had stored stays.
    Crash,
}

/// An order as the shop keeps it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// As stored last.
    pub order: Order,
    /// Everything that became of it.
    pub history: Vec<Happened>,
    wake_at: Option<UnixSeconds>,
}

impl Kept {
    /// How many times it became paid. Never more than one.
    pub fn times_paid(&self) -> usize {
        self.history.iter().filter(|line| matches!(line, Happened::Paid { .. })).count()
    }
}

/// One shop, one WeChat, one clock.
pub struct World {
    /// The other side.
    pub wechat: Gateway,
    /// The shop's orders by number.
    pub orders: BTreeMap<String, Kept>,
    /// What happens to the next calls; fine when empty.
    pub weather: VecDeque<Weather>,
    now: UnixSeconds,
    nonces: u64,
    credential: Credential,
    shop: Shop,
}

/// Noon in Beijing on the first day of 2026.
const START: u64 = 1_767_240_000;

impl World {
    /// A shop and a WeChat that know the same test key, and nothing has happened.
    pub fn new() -> Self {
        let account = Account::default();
        let credential = Credential::new(
            Appid::new(&account.appid).unwrap(),
            Mchid::new(&account.mch_id).unwrap(),
            SignType::HmacSha256,
            ApiV2Key::new(account.v2_key.clone()).unwrap(),
        );
        Self {
            wechat: Gateway::new(account, Addresses::default(), 7),
            orders: BTreeMap::new(),
            weather: VecDeque::new(),
            now: UnixSeconds::new(START),
            nonces: 0,
            credential,
            shop: Shop {
                notify_url: NotifyUrl::new("https://pay.example.com/notify/v2/pay").unwrap(),
                wap_url: "https://pay.example.com".to_owned(),
                wap_name: "示例商城".to_owned(),
            },
        }
    }

    /// Seconds since the world began.
    pub fn elapsed(&self) -> u64 {
        self.now.since(UnixSeconds::new(START))
    }

    /// The shop creates an order that expires after `expires_in` seconds.
    pub fn create(&mut self, number: &str, amount: u32, expires_in: u64) {
        let out_trade_no = OutTradeNo::new(number).unwrap();
        let terms =
            Terms::new(out_trade_no, Fen::new(amount), Body::new("茶").unwrap(), None, expires_in)
                .unwrap();
        self.keep(Order::create(terms, self.now));
    }

    /// A buyer comes to pay, and is offered this.
    pub fn checkout(&mut self, number: &str, buyer: &Buyer) -> Offer {
        self.input(number, Input::Checkout(buyer.clone(), self.shop.clone()));
        self.offer(number, buyer)
    }

    /// What a buyer would be offered now, with nothing asked of WeChat.
    pub fn offer(&self, number: &str, buyer: &Buyer) -> Offer {
        self.orders[number].order.offer(buyer, self.now)
    }

    /// Something happens to an order; every effect is carried out, in whatever weather.
    pub fn input(&mut self, number: &str, input: Input) -> Option<notify::Ack> {
        let decision = self.orders[number].order.clone().decide(input, self.now);
        let ack = decision.ack;
        let mut effects = VecDeque::from(self.keep(decision));
        while let Some(effect) = effects.pop_front() {
            let Some(answer) = self.carry_out(number, effect) else { break };
            let decision = self.orders[number].order.clone().decide(answer, self.now);
            effects.extend(self.keep(decision));
        }
        ack
    }

    /// WeChat's buyer pays, if WeChat lets them.
    pub fn pay(&mut self, attempt: &str, openid: &str) -> bool {
        self.wechat.pay(self.wechat_now(), attempt, openid).is_ok()
    }

    /// How many links to an order WeChat would take money on now.
    pub fn payable(&self, number: &str) -> usize {
        let ours =
            |known: &str| order_number_of(&OutTradeNo::new(known).unwrap()).as_str() == number;
        let payable = |order: &&wxpay_sandbox::Order| {
            ours(&order.out_trade_no) && order.payable(self.wechat_now()).is_ok()
        };
        self.wechat.ledger().orders().filter(payable).count()
    }

    /// Lets time pass; alarms ring and notifications arrive when they are due.
    pub fn pass(&mut self, seconds: u64) {
        let until = self.now.plus(seconds);
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.ring();
            self.deliver();
        }
        self.now = until;
    }

    fn next_event(&self) -> Option<UnixSeconds> {
        let alarm = self.orders.values().filter_map(|kept| kept.wake_at).min();
        let due = self.wechat.next_due().map(|at| UnixSeconds::new(u64::try_from(at).unwrap()));
        alarm.into_iter().chain(due).min()
    }

    fn ring(&mut self) {
        let due = |kept: &Kept| kept.wake_at.is_some_and(|at| at <= self.now);
        let ringing: Vec<String> = self
            .orders
            .iter()
            .filter(|(_, kept)| due(kept))
            .map(|(number, _)| number.clone())
            .collect();
        for number in ringing {
            self.input(&number, Input::Alarm);
        }
    }

    fn deliver(&mut self) {
        for delivery in self.wechat.due(self.wechat_now()) {
            let ack = match self.weather.pop_front().unwrap_or(Weather::Fine) {
                Weather::RequestLost => Ack::Timeout,
                weather => {
                    let xml = self.notified(delivery.body.clone().into_bytes()).to_xml();
                    if weather == Weather::Fine {
                        Ack::Answer { status: 200, body: xml.into_bytes() }
                    } else {
                        Ack::Timeout
                    }
                }
            };
            self.wechat.answered(self.wechat_now(), delivery.id, &ack);
        }
    }

    /// What the shop answers to a notification.
    pub fn notified(&mut self, body: Vec<u8>) -> notify::Ack {
        let news = match RawNotification::new(body).verify(&self.credential) {
            Ok(news) => news,
            Err(error) => return notify::ack(&error),
        };
        let number = order_number_of(news.get().out_trade_no()).to_string();
        if !self.orders.contains_key(&number) {
            return notify::Ack::Fail("订单不存在");
        }
        self.input(&number, Input::Notified(news)).unwrap()
    }

    fn keep(&mut self, decision: Decision) -> Vec<Effect> {
        let Decision { order, effects, happened, wake_at, .. } = decision;
        // What is stored is what comes back after a crash: through JSON, as in the Worker.
        let order: Order = serde_json::from_str(&serde_json::to_string(&order).unwrap()).unwrap();
        let number = order.terms().out_trade_no().to_string();
        let mut history = self.orders.remove(&number).map(|kept| kept.history).unwrap_or_default();
        history.extend(happened);
        self.orders.insert(number, Kept { order, history, wake_at });
        effects
    }

    /// `None` after a crash: nobody is left to hear the answer.
    fn carry_out(&mut self, number: &str, effect: Effect) -> Option<Input> {
        self.nonces += 1;
        let nonce = NonceStr::new(&format!("n{}", self.nonces)).unwrap();
        Some(match effect {
            Effect::Place(attempt) => {
                let order = self.orders[number].order.unified_order(&attempt)?;
                let reply = self.call(&order.to_request(&self.credential, &nonce))?;
                let answer = reply.map(|bytes| order.from_response(&self.credential, &bytes));
                Input::Ordered(attempt, answer.unwrap_or(Outcome::Unknown(Why::Timeout)))
            }
            Effect::Query(attempt) => {
                let query = OrderQuery { out_trade_no: attempt.clone() };
                let reply = self.call(&query.to_request(&self.credential, &nonce))?;
                let answer = reply.map(|bytes| query.from_response(&self.credential, &bytes));
                Input::Queried(attempt, answer.unwrap_or(Outcome::Unknown(Why::Timeout)))
            }
            Effect::Close(attempt) => {
                let close = CloseOrder { out_trade_no: attempt.clone() };
                let reply = self.call(&close.to_request(&self.credential, &nonce))?;
                let answer = reply.map(|bytes| CloseOrder::from_response(&self.credential, &bytes));
                Input::ClosedOff(attempt, answer.unwrap_or(Outcome::Unknown(Why::Timeout)))
            }
        })
    }

    /// Outer `None`: the machine died. Inner `None`: no answer came.
    fn call(&mut self, request: &SignedRequest) -> Option<Option<Vec<u8>>> {
        let weather = self.weather.pop_front().unwrap_or(Weather::Fine);
        if weather == Weather::Crash {
            return None;
        }
        if weather == Weather::RequestLost {
            return Some(None);
        }
        let answer =
            self.wechat.handle(self.wechat_now(), &Request::post(request.path(), request.body()));
        Some(answer.map(|response| response.body).filter(|_| weather == Weather::Fine))
    }

    fn wechat_now(&self) -> i64 {
        i64::try_from(self.now.seconds()).unwrap()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Somebody inside WeChat.
pub fn in_wechat(openid: &str) -> Buyer {
    Buyer { way: Way::Jsapi(Openid::new(openid).unwrap()), ip: ip(8) }
}

/// Somebody with a phone's browser at the address 203.0.113.`last`.
pub fn on_phone(visitor: &str, last: u8) -> Buyer {
    Buyer { way: Way::Mweb(named(visitor)), ip: ip(last) }
}

/// Somebody at a desk.
pub fn at_desk(visitor: &str) -> Buyer {
    Buyer { way: Way::Native(named(visitor)), ip: ip(9) }
}

fn named(visitor: &str) -> Visitor {
    Visitor::new(&format!("visitor-of-scenarios-{visitor}")).unwrap()
}

fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))
}
