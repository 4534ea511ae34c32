//! Where an order is decided upon: its storage, its alarm and its outbound calls.
//!
//! Every step is load → decide → save, without an `await` between, so requests that interleave see
//! whole orders only. No lock is held while WeChat is asked: each answer is decided upon with the
//! order as it is by then, and every call may be made twice without harm.
use std::{collections::VecDeque, rc::Rc, time::Duration};

use wxpay_core::v2::{
    close_order::CloseOrder, notify::Ack, order_query::OrderQuery, refund_query::RefundQuery,
};
use wxpay_merchant::{Decision, Effect, Input, Order, Terms};

use super::{order::Told, store::Store};
use crate::{clock, config::Config, gateway, random};

/// WeChat contradicting itself could make us ask in circles; the alarm goes on later instead.
const EFFECTS_AT_ONCE: usize = 8;

/// What a decision leaves to do.
pub(super) type Decided = (Option<Ack>, Vec<Effect>);

/// One order's desk.
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) config: Rc<Config>,
}

impl Desk {
    pub(super) async fn create(&self, terms: Terms) -> worker::Result<Told> {
        if let Some(order) = self.store.load()? {
            return Ok(match *order.terms() == terms {
                true => Told::Order { order: Box::new(order), created: false },
                false => Told::Differs,
            });
        }
        let decision = Order::create(terms, clock::now());
        let order = Box::new(decision.order.clone());
        self.persist(decision).await?;
        Ok(Told::Order { order, created: true })
    }

    /// Lets the input have its consequences, then says how the order stands.
    pub(super) async fn told(&self, input: Input) -> worker::Result<Told> {
        self.tell(input).await?;
        Ok(match self.store.load()? {
            Some(order) => Told::Order { order: Box::new(order), created: false },
            None => Told::NotFound,
        })
    }

    pub(super) fn record(&self) -> worker::Result<Told> {
        let Some(order) = self.store.load()? else { return Ok(Told::NotFound) };
        Ok(Told::Record { order: Box::new(order), history: self.store.history()? })
    }

    pub(super) async fn tell(&self, input: Input) -> worker::Result<()> {
        match self.decide(input).await? {
            Some((_, effects)) => self.carry_out(effects).await,
            None => Ok(()),
        }
    }

    /// One step; `None` where there is no order.
    pub(super) async fn decide(&self, input: Input) -> worker::Result<Option<Decided>> {
        let Some(order) = self.store.load()? else { return Ok(None) };
        self.persist(order.decide(input, clock::now())).await.map(Some)
    }

    async fn persist(&self, decision: Decision) -> worker::Result<Decided> {
        let now = clock::now();
        self.store.save(&decision.order, &decision.happened, now)?;
        // The call itself comes before the first await, so order and alarm become durable together.
        match decision.wake_at {
            Some(at) => self.store.0.set_alarm(Duration::from_secs(at.since(now))).await?,
            None => self.store.0.delete_alarm().await?,
        }
        Ok((decision.ack, decision.effects))
    }

    /// Carries out effects and what they lead to, until nothing is left.
    pub(super) async fn carry_out(&self, effects: Vec<Effect>) -> worker::Result<()> {
        let mut due = VecDeque::from(effects);
        for _ in 0..EFFECTS_AT_ONCE {
            let Some(effect) = due.pop_front() else { break };
            let Some(input) = self.perform(effect).await? else { continue };
            if let Some((_, effects)) = self.decide(input).await? {
                due.extend(effects);
            }
        }
        Ok(())
    }

    /// Makes one call. Whatever comes of it is news, not an error.
    async fn perform(&self, effect: Effect) -> worker::Result<Option<Input>> {
        let config = &self.config;
        let nonce = random::nonce_str()?;
        Ok(Some(match effect {
            Effect::Place(number) => {
                let order = self.store.load()?;
                let order = order.and_then(|order| order.unified_order(&number));
                let Some(order) = order else { return Ok(None) };
                let answer = gateway::ask(
                    config,
                    |by| order.to_request(by, &nonce),
                    |by, bytes| order.from_response(by, bytes),
                );
                Input::Ordered(number, answer.await)
            }
            Effect::Query(number) => {
                let query = OrderQuery { out_trade_no: number.clone() };
                let answer = gateway::ask(
                    config,
                    |by| query.to_request(by, &nonce),
                    |by, bytes| query.from_response(by, bytes),
                );
                Input::Queried(number, answer.await)
            }
            Effect::Close(number) => {
                let close = CloseOrder { out_trade_no: number.clone() };
                let answer = gateway::ask(
                    config,
                    |by| close.to_request(by, &nonce),
                    |by, bytes| CloseOrder::from_response(by, bytes),
                );
                Input::ClosedOff(number, answer.await)
            }
            Effect::Refund(number) => {
                let refund = self.store.load()?.and_then(|order| order.refund_request(&number));
                let Some(refund) = refund else { return Ok(None) };
                let answer = gateway::ask(
                    config,
                    |by| refund.to_request(by, &nonce),
                    |by, bytes| refund.from_response(by, bytes),
                );
                Input::RefundAnswered(number, answer.await)
            }
            Effect::QueryRefunds(by, offset) => {
                let query = RefundQuery { by: by.clone(), offset };
                let answer = gateway::ask(
                    config,
                    |by| query.to_request(by, &nonce),
                    |by, bytes| query.from_response(by, bytes),
                );
                Input::RefundsQueried(by, offset, answer.await)
            }
        }))
    }
}
