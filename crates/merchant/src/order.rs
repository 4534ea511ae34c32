//! The order: created → awaiting payment → paid | closed.
//!
//! Invariant: `Paid` is entered in `news.rs` only, from a verified payment that matches.
//! Invariant: at most one attempt is live, but for the moment between a payment and the closing of
//! whatever else was open.
use serde::{Deserialize, Serialize};
use wxpay_core::{
    NotifyUrl, OutTradeNo, UnixSeconds,
    v2::{
        Payment,
        unified_order::{Trade, UnifiedOrder},
    },
};

use crate::{Attempt, Buyer, Conflict, Decision, Happened, Input, Terms, Way, step::Step};

/// An order and all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub(crate) terms: Terms,
    created_at: UnixSeconds,
    pub(crate) state: State,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) conflicts: Vec<Conflict>,
    /// A wish to end the order, until it is closed or paid.
    pub(crate) closing: Option<Closing>,
    /// When the order began to end: closing was asked for, or it was paid.
    pub(crate) ending_since: Option<UnixSeconds>,
    /// Who gets the next attempt once the last one is closed.
    pub(crate) waiting: Option<Buyer>,
    /// What WeChat last said about the live attempt.
    pub(crate) word: Word,
    /// When a page last made us ask.
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
    /// WeChat's verified word: paid.
    Paid(Payment),
    /// WeChat's verified word: paid, and a refund was asked for since.
    Refunded {
        /// The payment, where it is known.
        payment: Option<Payment>,
    },
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

/// What WeChat last said about a live attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    NotPaid,
    Paying,
    Unknown,
}

/// What every attempt of a shop has in common.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Where notifications go.
    pub notify_url: NotifyUrl,
    /// The site as registered for H5 payment.
    pub wap_url: String,
    /// Its name.
    pub wap_name: String,
}

/// Seconds after a buyer came at which WeChat is asked, when no notification says anything first.
const QUERY_LADDER: [u64; 4] = [5, 30, 120, 600];
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
            terms,
            created_at: now,
            state: State::Created,
            attempts: Vec::new(),
            conflicts: Vec::new(),
            closing: None,
            ending_since: None,
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
            Input::Checkout(buyer) => step.checkout(buyer),
            Input::PageAsks => step.page_asks(),
            Input::CloseAsked => step.close_asked(),
            Input::Alarm => step.alarm(),
            Input::Notified(news) => step.notified(news),
            Input::Ordered(number, answer) => step.ordered(&number, answer),
            Input::Queried(number, answer) => step.queried(&number, answer),
            Input::ClosedOff(number, answer) => step.closed_off(&number, answer),
        }
        step.decide()
    }

    /// What was agreed.
    pub fn terms(&self) -> &Terms {
        &self.terms
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
    pub fn unified_order(&self, number: &OutTradeNo, shop: &Shop) -> Option<UnifiedOrder> {
        let attempt = self.attempts.iter().find(|attempt| &attempt.number == number)?;
        let trade = match &attempt.buyer.way {
            Way::Jsapi(openid) => Trade::Jsapi { openid: openid.clone() },
            Way::Mweb(_) => {
                Trade::Mweb { wap_url: shop.wap_url.clone(), wap_name: shop.wap_name.clone() }
            }
            Way::Native(_) => Trade::Native { product_id: self.terms.out_trade_no().clone() },
        };
        Some(UnifiedOrder {
            out_trade_no: attempt.number.clone(),
            body: self.terms.description().clone(),
            total_fee: self.terms.amount(),
            attach: self.terms.attach().cloned(),
            notify_url: shop.notify_url.clone(),
            spbill_create_ip: attempt.buyer.ip,
            time_expire: attempt.time_expire.into(),
            trade,
        })
    }

    /// Whether the order takes no further buyer.
    pub(crate) fn is_ending(&self, now: UnixSeconds) -> bool {
        self.closing.is_some() || now >= self.expires_at()
    }

    pub(crate) fn is_final(&self) -> bool {
        !matches!(self.state, State::Created | State::AwaitingPayment)
    }

    pub(crate) fn live(&self) -> Vec<OutTradeNo> {
        let live = self.attempts.iter().filter(|attempt| attempt.is_live());
        live.map(|attempt| attempt.number.clone()).collect()
    }

    pub(crate) fn wake_at(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let live = self.attempts.iter().any(Attempt::is_live);
        if self.is_final() {
            return live.then(|| self.close_again_at(now));
        }
        if self.is_ending(now) {
            return Some(self.close_again_at(now));
        }
        let rung =
            QUERY_LADDER.iter().map(|seconds| self.bought_at.plus(*seconds)).find(|at| *at > now);
        Some(rung.filter(|_| live).map_or(self.expires_at(), |at| at.min(self.expires_at())))
    }

    /// 30 seconds after the order began to end, then 60, 120, 240, … Fixed by that moment, so that
    /// no flood of requests can put the closing off, and a gateway that is away costs ever less.
    fn close_again_at(&self, now: UnixSeconds) -> UnixSeconds {
        let since = self.ending_since.unwrap_or(self.expires_at());
        let mut wait = CLOSE_AGAIN_AFTER;
        while since.plus(wait) <= now {
            wait = wait.saturating_mul(2);
        }
        since.plus(wait)
    }
}
