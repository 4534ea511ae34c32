//! The shop's decisions: what an order may become, what to answer, what to do next.
//!
//! Everything is `(order, input, now) → Decision`: a new order, and a list of effects for somebody
//! else to carry out. Nothing here waits, stores or sends, so thousands of runs with lost, late,
//! repeated and forged news take a second.
//!
//! The rule above all: **only a verified word from WeChat moves money.** A page's "ok", a time-out,
//! an unsigned refusal move nothing; they cause a question.
mod attempt;
mod buyer;
mod cart;
mod decision;
mod entry;
mod news;
mod offer;
mod order;
mod plan;
pub mod reconciliation;
mod refund;
mod refunding;
mod step;
mod terms;
mod webhook;

pub use self::{
    attempt::{Attempt, Stage},
    buyer::{Buyer, Visitor, Way},
    cart::{CartError, CartKey},
    decision::{Conflict, ConflictKind, Decision, Effect, Happened, Input},
    entry::{Entry, Line},
    offer::{Handed, Offer, PageStatus},
    order::{Closing, Order, Shop, State},
    plan::{Plan, PlanState},
    refund::{NotifyUrls, Refund, RefundAdmission, RefundAsk, RefundStage},
    terms::{Terms, order_number_of},
    webhook::{WebhookSecrets, try_again_at},
};
