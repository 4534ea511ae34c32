//! The legal transitions: what each input does to an order, and the effects it asks for.
//! News of a payment has its own file, `news.rs`.
use wxpay_core::{
    Ack, ErrorCode, Fen, OutTradeNo, Outcome, UnixSeconds,
    question::{close_order, prepay},
};

use crate::{
    Attempt, Buyer, Closing, Decision, Effect, Happened, Order, Shop, Stage, State,
    order::{PAGE_ASKS_EVERY, TIME_EXPIRE_MIN, Word},
};

/// One decision in the making.
pub(crate) struct Step {
    pub(crate) order: Order,
    pub(crate) now: UnixSeconds,
    pub(crate) effects: Vec<Effect>,
    pub(crate) happened: Vec<Happened>,
    pub(crate) ack: Option<Ack>,
}

impl Step {
    pub(crate) fn new(order: Order, now: UnixSeconds) -> Self {
        Self { order, now, effects: Vec::new(), happened: Vec::new(), ack: None }
    }

    pub(crate) fn decide(self) -> Decision {
        let wake_at = self.order.wake_at(self.now);
        let Self { order, effects, happened, ack, .. } = self;
        Decision { order, effects, happened, ack, wake_at }
    }

    pub(crate) fn checkout(&mut self, buyer: Buyer, shop: Shop) {
        if self.order.is_final() || self.order.is_ending(self.now) {
            return;
        }
        self.order.waiting = None;
        let (now, amount) = (self.now, self.order.amount);
        let has_next = self.order.next_number().is_some();
        match self.order.attempts.last_mut() {
            Some(attempt)
                if attempt.buyer.shares_with(&buyer)
                    && attempt.amount == amount
                    && attempt.stage != Stage::Closed
                    && !(has_next && attempt.is_beyond_renewal(shop.api, now)) =>
            {
                if attempt.handed(now).is_some() {
                    return;
                }
                match attempt.stage {
                    Stage::Open { .. } => self.order.bought_at = now,
                    Stage::Refused { .. } => attempt.stage = Stage::Placing,
                    Stage::Placing | Stage::Closed => {}
                }
                attempt.asked_at = now;
                self.effects.push(Effect::Place(attempt.number.clone()));
            }
            Some(attempt) if attempt.is_live() => {
                self.effects.push(Effect::Close(attempt.number.clone()));
                self.order.waiting = Some((buyer, shop));
            }
            _ => self.start_attempt(buyer, shop),
        }
    }

    fn start_attempt(&mut self, buyer: Buyer, shop: Shop) {
        let Some(number) = self.order.next_number() else { return };
        let time_expire = self.order.expires_at().max(self.now.plus(TIME_EXPIRE_MIN));
        let trade_type = buyer.way.trade_type().to_owned();
        self.happened.push(Happened::AttemptStarted { number: number.clone(), trade_type });
        self.effects.push(Effect::Place(number.clone()));
        self.order.attempts.push(Attempt {
            number,
            buyer,
            amount: self.order.amount,
            shop,
            asked_at: self.now,
            time_expire,
            stage: Stage::Placing,
            refused_with: None,
        });
        self.order.state = State::AwaitingPayment;
        self.order.word = Word::NotPaid;
        self.order.bought_at = self.now;
    }

    pub(crate) fn page_asks(&mut self) {
        let recently = |at: UnixSeconds| self.now.since(at) < PAGE_ASKS_EVERY;
        if self.order.is_final() || self.order.page_asked_at.is_some_and(recently) {
            return;
        }
        self.order.page_asked_at = Some(self.now);
        self.effects.extend(self.order.live().into_iter().map(Effect::Query));
    }

    pub(crate) fn close_asked(&mut self) {
        if self.order.is_final() {
            return;
        }
        self.begin_to_end(Closing::ByShop);
        self.effects.extend(self.order.live().into_iter().map(Effect::Close));
        self.end_if_nothing_is_live();
    }

    /// 改价: whoever pays from now on pays the new amount; a live link at the old one is closed.
    pub(crate) fn repriced(&mut self, amount: Fen) {
        if self.order.is_final() || self.order.is_ending(self.now) {
            return;
        }
        if self.order.amount != amount {
            self.order.amount = amount;
            self.order.repriced_at = Some(self.now);
            self.happened.push(Happened::Repriced { amount });
        }
        self.effects.extend(self.order.stale().into_iter().map(Effect::Close));
    }

    pub(crate) fn alarm(&mut self) {
        self.refunds_due();
        self.order.waiting = None;
        if self.order.is_final() {
            // Paid by one attempt while another is still open: closed until WeChat confirms. That its
            // time_expire is over would not tell whether it was paid before.
            self.effects.extend(self.order.live().into_iter().map(Effect::Close));
            return;
        }
        let live = self.order.live().into_iter();
        self.effects.extend(live.map(Effect::Query));
        self.effects.extend(self.order.stale().into_iter().map(Effect::Close));
        if self.now >= self.order.expires_at() {
            self.begin_to_end(Closing::Expired);
            self.end_if_nothing_is_live();
        }
    }

    fn begin_to_end(&mut self, reason: Closing) {
        self.order.closing.get_or_insert(reason);
        self.order.ending_since.get_or_insert(self.now);
    }

