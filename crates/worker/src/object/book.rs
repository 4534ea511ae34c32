//! A day's book on disk: its lines, the plan of its reconciliation, and the differences found.
//!
//! Lines stay JSON: the lists are cut out of them by SQLite, and only what a bill is compared with
//! is ever read. Whatever is written here may be written again without harm, so nothing needs a
//! transaction beyond the runtime's own: all writes between two awaits become durable together.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::{SqlStorageValue, Storage};
use wxpay_core::UnixSeconds;
use wxpay_merchant::{Entry, Line, Plan, reconciliation::Difference};

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
    SELECT seq || ' ' || json_set(line -> '$.order', '$.created_at', at) AS text
    FROM lines WHERE kind = 'order' AND seq > ?1
    AND (?2 IS NULL OR line ->> '$.order.status' = ?2) ORDER BY seq LIMIT ?3";

const EVENTS: &str = "
    SELECT seq || ' ' || json_set(line -> '$.event', '$.at', at) AS text
    FROM lines WHERE kind = 'event' AND seq > ?1
    AND (?2 IS NULL OR line ->> '$.event.state' = ?2) ORDER BY seq LIMIT ?3";

const DIFFERENCES: &str = "
    SELECT seq || ' ' || difference AS text
    FROM differences WHERE run = ?2 AND seq > ?1 ORDER BY seq LIMIT ?3";

/// Writes a line; one that says what is there already costs no write.
const WRITE: &str = "
    INSERT INTO lines (key, kind, at, line) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET at = excluded.at, line = excluded.line
    WHERE at <> excluded.at OR line <> excluded.line";

/// The object's storage.
pub(super) struct Book(pub(super) Storage);

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

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl Book {
    /// Whether anything was ever written. Looking leaves no trace.
    pub(super) fn exists(&self) -> worker::Result<bool> {
        let query = "SELECT name AS text FROM sqlite_master WHERE name = 'lines' LIMIT 1";
        Ok(!self.texts(query, vec![])?.is_empty())
    }

    /// Makes the tables. Everything but `exists` wants them.
    pub(super) fn open(&self) -> worker::Result<()> {
        self.0.sql().exec(SCHEMA, None)?;
        Ok(())
    }

    pub(super) fn write(&self, entries: &[Entry]) -> worker::Result<()> {
        let sql = self.0.sql();
        for Entry { at, line, .. } in entries {
            let text = serde_json::to_string(line)?;
            let row = [line.key().into(), line.kind().into(), integer(at.seconds())?, text.into()];
            sql.exec(WRITE, row.to_vec())?;
        }
        Ok(())
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
        self.page(query, vec![integer(after)?, state.into()], limit)
    }

    /// `limit` differences of one comparison behind the place `after`.
    pub(super) fn differences(&self, run: u64, after: u64, limit: u64) -> worker::Result<Page> {
        self.page(DIFFERENCES, vec![integer(after)?, integer(run)?], limit)
    }

    /// `query` says `seq text` in each row, and takes one more binding: how many.
    fn page(
        &self,
        query: &str,
        mut bindings: Vec<SqlStorageValue>,
        limit: u64,
    ) -> worker::Result<Page> {
        // One more than wanted tells whether there is more.
        bindings.push(integer(limit.saturating_add(1))?);
        let rows = self.texts(query, bindings)?;
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
        let plan = self.texts("SELECT plan AS text FROM plans LIMIT 1", vec![])?.into_iter().next();
        plan.map(|plan| Ok(json::read(plan.as_bytes())?)).transpose()
    }

    pub(super) fn save_plan(&self, plan: &Plan) -> worker::Result<()> {
        let upsert = "INSERT INTO plans (id, plan) VALUES (1, ?)
                      ON CONFLICT (id) DO UPDATE SET plan = excluded.plan";
        self.0.sql().exec(upsert, vec![serde_json::to_string(plan)?.into()])?;
        Ok(())
    }

    /// Writes down a difference that this comparison found.
    pub(super) fn add_difference(&self, run: u64, difference: &Difference) -> worker::Result<()> {
        let row = vec![integer(run)?, serde_json::to_string(difference)?.into()];
        self.0.sql().exec("INSERT INTO differences (run, difference) VALUES (?, ?)", row)?;
        Ok(())
    }

    /// Forgets what all other comparisons found.
    pub(super) fn keep_only(&self, run: u64) -> worker::Result<()> {
        self.0.sql().exec("DELETE FROM differences WHERE run <> ?", vec![integer(run)?])?;
        Ok(())
    }

    /// The line with this key.
    pub(super) fn find(&self, key: &str) -> worker::Result<Option<Line>> {
        let query = "SELECT line AS text FROM lines WHERE key = ? LIMIT 1";
        let line = self.texts(query, vec![key.into()])?.into_iter().next();
        line.map(|line| Ok(json::read(line.as_bytes())?)).transpose()
    }

    /// Notes that the line is on a bill: on the day's own, seen by this comparison, or
    /// [`ANOTHER_BILL`].
    pub(super) fn meet(&self, key: &str, run: u64) -> worker::Result<()> {
        let met = vec![integer(run)?, key.into()];
        self.0.sql().exec("UPDATE lines SET met = ? WHERE key = ?", met)?;
        Ok(())
    }

    /// Payments and refunds behind the place `after` that neither this comparison nor another
    /// day's has met on a bill.
    pub(super) fn unmet(&self, run: u64, after: u64) -> worker::Result<Vec<Unmet>> {
        let query = "
            SELECT json_object('seq', seq, 'at', at, 'line', json(line)) AS text FROM lines
            WHERE kind IN ('payment', 'refund') AND seq > ? AND met <> ? AND met <> ?
            ORDER BY seq LIMIT ?";
        let bindings =
            vec![integer(after)?, integer(run)?, integer(ANOTHER_BILL)?, integer(UNMET_AT_ONCE)?];
        let rows = self.texts(query, bindings)?;
        rows.into_iter().map(|row| Ok(json::read(row.as_bytes())?)).collect()
    }

    /// The column `text` of every row.
    fn texts(&self, query: &str, bindings: Vec<SqlStorageValue>) -> worker::Result<Vec<String>> {
        let rows = self.0.sql().exec(query, bindings)?.to_array::<Text>()?;
        Ok(rows.into_iter().map(|row| row.text).collect())
    }
}

fn integer(number: u64) -> worker::Result<SqlStorageValue> {
    SqlStorageValue::try_from_i64(i64::try_from(number).unwrap_or(i64::MAX))
}
