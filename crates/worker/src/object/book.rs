//! A day's book on disk: its lines, the plan of its reconciliation, and the differences found.
//!
//! Lines stay JSON: the lists are cut out of them by SQLite, and only what a bill is compared with
//! is ever read. Whatever is written here may be written again without harm, so nothing needs a
//! transaction beyond the runtime's own: all writes between two awaits become durable together.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wxpay_core::UnixSeconds;
use wxpay_merchant::{Line, Plan, reconciliation::Difference};

use super::{
    disk::{Disk, Value, number, text},
    outbox,
};
use crate::json;

/// `seq` numbers lines as they came and never changes, so a cursor is a place between two lines,
/// and no line that is new or written again slips past a reader.
/// `met` is the newest comparison that found the line on the day's bill, or `ANOTHER_BILL`.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS lines (
        seq INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        line TEXT NOT NULL,
        met INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX IF NOT EXISTS lines_by_kind ON lines (kind, seq);
    CREATE TABLE IF NOT EXISTS plans (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        plan TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS differences (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        run INTEGER NOT NULL,
        difference TEXT NOT NULL
    ) STRICT;
";

const ORDERS: &str = "
    SELECT seq || ' ' || json_set(line -> '$.order', '$.created_at', at)
    FROM lines WHERE kind = 'order' AND seq > ?1
    AND (?2 IS NULL OR line ->> '$.order.status' = ?2) ORDER BY seq LIMIT ?3";

const EVENTS: &str = "
    SELECT seq || ' ' || json_set(line -> '$.event', '$.at', at)
    FROM lines WHERE kind = 'event' AND seq > ?1
    AND (?2 IS NULL OR line ->> '$.event.state' = ?2) ORDER BY seq LIMIT ?3";

const DIFFERENCES: &str = "
    SELECT seq || ' ' || difference
    FROM differences WHERE run = ?2 AND seq > ?1 ORDER BY seq LIMIT ?3";

/// Writes the lines of a JSON array of entries, keyed as [`Line::key`] does it; one that says what is
/// there already costs no write.
const WRITE: &str = "
    INSERT INTO lines (key, kind, at, line)
    SELECT of.key || ':' || (of.value ->> CASE of.key
            WHEN 'order' THEN '$.out_trade_no'
            WHEN 'payment' THEN '$.transaction_id'
            WHEN 'refund' THEN '$.out_refund_no'
            ELSE '$.id' END),
        of.key, entry.value ->> '$.at', entry.value -> '$.line'
    FROM json_each(?) AS entry, json_each(entry.value -> '$.line') AS of
    WHERE true
    ON CONFLICT (key) DO UPDATE SET at = excluded.at, line = excluded.line
    WHERE at <> excluded.at OR line <> excluded.line
    RETURNING kind IN ('payment', 'refund'), met = 0";

/// The day's book on this object's disk.
pub(super) struct Book {
    pub(super) disk: Disk,
}

/// Which of the lists of a day.
#[derive(Clone, Copy)]
pub(super) enum List {
    Orders,
    Events,
}

/// One page of a list: a JSON array, and the last line's place if there are more.
pub(super) struct Page {
    pub(super) lines: Box<RawValue>,
    pub(super) next: Option<u64>,
}

/// What was written of payments and refunds. What is there already is not written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// None of them.
    Nothing,
    /// Only what some bill had.
    Met,
    /// What no bill had so far.
    Unmet,
}

/// A line that no bill has.
#[derive(Serialize, Deserialize)]
pub(super) struct Unmet {
    pub(super) seq: u64,
    pub(super) at: UnixSeconds,
    pub(super) line: Line,
}

/// In the place of a comparison's number: a neighbour's bill has the line. Bills do not change, so
/// it stays. No comparison has the number.
pub(super) const ANOTHER_BILL: u64 = 1 << 40;
/// Lines held at once.
const UNMET_AT_ONCE: u64 = 200;

impl Book {
    /// Whether anything was ever written. Looking leaves no trace.
    pub(super) fn exists(&self) -> worker::Result<bool> {
        self.disk.has_table("lines")
    }

    /// Makes the tables. Everything but `exists` wants them.
    pub(super) fn open(&self) -> worker::Result<()> {
        self.disk.run(SCHEMA, &[])?;
        self.disk.run(outbox::SCHEMA, &[])
    }

    /// Writes a JSON array of entries.
    pub(super) fn write(&self, entries: &str) -> worker::Result<Written> {
        let mut written = Written::Nothing;
        for row in self.disk.rows(WRITE, &[text(entries)])? {
            let is_money = row.number(0) == Some(1);
            match (is_money, row.number(1) == Some(1)) {
                (true, true) => written = Written::Unmet,
                (true, false) if written == Written::Nothing => written = Written::Met,
                _ => {}
            }
        }
        Ok(written)
    }

