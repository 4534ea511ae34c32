//! 申请退款 · refund · `POST /secapi/pay/refund`, called by the merchant's server over mTLS.
//!
//! Source: protocol page "申请退款", read 2026-11. It needs the merchant's certificate.
use super::{Ask, Credential, Fields, SignedRequest, credential::Reply};
use crate::{
    Fen, Malformed, NonceStr, Outcome, RefundId,
    question::refund::{Answer, Refund},
};

impl Ask for Refund {
    fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new()
            .with("transaction_id", &self.transaction_id)
            .with("out_refund_no", &self.out_refund_no)
            .with("total_fee", self.total_fee)
            .with("refund_fee", self.refund_fee)
            .with("refund_fee_type", "CNY")
            .with("notify_url", &self.notify_url);
        let fields = match &self.refund_desc {
            Some(refund_desc) => fields.with("refund_desc", refund_desc),
            None => fields,
        };
        credential.request("/secapi/pay/refund", fields, nonce_str)
    }

    fn read_response(&self, credential: &Credential, bytes: &[u8]) -> Outcome<Answer> {
        match credential.verify_reply(bytes).try_read(|reply| read(self, reply)) {
            Outcome::Known(answer) => Outcome::Known(answer.into_inner()),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        }
    }
}

fn read(wish: &Refund, reply: Reply) -> Result<Answer, Malformed> {
    let fields = match reply {
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(fields) => fields,
    };
    // A reply to another wish, kept and replayed by someone in between, is signed too.
    fields.same("transaction_id", wish.transaction_id.as_str())?;
    fields.same("out_refund_no", wish.out_refund_no.as_str())?;
    if fields.read("refund_fee", Fen::parse)? != wish.refund_fee {
        return Err(Malformed::Field("refund_fee"));
    }
    Ok(Answer::Accepted { refund_id: fields.read("refund_id", RefundId::new)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorCode, NotifyUrl, OutRefundNo, RefundDesc, TransactionId, Why, v2::test_support::*,
    };

    fn wish() -> Refund {
        Refund {
            transaction_id: TransactionId::new("4200000215201811190261405420").unwrap(),
            out_refund_no: OutRefundNo::new("R@1").unwrap(),
            total_fee: Fen::new(3960),
            refund_fee: Fen::new(60),
            refund_desc: Some(RefundDesc::new("商品已售完").unwrap()),
            notify_url: NotifyUrl::new("https://pay.example.com/notify/v2/refund").unwrap(),
        }
    }

    fn accepted(changed: (&str, &str)) -> Outcome<Answer> {
        let mut fields = std::collections::BTreeMap::from([
            ("result_code", "SUCCESS"),
            ("transaction_id", "4200000215201811190261405420"),
            ("out_refund_no", "R@1"),
            ("refund_id", "50000408942018111907145868882"),
            ("refund_fee", "60"),
            ("total_fee", "3960"),
            ("cash_fee", "3960"),
        ]);
        fields.insert(changed.0, changed.1);
        let fields: alloc::vec::Vec<_> = fields.into_iter().collect();
        wish().read_response(&credential(), &reply(&fields))
    }

    fn refused(code: &str) -> Outcome<Answer> {
        let no = reply(&[("result_code", "FAIL"), ("err_code", code)]);
        wish().read_response(&credential(), &no)
    }

    #[test]
    fn a_request_carries_its_signature_and_every_field() {
        let request = wish().to_request(&credential(), &NonceStr::new("n0").unwrap());
        insta::assert_snapshot!(request.body().replace("><", ">\n<"));
        assert!(request.needs_certificate());
    }

    #[test]
    fn a_verified_yes_gives_wechats_number() {
        let refund_id = RefundId::new("50000408942018111907145868882").unwrap();
        assert_eq!(
            accepted(("cash_refund_fee", "60")),
            Outcome::Known(Answer::Accepted { refund_id })
        );
    }

    #[test]
    fn a_reply_about_another_refund_is_distrusted() {
        for other in [("out_refund_no", "R@2"), ("transaction_id", "42"), ("refund_fee", "61")] {
            assert!(matches!(accepted(other), Outcome::Unknown(Why::Distrusted(_))), "{other:?}");
        }
    }

    #[test]
    fn only_a_decision_is_an_answer() {
        for busy in
            ["SYSTEMERROR", "BIZERR_NEED_RETRY", "FREQUENCY_LIMITED", "INVALID_REQ_TOO_MUCH"]
        {
            assert_eq!(refused(busy), Outcome::Unknown(Why::Busy), "{busy}");
        }
        let Outcome::Known(Answer::Refused(refusal)) = refused("NOTENOUGH") else { panic!() };
        assert_eq!(refusal.code, ErrorCode::NotEnough);
    }
}
