//! The score card (成绩单).

use std::fmt::Write;

use serde::Serialize;

use super::case::{Group, Level};
use crate::{ack::Ack, ledger::Api};

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// As it has to.
    Passed,
    /// Otherwise.
    Failed,
    /// It was not sent: it would not have been fair.
    NotJudged,
}

/// One case, sent and judged.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// `v3.freshness.stale`: the same in every release.
    pub name: String,
    /// The API that was spoken.
    pub api: Api,
    /// What it is about.
    pub group: Group,
    /// Whether every endpoint has to pass it.
    pub level: Level,
    /// How it ended.
    pub ended: Ended,
    /// What was sent, in Chinese.
    pub sent_zh: &'static str,
    /// What was sent, in English.
    pub sent: &'static str,
    /// What was expected.
    pub expected: &'static str,
    /// What came back for it; for more than one letter what came back for the worst, or the last.
    pub answer: Option<Came>,
    /// What is wrong, or why it was not judged.
    pub reason: Option<String>,
    /// Why it matters, in Chinese.
    pub why_zh: &'static str,
    /// Why it matters, in English.
    pub why: &'static str,
    /// Where that is written.
    pub source: &'static str,
}

/// What came back.
#[derive(Clone, Debug, Serialize)]
pub struct Came {
    /// The HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// The body's beginning, or why there was no answer.
    pub body: String,
    /// In milliseconds.
    pub took_ms: u128,
}

/// Letters of an answer that a card shows.
const SHOWN: usize = 200;

impl Came {
    pub(super) fn new(ack: &Ack, took_ms: u128) -> Self {
        let (status, body) = match ack {
            Ack::Answer { status, body } => {
                (Some(*status), String::from_utf8_lossy(body).chars().take(SHOWN).collect())
            }
            Ack::Timeout => (None, "timeout".to_owned()),
            Ack::Unreachable(reason) => (None, reason.clone()),
        };
        Self { status, body, took_ms }
    }
}

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As they have to.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not sent.
    pub not_judged: usize,
}

/// What an endpoint did, case by case.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreCard {
    /// The endpoint.
    pub notify_url: String,
    /// Whether nothing failed.
    pub passed: bool,
    /// What every endpoint has to do.
    pub must: Counts,
    /// What an endpoint can do that knows its orders.
    pub should: Counts,
    /// In the order in which they were sent.
    pub scores: Vec<Score>,
}

impl ScoreCard {
    pub(super) fn new(notify_url: String, scores: Vec<Score>) -> Self {
        let count = |level| {
            let of = |ended| {
                scores.iter().filter(|score| score.level == level && score.ended == ended).count()
            };
            let (passed, failed) = (of(Ended::Passed), of(Ended::Failed));
            Counts { passed, failed, not_judged: of(Ended::NotJudged) }
        };
        let (must, should) = (count(Level::Must), count(Level::Should));
        Self { notify_url, passed: must.failed == 0 && should.failed == 0, must, should, scores }
    }

    /// The card as text; with `colour` in the colours of a terminal, `verbose` with every case.
    #[must_use]
    pub fn text(&self, colour: bool, verbose: bool) -> String {
        let paint = Paint { colour };
        let mut text =
            format!("{}  {}\n", paint.bold("微信支付通知检查 notify conformance"), self.notify_url);
        for api in [Api::V3, Api::V2] {
            self.write_api(&mut text, &paint, api, verbose);
        }
        let failed: Vec<_> = self.failed().collect();
        if !failed.is_empty() {
            let _ = write!(text, "\n{}\n", paint.red("未通过 failed"));
        }
        for score in failed {
            write_failure(&mut text, &paint, score);
        }
        self.write_sum(&mut text, &paint);
        text
    }

    fn failed(&self) -> impl Iterator<Item = &Score> {
        self.scores.iter().filter(|score| score.ended == Ended::Failed)
    }

