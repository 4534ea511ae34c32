//! The corpus as a table: what is hostile first, what is honest behind it, refunds last.

mod v2;
mod v3_content;
mod v3_proof;
mod why;

use super::case::{Case, Group};
use crate::ledger::Api;

/// The groups of one API in the order in which they are sent.
pub(super) fn groups(api: Api) -> Vec<(Group, &'static [Case])> {
    match api {
        Api::V2 => vec![
            (Group::Signature, v2::SIGNATURE),
            (Group::Changed, v2::CHANGED),
            (Group::Parsing, v2::PARSING),
            (Group::Order, v2::ORDER),
            (Group::Honest, v2::HONEST),
            (Group::Refund, v2::REFUND),
        ],
        Api::V3 => vec![
            (Group::Headers, v3_proof::HEADERS),
            (Group::Freshness, v3_proof::FRESHNESS),
            (Group::Signer, v3_proof::SIGNER),
            (Group::Signature, v3_proof::SIGNATURE),
            (Group::Changed, v3_proof::CHANGED),
            (Group::Seal, v3_content::SEAL),
            (Group::Parsing, v3_content::PARSING),
            (Group::Order, v3_content::ORDER),
            (Group::Honest, v3_content::HONEST),
            (Group::Refund, v3_content::REFUND),
        ],
    }
}

/// The true notification, sent after hostile ones: whoever believed or broke at one of them shows it
/// here.
pub(super) const fn afterwards(api: Api) -> Case {
    match api {
        Api::V2 => v2::AFTERWARDS,
        Api::V3 => v3_content::AFTERWARDS,
    }
}
