use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
};

use crate::Malformed;

/// The fields of one V2 message, by name in byte order, which is also the order of signing.
///
/// Unknown fields are kept: WeChat may add some at any time, and they take part in the signature.
/// A field sent empty is kept too, and reads as absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// No field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same fields and one more. A later value of the same name wins; only our own messages are
    /// built this way, the decoder refuses duplicates.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_string(), value.to_string());
        self
    }

    pub(crate) fn insert_once(&mut self, name: String, value: String) -> Result<(), Malformed> {
        if self.0.contains_key(&name) {
            return Err(Malformed::Duplicate { name });
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// The value of a field; `None` if absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Malformed> {
        self.get(name).ok_or(Malformed::Missing(name))
    }

    /// Checks that a required field says exactly this.
    pub(crate) fn same(&self, name: &'static str, ours: &str) -> Result<(), Malformed> {
        if self.required(name)? == ours { Ok(()) } else { Err(Malformed::Field(name)) }
    }

    /// Reads a required field through its type's constructor.
    pub(crate) fn read<T, E>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Malformed> {
        read(self.required(name)?).map_err(|_| Malformed::Field(name))
    }

    /// Reads an optional field through its type's constructor.
    pub(crate) fn read_optional<T, E>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Malformed> {
        self.get(name).map(read).transpose().map_err(|_| Malformed::Field(name))
    }

    /// Names and values, by name in byte order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
