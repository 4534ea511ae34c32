//! 支付结果通知 · payment notification · WeChat's `POST` to `notify_url`, XML.
//!
//! Source: protocol page "支付结果通知", read 2026-11.
use alloc::string::String;

use super::{Credential, payment};
use crate::{Ack, Error, ErrorCode, Malformed, Notification, OutTradeNo, Verified};

/// The exact bytes of a notification, as they arrived. There is nothing to read in here.
#[derive(Debug, Clone)]
pub struct RawNotification(alloc::vec::Vec<u8>);

impl RawNotification {
    /// Takes the body as it came, not re-encoded by anything.
    pub fn new(body: alloc::vec::Vec<u8>) -> Self {
        Self(body)
    }

    /// Checks shape, algorithm, signature and for whom it is; then reads.
    pub fn verify(&self, credential: &Credential) -> Result<Verified<Notification>, Error> {
        credential.verify(&self.0)?.try_map(|fields| {
            if fields.required("return_code")? != "SUCCESS" {
                return Err(Malformed::Field("return_code").into());
            }
            Ok(match fields.required("result_code")? {
                "SUCCESS" => Notification::Paid(payment::read(credential, &fields)?),
                "FAIL" => Notification::Failed {
                    out_trade_no: fields.read("out_trade_no", OutTradeNo::new)?,
                    code: ErrorCode::read(fields.get("err_code").unwrap_or_default()),
                },
                _ => return Err(Malformed::Field("result_code").into()),
            })
        })
    }
}

/// The exact body of an answer, for `200 text/xml`.
/// Source: protocol page "支付结果通知", read 2026-11.
pub fn to_xml(ack: Ack) -> String {
    let code = if ack.is_success() { "SUCCESS" } else { "FAIL" };
    let message = ack.message();
    alloc::format!(
        "<xml><return_code><![CDATA[{code}]]></return_code><return_msg><![CDATA[{message}]]></return_msg></xml>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fen, Unverified, v2::test_support::*};

    fn paid() -> crate::v2::Fields {
        [
            ("return_code", "SUCCESS"),
            ("result_code", "SUCCESS"),
            ("openid", "oUpF8uMEb4qRXf22hE3X68TekukE"),
            ("trade_type", "JSAPI"),
            ("bank_type", "CFT"),
            ("total_fee", "100"),
            ("cash_fee", "80"),
            ("coupon_fee", "20"),
            ("transaction_id", "1004400740201409030005092168"),
            ("out_trade_no", "1409811653"),
            ("attach", "支付测试"),
            ("time_end", "20140903131540"),
        ]
        .iter()
        .fold(crate::v2::Fields::new(), |fields, (name, value)| fields.with(name, value))
    }

    fn verify(fields: crate::v2::Fields) -> Result<Verified<Notification>, Error> {
        RawNotification::new(credential().as_wechat_would_say(fields)).verify(&credential())
    }

    #[test]
    fn a_verified_notification_gives_the_payment() {
        let Notification::Paid(payment) = verify(paid()).unwrap().into_inner() else { panic!() };
        assert_eq!(payment.total_fee, Fen::new(100));
        assert_eq!(payment.paid_at.seconds(), 1_409_721_340);
    }

    #[test]
    fn unknown_fields_take_part_in_the_signature() {
        assert!(verify(paid().with("brand_new_field", "1")).is_ok());
    }

    #[test]
    fn another_merchants_notification_is_refused_though_signed_by_the_same_key() {
        let other = Credential::new(
            credential().appid().clone(),
            crate::Mchid::new("10000101").unwrap(),
            credential().sign_type(),
            key(),
        );
        let raw = RawNotification::new(other.as_wechat_would_say(paid()));
        assert_eq!(raw.verify(&credential()), Err(Unverified::Identity("mch_id").into()));
    }

    #[test]
    fn an_amount_that_is_not_whole_fen_is_refused() {
        for amount in ["1.00", "-1", "1e2", "", "99999999999"] {
            assert!(
                matches!(verify(paid().with("total_fee", amount)), Err(Error::Malformed(_))),
                "{amount}"
            );
        }
    }

    #[test]
    fn a_failed_attempt_is_not_a_payment() {
        let failed = paid().with("result_code", "FAIL").with("err_code", "NOTENOUGH");
        assert!(matches!(
            verify(failed).unwrap().into_inner(),
            Notification::Failed { code: ErrorCode::NotEnough, .. }
        ));
        assert!(verify(paid().with("result_code", "success")).is_err());
    }

    #[test]
    fn the_acks_are_exact() {
        assert_eq!(
            to_xml(Ack::Taken),
            "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
        );
        assert_eq!(
            to_xml(Ack::from(&Unverified::Signature.into())),
            "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[签名失败]]></return_msg></xml>"
        );
    }
}
