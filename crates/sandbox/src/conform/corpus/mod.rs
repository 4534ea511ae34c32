//! The corpus as a table: what is hostile first, what is honest behind it, refunds last.

mod row;
mod v2_order;
mod v2_parsing;
mod v2_proof;
mod v3_changed;
mod v3_content;
mod v3_order;
mod v3_proof;
mod why;

use serde_json::Value;

use super::case::{Case, Group};
use crate::ledger::Api;

/// Longer than any body that a framework takes unasked.
const HUGE: usize = 8 * 1024 * 1024;

/// The groups of one API in the order in which they are sent.
pub(super) fn groups(api: Api) -> Vec<(Group, &'static [Case])> {
    match api {
        Api::V2 => vec![
            (Group::Signature, v2_proof::SIGNATURE),
            (Group::Changed, v2_proof::CHANGED),
            (Group::Parsing, v2_parsing::PARSING),
            (Group::Order, v2_order::ORDER),
            (Group::Honest, v2_order::HONEST),
            (Group::Refund, v2_order::REFUND),
        ],
        Api::V3 => vec![
            (Group::Headers, v3_proof::HEADERS),
            (Group::Freshness, v3_proof::FRESHNESS),
            (Group::Signer, v3_proof::SIGNER),
            (Group::Signature, v3_proof::SIGNATURE),
            (Group::Changed, v3_changed::CHANGED),
            (Group::Seal, v3_content::SEAL),
            (Group::Parsing, v3_content::PARSING),
            (Group::Order, v3_order::ORDER),
            (Group::Honest, v3_order::HONEST),
            (Group::Refund, v3_order::REFUND),
        ],
    }
}

/// The true notification, sent after hostile ones: whoever believed or broke at one of them shows it
/// here.
pub(super) const fn afterwards(api: Api) -> Case {
    match api {
        Api::V2 => v2_order::AFTERWARDS,
        Api::V3 => v3_order::AFTERWARDS,
    }
}

/// The same JSON with blanks and line feeds.
fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
