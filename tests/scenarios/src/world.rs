use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, Ipv4Addr},
};

use wxpay_core::{
    Api, ApiV2Key, Appid, Body, Fen, Mchid, NotifyUrl, Openid, OutRefundNo, OutTradeNo,
    TransactionId, UnixSeconds,
    v2::{Credential, SignType},
};
use wxpay_merchant::{
    Buyer, Decision, Effect, Happened, Input, NotifyUrls, Offer, Order, RefundAdmission, RefundAsk,
    Shop, Terms, Visitor, Way, order_number_of,
};
use wxpay_sandbox::{Account, Addresses, Delivery, Gateway};

use crate::{
    Backend, Event, Weather,
    backend::Outbox,
    call::{Errand, Late},
    notified::{TOLD_BY_V2, TOLD_BY_V3, TOLD_OF_REFUNDS_BY_V2},
};

/// An order as the shop keeps it: everything in here changes in one transaction.
#[derive(Debug, Clone)]
pub struct Kept {
    /// As stored last.
    pub order: Order,
    /// Everything that became of it.
    pub history: Vec<Happened>,
    pub(crate) outbox: Outbox,
    /// Nonces of V3's notifications, and when each came.
    pub(crate) nonces: BTreeMap<String, UnixSeconds>,
    wake_at: Option<UnixSeconds>,
}

impl Kept {
    /// How many times it became paid. Never more than one.
    pub fn times_paid(&self) -> usize {
        self.history.iter().filter(|line| matches!(line, Happened::Paid { .. })).count()
    }

    /// Every event that was written down for the shop's backend.
    pub fn events(&self) -> &[Event] {
        self.outbox.written()
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
    /// Who is told of events.
    pub backend: Backend,
    /// How far the shop's clock is ahead of WeChat's, in seconds.
    pub ahead: i64,
    /// The notifications that reached the shop, what it answered, and how far its clock was ahead.
    pub heard: Vec<(Delivery, wxpay_core::Ack, i64)>,
    pub(crate) late: Vec<Late>,
    pub(crate) now: UnixSeconds,
    pub(crate) nonces: u64,
    pub(crate) credential: Credential,
    pub(crate) has_v2: bool,
    shop: Shop,
}

/// Noon in Beijing on the first day of 2026.
const START: u64 = 1_767_240_000;
/// Things that may happen in one second before it is called a loop.
const BUSY: usize = 1000;

impl World {
    /// A shop and a WeChat that know the same test keys, and nothing has happened. The shop places
    /// its orders by this API.
    pub fn new(api: Api) -> Self {
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
            backend: Backend::default(),
            ahead: 0,
            heard: Vec::new(),
            late: Vec::new(),
            now: UnixSeconds::new(START),
            nonces: 0,
            credential,
            has_v2: true,
            shop: shop(api),
        }
    }

    /// From now on the shop places its new orders by this API; both are set up.
    pub fn place_by(&mut self, api: Api) {
        self.shop = shop(api);
        self.has_v2 = true;
    }

    /// V2's secrets are taken away: what it leaves V3 takes over.
    pub fn leave_v2(&mut self) {
        self.shop = shop(Api::V3);
        self.has_v2 = false;
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
        self.keep(Order::create(terms, self.shop_now()));
    }

    /// A buyer comes to pay, and is offered this.
    pub fn checkout(&mut self, number: &str, buyer: &Buyer) -> Offer {
        self.input(number, Input::Checkout(buyer.clone(), self.shop.clone()));
        self.offer(number, buyer)
    }

    /// What a buyer would be offered now, with nothing asked of WeChat.
    pub fn offer(&self, number: &str, buyer: &Buyer) -> Offer {
        self.orders[number].order.offer(buyer, self.shop_now())
    }

    /// The shop wants money to go back: of the payment that made the order paid, or of this one.
    pub fn refund(
        &mut self,
        number: &str,
        out_refund_no: &str,
        amount: u32,
        transaction_id: Option<TransactionId>,
    ) -> RefundAdmission {
        let by_v2 = if self.has_v2 { TOLD_OF_REFUNDS_BY_V2 } else { TOLD_BY_V3 };
        let ask = RefundAsk {
            out_refund_no: OutRefundNo::new(out_refund_no).unwrap(),
            transaction_id,
            amount: Fen::new(amount),
            reason: None,
            notify_urls: NotifyUrls {
                v2: NotifyUrl::new(by_v2).unwrap(),
                v3: NotifyUrl::new(TOLD_BY_V3).unwrap(),
            },
        };
        let admission = self.orders[number].order.admit_refund(&ask, self.shop_now());
        self.input(number, Input::RefundAsked(ask));
        admission
    }

    /// Somebody refunds at the merchant platform, if WeChat lets them; the shop is told, or not.
    pub fn refund_elsewhere(&mut self, attempt: &str, amount: u64, told: bool) -> bool {
        let now = self.wechat_now();
        let Some(order) = self.wechat.ledger().order(attempt) else { return false };
        let address = match order.api {
            wxpay_sandbox::Api::V2 => TOLD_OF_REFUNDS_BY_V2,
            wxpay_sandbox::Api::V3 => TOLD_BY_V3,
        };
        let told_to = told.then_some(address);
        self.wechat.refund_elsewhere(now, attempt, Some(amount), told_to).is_ok()
    }

