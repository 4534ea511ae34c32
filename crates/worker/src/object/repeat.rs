//! One object per Idempotency-Key: what was asked under it, and for a day what was answered.
//!
//! The work itself is done in front, between two letters: `Begin` before, `Finish` after. A front
//! that dies in between holds its key for two minutes, not for ever; whoever comes then does the work
//! again, and makes up the same numbers, because they come from the key and its first use.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use worker::{
    DurableObject, Env, Request, Response, SqlStorageValue, State, Storage, durable_object,
};
use wxpay_core::UnixSeconds;

use super::mail;
use crate::{clock, json};

/// The binding's name in wrangler.toml.
pub(crate) const BINDING: &str = "REPEAT";

const REMEMBERED: Duration = Duration::from_secs(86_400);
/// Longer than any request of the back office takes: closing an order may be eight calls to WeChat,
/// each of them made anew under the second key, of five seconds.
const UNDER_WAY_SECONDS: u64 = 120;
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS repeats (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        kept TEXT NOT NULL
    ) STRICT;
";

/// What the front says.
#[derive(Serialize, Deserialize)]
pub(crate) enum Ask {
    /// A request with this fingerprint came.
    Begin(String),
    /// It was answered; `None` if that answer was not the last word.
    Finish(Option<Answer>),
}

/// What the front is told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Told {
    /// Do it. The key was first used then.
    Fresh(UnixSeconds),
    /// It was done; say this again.
    Answer(Answer),
    /// The key came with another request before.
    Reused,
    /// Another front is at it.
    InProgress,
    /// Written down.
    Done,
}

/// An answer as it was given. Its type is that of all answers with such a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    request: String,
    first: UnixSeconds,
    /// Until then whoever began it may still be at it.
    busy_until: UnixSeconds,
    answer: Option<Answer>,
}

/// The Durable Object class.
#[durable_object(alarm)]
pub struct RepeatObject {
    state: State,
}

impl DurableObject for RepeatObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, _: Request) -> worker::Result<Response> {
        mail::refuse()
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.state.storage().delete_all().await?;
        Response::empty()
    }
}

mail::letterbox!(RepeatObject);

impl RepeatObject {
    async fn answer(&self, ask: Ask) -> worker::Result<Told> {
        // Read, decided and written without an `await` between, so two letters are one after the other.
        let storage = self.state.storage();
        let (told, kept) = step(load(&storage)?, ask, clock::now());
        if let Some(kept) = kept {
            save(&storage, &kept)?;
            storage.set_alarm(REMEMBERED).await?;
        }
        Ok(told)
    }
}

#[derive(Deserialize)]
struct Row {
    kept: String,
}

fn load(storage: &Storage) -> worker::Result<Option<Kept>> {
    let sql = storage.sql();
    sql.exec(SCHEMA, None)?;
    let rows = sql.exec("SELECT kept FROM repeats LIMIT 1", None)?.to_array::<Row>()?;
    rows.first().map(|row| Ok(json::read(row.kept.as_bytes())?)).transpose()
}

fn save(storage: &Storage, kept: &Kept) -> worker::Result<()> {
    let row = vec![SqlStorageValue::from(serde_json::to_string(kept)?)];
    storage.sql().exec("INSERT OR REPLACE INTO repeats (id, kept) VALUES (1, ?)", row)?;
    Ok(())
}

/// What to say, and what to write if anything changed.
fn step(kept: Option<Kept>, ask: Ask, now: UnixSeconds) -> (Told, Option<Kept>) {
    let busy_until = now.plus(UNDER_WAY_SECONDS);
    match (ask, kept) {
        (Ask::Begin(request), None) => {
            let kept = Kept { request, first: now, busy_until, answer: None };
            (Told::Fresh(now), Some(kept))
        }
        (Ask::Begin(request), Some(kept)) if kept.request != request => (Told::Reused, None),
        (Ask::Begin(_), Some(Kept { answer: Some(answer), .. })) => (Told::Answer(answer), None),
        (Ask::Begin(_), Some(kept)) if now < kept.busy_until => (Told::InProgress, None),
        (Ask::Begin(_), Some(kept)) => (Told::Fresh(kept.first), Some(Kept { busy_until, ..kept })),
        // The first answer stays; a late second one was about the same thing.
        (Ask::Finish(_), None | Some(Kept { answer: Some(_), .. })) => (Told::Done, None),
        (Ask::Finish(answer), Some(kept)) => {
            (Told::Done, Some(Kept { answer, busy_until: now, ..kept }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> UnixSeconds {
        UnixSeconds::new(1_000_000).plus(second)
    }

    /// An object that remembers as storage does.
    struct Object(Option<Kept>);

    impl Object {
        fn tell(&mut self, ask: Ask, second: u64) -> Told {
            let (told, kept) = step(self.0.clone(), ask, at(second));
            self.0 = kept.or_else(|| self.0.take());
            told
        }

        fn begin(&mut self, request: &str, second: u64) -> Told {
            self.tell(Ask::Begin(request.to_owned()), second)
        }
    }

    fn created() -> Answer {
        Answer { status: 201, body: "{}".to_owned() }
    }

    #[test]
    fn the_same_request_gets_the_same_answer_and_another_none() {
        let mut object = Object(None);
        assert_eq!(object.begin("one", 0), Told::Fresh(at(0)));
        assert_eq!(object.begin("two", 1), Told::Reused);
        assert_eq!(object.tell(Ask::Finish(Some(created())), 2), Told::Done);
        assert_eq!(object.begin("one", 3), Told::Answer(created()));
        assert_eq!(object.begin("one", 86_000), Told::Answer(created()));
        assert_eq!(object.begin("two", 86_000), Told::Reused);
    }

    #[test]
    fn a_front_that_died_holds_the_key_for_two_minutes_and_the_next_one_makes_the_same_numbers() {
        let mut object = Object(None);
        assert_eq!(object.begin("one", 0), Told::Fresh(at(0)));
        assert_eq!(object.begin("one", 119), Told::InProgress);
        assert_eq!(object.begin("one", 120), Told::Fresh(at(0)));
        assert_eq!(object.begin("one", 121), Told::InProgress);
    }

    #[test]
    fn an_answer_that_was_not_the_last_word_is_asked_for_anew() {
        let mut object = Object(None);
        assert_eq!(object.begin("one", 0), Told::Fresh(at(0)));
        assert_eq!(object.tell(Ask::Finish(None), 1), Told::Done);
        assert_eq!(object.begin("one", 1), Told::Fresh(at(0)));
    }

    #[test]
    fn a_late_second_answer_does_not_replace_the_first() {
        let mut object = Object(None);
        object.begin("one", 0);
        object.begin("one", 120);
        object.tell(Ask::Finish(Some(created())), 121);
        object.tell(Ask::Finish(None), 122);
        assert_eq!(object.begin("one", 123), Told::Answer(created()));
        assert_eq!(Object(None).tell(Ask::Finish(Some(created())), 0), Told::Done);
    }
}
