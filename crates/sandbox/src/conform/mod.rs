//! The conformance kit (通知检查): sends what is true and what is hostile to anybody's notify endpoint,
//! and says what it did wrong and why that matters.
//!
//! It judges acks as WeChat counts them, and nothing that it cannot see: whether an order counts as
//! paid is the merchant's own to look at.
//!
//! DIFFERENCE: it speaks http alone; an https endpoint is reached by the port behind its proxy.

mod card;
mod case;
mod corpus;
mod judge;
mod notice_v2;
mod notice_v3;
mod send;
mod subject;
#[cfg(test)]
mod tests;

use std::io;

pub use card::{Came, Counts, Ended, Score, ScoreCard};
use case::{Case, Needs, Steps, Times};
pub use case::{Group, Level};
use send::{Answer, Letter, Sender};
pub use subject::Subject;
use subject::{Orders, RefundOf};

use crate::{account::Account, clock::machine_now, ledger::Api, random::Random, v3::KeyMode};

/// Whom to examine.
pub struct Examination {
    /// Where payments are told, an `http://` address.
    pub notify_url: String,
    /// The APIs that the endpoint speaks.
    pub apis: Vec<Api>,
    /// The merchant whose keys the endpoint has; `v3_keys` says by what it verifies, `sign_type` what
    /// it has agreed on for V2, HMAC-SHA256 if nothing.
    pub account: Account,
    /// Orders that the endpoint knows, and has not heard the end of; made up if there are none.
    pub subjects: Vec<Subject>,
    /// Seed of order numbers and nonces.
    pub seed: u64,
}

impl Examination {
    /// Sends the whole corpus, case after case, and tells each score as it comes.
    ///
    /// # Errors
    /// When there is no socket left for what must not be called (see XXE).
    pub async fn run(self, mut tell: impl FnMut(&Score)) -> io::Result<ScoreCard> {
        let mut desk = Desk {
            sender: Sender::new().await?,
            random: Random::from_seed(self.seed),
            examination: &self,
        };
        let mut scores = Vec::new();
        for api in &self.apis {
            desk.examine(*api, &mut |score| {
                tell(&score);
                scores.push(score);
            })
            .await;
        }
        drop(desk);
        Ok(ScoreCard::new(self.notify_url, scores))
    }
}

/// One examination under way.
struct Desk<'a> {
    sender: Sender,
    random: Random,
    examination: &'a Examination,
}

