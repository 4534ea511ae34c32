//! The order: created → awaiting payment → paid | closed.
//!
//! Invariant: `Paid` is entered in `news.rs` only, from a verified payment that matches.
//! Invariant: at most one attempt is live, but for the moment between a payment and the closing of
//! whatever else was open.
use serde::{Deserialize, Serialize};
use wxpay_core::{
    Api, Fen, NotifyUrl, OutTradeNo, Payment, UnixSeconds,
    question::prepay::{PREPAY_SECONDS, Prepay, Trade},
};

use crate::{Attempt, Buyer, Conflict, Decision, Happened, Input, Refund, Terms, Way, step::Step};

/// An order and all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// As it was created; a repeat of its creation is compared with this.
    pub(crate) terms: Terms,
    /// What it costs now (改价).
    pub(crate) amount: Fen,
    created_at: UnixSeconds,
    pub(crate) state: State,
    pub(crate) attempts: Vec<Attempt>,
    /// Payments beside the one that made the order paid: each has to go back, or be delivered for.
    pub(crate) besides: Vec<Payment>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) conflicts: Vec<Conflict>,
    /// A wish to end the order, until it is closed or paid.
    pub(crate) closing: Option<Closing>,
    /// When the order began to end: closing was asked for, or it was paid.
    pub(crate) ending_since: Option<UnixSeconds>,
    /// When the amount was last changed.
    pub(crate) repriced_at: Option<UnixSeconds>,
    /// WeChat may know of refunds that we have not asked about.
    pub(crate) hint: Option<Hint>,
    /// Who gets the next attempt once the last one is closed.
    pub(crate) waiting: Option<(Buyer, Shop)>,
    /// What WeChat last said about the live attempt.
    pub(crate) word: Word,
    /// When a page last made us ask. Not worth a write to disk: forgotten, it costs one question.
    #[serde(skip)]
    pub(crate) page_asked_at: Option<UnixSeconds>,
    /// When a link was last made for a buyer; the ladder of questions starts here.
    pub(crate) bought_at: UnixSeconds,
}

/// What an order is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody came to pay yet.
    Created,
    /// An attempt was made.
    AwaitingPayment,
    /// WeChat's verified word: paid. How much of it went back is in the refunds.
    Paid(Payment),
    /// WeChat's verified word: a refund was asked for, elsewhere, before we heard of the payment.
    /// Becomes `Paid` if the payment is told after all.
    Refunded,
    /// Can not be paid any more, and was not.
    Closed,
}

/// Why an order is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Its time is over.
    Expired,
    /// The shop asked for it.
    ByShop,
}

/// Something was said about refunds that only an answer to our own question makes true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hint {
    pub(crate) since: UnixSeconds,
    /// When to ask again; until then the answer may still come.
    pub(crate) next_at: UnixSeconds,
    /// It was said again after we had asked: that answer may be older than what was said.
    pub(crate) again: bool,
    /// WeChat would not say what hangs on one of the numbers: all are asked about once more later.
    pub(crate) refused: bool,
}

/// What WeChat last said about a live attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    NotPaid,
    Paying,
    Unknown,
}

/// What every attempt of a shop has in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// By which API its new orders are placed. An attempt is finished by the one it was begun with.
    #[serde(default)]
    pub api: Api,
    /// Where notifications of payments go.
    pub notify_url: NotifyUrl,
    /// The site as registered for H5 payment.
    pub wap_url: String,
    /// Its name.
    pub wap_name: String,
}

/// Seconds after a buyer came at which WeChat is asked, when no notification says anything first.
/// The last is a minute after the longest-lived link is dead, so that no payment stays unseen until
/// the end of an order that lives for days.
const QUERY_LADDER: [u64; 5] = [5, 30, 120, 600, PREPAY_SECONDS.saturating_add(60)];
/// A page makes us ask at most this often. Seconds.
pub(crate) const PAGE_ASKS_EVERY: u64 = 2;
/// While an order is being closed and WeChat does not confirm, the first wait. Seconds.
const CLOSE_AGAIN_AFTER: u64 = 30;
/// An attempt near the order's end still gets this long at WeChat; the order's own end closes it.
/// Source: observed gateway text "time_expire时间过短，刷卡至少1分钟，其他5分钟". Seconds.
pub(crate) const TIME_EXPIRE_MIN: u64 = 310;

impl Order {
    /// A new order; its first decision has nothing to do but to be stored.
    pub fn create(terms: Terms, now: UnixSeconds) -> Decision {
        let order = Self {
            amount: terms.amount(),
            terms,
            created_at: now,
            state: State::Created,
            attempts: Vec::new(),
            besides: Vec::new(),
            refunds: Vec::new(),
            conflicts: Vec::new(),
            closing: None,
            ending_since: None,
            repriced_at: None,
            hint: None,
            waiting: None,
            word: Word::NotPaid,
            page_asked_at: None,
            bought_at: now,
        };
        let mut step = Step::new(order, now);
        step.happened.push(Happened::Created);
        step.decide()
    }

