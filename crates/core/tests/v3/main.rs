//! API V3 as its callers see it: the vectors of `tests/vectors`, and what becomes of each claim.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that failed"
)]

mod answers;
mod claims;
mod questions;
mod replies;
mod vector;
mod vectors;
