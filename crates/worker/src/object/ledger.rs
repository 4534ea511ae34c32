//! One object per Beijing day: the day's book, and its comparison with WeChat's bill.
use std::{
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::{DurableObject, Env, Request, Response, State, durable_object};
use wxpay_core::BeijingDay;
use wxpay_merchant::{
    Entry, Line as BookLine, Plan, PlanState,
    reconciliation::{Counts, Summary, is_about, is_left_to_next},
};

use super::{
    book::{ANOTHER_BILL, Book, List, Page, Written},
    comparison::Comparison,
    disk::{Disk, Script},
    mail,
    outbox::{self, Letter, Trace},
};
use crate::{
    clock,
    config::Config,
    http::problem::Problem,
    log::{Kind, Line, Severity},
};

/// The binding's name in wrangler.toml.
pub(crate) const BINDING: &str = "LEDGER";

/// What a day's book is told and asked.
#[derive(Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Write these lines, all of this day: an array of entries.
    Write { day: BeijingDay, entries: Box<RawValue> },
    /// The orders, in the order they came.
    Orders { status: Option<String>, limit: u64, after: u64 },
    /// The events, in the order they came.
    Events { state: Option<String>, limit: u64, after: u64 },
    /// The day has come: plan its reconciliation, even if nothing was sold.
    Wake(BeijingDay),
    /// Compare this day with its bill now.
    Reconcile(BeijingDay),
    /// How the comparison stands and what the last one found.
    Report { limit: u64, after: u64 },
    /// A neighbour's bill has rows with these keys and 商户订单号: are the lines about them here?
    /// Those that are need not be on this day's bill.
    Meet(Vec<(String, String)>),
    /// The lines that the day's own comparison left to that of the day after.
    Left { after: u64 },
    /// The shop wants a letter about the day sent again.
    Resend(u64),
}

/// What it says.
#[derive(Serialize, Deserialize)]
pub(crate) enum Told {
    /// It was done.
    Done,
    /// There is no such letter.
    NotFound,
    /// A page of a list, and the last line's place if there are more.
    Page { lines: Box<RawValue>, next: Option<u64> },
    /// How the comparison stands, what the last one found, and a page of its differences.
    Report {
        state: PlanState,
        summary: Option<Summary>,
        differences: Box<RawValue>,
        next: Option<u64>,
    },
    /// For each row asked about, its line.
    Met(Vec<Option<BookLine>>),
    /// Lines, and the place behind which there may be more.
    Lines { lines: Vec<BookLine>, next: Option<u64> },
}

/// An alarm that was cut off in the middle comes again after this. Seconds.
const SAFETY_SECONDS: u64 = 60;
/// Differences in the answer to `Reconcile`.
const FIRST_PAGE: u64 = 20;

/// Writes lines into the book of their day: a JSON array of entries, which may all be written again.
pub(super) async fn write(env: &Env, day: &str, entries: &str) -> Result<(), Problem> {
    let letter = format!(r#"{{"Write":{{"day":"{day}","entries":{entries}}}}}"#);
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
    /// Whether this object has seen, since it came to life, that the tables are there and the day is
    /// planned. A panic leaves it as it was.
    is_joined: AssertUnwindSafe<Cell<bool>>,
}

impl DurableObject for LedgerObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, is_joined: AssertUnwindSafe(Cell::new(false)) }
    }

    async fn fetch(&self, _: Request) -> worker::Result<Response> {
        mail::refuse()
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let book = self.book();
        let Some(mut plan) = book.plan()? else { return Response::empty() };
        let begins = plan.begin(clock::now());
        book.save_plan(&plan)?;
        // Whatever happens below, the day is come back to.
        book.disk.wake_at(Some(clock::now().plus(SAFETY_SECONDS)))?;
        if begins {
            self.compare(&book, plan.day(), plan.run(), plan.wakes_next()).await?;
        }
        self.send_letters(&book, plan.day()).await?;
        self.set_alarm(&book)?;
        Response::empty()
    }
}

mail::letterbox!(LedgerObject);

impl LedgerObject {
    fn book(&self) -> Book {
        Book { disk: Disk::of(&self.state) }
    }

