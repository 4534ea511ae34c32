use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{Attach, Fen, Openid, OutTradeNo, TransactionId, UnixSeconds};

/// A payment that WeChat states has been made: the same facts in notification and query.
///
/// Coupons, settlement and promotion fields are left out: they concern accounting, not whether and
/// how much was paid (`total_fee`, V3 `amount.total`, is what the order asked for).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The number the order was placed under.
    pub out_trade_no: OutTradeNo,
    /// WeChat's number for the payment. Two payments never share one.
    pub transaction_id: TransactionId,
    /// The order's amount, in fen.
    pub total_fee: Fen,
    /// V3 `amount.currency`: `CNY`; absent means CNY.
    pub fee_type: Option<String>,
    /// Who paid, under the appid of the page; outside JSAPI possibly under our own, or not said.
    pub openid: Option<Openid>,
    /// JSAPI, NATIVE, MWEB, …
    pub trade_type: String,
    /// The paying bank's short name, for example `CMB_DEBIT`; `OTHERS` for the wallet.
    pub bank_type: Option<String>,
    /// The shop's word, echoed.
    pub attach: Option<Attach>,
    /// When the payment was completed (V2 `time_end`, V3 `success_time`).
    pub paid_at: UnixSeconds,
}
