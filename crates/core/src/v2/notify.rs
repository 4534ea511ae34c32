//! 支付结果通知 · payment notification · WeChat's `POST` to `notify_url`, XML.
//!
//! Source: protocol page "支付结果通知", read 2026-11. Sent again up to 15 times over about a day
//! until it is acknowledged within 5 seconds; may come twice, late, or never.
//! The order of work is: verify, match with the order, write down, acknowledge.
use alloc::string::String;

use super::{Credential, ErrorCode, Payment};
use crate::{Error, Malformed, OutTradeNo, Verified};

/// What WeChat tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// A payment was made.
    Paid(Payment),
    /// A payment attempt failed (`result_code=FAIL`). It says nothing final about the order.
    Failed {
        /// The number the order was placed under.
        out_trade_no: OutTradeNo,
        /// Why.
        code: ErrorCode,
    },
}

impl Notification {
    /// The number the order was placed under.
    pub fn out_trade_no(&self) -> &OutTradeNo {
        match self {
            Self::Paid(payment) => &payment.out_trade_no,
            Self::Failed { out_trade_no, .. } => out_trade_no,
        }
    }
}

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
                "SUCCESS" => Notification::Paid(Payment::read(credential, &fields)?),
                "FAIL" => Notification::Failed {
                    out_trade_no: fields.read("out_trade_no", OutTradeNo::new)?,
                    code: ErrorCode::read(fields.get("err_code").unwrap_or_default()),
                },
                _ => return Err(Malformed::Field("result_code").into()),
            })
        })
    }
}

/// What we answer. WeChat stops sending only after [`Ack::Success`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// Written down; do not send again.
    Success,
    /// Not accepted; the reason is for WeChat's operators and never repeats what was sent.
    Fail(&'static str),
}

impl Ack {
    /// The exact body, for `200 text/xml`.
    /// Source: protocol page "支付结果通知", read 2026-11.
    pub fn to_xml(self) -> String {
        let (code, message) = match self {
            Self::Success => ("SUCCESS", "OK"),
            Self::Fail(reason) => ("FAIL", reason),
        };
        alloc::format!(
            "<xml><return_code><![CDATA[{code}]]></return_code><return_msg><![CDATA[{message}]]></return_msg></xml>"
        )
    }
}

/// What to answer to a notification that could not be accepted. Total, so that a new error can not
/// be forgotten; never [`Ack::Success`], so that a real one comes again.
pub fn ack(error: &Error) -> Ack {
    match error {
        Error::Malformed(_) => Ack::Fail("参数格式校验错误"),
        Error::Unverified(_) => Ack::Fail("签名失败"),
        Error::Invalid { .. } => Ack::Fail("处理失败"),
    }
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
            Ack::Success.to_xml(),
            "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
        );
        assert_eq!(
            ack(&Unverified::Signature.into()).to_xml(),
            "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[签名失败]]></return_msg></xml>"
        );
    }
}
