//! API V2: flat XML, MD5 or HMAC-SHA256, HTTP 200 for everything.
//!
//! A message is built from domain types, signed by a [`Credential`], and leaves as a
//! [`SignedRequest`]; nothing else can be sent. What comes back is bytes until the same credential
//! has checked it; only then can its fields be read.
pub mod bill;
pub mod close_order;
mod credential;
mod error_code;
mod fields;
pub mod fund_flow;
pub mod notify;
pub mod order_query;
mod payment;
pub mod refund;
pub mod refund_notify;
pub mod refund_query;
mod req_info;
mod sign;
mod table;
#[cfg(test)]
mod test_support;
pub mod unified_order;
mod xml;

pub(crate) use self::sign::is_about_our_signature;
pub use self::{
    credential::{Credential, SignedRequest, SubMerchant},
    error_code::{ErrorCode, Refusal},
    fields::Fields,
    payment::Payment,
    sign::SignType,
    xml::MESSAGE_LIMIT_BYTES,
};
