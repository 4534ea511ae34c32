//! Where an order is decided upon: its storage, its alarm and its outbound calls.
//!
//! Every step is read → decide → save, without an `await` between, so requests that interleave see
//! whole orders only. No lock is held while WeChat is asked: each answer is decided upon with the
//! order as it is by then, and every call may be made twice without harm.
use std::{collections::VecDeque, rc::Rc};

use wxpay_core::{
    Ack, Api, Outcome, Why,
    question::{
        close_order::CloseOrder,
        order_query::OrderQuery,
        refund,
        refund_query::{By, RefundQuery},
    },
};
use wxpay_merchant::{Decision, Effect, Input, Order, Refund, Terms};

use super::{
    dispatch::letter_name,
    ledger, outbox,
    store::{Change, Store},
};
use crate::{clock, config::Config, gateway};

/// WeChat contradicting itself could make us ask in circles; the alarm goes on later instead.
const EFFECTS_AT_ONCE: usize = 8;

/// What a decision leaves to do.
pub(super) type Decided = (Option<Ack>, Vec<Effect>);

/// One order's desk.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) store: Rc<Store>,
    pub(super) config: Rc<Config>,
    pub(super) env: worker::Env,
}

impl Desk {
    /// Creates the order or finds it; `None` if there is one with other terms. The flag is true for
    /// the call that made it.
    pub(super) fn create(&self, terms: Terms) -> worker::Result<Option<(Rc<Order>, bool)>> {
        if let Some(order) = self.store.order()? {
            return Ok((*order.terms() == terms).then_some((order, false)));
        }
        self.save(Order::create(terms, clock::now()))?;
        Ok(self.store.order()?.map(|order| (order, true)))
    }

    /// Lets the input have its consequences, then says how the order stands; `None` without one.
    pub(super) async fn tell(&self, input: Input) -> worker::Result<Option<Rc<Order>>> {
        if let Some((_, effects)) = self.decide(input)? {
            self.carry_out(effects).await?;
        }
        self.store.order()
    }

    /// One step; `None` where there is no order.
    pub(super) fn decide(&self, input: Input) -> worker::Result<Option<Decided>> {
        self.decide_under(input, None)
    }

    /// The same for news that came under a nonce, which is written down with what it leads to: a
    /// replay of it is no second one.
    pub(super) fn decide_under(
        &self,
        input: Input,
        nonce: Option<String>,
    ) -> worker::Result<Option<Decided>> {
        let Some(order) = self.store.order()? else { return Ok(None) };
        let decision = Order::clone(&order).decide(input, clock::now());
        self.save_under(decision, nonce).map(Some)
    }

    /// Writes a decision down; nothing that follows from it may happen before.
    pub(super) fn save(&self, decision: Decision) -> worker::Result<Decided> {
        self.save_under(decision, None)
    }

    fn save_under(&self, decision: Decision, nonce: Option<String>) -> worker::Result<Decided> {
        let Decision { order, effects, happened, ack, wake_at } = decision;
        let has_reader = self.config.webhook.is_some();
        let (order, at) = (Rc::new(order), clock::now());
        self.store.save(Change { order, happened, wake_at, at, has_reader, nonce })?;
        Ok((ack, effects))
    }

    /// Whatever is due: the order's own questions, its notes to the books, its letters to the shop.
    pub(super) async fn alarm(&self) -> worker::Result<()> {
        let now = clock::now();
        if self.store.order_at()?.is_some_and(|at| at <= now) {
            self.tell(Input::Alarm).await?;
        }
        self.pass_notes_on().await?;
        self.send_letters().await?;
        self.store.set_alarm()
    }

    /// A book out of reach keeps nobody from anything; it is tried again.
    async fn pass_notes_on(&self) -> worker::Result<()> {
        let notes = self.store.notes(clock::now())?;
        if notes.is_empty() {
            return Ok(());
        }
        let mut reached = true;
        for of_day in &notes {
            match ledger::write(&self.env, &of_day.day, &of_day.entries).await {
                Ok(()) => self.store.passed_on(of_day)?,
                Err(_) => reached = false,
            }
        }
        self.store.notes_done(reached, clock::now())
    }

    async fn send_letters(&self) -> worker::Result<()> {
        let Some(order) = self.store.order()? else { return Ok(()) };
        if self.config.webhook.is_none() {
            return self.store.letters_wait(clock::now());
        }
        if !self.store.has_letters()? {
            return Ok(());
        }
        let save = |trace: &outbox::Trace| self.store.letter_moved(trace, clock::now());
        outbox::deliver(&self.store.disk, &self.config, &letter_name(&order), &save).await
    }

    /// Carries out effects and what they lead to, until nothing is left.
    pub(super) async fn carry_out(&self, effects: Vec<Effect>) -> worker::Result<()> {
        let mut due = VecDeque::from(effects);
        for _ in 0..EFFECTS_AT_ONCE {
            let Some(effect) = due.pop_front() else { break };
            let Some(input) = self.perform(effect).await? else { continue };
            if let Some((_, effects)) = self.decide(input)? {
                due.extend(effects);
            }
        }
        Ok(())
    }

    /// Makes one call, by the API that its order was begun with. Whatever comes of it is news, not an
    /// error.
    async fn perform(&self, effect: Effect) -> worker::Result<Option<Input>> {
        let Some(order) = self.store.order()? else { return Ok(None) };
        let config = &self.config;
        Ok(Some(match effect {
            Effect::Place(number) => {
                let Some(prepay) = order.prepay(&number) else { return Ok(None) };
                let answer = gateway::ask(config, order.api_of(&number), &prepay).await;
                Input::Ordered(number, answer)
            }
            Effect::Query(number) => {
                let query = OrderQuery::of(number.clone());
                let answer = gateway::ask(config, order.api_of(&number), &query).await;
                Input::Queried(number, answer)
            }
            Effect::Close(number) => {
                let close = CloseOrder { out_trade_no: number.clone() };
                let answer = gateway::ask(config, order.api_of(&number), &close).await;
                Input::ClosedOff(number, answer)
            }
            Effect::Refund(number) => {
                let Some(refund) = order.refund_request(&number) else { return Ok(None) };
                let api = order.refund_api(&number);
                let (answer, is_second) = gateway::ask_doubting(config, api, &refund).await;
                let is_again = order.refund(&number).is_some_and(Refund::was_sent_again);
                Input::RefundAnswered(
                    number,
                    match answer {
                        // The first sending may have been taken. Sent again, a no will be asked about.
                        Outcome::Known(refund::Answer::Refused(_)) if is_second && !is_again => {
                            Outcome::Unknown(Why::Transport)
                        }
                        answer => answer,
                    },
                )
            }
            // V3 has no such question; it waits until V2's key is back.
            Effect::QueryRefunds(By::OutTradeNo(_), _) if config.v2.is_none() => return Ok(None),
            Effect::QueryRefunds(by, offset) => {
                let api = match &by {
                    By::OutRefundNo(number) => order.refund_api(number),
                    By::OutTradeNo(_) => Api::V2,
                };
                let query = RefundQuery { by: by.clone(), offset };
                Input::RefundsQueried(by, offset, gateway::ask(config, api, &query).await)
            }
        }))
    }
}
