//! Where orders and messages are kept: a file of SQLite's, or without a name SQLite's own temporary
//! one, so that nothing is ever forgotten and memory holds only what is recent.

use std::{cell::RefCell, path::Path, time::Duration};

use anyhow::{Context, bail};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Kind, Message, Order, Place};
use crate::time::UnixSeconds;

/// Says that a file is the sandbox's: `wxps`.
const APPLICATION: i32 = 0x7778_7073;

/// Which tables and which JSON a file holds. It counts up whenever either changes.
const FORMAT: i32 = 1;

const TABLES: &str = "
CREATE TABLE orders (
    place INTEGER PRIMARY KEY,
    due_at INTEGER,
    is_waiting INTEGER NOT NULL,
    paid_at INTEGER,
    moved_at INTEGER,
    json TEXT NOT NULL
);
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_waiting ON orders (place) WHERE is_waiting;
CREATE INDEX orders_moved ON orders (moved_at) WHERE moved_at IS NOT NULL;
CREATE TABLE names (
    kind INTEGER, name TEXT, place INTEGER NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE messages (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE parts (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
";

/// An open store.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    /// What went wrong first. Who reads an order cannot do anything about a broken disk; who let
    /// the sandbox run can.
    failure: RefCell<Option<anyhow::Error>>,
}

impl Store {
    /// Opens a file, or makes it; without one, a temporary one that nobody sees and that goes when
    /// the store does.
    pub(crate) fn open(file: Option<&Path>) -> anyhow::Result<Self> {
        let connection = match file {
            Some(file) => Self::open_file(file)
                .with_context(|| format!("cannot keep anything in {}", file.display()))?,
            None => {
                let connection = Connection::open("")?;
                connection
                    .execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")?;
                connection.execute_batch(TABLES)?;
                connection
            }
        };
        // In KiB if negative. Names come in no order, so their pages are wanted again and again.
        connection.execute_batch("PRAGMA cache_size = -16384")?;
        Ok(Self { connection, failure: RefCell::default() })
    }

    fn open_file(file: &Path) -> anyhow::Result<Connection> {
        let connection = Connection::open(file)?;
        // One sandbox at a time: the second is told that the file is locked.
        connection.busy_timeout(Duration::ZERO)?;
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
        let (application, format): (i32, i32) =
            (number("application_id")?, number("user_version")?);
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        match (application, format) {
            (APPLICATION, FORMAT) => {}
            (APPLICATION, other) => bail!(
                "it was written in format {other}, and this version of wxpay-sandbox reads format \
                 {FORMAT} only: take another file, or the version that wrote it"
            ),
            (0, 0) if tables == 0 => connection.execute_batch(&format!(
                "BEGIN; {TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT"
            ))?,
            _ => bail!("it is a database of something else"),
        }
        // What was answered is there after the process is killed; the power may not fail.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
        Ok(connection)
    }

    /// What went wrong first, if anything did.
    pub(crate) fn take_failure(&self) -> Option<anyhow::Error> {
        self.failure.take()
    }

    /// Nothing, if it went wrong; see [`Self::take_failure`].
    pub(super) fn or_nothing<T: Default>(&self, outcome: anyhow::Result<T>) -> T {
        outcome.unwrap_or_else(|error| {
            self.failure.borrow_mut().get_or_insert(error);
            T::default()
        })
    }

    /// Does all of `work` or, if the process dies on the way, none of it.
    pub(crate) fn at_once(&self, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        work()?;
        Ok(transaction.commit()?)
    }

    pub(super) fn order(&self, place: Place) -> anyhow::Result<Option<Order>> {
        let mut statement =
            self.connection.prepare_cached("SELECT json FROM orders WHERE place = ?")?;
        let json = statement.query_row([place], |row| row.get::<_, String>(0)).optional()?;
        Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    pub(super) fn place(&self, kind: Kind, name: &str) -> anyhow::Result<Option<Place>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT place FROM names WHERE kind = ? AND name = ?")?;
        Ok(statement.query_row(params![kind as i64, name], |row| row.get(0)).optional()?)
    }

    pub(super) fn write_order<'a>(
        &self,
        place: Place,
        order: &Order,
        names: impl Iterator<Item = (Kind, &'a str)>,
    ) -> anyhow::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?)")?;
        statement.execute(params![
            place,
            order.next_due(),
            order.is_waiting(),
            order.payment.as_ref().map(|payment| payment.paid_at),
            order.moved_at(),
            serde_json::to_string(order)?,
        ])?;
        // A name once given stays with its order.
        let mut statement =
            self.connection.prepare_cached("INSERT OR IGNORE INTO names VALUES (?, ?, ?)")?;
        for (kind, name) in names {
            statement.execute(params![kind as i64, name, place])?;
        }
        Ok(())
    }

    /// The places of orders that have something to tell, with when.
    pub(super) fn due(&self) -> anyhow::Result<Vec<(UnixSeconds, Place)>> {
        self.rows("SELECT due_at, place FROM orders WHERE due_at IS NOT NULL", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// The places of orders with a notification that was on its way when the process ended.
    pub(super) fn waiting(&self) -> anyhow::Result<Vec<Place>> {
        self.rows("SELECT place FROM orders WHERE is_waiting", [], |row| row.get(0))
    }

    /// How many orders there are, and the last one's place.
    pub(super) fn extent(&self) -> anyhow::Result<(u64, Place)> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT count(*), coalesce(max(place), 0) FROM orders")?;
        Ok(statement
            .query_row([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?)
    }

    /// Up to `limit` orders before a place, newest first, but those that `skip` says.
    pub(super) fn newest(
        &self,
        before: Place,
        limit: usize,
        skip: impl Fn(Place) -> bool,
    ) -> anyhow::Result<Vec<(Place, Order)>> {
        let text = "SELECT place, json FROM orders WHERE place < ? ORDER BY place DESC LIMIT ?";
        let limit = i64::try_from(limit)?;
        let rows = self.rows(text, params![before, limit], |row| {
            let place = row.get(0)?;
            Ok((!skip(place))
                .then(|| row.get::<_, String>(1))
                .transpose()?
                .map(|json| (place, json)))
        })?;
        let read = |(place, json): (Place, String)| Ok((place, serde_json::from_str(&json)?));
        rows.into_iter().flatten().map(read).collect()
    }

    /// Shows every order that was paid before `until` and of which something moved at `from` or
    /// later, oldest first; its text is for `visit` to read, or not.
    pub(super) fn each_paid(
        &self,
        from: UnixSeconds,
        until: UnixSeconds,
        mut visit: impl FnMut(Place, &str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT place, json FROM orders WHERE moved_at >= ? AND paid_at < ? ORDER BY place",
        )?;
        let mut rows = statement.query([from, until])?;
        while let Some(row) = rows.next()? {
            visit(row.get(0)?, row.get_ref(1)?.as_str()?)?;
        }
        Ok(())
    }

    /// Every message, oldest first.
    pub(super) fn messages(&self) -> anyhow::Result<Vec<Message>> {
        let rows =
            self.rows("SELECT json FROM messages ORDER BY seq", [], |row| row.get::<_, String>(0))?;
        rows.iter().map(|json| Ok(serde_json::from_str(json)?)).collect()
    }

    pub(super) fn write_message(&self, message: &Message) -> anyhow::Result<()> {
        let mut statement = self.connection.prepare_cached("INSERT INTO messages VALUES (?, ?)")?;
        statement.execute(params![i64::try_from(message.seq)?, serde_json::to_string(message)?])?;
        Ok(())
    }

    /// Drops the messages before that one.
    pub(super) fn forget_messages(&self, before: u64) -> anyhow::Result<()> {
        let mut statement = self.connection.prepare_cached("DELETE FROM messages WHERE seq < ?")?;
        statement.execute([i64::try_from(before)?])?;
        Ok(())
    }

    /// Whatever is not an order or a message, by a name of its own.
    pub(crate) fn part<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let mut statement =
            self.connection.prepare_cached("SELECT json FROM parts WHERE name = ?")?;
        let json = statement.query_row([name], |row| row.get::<_, String>(0)).optional()?;
        Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    pub(crate) fn write_part(&self, name: &str, part: &impl Serialize) -> anyhow::Result<()> {
        let mut statement =
            self.connection.prepare_cached("INSERT OR REPLACE INTO parts VALUES (?, ?)")?;
        statement.execute(params![name, serde_json::to_string(part)?])?;
        Ok(())
    }

    /// Forgets orders and messages.
    pub(super) fn clear(&self) -> anyhow::Result<()> {
        let tables = "BEGIN; DELETE FROM orders; DELETE FROM names; DELETE FROM messages; COMMIT";
        Ok(self.connection.execute_batch(tables)?)
    }

    fn rows<T>(
        &self,
        text: &str,
        given: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(text)?;
        Ok(statement.query_map(given, read)?.collect::<Result<_, _>>()?)
    }
}
