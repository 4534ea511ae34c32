//! API V2: flat XML, MD5 or HMAC-SHA256, HTTP 200 for everything.
//!
//! A message is built from domain types, signed by a [`Credential`], and leaves as a
//! [`SignedRequest`]; nothing else can be sent. What comes back is bytes until the same credential
//! has checked it; only then can its fields be read.
use crate::{NonceStr, Outcome, question::Question};

mod bill;
mod close_order;
mod credential;
mod fields;
pub mod notify;
mod order_query;
mod payment;
mod refund;
pub mod refund_notify;
mod refund_query;
mod req_info;
mod sign;
#[cfg(test)]
pub(crate) mod test_support;
mod unified_order;
pub(crate) mod xml;

pub(crate) use self::sign::is_about_our_signature;
pub use self::{
    credential::{Credential, SignedRequest, SubMerchant},
    fields::Fields,
    sign::SignType,
    xml::MESSAGE_LIMIT_BYTES,
};

/// How a question is put in V2, and its answer read.
pub trait Ask: Question {
    /// The signed request.
    fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest;

    /// Reads the gateway's reply to this question.
    fn read_response(&self, credential: &Credential, bytes: &[u8]) -> Outcome<Self::Answer>;
}
