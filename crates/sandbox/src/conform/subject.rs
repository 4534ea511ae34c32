//! What the notifications are about: orders that the merchant made, or made-up ones.

use serde::Deserialize;
use serde_json::Value;

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

impl Subject {
    /// An order as the control API reports it (`GET /sandbox/orders/{out_trade_no}`).
    ///
    /// # Errors
    /// When nobody has paid it; in words.
    pub fn paid(report: &Value) -> Result<Self, String> {
        let word = |name| report.get(name).and_then(Value::as_str).unwrap_or_default();
        Self::deserialize(report).map_err(|_| {
            let [number, state] = ["out_trade_no", "trade_state"].map(word);
            format!("order `{number}` is {state}: only a paid one is notified")
        })
    }

    /// A refund of one of the orders that the control API reports (`GET /sandbox/state`).
    ///
    /// # Errors
    /// When there is none of that number, or it has not succeeded; in words.
    pub fn refunded(out_refund_no: &str, state: &Value) -> Result<Self, String> {
        let list = |value: &'_ Value, name| value.get(name).and_then(Value::as_array).cloned();
        for order in list(state, "orders").unwrap_or_default() {
            for refund in list(&order, "refunds").unwrap_or_default() {
                if refund.get("out_refund_no").and_then(Value::as_str) == Some(out_refund_no) {
                    let refund = RefundOf::deserialize(&refund)
                        .map_err(|_| format!("refund `{out_refund_no}` has not succeeded yet"))?;
                    return Ok(Self { refund: Some(refund), ..Self::paid(&order)? });
                }
            }
        }
        Err(format!("no refund `{out_refund_no}`"))
    }
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