    /// What this input leads to. Total: every input in every state has a decision.
    pub fn decide(self, input: Input, now: UnixSeconds) -> Decision {
        let mut step = Step::new(self, now);
        match input {
            Input::Checkout(buyer, shop) => step.checkout(buyer, shop),
            Input::PageAsks => step.page_asks(),
            Input::CloseAsked => step.close_asked(),
            Input::Repriced(amount) => step.repriced(amount),
            Input::RefundAsked(ask) => step.refund_asked(ask),
            Input::OnBill(number) => step.on_bill(number),
            Input::Alarm => step.alarm(),
            Input::Notified(api, news) => step.notified(api, news),
            Input::RefundHinted(news) => step.refund_hinted(&news),
            Input::Ordered(number, answer) => step.ordered(&number, answer),
            Input::Queried(number, answer) => step.queried(&number, answer),
            Input::ClosedOff(number, answer) => step.closed_off(&number, answer),
            Input::RefundAnswered(number, answer) => step.refund_answered(&number, answer),
            Input::RefundsQueried(by, offset, answer) => step.refunds_queried(by, offset, answer),
        }
        step.decide()
    }

    /// What was agreed when it was created.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What it costs now, in fen.
    pub fn amount(&self) -> Fen {
        self.amount
    }

    /// When the order was created.
    pub fn created_at(&self) -> UnixSeconds {
        self.created_at
    }

    /// When it closes unpaid.
    pub fn expires_at(&self) -> UnixSeconds {
        self.created_at.plus(self.terms.expires_in())
    }

    /// What it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Every try at being paid, oldest first.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Contradictions a person should look at.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// The parameters of an attempt, the same at every repeat.
    pub fn prepay(&self, number: &OutTradeNo) -> Option<Prepay> {
        let attempt = self.attempt(number)?;
        let trade = match &attempt.buyer.way {
            Way::Jsapi(openid) => Trade::Jsapi { openid: openid.clone() },
            Way::Mweb(_) => Trade::Mweb {
                wap_url: attempt.shop.wap_url.clone(),
                wap_name: attempt.shop.wap_name.clone(),
            },
            Way::Native(_) => Trade::Native { product_id: self.terms.out_trade_no().clone() },
        };
        Some(Prepay {
            out_trade_no: attempt.number.clone(),
            body: self.terms.description().clone(),
            total_fee: attempt.amount,
            attach: self.terms.attach().cloned(),
            notify_url: attempt.shop.notify_url.clone(),
            spbill_create_ip: attempt.buyer.ip,
            time_expire: attempt.time_expire.into(),
            trade,
        })
    }

    /// The attempt that WeChat knows by this number.
    pub fn attempt(&self, number: &OutTradeNo) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.number == *number)
    }

    /// By which API the attempt with this number was begun, and is finished.
    pub fn api_of(&self, number: &OutTradeNo) -> Api {
        self.attempt(number).map(|attempt| attempt.shop.api).unwrap_or_default()
    }

    /// Whether the order takes no further buyer.
    pub(crate) fn is_ending(&self, now: UnixSeconds) -> bool {
        self.closing.is_some() || now >= self.expires_at()
    }

    pub(crate) fn is_final(&self) -> bool {
        !matches!(self.state, State::Created | State::AwaitingPayment)
    }

    /// The number of one more attempt, if the order may have one.
    pub(crate) fn next_number(&self) -> Option<OutTradeNo> {
        self.terms.attempt_number(self.attempts.len().saturating_add(1))
    }

    pub(crate) fn live(&self) -> Vec<OutTradeNo> {
        let live = self.attempts.iter().filter(|attempt| attempt.is_live());
        live.map(|attempt| attempt.number.clone()).collect()
    }

    /// Whether nobody can pay another amount than the order's.
    pub fn amount_is_settled(&self) -> bool {
        self.stale().is_empty()
    }

    /// Live attempts at an amount that is no longer the order's.
    pub(crate) fn stale(&self) -> Vec<OutTradeNo> {
        let stale = |attempt: &&Attempt| attempt.is_live() && attempt.amount != self.amount;
        self.attempts.iter().filter(stale).map(|attempt| attempt.number.clone()).collect()
    }

    pub(crate) fn wake_at(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let refunds = self.refunds.iter().filter_map(|refund| refund.next_at);
        let hint = self.hint.as_ref().map(|hint| hint.next_at);
        let next = refunds.chain(hint).chain(self.attempts_wake_at(now)).min();
        next.map(|at| at.max(now))
    }

    fn attempts_wake_at(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let live = self.attempts.iter().any(Attempt::is_live);
        if self.is_final() {
            return live.then(|| self.close_again_at(now));
        }
        if self.is_ending(now) {
            return Some(self.close_again_at(now));
        }
        let rung =
            QUERY_LADDER.iter().map(|seconds| self.bought_at.plus(*seconds)).find(|at| *at > now);
        let stale = self.repriced_at.filter(|_| !self.amount_is_settled());
        let stale = stale.map(|at| again_at(at, CLOSE_AGAIN_AFTER, now));
        rung.filter(|_| live).into_iter().chain(stale).chain([self.expires_at()]).min()
    }

    /// Fixed by the moment the order began to end, so that no flood of requests can put the closing
    /// off, and a gateway that is away costs ever less.
    fn close_again_at(&self, now: UnixSeconds) -> UnixSeconds {
        again_at(self.ending_since.unwrap_or(self.expires_at()), CLOSE_AGAIN_AFTER, now)
    }
}

/// The first instant after `now` of those `first`, 2×, 4×, … seconds after `since`.
pub(crate) fn again_at(since: UnixSeconds, first: u64, now: UnixSeconds) -> UnixSeconds {
    let mut wait = first;
    while since.plus(wait) <= now {
        wait = wait.saturating_mul(2);
    }
    since.plus(wait)
}
