//! A Durable Object's disk: SQL, one transaction, one alarm.
//!
//! Our own few lines of binding instead of the worker crate's: rows arrive as arrays, without a
//! detour through serde, every call that can throw is caught (an exception past Rust would hang the
//! caller), and the alarm is set within the same synchronous step as the rows.
//!
//! The runtime holds back every answer and every outbound call until what was written is durable
//! (the output gate), so nobody hears of a state that could still be lost.
use std::panic::AssertUnwindSafe;

use js_sys::Array;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure, prelude::wasm_bindgen};
use wxpay_core::UnixSeconds;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type Storage;
    #[wasm_bindgen(method, getter)]
    fn sql(this: &Storage) -> Sql;
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(this: &Storage, writes: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &Storage, at: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = deleteAlarm)]
    fn delete_alarm(this: &Storage) -> Result<JsValue, JsValue>;

    #[derive(Clone)]
    type Sql;
    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &Sql, query: &str, values: &Array) -> Result<Cursor, JsValue>;

    type Cursor;
    #[wasm_bindgen(method, catch)]
    fn raw(this: &Cursor) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Array, js_name = from, catch)]
    fn collect(rows: &JsValue) -> Result<Array, JsValue>;
}

/// The object's disk.
#[derive(Clone)]
pub(crate) struct Disk {
    storage: Storage,
    sql: Sql,
}

/// One row of an answer, by column.
pub(crate) struct Row(Array);

impl Row {
    /// A column's text.
    pub(crate) fn text(&self, column: u32) -> Option<String> {
        self.0.get(column).as_string()
    }

    /// A column's whole number. JavaScript has one kind of number, exact to 2^53.
    pub(crate) fn number(&self, column: u32) -> Option<u64> {
        self.0.get(column).as_f64().map(|number| number as u64)
    }
}

/// A text to bind.
pub(crate) fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A whole number to bind: seconds, counts, states.
pub(crate) fn number(number: u64) -> JsValue {
    JsValue::from_f64(number as _)
}

impl Disk {
    /// The disk of the object with this state.
    pub(crate) fn of(state: &worker::State) -> Self {
        let storage = state.storage();
        let storage: Storage = JsValue::from(storage.as_raw()).unchecked_into();
        Self { sql: storage.sql(), storage }
    }

    /// Runs a statement; several only if nothing is bound.
    pub(crate) fn run(&self, query: &str, values: &[JsValue]) -> worker::Result<()> {
        self.sql.exec(query, &values.iter().collect())?;
        Ok(())
    }

    /// Every row of an answer.
    pub(crate) fn rows(
        &self,
        query: &str,
        values: &[JsValue],
    ) -> worker::Result<impl Iterator<Item = Row>> {
        let cursor = self.sql.exec(query, &values.iter().collect())?;
        let rows = collect(&cursor.raw()?)?;
        Ok(rows.into_iter().map(|row| Row(row.unchecked_into())))
    }

    /// The first row of an answer.
    pub(crate) fn row(&self, query: &str, values: &[JsValue]) -> worker::Result<Option<Row>> {
        Ok(self.rows(query, values)?.next())
    }

    /// Whether the object was ever written to. Looking leaves no trace.
    pub(crate) fn has_table(&self, name: &str) -> worker::Result<bool> {
        let query = "SELECT 1 FROM sqlite_master WHERE name = ?";
        Ok(self.row(query, &[text(name)])?.is_some())
    }

    /// All of these writes or, if one fails or panics, none.
    pub(crate) fn atomically(
        &self,
        writes: impl FnOnce(&Self) -> worker::Result<()> + 'static,
    ) -> worker::Result<()> {
        let disk = self.clone();
        let writes = Closure::once_into_js(AssertUnwindSafe(move || -> Result<(), JsValue> {
            Ok(writes(&disk)?)
        }));
        self.storage.transaction_sync(&writes)?;
        Ok(())
    }

    /// Sets the one alarm, or takes it away. Durable together with what was just written: there is
    /// nothing to wait for, the output gate waits for both.
    pub(crate) fn wake_at(&self, at: Option<UnixSeconds>) -> worker::Result<()> {
        match at {
            Some(at) => self.storage.set_alarm(&number(at.seconds().saturating_mul(1000)))?,
            None => self.storage.delete_alarm()?,
        };
        Ok(())
    }
}
