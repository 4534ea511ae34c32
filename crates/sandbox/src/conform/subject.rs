//! What the notifications are about: orders that the merchant made, or made-up ones.

use serde::Deserialize;

use crate::{client::BUYER, ledger::Api, random::Random, time::UnixSeconds};

/// A paid order, and perhaps one of its refunds.
#[derive(Clone, Debug, Deserialize)]
pub struct Subject {
    /// By which it was ordered; a refund is told by the API that asked for it.
    pub(super) api: Api,
    pub(super) out_trade_no: String,
    pub(super) transaction_id: String,
    pub(super) trade_type: String,
    /// In fen.
    pub(super) total_fee: u64,
    pub(super) openid: String,
    #[serde(default)]
    pub(super) attach: Option<String>,
    pub(super) paid_at: UnixSeconds,
    #[serde(skip)]
    pub(super) refund: Option<RefundOf>,
}

/// A refund whose outcome is known.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RefundOf {
    pub(super) api: Api,
    pub(super) out_refund_no: String,
    pub(super) refund_id: String,
    /// In fen.
    pub(super) refund_fee: u64,
    pub(super) succeeded_at: UnixSeconds,
    /// Where it is told, if not where payments are.
    pub(super) notify_url: Option<String>,
}

/// The orders of one API.
#[derive(Debug)]
pub(super) enum Orders {
    /// Nobody knows them, and there is always another.
    MadeUp { api: Api, random: Random, now: UnixSeconds },
    /// The first bears what is hostile, the others are told honestly, in turn.
    Known { victim: Box<Subject>, others: Vec<Subject>, turn: usize },
}

impl Orders {
    /// The order that hostile notifications are about.
    pub(super) fn victim(&mut self) -> Subject {
        match self {
            Self::MadeUp { api, random, now } => made_up(*api, random, *now),
            Self::Known { victim, .. } => (**victim).clone(),
        }
    }

    /// An order that may be told honestly while hostile ones are still to come.
    pub(super) fn spare(&mut self) -> Option<Subject> {
        match self {
            Self::MadeUp { .. } => Some(self.victim()),
            Self::Known { others, turn, .. } => {
                let place = turn.checked_rem(others.len())?;
                *turn = turn.wrapping_add(1);
                others.get(place).cloned()
            }
        }
    }

    pub(super) const fn are_known(&self) -> bool {
        matches!(self, Self::Known { .. })
    }
}

fn made_up(api: Api, random: &mut Random, now: UnixSeconds) -> Subject {
    Subject {
        api,
        out_trade_no: format!("CONFORM{}", random.hex(20)),
        transaction_id: format!("4200{}", random.digits(24)),
        trade_type: "JSAPI".to_owned(),
        total_fee: 100,
        openid: BUYER.to_owned(),
        attach: None,
        paid_at: now,
        refund: None,
    }
}
