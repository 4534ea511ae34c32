//! The shop's calls to WeChat, in whatever weather.
use std::collections::VecDeque;

use wxpay_core::{
    NonceStr, Outcome, UnixSeconds, Why,
    v2::{
        SignedRequest, close_order::CloseOrder, order_query::OrderQuery, refund_query::RefundQuery,
    },
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
        self.nonces += 1;
        let nonce = NonceStr::new(&format!("n{}", self.nonces)).unwrap();
        let by = self.credential.clone();
        let lost = Why::Timeout;
        Some(match effect {
            Effect::Place(attempt) => {
                let order = self.orders[number].order.unified_order(&attempt)?;
                let answer = match self.call(&order.to_request(&by, &nonce), weather) {
                    Reply::Bytes(bytes) => order.from_response(&by, &bytes),
                    Reply::Nothing => Outcome::Unknown(lost),
                    Reply::Died => return None,
                };
                Input::Ordered(attempt, answer)
            }
            Effect::Query(attempt) => {
                let query = OrderQuery { out_trade_no: attempt.clone() };
                let answer = match self.call(&query.to_request(&by, &nonce), weather) {
                    Reply::Bytes(bytes) => query.from_response(&by, &bytes),
                    Reply::Nothing => Outcome::Unknown(lost),
                    Reply::Died => return None,
                };
                Input::Queried(attempt, answer)
            }
            Effect::Close(attempt) => {
                let close = CloseOrder { out_trade_no: attempt.clone() };
                let answer = match self.call(&close.to_request(&by, &nonce), weather) {
                    Reply::Bytes(bytes) => CloseOrder::from_response(&by, &bytes),
                    Reply::Nothing => Outcome::Unknown(lost),
                    Reply::Died => return None,
                };
                Input::ClosedOff(attempt, answer)
            }
            Effect::Refund(refund_no) => {
                let refund = self.orders[number].order.refund_request(&refund_no)?;
                let answer = match self.call(&refund.to_request(&by, &nonce), weather) {
                    Reply::Bytes(bytes) => refund.from_response(&by, &bytes),
                    Reply::Nothing => Outcome::Unknown(lost),
                    Reply::Died => return None,
                };
                Input::RefundAnswered(refund_no, answer)
            }
            Effect::QueryRefunds(about, offset) => {
                let query = RefundQuery { by: about.clone(), offset };
                let answer = match self.call(&query.to_request(&by, &nonce), weather) {
                    Reply::Bytes(bytes) => query.from_response(&by, &bytes),
                    Reply::Nothing => Outcome::Unknown(lost),
                    Reply::Died => return None,
                };
                Input::RefundsQueried(about, offset, answer)
            }
        })
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
