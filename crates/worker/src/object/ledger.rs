//! One object per Beijing day: the day's book, and its comparison with WeChat's bill.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use wxpay_core::BeijingDay;
use wxpay_merchant::{Entry, Plan};

use super::{
    book::{Book, List, Page},
    mail,
};
use crate::{clock, http::problem::Problem};

/// The binding's name in wrangler.toml.
pub(crate) const BINDING: &str = "LEDGER";

/// What a day's book is told and asked.
#[derive(Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Write these lines, all of this day.
    Write(Vec<Entry>),
    /// The orders, in the order they came.
    Orders { status: Option<String>, limit: u64, after: u64 },
    /// The events, in the order they came.
    Events { state: Option<String>, limit: u64, after: u64 },
    /// The day has come: plan its reconciliation, even if nothing was sold.
    Wake(BeijingDay),
}

/// What it says.
#[derive(Serialize, Deserialize)]
pub(crate) enum Told {
    /// Written down.
    Done,
    /// A page of a list, and the last line's place if there are more.
    Page { lines: Box<RawValue>, next: Option<u64> },
}

/// Writes lines into the book of their day: a JSON array of entries, which may all be written again.
pub(super) async fn write(env: &Env, day: &str, entries: &str) -> Result<(), Problem> {
    let letter = format!(r#"{{"Write":{entries}}}"#);
    mail::ask_written(env, BINDING, day, &letter).await.map(drop)
}

/// Writes to the book of a day and reads its answer.
pub(crate) async fn ask(env: &Env, day: BeijingDay, question: &Ask) -> Result<Told, Problem> {
    mail::ask(env, BINDING, &day.to_string(), question).await
}

/// The Durable Object class.
#[durable_object(alarm)]
pub struct LedgerObject {
    state: State,
    env: Env,
}

impl DurableObject for LedgerObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let ask: Ask = mail::read(&request).await?;
        mail::answer(&self.answer(ask).await?)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        Response::empty()
    }
}

impl LedgerObject {
    fn book(&self) -> Book {
        Book(self.state.storage())
    }

    async fn answer(&self, ask: Ask) -> worker::Result<Told> {
        let book = self.book();
        match ask {
            Ask::Write(entries) => {
                let Some(day) = entries.first().map(|entry| entry.day) else {
                    return Ok(Told::Done);
                };
                book.open()?;
                book.write(&entries)?;
                self.join_chain(&book, day).await?;
                Ok(Told::Done)
            }
            Ask::Wake(day) => {
                book.open()?;
                self.join_chain(&book, day).await?;
                Ok(Told::Done)
            }
            Ask::Orders { status, limit, after } => list(&book, List::Orders, status, limit, after),
            Ask::Events { state, limit, after } => list(&book, List::Events, state, limit, after),
        }
    }

    /// Plans the day's reconciliation, once.
    async fn join_chain(&self, book: &Book, day: BeijingDay) -> worker::Result<()> {
        let plan = match book.plan()? {
            None => Plan::scheduled(day),
            Some(_) => return Ok(()),
        };
        self.keep(book, &plan).await
    }

    /// Stores the plan and its alarm; both become durable together.
    async fn keep(&self, book: &Book, plan: &Plan) -> worker::Result<()> {
        book.save_plan(plan)?;
        match plan.wake_at() {
            Some(at) => book.0.set_alarm(Duration::from_secs(at.since(clock::now()))).await,
            None => book.0.delete_alarm().await,
        }
    }
}

fn list(
    book: &Book,
    list: List,
    state: Option<String>,
    limit: u64,
    after: u64,
) -> worker::Result<Told> {
    if !book.exists()? {
        return Ok(Told::Page { lines: RawValue::from_string("[]".to_owned())?, next: None });
    }
    let Page { lines, next } = book.list(list, after, state, limit)?;
    Ok(Told::Page { lines, next })
}
