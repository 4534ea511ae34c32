//! Reading JSON, in one way only.
//!
//! serde_json compiles a copy of every type's reader for each kind of input; one kind halves them.
use serde::de::{DeserializeOwned, Error as _};

/// Reads UTF-8 JSON.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(bytes);
    serde_json::from_str(text.map_err(|_| serde_json::Error::custom("expected UTF-8"))?)
}