    /// Something happens to an order; every effect is carried out, in whatever weather.
    pub fn input(&mut self, number: &str, input: Input) -> Option<wxpay_core::Ack> {
        let (ack, effects) = self.decide(number, input);
        self.run(Errand::new(number, effects));
        ack
    }

    /// WeChat's buyer pays, if WeChat lets them.
    pub fn pay(&mut self, attempt: &str, openid: &str) -> bool {
        self.wechat.pay(self.wechat_now(), attempt, openid).is_ok()
    }

    /// How many links to an order WeChat would take money on now.
    pub fn payable(&self, number: &str) -> usize {
        let payable = |order: &&wxpay_sandbox::Order| order.payable(self.wechat_now()).is_ok();
        self.known_to_wechat(number).filter(payable).count()
    }

    /// What WeChat knows of an order's attempts.
    pub fn known_to_wechat(&self, number: &str) -> impl Iterator<Item = &wxpay_sandbox::Order> {
        let is_ours = move |order: &&wxpay_sandbox::Order| {
            order_number_of(&OutTradeNo::new(&order.out_trade_no).unwrap()).as_str() == number
        };
        self.wechat.ledger().orders().filter(is_ours)
    }

    /// Lets time pass; alarms ring, notifications, answers and events arrive when they are due.
    pub fn pass(&mut self, seconds: u64) {
        let until = self.now.plus(seconds);
        let mut busy = 0;
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            busy = if at > self.now { 0 } else { busy + 1 };
            assert!(busy < BUSY, "a loop: something is due again and again at {at}");
            self.now = self.now.max(at);
            self.hear_late_answers();
            self.ring();
            self.take_in();
            self.send_events();
        }
        self.now = until;
    }

    fn next_event(&self) -> Option<UnixSeconds> {
        let alarms = self.orders.values().filter_map(|kept| kept.wake_at);
        let events = self.orders.values().filter_map(|kept| kept.outbox.due_at());
        let by_shops_clock = alarms.chain(events).min().map(|at| shifted(at, -self.ahead));
        let late = self.late.iter().map(|late| late.arrives_at).min();
        let due = self.wechat.next_due().map(|at| UnixSeconds::new(u64::try_from(at).unwrap()));
        by_shops_clock.into_iter().chain(late).chain(due).min()
    }

    fn ring(&mut self) {
        let now = self.shop_now();
        let ringing =
            self.orders.iter().filter(|(_, kept)| kept.wake_at.is_some_and(|at| at <= now));
        let ringing: Vec<String> = ringing.map(|(number, _)| number.clone()).collect();
        for number in ringing {
            self.input(&number, Input::Alarm);
        }
    }

    fn send_events(&mut self) {
        let now = self.shop_now();
        let numbers: Vec<String> = self.orders.keys().cloned().collect();
        for number in numbers {
            while let Some(event) = self.orders[&number].outbox.due(now).cloned() {
                let weather = self.weather.pop_front().unwrap_or(Weather::Fine);
                if !matches!(weather, Weather::RequestLost | Weather::Crash) {
                    self.backend.receive(&event);
                }
                if weather == Weather::Crash {
                    self.crash();
                }
                let outbox = &mut self.orders.get_mut(&number).unwrap().outbox;
                match weather {
                    Weather::Fine | Weather::AnswerLate => outbox.sent(now),
                    Weather::RequestLost | Weather::AnswerLost => outbox.failed(now),
                    Weather::Crash => outbox.interrupted(now),
                }
            }
        }
    }

    /// One step: read, decide, keep.
    pub(crate) fn decide(
        &mut self,
        number: &str,
        input: Input,
    ) -> (Option<wxpay_core::Ack>, Vec<Effect>) {
        let decision = self.orders[number].order.clone().decide(input, self.shop_now());
        (decision.ack, self.keep(decision))
    }

    fn keep(&mut self, decision: Decision) -> Vec<Effect> {
        let Decision { order, effects, happened, wake_at, .. } = decision;
        let now = self.shop_now();
        let number = order.terms().out_trade_no().to_string();
        let before = self.orders.remove(&number);
        let (mut history, mut outbox, nonces) =
            before.map(|kept| (kept.history, kept.outbox, kept.nonces)).unwrap_or_default();
        outbox.put(&number, &happened, now);
        history.extend(happened);
        self.orders.insert(number, Kept { order, history, outbox, nonces, wake_at });
        effects
    }

    /// What is under way is forgotten; what is stored comes back as it was written, through JSON.
    pub(crate) fn crash(&mut self) {
        self.late.clear();
        for kept in self.orders.values_mut() {
            kept.order =
                serde_json::from_str(&serde_json::to_string(&kept.order).unwrap()).unwrap();
        }
    }

    /// The time by WeChat's clock.
    pub fn wechat_now(&self) -> i64 {
        i64::try_from(self.now.seconds()).unwrap()
    }

    /// The time by the shop's clock.
    pub(crate) fn shop_now(&self) -> UnixSeconds {
        shifted(self.now, self.ahead)
    }
}

fn shifted(at: UnixSeconds, by: i64) -> UnixSeconds {
    UnixSeconds::new(at.seconds().saturating_add_signed(by))
}

fn shop(api: Api) -> Shop {
    let told = match api {
        Api::V2 => TOLD_BY_V2,
        Api::V3 => TOLD_BY_V3,
    };
    Shop {
        api,
        notify_url: NotifyUrl::new(told).unwrap(),
        wap_url: "https://pay.example.com".to_owned(),
        wap_name: "示例商城".to_owned(),
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
