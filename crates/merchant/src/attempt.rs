use serde::{Deserialize, Serialize};
use wxpay_core::{
    Api, Fen, OutTradeNo, PrepayId, UnixSeconds,
    question::prepay::{MWEB_URL_SECONDS, PREPAY_SECONDS, Placed},
};

use crate::{Buyer, Shop, Way, offer::Handed, order::TIME_EXPIRE_MIN};

/// One try at being paid: one number at WeChat, one channel, one buyer.
///
/// Its parameters never change. Another buyer or channel is another attempt, made only after this
/// one is closed, so that an order can not be paid twice by two people who both hold a live link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The `out_trade_no` that WeChat knows.
    pub number: OutTradeNo,
    /// For whom.
    pub buyer: Buyer,
    /// In fen; the order's own amount may have been changed since (改价).
    pub amount: Fen,
    /// The shop as it was then: a repeat has to be the same to the letter.
    pub shop: Shop,
    /// When the order was last asked for; what was handed out is at least this young.
    pub asked_at: UnixSeconds,
    /// Fixed by the first call, and repeated to the second.
    pub time_expire: UnixSeconds,
    /// How far it came.
    pub stage: Stage,
    /// WeChat's last no, until it says yes: the history has the same one once, however often a
    /// buyer tries.
    pub(crate) refused_with: Option<String>,
}

/// How far an attempt came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Asked for; whether it stands is not known. Repeat with identical parameters.
    Placing,
    /// It stands and can be paid.
    Open {
        /// For the bridge. V3 gives none to other channels.
        prepay_id: Option<PrepayId>,
        /// `mweb_url` (V3 `h5_url`) or `code_url`.
        url: Option<String>,
        /// Until when what was handed out works.
        expires_at: UnixSeconds,
    },
    /// WeChat said no; there is nothing to pay. May be asked again.
    Refused {
        /// `err_code`.
        code: String,
    },
    /// It can not be paid any more.
    Closed,
}

/// A link this close to its end is not handed out: the buyer still has to get there. Seconds.
const HAND_OUT_MARGIN: u64 = 20;

impl Attempt {
    /// Whether money could still arrive under this number.
    pub fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Placing | Stage::Open { .. })
    }

    pub(crate) fn placed(&mut self, placed: Placed) {
        let lifetime = match self.buyer.way {
            Way::Mweb(_) => MWEB_URL_SECONDS,
            Way::Jsapi(_) | Way::Native(_) => PREPAY_SECONDS,
        };
        let expires_at = self.asked_at.plus(lifetime);
        self.refused_with = None;
        self.stage = Stage::Open { prepay_id: placed.prepay_id, url: placed.url, expires_at };
    }

    /// What may be handed out now, if anything.
    pub(crate) fn handed(&self, now: UnixSeconds) -> Option<Handed> {
        let Stage::Open { prepay_id, url, expires_at } = &self.stage else { return None };
        if now.plus(HAND_OUT_MARGIN) > *expires_at {
            return None;
        }
        let expires_at = *expires_at;
        let api = self.shop.api;
        let url = url.clone();
        match self.buyer.way {
            Way::Jsapi(_) => {
                prepay_id.clone().map(|prepay_id| Handed::Bridge { api, prepay_id, expires_at })
            }
            Way::Mweb(_) => url.map(|mweb_url| Handed::MwebUrl { mweb_url, expires_at }),
            Way::Native(_) => url.map(|code_url| Handed::CodeUrl { code_url, expires_at }),
        }
    }

    /// Whether there is nothing to hand out, and asking for it again is of no use.
    ///
    /// Near its end: a repeat keeps the `time_expire`, and WeChat refuses one that is over soon,
    /// unsigned, so that nobody could tell what became of it. UNCONFIRMED: seen for first calls; that
    /// it holds for repeats is inferred. Or begun by another API than `api`, that of new attempts:
    /// whoever moves from one to the other does not go on along the old way.
    pub(crate) fn is_beyond_renewal(&self, api: Api, now: UnixSeconds) -> bool {
        let is_open = matches!(self.stage, Stage::Open { .. });
        let is_near_its_end = is_open && now.plus(TIME_EXPIRE_MIN) > self.time_expire;
        self.handed(now).is_none() && (is_near_its_end || self.shop.api != api)
    }
}