    fn write_api(&self, text: &mut String, paint: &Paint, api: Api, verbose: bool) {
        let mut groups = Vec::new();
        for score in self.scores.iter().filter(|score| score.api == api) {
            if !groups.contains(&score.group) {
                groups.push(score.group);
            }
        }
        for group in groups {
            let scores =
                || self.scores.iter().filter(move |score| score.api == api && score.group == group);
            let of = |ended| scores().filter(|score| score.ended == ended).count();
            let (passed, failed) = (of(Ended::Passed), of(Ended::Failed));
            let judged = passed.saturating_add(failed);
            let [zh, en] = group.words();
            let level = if group.level() == Level::Must { "must" } else { "should" };
            let mark = match (failed, judged) {
                (_, 0) => paint.dim("-"),
                (0, _) => paint.green("✓"),
                _ => paint.red("✗"),
            };
            let count = match scores().find_map(|score| score.reason.as_ref()) {
                Some(reason) if judged == 0 => paint.dim(&format!("not judged: {reason}")),
                _ => format!("{passed}/{judged}"),
            };
            let api = api_word(api);
            let _ = writeln!(
                text,
                "  {mark} {api}  {level:<6}  {}  {count}",
                pad(&format!("{zh} {en}"), 22)
            );
            for score in scores().filter(|_| verbose) {
                write_line(text, paint, score);
            }
        }
    }

    fn write_sum(&self, text: &mut String, paint: &Paint) {
        let Self { must, should, .. } = self;
        let judged = |counts: &Counts| counts.passed.saturating_add(counts.failed);
        let _ = write!(
            text,
            "\nmust {}/{}   should {}/{}",
            must.passed,
            judged(must),
            should.passed,
            judged(should)
        );
        let skipped = must.not_judged.saturating_add(should.not_judged);
        if skipped > 0 {
            let _ = write!(text, "   not judged {skipped}");
        }
        let verdict =
            if self.passed { paint.green("通过 PASSED") } else { paint.red("未通过 FAILED") };
        let _ = writeln!(text, "   {verdict}");
        if self.nothing_was_believed() {
            text.push_str(
                "没有一条真实通知被接受，所以“拒绝了恶意通知”不说明什么：先核对密钥、地址，或用 --out-trade-no 指定订单\n\
                 Not one true notification was taken, so that hostile ones were refused proves nothing: \
                 check keys and address, or name orders with --out-trade-no\n",
            );
        }
    }

    /// Whether the endpoint took no true notification at all.
    fn nothing_was_believed(&self) -> bool {
        let mut honest = self
            .scores
            .iter()
            .filter(|score| score.ended != Ended::NotJudged && score.group == Group::Honest);
        honest.clone().count() > 0 && honest.all(|score| score.ended == Ended::Failed)
    }
}

const fn api_word(api: Api) -> &'static str {
    match api {
        Api::V2 => "V2",
        Api::V3 => "V3",
    }
}

fn write_line(text: &mut String, paint: &Paint, score: &Score) {
    let mark = match score.ended {
        Ended::Passed => paint.green("✓"),
        Ended::Failed => paint.red("✗"),
        Ended::NotJudged => paint.dim("-"),
    };
    let came = score.answer.as_ref().map(in_words).unwrap_or_default();
    let _ = writeln!(text, "      {mark} {}  {}  {}", score.name, score.sent_zh, paint.dim(&came));
}

fn write_failure(text: &mut String, paint: &Paint, score: &Score) {
    let came = score.answer.as_ref().map(in_words).unwrap_or_default();
    let reason = score.reason.as_deref().unwrap_or_default();
    let _ = write!(
        text,
        "\n  {} {}\n    发出 sent       {}; {}\n    收到 came back  {came}\n    应当 expected   {}\n    \
         原因 reason     {reason}\n    意义 why        {}; {}\n    {}\n",
        paint.red("✗"),
        paint.bold(&score.name),
        score.sent_zh,
        score.sent,
        score.expected,
        score.why_zh,
        score.why,
        paint.dim(&format!("依据 source     {}", score.source)),
    );
}

fn in_words(came: &Came) -> String {
    let Came { status, body, took_ms } = came;
    let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match status {
        Some(status) => format!("{status} after {took_ms} ms {body}"),
        None => format!("{body} after {took_ms} ms"),
    }
}

/// Fills up to a width on the screen, where a Chinese character takes two places.
fn pad(words: &str, width: usize) -> String {
    let taken: usize = words.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum();
    format!("{words}{}", " ".repeat(width.saturating_sub(taken)))
}

/// The colours of a terminal, or none.
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, code: u8, words: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    }

    fn bold(&self, words: &str) -> String {
        self.with(1, words)
    }

    fn dim(&self, words: &str) -> String {
        self.with(2, words)
    }

    fn red(&self, words: &str) -> String {
        self.with(31, words)
    }

    fn green(&self, words: &str) -> String {
        self.with(32, words)
    }
}
