use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

use super::{Credential, Fields};
use crate::{Attach, BeijingTime, Fen, Malformed, Openid, OutTradeNo, TransactionId, UnixSeconds};

/// A payment that WeChat states has been made: the same facts in notification and query.
///
/// Coupons, settlement and promotion fields are left out: they concern accounting, not whether and
/// how much was paid (`total_fee` is what the order asked for).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The number the order was placed under.
    pub out_trade_no: OutTradeNo,
    /// WeChat's number for the payment. Two payments never share one.
    pub transaction_id: TransactionId,
    /// The order's amount, in fen.
    pub total_fee: Fen,
    /// `CNY`; absent means CNY.
    pub fee_type: Option<String>,
    /// Who paid, under [`Credential::page_appid`]. Outside JSAPI possibly under our own appid.
    pub openid: Openid,
    /// JSAPI, NATIVE, MWEB, …
    pub trade_type: String,
    /// The paying bank's short name, for example `CMB_DEBIT`; `OTHERS` for the wallet.
    pub bank_type: Option<String>,
    /// The shop's word, echoed.
    pub attach: Option<Attach>,
    /// When the payment was completed (`time_end`).
    pub paid_at: UnixSeconds,
}

impl Payment {
    pub(crate) fn read(credential: &Credential, fields: &Fields) -> Result<Self, Malformed> {
        // UNCONFIRMED: whether WeChat names the buyer under a sub-merchant's appid where no page asked
        // for it. A payment must not go unseen for that; only JSAPI's order says who has to pay.
        let trade_type = fields.required("trade_type")?;
        let openid = match credential.openid_field() {
            field if trade_type == "JSAPI" || fields.get(field).is_some() => field,
            _ => "openid",
        };
        Ok(Self {
            out_trade_no: fields.read("out_trade_no", OutTradeNo::new)?,
            transaction_id: fields.read("transaction_id", TransactionId::new)?,
            total_fee: fields.read("total_fee", Fen::parse)?,
            fee_type: fields.get("fee_type").map(ToString::to_string),
            openid: fields.read(openid, Openid::new)?,
            trade_type: trade_type.to_string(),
            bank_type: fields.get("bank_type").map(ToString::to_string),
            attach: fields.read_optional("attach", Attach::new)?,
            paid_at: fields.read("time_end", BeijingTime::parse)?.unix(),
        })
    }
}
