use alloc::string::{String, ToString};

use serde_json::Value;

use crate::{Fen, Malformed};

/// An object to send; a field that is null is left out.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(given.map(|(name, value)| (name.to_string(), value)).collect())
}

/// What WeChat said in JSON, read by the names of its fields, dots between: `amount.total`.
///
/// Unknown fields are passed over: WeChat may add some at any time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Json(Value);

impl Json {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        // As a text, which every reader of JSON around here takes: another kind is compiled once more.
        let text = core::str::from_utf8(bytes).map_err(|_| Malformed::NotJson)?;
        serde_json::from_str(text).map(Self).map_err(|_| Malformed::NotJson)
    }

    fn at(&self, name: &str) -> Option<&Value> {
        let value = name.split('.').try_fold(&self.0, |value, part| value.get(part))?;
        (!value.is_null()).then_some(value)
    }

    /// A text; `None` if absent or empty, or no text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.at(name)?.as_str().filter(|text| !text.is_empty())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(ToString::to_string)
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Malformed> {
        self.get(name).ok_or(Malformed::Missing(name))
    }

    /// Reads a required text through its type's constructor.
    pub(crate) fn read<T, E>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Malformed> {
        read(self.required(name)?).map_err(|_| Malformed::Field(name))
    }

    /// Reads an optional text through its type's constructor. What is there and no text is not
    /// absent.
    pub(crate) fn read_optional<T, E>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Malformed> {
        let Some(value) = self.at(name) else { return Ok(None) };
        let text = Some(value.as_str().ok_or(Malformed::Field(name))?);
        let given = text.filter(|text| !text.is_empty());
        given.map(read).transpose().map_err(|_| Malformed::Field(name))
    }

    /// An amount: a whole number of fen, never `1.0` and never a text.
    pub(crate) fn fen(&self, name: &'static str) -> Result<Fen, Malformed> {
        let value = self.at(name).ok_or(Malformed::Missing(name))?;
        let fen = value.as_u64().and_then(|fen| u32::try_from(fen).ok());
        fen.map(Fen::new).ok_or(Malformed::Field(name))
    }

    /// Checks that a required text says exactly this.
    pub(crate) fn same(&self, name: &'static str, ours: &str) -> Result<(), Malformed> {
        if self.required(name)? == ours { Ok(()) } else { Err(Malformed::Field(name)) }
    }

    /// The elements of a list; none if it is absent.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = Self> {
        let elements = self.at(name).and_then(Value::as_array);
        elements.into_iter().flatten().cloned().map(Self)
    }
}
