//! The shop's calls to WeChat, in whatever weather.
use std::collections::VecDeque;

use wxpay_core::{
    Api, Error, NonceStr, Outcome, UnixSeconds, Unverified, Verified, Why,
    question::{
        close_order::CloseOrder,
        order_query::OrderQuery,
        refund_query::{By, RefundQuery},
    },
    v2, v3,
};
use wxpay_merchant::{Effect, Input};
use wxpay_sandbox::{Request, Response};

use crate::{
    World,
    platform::PLATFORM,
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
    Response(Response),
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
            // V3 has no such question.
            if !self.has_v2 && matches!(effect, Effect::QueryRefunds(By::OutTradeNo(_), _)) {
                continue;
            }
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

    /// By the API that its order was begun with. `None` after a crash, and for an effect that means
    /// nothing any more.
    fn carry_out(&mut self, number: &str, effect: Effect, weather: Weather) -> Option<Input> {
        let order = &self.orders[number].order;
        Some(match effect {
            Effect::Place(attempt) => {
                let (api, prepay) = (order.api_of(&attempt), order.prepay(&attempt)?);
                Input::Ordered(attempt, self.ask(api, &prepay, weather)?)
            }
            Effect::Query(attempt) => {
                let (api, query) = (order.api_of(&attempt), OrderQuery::of(attempt.clone()));
                Input::Queried(attempt, self.ask(api, &query, weather)?)
            }
            Effect::Close(attempt) => {
                let close = CloseOrder { out_trade_no: attempt.clone() };
                let api = order.api_of(&attempt);
                Input::ClosedOff(attempt, self.ask(api, &close, weather)?)
            }
            Effect::Refund(refund_no) => {
                let refund = order.refund_request(&refund_no)?;
                let api = order.refund_api(&refund_no);
                Input::RefundAnswered(refund_no, self.ask(api, &refund, weather)?)
            }
            Effect::QueryRefunds(about, offset) => {
                let api = match &about {
                    By::OutRefundNo(refund_no) => order.refund_api(refund_no),
                    By::OutTradeNo(_) => Api::V2,
                };
                let query = RefundQuery { by: about.clone(), offset };
                Input::RefundsQueried(about, offset, self.ask(api, &query, weather)?)
            }
        })
    }

    /// One question and its answer; `None` after a crash.
    fn ask<Q: v2::Ask + v3::Ask>(
        &mut self,
        api: Api,
        question: &Q,
        weather: Weather,
    ) -> Option<Outcome<Q::Answer>> {
        match api {
            Api::V2 if self.has_v2 => {
                let by = self.credential.clone();
                let request = v2::Ask::to_request(question, &by, &self.nonce());
                let request = Request::post(request.path(), request.body());
                match self.call(&request, weather) {
                    Reply::Response(response) => Some(question.read_response(&by, &response.body)),
                    Reply::Nothing => Some(Outcome::Unknown(Why::Timeout)),
                    Reply::Died => None,
                }
            }
            Api::V2 | Api::V3 => {
                let by = &PLATFORM.merchant;
                let mut reply = self.exchange(v3::Ask::to_request(question, by), weather)?;
                // WeChat only tried whether we check (签名探测): the same is asked once more.
                let probe = Error::Unverified(Unverified::Probe);
                if matches!(&reply, Outcome::Unknown(Why::Distrusted(error)) if *error == probe) {
                    reply = self.exchange(v3::Ask::to_request(question, by), weather)?;
                }
                Some(question.read_reply(by, reply))
            }
        }
    }

    /// Signs, sends and verifies; `None` after a crash.
    fn exchange(
        &mut self,
        request: v3::Request,
        weather: Weather,
    ) -> Option<Outcome<Verified<v3::Reply>>> {
        let request = PLATFORM.sign(request, self.shop_now(), self.nonce());
        let sent = match request.body() {
            Some(body) => Request::post(request.target(), body)
                .with_header("content-type", "application/json"),
            None => Request::get(request.target()),
        };
        let sent = sent
            .with_header("accept", "application/json")
            .with_header("user-agent", "scenarios")
            .with_header("authorization", request.authorization());
        let response = match self.call(&sent, weather) {
            Reply::Response(response) => response,
            Reply::Nothing => return Some(Outcome::Unknown(Why::Timeout)),
            Reply::Died => return None,
        };
        let header = |name: &str| response.header(name).map(str::to_owned);
        let (headers, request_id) = (v3::Headers::read(header), header("request-id"));
        let (status, body) = (response.status, response.body);
        let reply = v3::RawReply { status, headers, request_id, body };
        Some(match reply.claim(self.shop_now()) {
            Ok(claim) => {
                let verdict = PLATFORM.check(claim.claim());
                claim.proven(verdict)
            }
            Err(why) => Outcome::Unknown(why),
        })
    }

    pub(crate) fn nonce(&mut self) -> NonceStr {
        self.nonces += 1;
        NonceStr::new(&format!("n{}", self.nonces)).unwrap()
    }

    fn call(&mut self, request: &Request, weather: Weather) -> Reply {
        match weather {
            Weather::Crash => {
                self.crash();
                return Reply::Died;
            }
            Weather::RequestLost => return Reply::Nothing,
            Weather::Fine | Weather::AnswerLost | Weather::AnswerLate => {}
        }
        let answer = self.wechat.handle(self.wechat_now(), request);
        match answer.filter(|_| weather != Weather::AnswerLost) {
            Some(response) => Reply::Response(response),
            None => Reply::Nothing,
        }
    }
}
