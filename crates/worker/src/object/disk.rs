//! A Durable Object's disk: SQL, one transaction, one alarm.
//!
//! Our own few lines instead of the worker crate's: what is written together crosses the border in
//! one call, rows arrive as arrays without a detour through serde, every call that can throw is
//! caught (an exception past Rust would hang the caller), and the alarm is set within the same
//! synchronous step as the rows.
//!
//! The runtime holds back every answer and every outbound call until what was written is durable
//! (the output gate), so nobody hears of a state that could still be lost.
use js_sys::Array;
use wasm_bindgen::JsValue;
use wxpay_core::UnixSeconds;

use crate::border;

/// The object's disk.
pub(crate) struct Disk(JsValue);

/// A value to bind.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Number(u64),
    Null,
}

/// A text to bind.
pub(crate) fn text(text: &str) -> Value<'_> {
    Value::Text(text)
}

/// A whole number to bind: seconds, counts, states.
pub(crate) fn number<'a>(number: u64) -> Value<'a> {
    Value::Number(number)
}

/// A moment to bind, if there is one.
pub(crate) fn moment<'a>(at: Option<UnixSeconds>) -> Value<'a> {
    at.map_or(Value::Null, |at| Value::Number(at.seconds()))
}

/// Statements that are run together: all of them or none. JSON in the making.
#[derive(Default)]
pub(crate) struct Script(String);

impl Script {
    /// Adds a statement; several in one only if nothing is bound.
    pub(crate) fn add(&mut self, statement: &str, values: &[Value<'_>]) -> worker::Result<()> {
        self.0.push_str(if self.0.is_empty() { "[" } else { "," });
        let mut words = vec![serde_json::to_string(statement)?];
        words.extend(values.iter().map(json).collect::<worker::Result<Vec<_>>>()?);
        self.0.push_str(&format!("[{}]", words.join(",")));
        Ok(())
    }
}

fn json(value: &Value<'_>) -> worker::Result<String> {
    Ok(match value {
        Value::Text(text) => serde_json::to_string(text)?,
        Value::Number(number) => number.to_string(),
        Value::Null => "null".to_owned(),
    })
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

impl Disk {
    /// The disk of the object with this state.
    pub(crate) fn of(state: &worker::State) -> Self {
        Self(JsValue::from(state.storage().as_raw()))
    }

    /// Runs a script. With `alarm`, sets the one alarm to it too, or takes it away.
    pub(crate) fn write(
        &self,
        script: Script,
        alarm: Option<Option<UnixSeconds>>,
    ) -> worker::Result<()> {
        let alarm = match alarm {
            None => JsValue::UNDEFINED,
            Some(None) => JsValue::NULL,
            Some(Some(at)) => JsValue::from_f64(at.seconds().saturating_mul(1000) as _),
        };
        let closing = if script.0.is_empty() { "[]" } else { "]" };
        Ok(border::write(&self.0, &(script.0 + closing), &alarm)?)
    }

    /// Runs one statement; several in one only if nothing is bound.
    pub(crate) fn run(&self, statement: &str, values: &[Value<'_>]) -> worker::Result<()> {
        let mut script = Script::default();
        script.add(statement, values)?;
        self.write(script, None)
    }

    /// Sets the one alarm, or takes it away.
    pub(crate) fn wake_at(&self, at: Option<UnixSeconds>) -> worker::Result<()> {
        self.write(Script::default(), Some(at))
    }

    /// Every row of an answer.
    pub(crate) fn rows(
        &self,
        query: &str,
        values: &[Value<'_>],
    ) -> worker::Result<impl Iterator<Item = Row>> {
        let values = values.iter().map(json).collect::<worker::Result<Vec<_>>>()?;
        let rows = border::rows(&self.0, query, &format!("[{}]", values.join(",")))?;
        Ok(rows.into_iter().map(|row| Row(row.into())))
    }

    /// The first row of an answer.
    pub(crate) fn row(&self, query: &str, values: &[Value<'_>]) -> worker::Result<Option<Row>> {
        Ok(self.rows(query, values)?.next())
    }

    /// Whether the object was ever written to. Looking leaves no trace.
    pub(crate) fn has_table(&self, name: &str) -> worker::Result<bool> {
        let query = "SELECT 1 FROM sqlite_master WHERE name = ?";
        Ok(self.row(query, &[text(name)])?.is_some())
    }
}
