//! A day's book beside WeChat's bill of the day: what differs.
use serde::{Deserialize, Serialize};

/// What a comparison found, in short.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {}
