//! What a merchant's server asks WeChat, and what can be answered.
//!
//! Both APIs carry the same questions: [`v2::Ask`](crate::v2::Ask) writes them as signed XML,
//! [`v3::Ask`](crate::v3::Ask) as JSON under a signed header, and both read the answer back into the
//! same types. Who decides about orders needs to know nothing else.
use serde::{Deserialize, Serialize};

pub mod close_order;
pub mod order_query;
pub mod prepay;
pub mod refund;
pub mod refund_query;

/// A question with its answer.
pub trait Question {
    /// All that can be answered.
    type Answer;
}

/// By which API a question travels. An order is finished by the API it was begun with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Flat XML, MD5 or HMAC-SHA256 under the APIv2 key.
    #[default]
    V2,
    /// JSON, RSA signatures both ways.
    V3,
}
