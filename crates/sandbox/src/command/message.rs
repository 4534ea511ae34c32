//! A message between shop and WeChat as a person reads it.

use std::fmt::{Display, Formatter, Result};

use jiff::{Timestamp, tz};
use serde_json::Value;

/// One message of the control API's reports.
pub(crate) struct Shown<'a>(pub(crate) &'a Value);

impl Shown<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        let at = self.0.get("at").and_then(Value::as_i64).unwrap_or_default();
        let way = match self.text("direction") {
            "in" => "商户→微信",
            _ => "微信→商户",
        };
        write!(to, "{}  {way}  {}  {}", clock(at), self.text("what"), self.text("out_trade_no"))?;
        if let Some(status) = self.0.get("status").and_then(Value::as_u64) {
            write!(to, "  {status}")?;
        }
        if !self.text("url").is_empty() {
            write!(to, "\n    {} {}", self.text("method"), self.text("url"))?;
        }
        for part in ["body", "note"] {
            for line in self.text(part).lines() {
                write!(to, "\n    {}{line}", if part == "note" { "# " } else { "" })?;
            }
        }
        Ok(())
    }
}

/// Hours, minutes and seconds in Beijing, where WeChat's days begin.
pub(crate) fn clock(at: i64) -> String {
    let at = Timestamp::from_second(at).unwrap_or_default();
    tz::offset(8).to_datetime(at).strftime("%H:%M:%S").to_string()
}
