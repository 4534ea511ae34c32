//! 关闭订单 · close order · `POST /pay/closeorder`, called by the merchant's server.
//!
//! Source: protocol page "关闭订单", read 2026-11. A repeat is safe: ORDERCLOSED counts as closed.
//! UNCONFIRMED: the page asks for five minutes between ordering and closing; what the gateway
//! answers before that is not documented, so any such refusal simply leaves the order open.
use super::{Credential, ErrorCode, Fields, Refusal, SignedRequest, credential::Reply};
use crate::{NonceStr, OutTradeNo, Outcome};

/// A wish to close one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseOrder {
    /// The number it was placed under.
    pub out_trade_no: OutTradeNo,
}

/// What WeChat answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Closed now or before.
    Closed,
    /// ORDERPAID: it can not be closed any more. Query it.
    Paid,
    /// ORDERNOTEXIST: never placed, so nobody can pay it.
    NotExist,
    /// Another signed no: the order is as it was.
    Refused(Refusal),
}

impl CloseOrder {
    /// The signed request.
    pub fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new().with("out_trade_no", &self.out_trade_no);
        credential.request("/pay/closeorder", fields, nonce_str)
    }

    /// Reads the gateway's reply. It names no order, so it is believed for the one just asked about:
    /// TLS, not the signature, says which question it answers.
    pub fn from_response(credential: &Credential, bytes: &[u8]) -> Outcome<Answer> {
        match credential.verify_reply(bytes) {
            Outcome::Unknown(why) => Outcome::Unknown(why),
            Outcome::Known(reply) => Outcome::Known(match reply.into_inner() {
                Reply::Success(_) => Answer::Closed,
                Reply::Refused(Refusal { code: ErrorCode::OrderClosed, .. }) => Answer::Closed,
                Reply::Refused(Refusal { code: ErrorCode::OrderPaid, .. }) => Answer::Paid,
                Reply::Refused(Refusal { code: ErrorCode::OrderNotExist, .. }) => Answer::NotExist,
                Reply::Refused(refusal) => Answer::Refused(refusal),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v2::test_support::*;

    fn answer(code: &str) -> Outcome<Answer> {
        CloseOrder::from_response(
            &credential(),
            &reply(&[("result_code", "FAIL"), ("err_code", code)]),
        )
    }

    #[test]
    fn closed_before_is_closed_and_paid_is_never_closed() {
        let yes = CloseOrder::from_response(&credential(), &reply(&[("result_code", "SUCCESS")]));
        assert_eq!(yes, Outcome::Known(Answer::Closed));
        assert_eq!(answer("ORDERCLOSED"), Outcome::Known(Answer::Closed));
        assert_eq!(answer("ORDERPAID"), Outcome::Known(Answer::Paid));
        assert_eq!(answer("ORDERNOTEXIST"), Outcome::Known(Answer::NotExist));
        assert!(matches!(answer("TRADE_STATE_ERROR"), Outcome::Known(Answer::Refused(_))));
        assert!(matches!(answer("SYSTEMERROR"), Outcome::Unknown(_)));
    }
}
