//! An order on disk: one row with the order, and a history that only grows.
//!
//! Both change in one SQLite transaction, without an `await` inside. The runtime holds back every
//! answer and every outbound call until what was written is durable (the output gate), so nobody
//! hears of a state that could still be lost.
use std::panic::AssertUnwindSafe;

use js_sys::{Function, Reflect};
use serde::Deserialize;
use serde_json::value::RawValue;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use worker::{SqlStorage, SqlStorageValue, Storage};
use wxpay_core::UnixSeconds;
use wxpay_merchant::{Happened, Order};

use crate::json;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        snapshot TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS history (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        happened TEXT NOT NULL
    ) STRICT;
";

/// The object's storage.
pub(crate) struct Store(pub(crate) Storage);

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl Store {
    /// The order, if there is one. Looking leaves no trace: a number nobody ordered stays nothing.
    pub(crate) fn load(&self) -> worker::Result<Option<Order>> {
        if !self.has_tables()? {
            return Ok(None);
        }
        // Never `one()`: it throws past Rust when the row is missing, and the caller hangs.
        let rows = self.0.sql().exec("SELECT snapshot AS text FROM orders LIMIT 1", None)?;
        let row = rows.to_array::<Text>()?.into_iter().next();
        row.map(|row| Ok(json::read(row.text.as_bytes())?)).transpose()
    }

    /// Everything that happened, oldest first, as a JSON array. It stays JSON: nothing is decided
    /// upon it.
    pub(crate) fn history(&self) -> worker::Result<Box<RawValue>> {
        let query = "SELECT json_group_array(json_insert(happened, '$.at', at)) AS text
                     FROM (SELECT at, happened FROM history ORDER BY seq)";
        let rows = self.0.sql().exec(query, None)?.to_array::<Text>()?;
        let lines = rows.into_iter().next().map_or_else(|| "[]".to_owned(), |row| row.text);
        Ok(RawValue::from_string(lines)?)
    }

    /// Writes the order and what happened to it: all or nothing.
    pub(crate) fn save(
        &self,
        order: &Order,
        happened: &[Happened],
        at: UnixSeconds,
    ) -> worker::Result<()> {
        let snapshot = serde_json::to_string(order)?;
        let lines = happened.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        let at = SqlStorageValue::try_from_i64(i64::try_from(at.seconds()).unwrap_or(i64::MAX))?;
        let sql = self.0.sql();
        self.atomically(move || write(&sql, snapshot, lines, &at))
    }

    fn has_tables(&self) -> worker::Result<bool> {
        let query = "SELECT name AS text FROM sqlite_master WHERE name = 'orders' LIMIT 1";
        Ok(!self.0.sql().exec(query, None)?.to_array::<Text>()?.is_empty())
    }

    /// `storage.transactionSync`, which the worker crate does not wrap: a throw rolls back.
    fn atomically(
        &self,
        writes: impl FnOnce() -> worker::Result<()> + 'static,
    ) -> worker::Result<()> {
        // A panic in the middle is an exception like any other: the transaction rolls back.
        let callback = Closure::once_into_js(AssertUnwindSafe(move || -> Result<(), JsValue> {
            Ok(writes()?)
        }));
        let storage: &JsValue = self.0.as_raw().as_ref();
        let transaction = Reflect::get(storage, &"transactionSync".into())?;
        transaction.dyn_into::<Function>()?.call1(storage, &callback)?;
        Ok(())
    }
}

fn write(
    sql: &SqlStorage,
    snapshot: String,
    lines: Vec<String>,
    at: &SqlStorageValue,
) -> worker::Result<()> {
    sql.exec(SCHEMA, None)?;
    for line in lines {
        let row = vec![at.clone(), line.into()];
        sql.exec("INSERT INTO history (at, happened) VALUES (?, ?)", row)?;
    }
    let upsert = "INSERT INTO orders (id, snapshot) VALUES (1, ?)
                  ON CONFLICT (id) DO UPDATE SET snapshot = excluded.snapshot";
    sql.exec(upsert, vec![snapshot.into()])?;
    Ok(())
}
