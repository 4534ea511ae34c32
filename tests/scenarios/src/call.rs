//! The shop's calls to WeChat, in whatever weather.
use std::collections::VecDeque;

use wxpay_core::{
    NonceStr, Outcome, UnixSeconds, Why,
    question::{close_order::CloseOrder, order_query::OrderQuery, refund_query::RefundQuery},
    v2::{Ask, SignedRequest},
};
use wxpay_merchant::{Effect, Input};
use wxpay_sandbox::Request;

use crate::{
    World,
    weather::{LATE_SECONDS, Weather},
};

/// Effects that one input may have carried out, as in the Worker; the alarm does the rest.
const EFFECTS_AT_ONCE: usize = 8;

/// Effects of one input, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) number: String,
    effects: VecDeque<Effect>,
    left: usize,
}

/// An errand that waits for an answer which is on its way.
#[derive(Debug, Clone)]
pub(crate) struct Late {
    pub(crate) arrives_at: UnixSeconds,
    answer: Input,
    errand: Errand,
}

/// What became of a call.
enum Reply {
    Bytes(Vec<u8>),
    Nothing,
    /// Nobody is left to hear the answer.
    Died,
}

impl Errand {
    pub(crate) fn new(number: &str, effects: Vec<Effect>) -> Self {
        Self { number: number.to_owned(), effects: effects.into(), left: EFFECTS_AT_ONCE }
    }
}

impl World {
    /// Carries out effects and what they lead to, until nothing is left.
    pub(crate) fn run(&mut self, mut errand: Errand) {
        while errand.left > 0
            && let Some(effect) = errand.effects.pop_front()
        {
            errand.left -= 1;
            let weather = self.weather.pop_front().unwrap_or(Weather::Fine);
            let Some(answer) = self.carry_out(&errand.number, effect, weather) else { return };
            if weather == Weather::AnswerLate {
                let arrives_at = self.now.plus(LATE_SECONDS);
                return self.late.push(Late { arrives_at, answer, errand });
            }
            errand.effects.extend(self.decide(&errand.number, answer).1);
        }
    }

    /// Answers that were late arrive, and what waited for them goes on.
    pub(crate) fn hear_late_answers(&mut self) {
        let now = self.now;
        while let Some(place) = self.late.iter().position(|late| late.arrives_at <= now) {
            let Late { answer, mut errand, .. } = self.late.remove(place);
            errand.effects.extend(self.decide(&errand.number, answer).1);
            self.run(errand);
        }
    }

    /// `None` after a crash, and for an effect that means nothing any more.
    fn carry_out(&mut self, number: &str, effect: Effect, weather: Weather) -> Option<Input> {
        Some(match effect {
            Effect::Place(attempt) => {
                let order = self.orders[number].order.prepay(&attempt)?;
                Input::Ordered(attempt, self.ask(&order, weather)?)
            }
            Effect::Query(attempt) => {
                let query = OrderQuery::of(attempt.clone());
                Input::Queried(attempt, self.ask(&query, weather)?)
            }
            Effect::Close(attempt) => {
                let close = CloseOrder { out_trade_no: attempt.clone() };
                Input::ClosedOff(attempt, self.ask(&close, weather)?)
            }
            Effect::Refund(refund_no) => {
                let refund = self.orders[number].order.refund_request(&refund_no)?;
                Input::RefundAnswered(refund_no, self.ask(&refund, weather)?)
            }
            Effect::QueryRefunds(about, offset) => {
                let query = RefundQuery { by: about.clone(), offset };
                Input::RefundsQueried(about, offset, self.ask(&query, weather)?)
            }
        })
    }

    /// One question and its answer; `None` after a crash.
    fn ask<Q: Ask>(&mut self, question: &Q, weather: Weather) -> Option<Outcome<Q::Answer>> {
        self.nonces += 1;
        let nonce = NonceStr::new(&format!("n{}", self.nonces)).unwrap();
        let by = self.credential.clone();
        match self.call(&question.to_request(&by, &nonce), weather) {
            Reply::Bytes(bytes) => Some(question.read_response(&by, &bytes)),
            Reply::Nothing => Some(Outcome::Unknown(Why::Timeout)),
            Reply::Died => None,
        }
    }

    fn call(&mut self, request: &SignedRequest, weather: Weather) -> Reply {
        match weather {
            Weather::Crash => {
                self.crash();
                return Reply::Died;
            }
            Weather::RequestLost => return Reply::Nothing,
            Weather::Fine | Weather::AnswerLost | Weather::AnswerLate => {}
        }
        let request = Request::post(request.path(), request.body());
        let answer = self.wechat.handle(self.wechat_now(), &request);
        match answer.filter(|_| weather != Weather::AnswerLost) {
            Some(response) => Reply::Bytes(response.body),
            None => Reply::Nothing,
        }
    }
}
