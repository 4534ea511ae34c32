//! API V3: JSON over REST; requests signed by the merchant's RSA key, answers and notifications by
//! WeChat's.
//!
//! There is no RSA and no AES in here. A [`Request`] gives the exact string to sign and becomes a
//! [`SignedRequest`] by its signature; what comes back is a [`Claim`], which gives the string to
//! verify and becomes [`Verified`] by the verdict on it. The platform does the mathematics.
mod bill;
mod certificates;
mod claim;
mod close_order;
mod json;
mod merchant;
mod message;
pub mod notify;
mod order_query;
mod payment;
mod prepay;
mod refund;
mod refund_query;
mod reply;
pub mod request_payment;
mod resource;
pub mod sensitive;

pub use self::{
    bill::{BillAnswer, HashCheck, Statement},
    certificates::{Certificates, Listed},
    claim::{Claim, Headers, Verdict, WINDOW_SECONDS},
    merchant::Merchant,
    message::{Request, SignedRequest, ToSign},
    reply::{RawReply, Reply, ReplyClaim},
    resource::Resource,
};
use crate::{Outcome, Verified, question::Question};

/// How a question is put in V3, and its answer read.
pub trait Ask: Question {
    /// The request, not signed yet.
    fn to_request(&self, merchant: &Merchant) -> Request;

    /// Reads the gateway's reply to this question.
    fn read_reply(
        &self,
        merchant: &Merchant,
        reply: Outcome<Verified<Reply>>,
    ) -> Outcome<Self::Answer>;
}
