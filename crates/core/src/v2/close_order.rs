//! 关闭订单 · close order · `POST /pay/closeorder`, called by the merchant's server.
//!
//! Source: protocol page "关闭订单", read 2026-11.
use super::{Ask, Credential, Fields, SignedRequest, credential::Reply};
use crate::{
    NonceStr, Outcome,
    question::close_order::{Answer, CloseOrder},
};

impl Ask for CloseOrder {
    fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new().with("out_trade_no", &self.out_trade_no);
        credential.request("/pay/closeorder", fields, nonce_str)
    }

    fn read_response(&self, credential: &Credential, bytes: &[u8]) -> Outcome<Answer> {
        match credential.verify_reply(bytes) {
            Outcome::Unknown(why) => Outcome::Unknown(why),
            Outcome::Known(reply) => Outcome::Known(match reply.into_inner() {
                Reply::Success(_) => Answer::Closed,
                Reply::Refused(refusal) => Answer::of(refusal),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OutTradeNo, v2::test_support::*};

    fn wish() -> CloseOrder {
        CloseOrder { out_trade_no: OutTradeNo::new("1409811653").unwrap() }
    }

    fn answer(code: &str) -> Outcome<Answer> {
        wish().read_response(&credential(), &reply(&[("result_code", "FAIL"), ("err_code", code)]))
    }

    #[test]
    fn closed_before_is_closed_and_paid_is_never_closed() {
        let yes = wish().read_response(&credential(), &reply(&[("result_code", "SUCCESS")]));
        assert_eq!(yes, Outcome::Known(Answer::Closed));
        assert_eq!(answer("ORDERCLOSED"), Outcome::Known(Answer::Closed));
        assert_eq!(answer("ORDERPAID"), Outcome::Known(Answer::Paid));
        assert_eq!(answer("ORDERNOTEXIST"), Outcome::Known(Answer::NotExist));
        assert!(matches!(answer("TRADE_STATE_ERROR"), Outcome::Known(Answer::Refused(_))));
        assert!(matches!(answer("SYSTEMERROR"), Outcome::Unknown(_)));
    }
}