impl Desk<'_> {
    async fn examine(&mut self, api: Api, tell: &mut impl FnMut(Score)) {
        let mut orders = self.orders(api);
        let refunded = self.refunded(api);
        for (group, cases) in corpus::groups(api) {
            for case in cases {
                let unfair = self.unfair(group, case, orders.are_known(), refunded.is_some());
                let score = Score::of(api, group, case);
                if let Some(reason) = unfair {
                    tell(Score { ended: Ended::NotJudged, reason: Some(reason), ..score });
                    continue;
                }
                let subject = match (group, &refunded) {
                    (Group::Refund, Some(refunded)) => refunded.clone(),
                    _ if case.expect.is_honest() => {
                        orders.spare().unwrap_or_else(|| orders.victim())
                    }
                    _ => orders.victim(),
                };
                tell(self.send(score, case, &subject).await);
            }
            let is_hostile = cases.iter().all(|case| !case.expect.is_honest());
            let judged = group.level() == Level::Must || orders.are_known();
            if let Some(spare) = orders.spare().filter(|_| is_hostile && judged) {
                let case = corpus::afterwards(api);
                tell(self.send(Score::of(api, group, &case), &case, &spare).await);
            }
        }
        let case = corpus::afterwards(api);
        let victim = orders.victim();
        tell(self.send(Score::of(api, Group::Honest, &case), &case, &victim).await);
    }

    fn orders(&self, api: Api) -> Orders {
        let known = |subject: &&Subject| subject.api == api && subject.refund.is_none();
        let mut known = self.examination.subjects.iter().filter(known).cloned();
        match known.next() {
            Some(victim) => {
                Orders::Known { victim: Box::new(victim), others: known.collect(), turn: 0 }
            }
            None => Orders::MadeUp {
                api,
                random: Random::from_seed(self.examination.seed),
                now: machine_now(),
            },
        }
    }

    /// An order with a refund that this API tells.
    fn refunded(&self, api: Api) -> Option<Subject> {
        let tells = |refund: &RefundOf| refund.api == api;
        let is_told = |subject: &&Subject| subject.refund.as_ref().is_some_and(tells);
        self.examination.subjects.iter().find(is_told).cloned()
    }

    /// Why a case would not be fair to this endpoint.
    fn unfair(&self, group: Group, case: &Case, known: bool, refunded: bool) -> Option<String> {
        if group == Group::Refund {
            return (!refunded).then(|| "name a refund with --out-refund-no".to_owned());
        }
        if group.level() == Level::Should && !known {
            return Some("name orders with --sandbox and --out-trade-no".to_owned());
        }
        let mode = self.examination.account.v3_keys;
        let lacks = match case.needs {
            Needs::Nothing => None,
            Needs::PublicKey => (mode == KeyMode::Certificate).then_some("the public key"),
            Needs::Certificate => (mode == KeyMode::PublicKey).then_some("the certificate"),
        };
        lacks.map(|key| format!("the endpoint has not {key}: say --v3-keys mixed if it has"))
    }

    async fn send(&mut self, score: Score, case: &Case, subject: &Subject) -> Score {
        let elsewhere = subject.refund.as_ref().and_then(|refund| refund.notify_url.as_deref());
        let url = elsewhere.unwrap_or(&self.examination.notify_url).to_owned();
        let calls = self.sender.canary.calls();
        let mut answers = Vec::new();
        match case.times {
            Times::Once => answers = self.post(&url, case, subject, 1).await,
            Times::AtOnce(times) => answers = self.post(&url, case, subject, times).await,
            Times::InTurn(times) => {
                for _ in 0..times {
                    answers.extend(self.post(&url, case, subject, 1).await);
                }
            }
        }
        let called = self.sender.canary.calls() != calls;
        let account = &self.examination.account;
        let wrong = |answers: &[Answer], called| {
            judge::wrong(account, score.api, case.expect, answers, called)
        };
        let worst =
            answers.iter().find(|answer| wrong(std::slice::from_ref(answer), false).is_some());
        let shown = worst.or(answers.last());
        let reason = wrong(&answers, called);
        Score {
            ended: if reason.is_some() { Ended::Failed } else { Ended::Passed },
            answer: shown.map(|answer| Came::new(&answer.ack, answer.took.as_millis())),
            reason,
            ..score
        }
    }

    async fn post(
        &mut self,
        url: &str,
        case: &Case,
        subject: &Subject,
        times: usize,
    ) -> Vec<Answer> {
        let letters = (0..times).map(|_| self.letter(case, subject)).collect();
        self.sender.send_all(url, letters).await
    }

    fn letter(&mut self, case: &Case, subject: &Subject) -> Letter {
        let account = &self.examination.account;
        match case.steps {
            Steps::V2(steps) => notice_v2::make(account, &mut self.random, subject, steps),
            Steps::V3(steps) => {
                let now = machine_now();
                notice_v3::make(account, &mut self.random, now, subject, steps)
            }
        }
    }
}

impl Score {
    /// Of a case that is still to be sent.
    fn of(api: Api, group: Group, case: &Case) -> Self {
        let word = match api {
            Api::V2 => "v2",
            Api::V3 => "v3",
        };
        let [_, group_word] = group.words();
        Self {
            name: format!("{word}.{group_word}.{}", case.name),
            api,
            group,
            level: group.level(),
            ended: Ended::NotJudged,
            sent_zh: case.zh,
            sent: case.en,
            expected: judge::expected(case.expect, api),
            answer: None,
            reason: None,
            why_zh: case.why.zh,
            why: case.why.en,
            source: case.why.source,
        }
    }
}
