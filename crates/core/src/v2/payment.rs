use alloc::string::ToString;

use super::{Credential, Fields};
use crate::{Attach, BeijingTime, Fen, Malformed, Openid, OutTradeNo, Payment, TransactionId};

/// Reads what notification and query say of a payment.
pub(crate) fn read(credential: &Credential, fields: &Fields) -> Result<Payment, Malformed> {
    // UNCONFIRMED: whether WeChat names the buyer under a sub-merchant's appid where no page asked
    // for it. A payment must not go unseen for that; only JSAPI's order says who has to pay.
    let trade_type = fields.required("trade_type")?;
    let openid = match credential.openid_field() {
        field if trade_type == "JSAPI" || fields.get(field).is_some() => field,
        _ => "openid",
    };
    Ok(Payment {
        out_trade_no: fields.read("out_trade_no", OutTradeNo::new)?,
        transaction_id: fields.read("transaction_id", TransactionId::new)?,
        total_fee: fields.read("total_fee", Fen::parse)?,
        fee_type: fields.get("fee_type").map(ToString::to_string),
        openid: Some(fields.read(openid, Openid::new)?),
        trade_type: trade_type.to_string(),
        bank_type: fields.get("bank_type").map(ToString::to_string),
        attach: fields.read_optional("attach", Attach::new)?,
        paid_at: fields.read("time_end", BeijingTime::parse)?.unix(),
    })
}