    async fn answer(&self, ask: Ask) -> worker::Result<Told> {
        let book = self.book();
        match ask {
            Ask::Write { day, entries } => {
                if !self.is_joined.get() {
                    book.open()?;
                }
                let written = book.write(entries.get())?;
                match Plan::is_past(day, clock::now()) {
                    true => self.written_late(&book, written),
                    false => self.join_chain(&book, day),
                }
            }
            Ask::Wake(day) => {
                book.open()?;
                self.join_chain(&book, day)
            }
            Ask::Reconcile(day) => {
                book.open()?;
                let mut plan = book.plan()?.unwrap_or_else(|| Plan::unscheduled(day));
                plan.asked(clock::now());
                self.keep(&book, &plan)?;
                report(&book, FIRST_PAGE, 0)
            }
            // Looking leaves no trace: a day nobody wrote on stays nothing.
            Ask::Orders { .. } | Ask::Events { .. } if !book.exists()? => {
                Ok(Told::Page { lines: nothing()?, next: None })
            }
            Ask::Report { .. } if !book.exists()? => Ok(Told::Report {
                state: PlanState::Waiting,
                summary: None,
                differences: nothing()?,
                next: None,
            }),
            Ask::Meet(rows) if !book.exists()? => Ok(Told::Met(vec![None; rows.len()])),
            Ask::Left { .. } if !book.exists()? => {
                Ok(Told::Lines { lines: Vec::new(), next: None })
            }
            Ask::Orders { status, limit, after } => list(&book, List::Orders, status, limit, after),
            Ask::Events { state, limit, after } => list(&book, List::Events, state, limit, after),
            Ask::Report { limit, after } => report(&book, limit, after),
            Ask::Meet(rows) => {
                let lines = rows.iter().map(|(key, out_trade_no)| meet(&book, key, out_trade_no));
                Ok(Told::Met(lines.collect::<worker::Result<_>>()?))
            }
            Ask::Left { after } => left(&book, after),
            Ask::Resend(_) if !book.exists()? => Ok(Told::NotFound),
            Ask::Resend(seq) => match outbox::resend(&book.disk, seq, clock::now())? {
                Some(_) => {
                    self.set_alarm(&book)?;
                    Ok(Told::Done)
                }
                None => Ok(Told::NotFound),
            },
        }
    }

    /// Lines of a day whose comparison has begun may make it due again. Where no book was kept, they
    /// plan nothing.
    fn written_late(&self, book: &Book, written: Written) -> worker::Result<Told> {
        if written != Written::Nothing
            && let Some(mut plan) = book.plan()?
            && plan.written(written == Written::Unmet, clock::now())
        {
            self.keep(book, &plan)?;
        }
        Ok(Told::Done)
    }

    /// Plans the day's reconciliation, once.
    fn join_chain(&self, book: &Book, day: BeijingDay) -> worker::Result<Told> {
        if self.is_joined.get() {
            return Ok(Told::Done);
        }
        let (plan, changed) = match book.plan()? {
            None => (Plan::scheduled(day), true),
            Some(mut plan) => {
                let changed = plan.join_chain(clock::now());
                (plan, changed)
            }
        };
        if changed {
            self.keep(book, &plan)?;
        }
        self.is_joined.set(true);
        Ok(Told::Done)
    }

    /// Stores the plan and the alarm; both become durable together.
    fn keep(&self, book: &Book, plan: &Plan) -> worker::Result<()> {
        book.save_plan(plan)?;
        self.set_alarm(book)
    }

    /// For the comparison or the oldest letter, whichever comes first.
    fn set_alarm(&self, book: &Book) -> worker::Result<()> {
        let plan_at = book.plan()?.and_then(|plan| plan.wake_at());
        let nobody = Config::of(&self.env)?.webhook.is_none();
        let later = clock::now().plus(outbox::NOBODY_THERE);
        let letter_at = outbox::due(&book.disk)?.map(|at| if nobody { at.max(later) } else { at });
        book.disk.wake_at([plan_at, letter_at].into_iter().flatten().min())
    }

    /// One comparison. Letters may change the plan meanwhile, so it is read anew after each wait.
    async fn compare(
        &self,
        book: &Book,
        day: BeijingDay,
        run: u64,
        wakes_next: bool,
    ) -> worker::Result<()> {
        if wakes_next {
            let next = day.next();
            let _: Told = ask(&self.env, next, &Ask::Wake(next)).await?;
            change(book, Plan::woke_next)?;
        }
        let began = clock::now_millis();
        let found = Comparison::new(&self.env, book, day, run)?.compare().await;
        log(day, began, &found);
        // WeChat's silence, a bill that breaks off, a neighbour that fails: later.
        let Ok(summary) = found else { return change(book, |plan| plan.fail(clock::now())) };
        let letter = letter(day, &summary)?;
        change(book, |plan| plan.succeed(summary))?;
        book.keep_only(run)?;
        let has_reader = Config::of(&self.env)?.webhook.is_some();
        let (mut script, seq) = (Script::default(), outbox::newest(&book.disk)?.saturating_add(1));
        let trace = outbox::put(&mut script, seq, &letter, clock::now(), has_reader)?;
        book.disk.write(script, None)?;
        self.list_events(day, &[trace]).await
    }

