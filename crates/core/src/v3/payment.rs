use alloc::string::ToString;
use core::convert::Infallible;

use super::{Merchant, json::Json};
use crate::{
    Attach, Error, Malformed, Openid, OutTradeNo, Payment, TransactionId, UnixSeconds, Unverified,
};

/// Checks that a message names us.
pub(super) fn is_for_us(merchant: &Merchant, json: &Json) -> Result<(), Error> {
    for (name, ours) in [("appid", merchant.appid.as_str()), ("mchid", merchant.mchid.as_str())] {
        if json.required(name)? != ours {
            return Err(Unverified::Identity(name).into());
        }
    }
    Ok(())
}

/// Reads what notification and query say of a payment.
pub(super) fn read(json: &Json) -> Result<Payment, Malformed> {
    Ok(Payment {
        out_trade_no: json.read("out_trade_no", OutTradeNo::new)?,
        transaction_id: json.read("transaction_id", TransactionId::new)?,
        total_fee: json.fen("amount.total")?,
        fee_type: json.read_optional("amount.currency", |text| Ok::<_, Infallible>(text.into()))?,
        openid: json.read_optional("payer.openid", Openid::new)?,
        trade_type: json.required("trade_type")?.to_string(),
        bank_type: json.text("bank_type"),
        attach: json.read_optional("attach", Attach::new)?,
        paid_at: json.read("success_time", UnixSeconds::parse_rfc3339)?,
    })
}