    /// `limit` lines of a list behind the place `after`, with this state if one is named.
    pub(super) fn list(
        &self,
        list: List,
        after: u64,
        state: Option<String>,
        limit: u64,
    ) -> worker::Result<Page> {
        let query = match list {
            List::Orders => ORDERS,
            List::Events => EVENTS,
        };
        let state = state.as_deref().map_or(Value::Null, text);
        self.page(query, vec![number(after), state], limit)
    }

    /// `limit` differences of one comparison behind the place `after`.
    pub(super) fn differences(&self, run: u64, after: u64, limit: u64) -> worker::Result<Page> {
        self.page(DIFFERENCES, vec![number(after), number(run)], limit)
    }

    /// `query` says `seq text` in each row, and takes one more binding: how many.
    fn page(&self, query: &str, mut values: Vec<Value<'_>>, limit: u64) -> worker::Result<Page> {
        // One more than wanted tells whether there is more.
        values.push(number(limit.saturating_add(1)));
        let rows = self.texts(query, &values)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut lines = Vec::with_capacity(rows.len().min(limit));
        let mut last = None;
        for row in rows.iter().take(limit) {
            let (seq, line) = row.split_once(' ').ok_or("a row without its place")?;
            last = Some(seq.parse().map_err(|_| "a place that is no number")?);
            lines.push(line);
        }
        let lines = RawValue::from_string(format!("[{}]", lines.join(",")))?;
        Ok(Page { lines, next: last.filter(|_| rows.len() > limit) })
    }

    /// The plan, if there is one.
    pub(super) fn plan(&self) -> worker::Result<Option<Plan>> {
        let plan = self.texts("SELECT plan FROM plans", &[])?.into_iter().next();
        plan.map(|plan| Ok(json::read(plan.as_bytes())?)).transpose()
    }

    pub(super) fn save_plan(&self, plan: &Plan) -> worker::Result<()> {
        let upsert = "INSERT INTO plans (id, plan) VALUES (1, ?)
                      ON CONFLICT (id) DO UPDATE SET plan = excluded.plan";
        self.disk.run(upsert, &[text(&serde_json::to_string(plan)?)])
    }

    /// Writes down a difference that this comparison found.
    pub(super) fn add_difference(&self, run: u64, difference: &Difference) -> worker::Result<()> {
        let difference = serde_json::to_string(difference)?;
        let row = [number(run), text(&difference)];
        self.disk.run("INSERT INTO differences (run, difference) VALUES (?, ?)", &row)
    }

    /// Forgets what all other comparisons found.
    pub(super) fn keep_only(&self, run: u64) -> worker::Result<()> {
        self.disk.run("DELETE FROM differences WHERE run <> ?", &[number(run)])
    }

    /// The line with this key.
    pub(super) fn find(&self, key: &str) -> worker::Result<Option<Line>> {
        let line = self.texts("SELECT line FROM lines WHERE key = ?", &[text(key)])?;
        let line = line.into_iter().next();
        line.map(|line| Ok(json::read(line.as_bytes())?)).transpose()
    }

    /// Notes that the line is on a bill: on the day's own, seen by this comparison, or
    /// [`ANOTHER_BILL`].
    pub(super) fn meet(&self, key: &str, run: u64) -> worker::Result<()> {
        self.disk.run("UPDATE lines SET met = ? WHERE key = ?", &[number(run), text(key)])
    }

    /// Payments and refunds behind the place `after` that neither this comparison nor another
    /// day's has met on a bill.
    pub(super) fn unmet(&self, run: u64, after: u64) -> worker::Result<Vec<Unmet>> {
        let query = "
            SELECT json_object('seq', seq, 'at', at, 'line', json(line)) FROM lines
            WHERE kind IN ('payment', 'refund') AND seq > ? AND met <> ? AND met <> ?
            ORDER BY seq LIMIT ?";
        let values = [number(after), number(run), number(ANOTHER_BILL), number(UNMET_AT_ONCE)];
        let rows = self.texts(query, &values)?;
        rows.into_iter().map(|row| Ok(json::read(row.as_bytes())?)).collect()
    }

    /// The first column of every row.
    fn texts(&self, query: &str, values: &[Value<'_>]) -> worker::Result<Vec<String>> {
        Ok(self.disk.rows(query, values)?.filter_map(|row| row.text(0)).collect())
    }
}