    async fn send_letters(&self, book: &Book, day: BeijingDay) -> worker::Result<()> {
        let moved = RefCell::new(Vec::new());
        let save = |trace: &Trace| {
            moved.borrow_mut().push(trace.clone());
            Ok(())
        };
        let config = Config::of(&self.env)?;
        outbox::deliver(&book.disk, &config, &letter_name(day), &save).await?;
        self.list_events(day, &moved.into_inner()).await
    }

    /// Lists letters among the events of the day on which they were written.
    async fn list_events(&self, of: BeijingDay, traces: &[Trace]) -> worker::Result<()> {
        for trace in traces {
            let line = BookLine::Event {
                id: outbox::id(&letter_name(of), trace.seq),
                r#type: trace.r#type.clone(),
                out_trade_no: None,
                state: trace.state.to_owned(),
                attempts: trace.tries,
            };
            let day = BeijingDay::of(trace.at);
            let entries = serde_json::to_string(&[Entry { day, at: trace.at, line }])?;
            write(&self.env, &day.to_string(), &entries).await?;
        }
        Ok(())
    }
}

fn change(book: &Book, change: impl FnOnce(&mut Plan)) -> worker::Result<()> {
    let mut plan = book.plan()?.ok_or("a plan under way")?;
    change(&mut plan);
    book.save_plan(&plan)
}

/// The beginning of the ids of a day's letters.
fn letter_name(day: BeijingDay) -> String {
    format!("rpt_{day}")
}

/// What the shop is told of a comparison; the differences it asks for.
fn letter(day: BeijingDay, summary: &Summary) -> worker::Result<Letter> {
    let r#type = "reconciliation.completed";
    let data = serde_json::to_string(summary)?;
    let data = format!(r#"{{"day":"{day}",{}"#, data.trim_start_matches('{'));
    Ok(Letter { r#type, body: outbox::body(r#type, summary.at, &data) })
}

/// An empty list.
fn nothing() -> worker::Result<Box<RawValue>> {
    Ok(RawValue::from_string("[]".to_owned())?)
}

fn list(
    book: &Book,
    list: List,
    state: Option<String>,
    limit: u64,
    after: u64,
) -> worker::Result<Told> {
    let Page { lines, next } = book.list(list, after, state, limit)?;
    Ok(Told::Page { lines, next })
}

fn report(book: &Book, limit: u64, after: u64) -> worker::Result<Told> {
    let plan = book.plan()?;
    let state = plan.as_ref().map_or(PlanState::Waiting, Plan::state);
    let Some((run, summary)) = plan.as_ref().and_then(Plan::found) else {
        return Ok(Told::Report { state, summary: None, differences: nothing()?, next: None });
    };
    let Page { lines, next } = book.differences(run, after, limit)?;
    Ok(Told::Report { state, summary: Some(summary.clone()), differences: lines, next })
}

/// The line about a row of a neighbour's bill; it needs not be on another.
fn meet(book: &Book, key: &str, out_trade_no: &str) -> worker::Result<Option<BookLine>> {
    let line = book.find(key)?.filter(|line| is_about(line, out_trade_no));
    if line.is_some() {
        book.meet(key, ANOTHER_BILL)?;
    }
    Ok(line)
}

/// What the last comparison did not call missing, because the next day's bill may have it.
fn left(book: &Book, after: u64) -> worker::Result<Told> {
    let plan = book.plan()?;
    let Some((plan, (run, summary))) = plan.as_ref().and_then(|plan| Some((plan, plan.found()?)))
    else {
        return Ok(Told::Lines { lines: Vec::new(), next: None });
    };
    let unmet = book.unmet(run, after)?;
    let next = unmet.last().map(|unmet| unmet.seq);
    let left = unmet.into_iter().filter(|line| is_left_to_next(plan.day(), line.at, summary.at));
    Ok(Told::Lines { lines: left.map(|unmet| unmet.line).collect(), next })
}

/// Says how a comparison ended.
fn log(day: BeijingDay, began: u64, found: &Result<Summary, Problem>) {
    let (outcome, place, severity) = match found {
        Ok(summary) if summary.counts == Counts::default() => ("ok", None, Severity::Info),
        Ok(_) => ("differs", None, Severity::Warning),
        Err(problem) => (problem.code.text().code, problem.place, Severity::Warning),
    };
    let line = Line {
        kind: Kind::Reconciliation,
        name: &day.to_string(),
        outcome,
        place,
        took_ms: clock::now_millis().saturating_sub(began),
        ..Line::default()
    };
    line.write(severity);
}