    pub(crate) fn ordered(&mut self, number: &OutTradeNo, answer: Outcome<prepay::Answer>) {
        let ended = self.order.is_final() || self.order.closing.is_some();
        let amount = self.order.amount;
        let Some(attempt) =
            self.order.attempts.iter_mut().find(|attempt| &attempt.number == number)
        else {
            return;
        };
        match answer {
            Outcome::Known(prepay::Answer::Placed(placed)) => {
                let opened = !matches!(attempt.stage, Stage::Open { .. });
                // A call that was under way while the attempt was closed may have come after it.
                let unwanted = ended || attempt.stage == Stage::Closed || attempt.amount != amount;
                attempt.placed(placed);
                self.order.word = Word::NotPaid;
                self.happened
                    .extend(opened.then(|| Happened::AttemptOpened { number: number.clone() }));
                self.effects.extend(unwanted.then(|| Effect::Close(number.clone())));
            }
            Outcome::Known(prepay::Answer::Refused(refusal)) => match refusal.code {
                ErrorCode::OrderPaid => self.effects.push(Effect::Query(number.clone())),
                ErrorCode::OrderClosed => {
                    let again = (attempt.buyer.clone(), attempt.shop.clone());
                    self.order.waiting.get_or_insert(again);
                    self.attempt_closed(number);
                }
                code => self.attempt_refused(number, code.as_str()),
            },
            Outcome::Unknown(_) => self.order.word = Word::Unknown,
        }
    }

    /// A no to the first call leaves nothing to pay. A no to a repeat takes nothing back: what was
    /// handed out before may still be paid, so it is closed before this buyer gets anything else.
    fn attempt_refused(&mut self, number: &OutTradeNo, code: &str) {
        let (now, ending) = (self.now, self.order.is_ending(self.now));
        let find = |attempt: &&mut Attempt| &attempt.number == number;
        let Some(attempt) = self.order.attempts.iter_mut().find(find) else { return };
        match attempt.stage {
            Stage::Closed => return,
            // Two calls crossed; the other one's answer is good.
            Stage::Open { .. } if attempt.handed(now).is_some() => return,
            Stage::Open { .. } => {
                let again = (attempt.buyer.clone(), attempt.shop.clone());
                if !ending {
                    self.order.waiting.get_or_insert(again);
                }
                self.effects.push(Effect::Close(number.clone()));
            }
            Stage::Placing | Stage::Refused { .. } => {
                attempt.stage = Stage::Refused { code: code.to_owned() };
            }
        }
        if attempt.refused_with.as_deref() != Some(code) {
            attempt.refused_with = Some(code.to_owned());
            self.happened
                .push(Happened::AttemptRefused { number: number.clone(), code: code.to_owned() });
        }
        self.end_if_nothing_is_live();
    }

    pub(crate) fn closed_off(&mut self, number: &OutTradeNo, answer: Outcome<close_order::Answer>) {
        match answer {
            Outcome::Known(close_order::Answer::Closed) => self.attempt_closed(number),
            Outcome::Known(close_order::Answer::NotExist) => self.nothing_to_close(number),
            Outcome::Known(close_order::Answer::Paid) => {
                self.effects.push(Effect::Query(number.clone()))
            }
            // As it was; the alarm or the next checkout tries again.
            Outcome::Known(close_order::Answer::Refused(_)) | Outcome::Unknown(_) => {}
        }
    }

    /// WeChat does not know the attempt that was to be closed, so it can not be paid. But where a call
    /// that placed it was answered since, whether it stands has to be asked once more.
    fn nothing_to_close(&mut self, number: &OutTradeNo) {
        let is_open = |attempt: &&mut Attempt| {
            attempt.number == *number && matches!(attempt.stage, Stage::Open { .. })
        };
        match self.order.attempts.iter_mut().find(is_open) {
            Some(attempt) => {
                attempt.stage = Stage::Placing;
                self.effects.push(Effect::Close(number.clone()));
            }
            None => self.attempt_closed(number),
        }
    }

    /// The attempt can not be paid any more: the order ends, or the next buyer gets their turn.
    pub(crate) fn attempt_closed(&mut self, number: &OutTradeNo) {
        let Some(attempt) =
            self.order.attempts.iter_mut().find(|attempt| &attempt.number == number)
        else {
            return;
        };
        if attempt.stage != Stage::Closed {
            attempt.stage = Stage::Closed;
            self.happened.push(Happened::AttemptClosed { number: number.clone() });
        }
        self.end_if_nothing_is_live();
        let turn = !self.order.is_final()
            && !self.order.is_ending(self.now)
            && self.order.live().is_empty();
        if let Some((buyer, shop)) = self.order.waiting.take().filter(|_| turn) {
            self.start_attempt(buyer, shop);
        }
    }

    fn end_if_nothing_is_live(&mut self) {
        if let Some(reason) = self.order.closing
            && !self.order.is_final()
            && self.order.live().is_empty()
        {
            self.order.state = State::Closed;
            self.happened.push(Happened::Closed { reason });
        }
    }

    /// While the order is being closed, an attempt WeChat calls unpaid is closed there.
    pub(crate) fn not_paid(&mut self, number: &OutTradeNo) {
        self.order.word = Word::NotPaid;
        if self.order.closing.is_some() {
            self.effects.push(Effect::Close(number.clone()));
        }
    }

    /// What was paid can not be paid once more.
    pub(crate) fn paid_off(&mut self, number: &OutTradeNo) {
        let mut attempts = self.order.attempts.iter_mut();
        if let Some(attempt) = attempts.find(|attempt| &attempt.number == number) {
            attempt.stage = Stage::Closed;
        }
    }

    pub(crate) fn close_others(&mut self) {
        self.order.ending_since.get_or_insert(self.now);
        self.effects.extend(self.order.live().into_iter().map(Effect::Close));
    }
}
