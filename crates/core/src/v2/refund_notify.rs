//! 退款结果通知 · refund notification · WeChat's `POST` to the refund's `notify_url`, XML.
//!
//! Source: protocol page "退款结果通知", read 2026-11. Sent again on the schedule of the payment
//! notification until it is acknowledged within 5 seconds, with the same acknowledgement.
//! It carries no signature, and its seal has no integrity: it is a hint to ask by refund query, never
//! a fact. So nothing in here becomes a [`Verified`](crate::Verified) value.
use alloc::vec::Vec;

use super::{Credential, Fields, req_info, xml};
use crate::{
    Error, Malformed, OutRefundNo, OutTradeNo, RefundId, TransactionId, Unverified,
    question::refund_query::RefundStatus,
};

/// The exact bytes of a refund notification, as they arrived.
#[derive(Debug, Clone)]
pub struct RawRefundNotification(Vec<u8>);

/// Which refund there is news of, and what it is said to be. Ask by refund query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundNews {
    /// The order's number.
    pub out_trade_no: OutTradeNo,
    /// The payment.
    pub transaction_id: TransactionId,
    /// The merchant's number for the refund.
    pub out_refund_no: OutRefundNo,
    /// WeChat's number for it.
    pub refund_id: RefundId,
    /// What is said to have become of it.
    pub status: RefundStatus,
}

impl RawRefundNotification {
    /// Takes the body as it came, not re-encoded by anything.
    pub fn new(body: Vec<u8>) -> Self {
        Self(body)
    }

    /// Checks shape and for whom it is, opens it under either key, and reads.
    pub fn open(&self, credential: &Credential) -> Result<RefundNews, Error> {
        let outer = xml::decode(&self.0)?;
        outer.same("return_code", "SUCCESS")?;
        credential.is_for_us(&outer)?;
        let req_info = outer.required("req_info")?;
        // A wrong key passes for the right one about once in 256, by padding alone; not by its root.
        let inner = credential
            .keys()
            .filter_map(|key| req_info::open(req_info, key))
            .find_map(|plain| xml::decode_rooted(&plain, "root").ok())
            .ok_or(Unverified::Sealed)?;
        Ok(read(&inner)?)
    }
}

fn read(fields: &Fields) -> Result<RefundNews, Malformed> {
    Ok(RefundNews {
        out_trade_no: fields.read("out_trade_no", OutTradeNo::new)?,
        transaction_id: fields.read("transaction_id", TransactionId::new)?,
        out_refund_no: fields.read("out_refund_no", OutRefundNo::new)?,
        refund_id: fields.read("refund_id", RefundId::new)?,
        status: RefundStatus::read(fields.required("refund_status")?),
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::{ApiV2Key, Appid, Mchid, v2::test_support::*};

    fn told() -> Fields {
        [
            ("out_trade_no", "71106718111915575302817"),
            ("transaction_id", "4200000215201811190261405420"),
            ("out_refund_no", "131811191610442717309"),
            ("refund_id", "50000408942018111907145868882"),
            ("refund_status", "SUCCESS"),
            ("refund_recv_accout", "支付用户零钱"),
        ]
        .iter()
        .fold(Fields::new(), |fields, (name, value)| fields.with(name, value))
    }

    fn open(credential_of_wechat: &Credential, ours: &Credential) -> Result<RefundNews, Error> {
        RawRefundNotification::new(credential_of_wechat.as_wechat_would_seal(&told())).open(ours)
    }

    fn under_another_key() -> Credential {
        let key = ApiV2Key::new("k0000000000000000000000000000003".to_string()).unwrap(); // test key
        let ours = credential();
        Credential::new(ours.appid().clone(), ours.mchid().clone(), ours.sign_type(), key)
    }

    #[test]
    fn an_opened_notification_names_its_refund() {
        let news = open(&credential(), &credential()).unwrap();
        assert_eq!(news.out_refund_no.as_str(), "131811191610442717309");
        assert_eq!(news.status, RefundStatus::Success);
    }

    #[test]
    fn it_opens_under_either_key_and_no_third() {
        let both = under_another_key().with_second_key(key());
        assert!(open(&credential(), &both).is_ok());
        assert!(open(&credential(), &both.second().unwrap()).is_ok());
        assert_eq!(open(&credential(), &under_another_key()), Err(Unverified::Sealed.into()));
    }

    #[test]
    fn another_merchants_notification_is_refused_though_our_key_opens_it() {
        let other = Credential::new(
            Appid::new("wx2421b1c4370ec43c").unwrap(),
            Mchid::new("10000100").unwrap(),
            credential().sign_type(),
            key(),
        );
        assert_eq!(open(&other, &credential()), Err(Unverified::Identity("appid").into()));
    }

    #[test]
    fn what_is_not_a_notification_is_refused() {
        let bare = "<xml><return_code>SUCCESS</return_code><appid>wx2421b1c4370ec43b</appid><mch_id>10000100</mch_id></xml>";
        let raw = RawRefundNotification::new(bare.into());
        assert_eq!(raw.open(&credential()), Err(Malformed::Missing("req_info").into()));
        let failed =
            RawRefundNotification::new("<xml><return_code>FAIL</return_code></xml>".into());
        assert!(matches!(failed.open(&credential()), Err(Error::Malformed(_))));
    }
}
