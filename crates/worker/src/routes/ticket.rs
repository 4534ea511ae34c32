use serde::{Deserialize, Serialize};
use wxpay_core::OutTradeNo;

/// What a checkout token and a return token hold: which order, and nothing else.
#[derive(Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) out_trade_no: OutTradeNo,
}
