//! 查询订单 · order query · `POST /pay/orderquery`, called by the merchant's server.
//!
//! Source: protocol page "查询订单", read 2026-11. Asking changes nothing, so it may be repeated.
//! An unpaid order can be found by `out_trade_no` only, so that is what we ask by.
use alloc::string::{String, ToString};

use super::{Credential, ErrorCode, Fields, Payment, Refusal, SignedRequest, credential::Reply};
use crate::{Malformed, NonceStr, OutTradeNo, Outcome, Verified};

/// A question about one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// The number it was placed under.
    pub out_trade_no: OutTradeNo,
}

/// What WeChat answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `SUCCESS`: paid.
    Paid(Payment),
    /// `REFUND`: it was paid, and a refund was asked for since. Only the number is promised; the
    /// payment is there where WeChat tells its facts all the same.
    Refund(Option<Payment>),
    /// `NOTPAY`, or `PAYERROR` (a bank said no; the buyer may try again): not paid.
    NotPaid,
    /// `USERPAYING` or `ACCEPT`: under way.
    Paying,
    /// `CLOSED` or `REVOKED`: can not be paid any more.
    Closed,
    /// ORDERNOTEXIST: never placed.
    NotExist,
    /// A state this version does not know. Never taken for success.
    Unrecognised(String),
    /// Another signed no.
    Refused(Refusal),
}

impl OrderQuery {
    /// The signed request.
    pub fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = Fields::new().with("out_trade_no", &self.out_trade_no);
        credential.request("/pay/orderquery", fields, nonce_str)
    }

    /// Reads the gateway's reply to this question.
    pub fn from_response(
        &self,
        credential: &Credential,
        bytes: &[u8],
    ) -> Outcome<Verified<Answer>> {
        credential.verify_reply(bytes).try_read(|reply| self.read(credential, reply))
    }

    fn read(&self, credential: &Credential, reply: Reply) -> Result<Answer, Malformed> {
        let fields = match reply {
            Reply::Refused(Refusal { code: ErrorCode::OrderNotExist, .. }) => {
                return Ok(Answer::NotExist);
            }
            Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
            Reply::Success(fields) => fields,
        };
        // A reply to another question, kept and replayed by someone in between, is signed too.
        fields.same("out_trade_no", self.out_trade_no.as_str())?;
        Ok(match fields.required("trade_state")? {
            "SUCCESS" => Answer::Paid(Payment::read(credential, &fields)?),
            "REFUND" => Answer::Refund(Payment::read(credential, &fields).ok()),
            "NOTPAY" | "PAYERROR" => Answer::NotPaid,
            "USERPAYING" | "ACCEPT" => Answer::Paying,
            "CLOSED" | "REVOKED" => Answer::Closed,
            other => Answer::Unrecognised(other.chars().take(32).collect::<String>().to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Why, v2::test_support::*};

    fn ask(fields: &[(&str, &str)]) -> Outcome<Verified<Answer>> {
        OrderQuery { out_trade_no: OutTradeNo::new("1409811653").unwrap() }
            .from_response(&credential(), &reply(fields))
    }

    fn state(word: &str) -> Answer {
        let fields =
            [("result_code", "SUCCESS"), ("out_trade_no", "1409811653"), ("trade_state", word)];
        let Outcome::Known(answer) = ask(&fields) else { panic!("{word}") };
        answer.into_inner()
    }

    #[test]
    fn every_trade_state_is_read_and_a_new_word_is_never_success() {
        assert_eq!(state("NOTPAY"), Answer::NotPaid);
        assert_eq!(state("PAYERROR"), Answer::NotPaid);
        assert_eq!(state("CLOSED"), Answer::Closed);
        assert_eq!(state("REVOKED"), Answer::Closed);
        assert_eq!(state("USERPAYING"), Answer::Paying);
        assert_eq!(state("REFUND"), Answer::Refund(None));
        assert_eq!(state("success"), Answer::Unrecognised("success".into()));
    }

    #[test]
    fn success_without_the_facts_of_a_payment_is_distrusted() {
        let bare = [
            ("result_code", "SUCCESS"),
            ("out_trade_no", "1409811653"),
            ("trade_state", "SUCCESS"),
        ];
        assert!(matches!(ask(&bare), Outcome::Unknown(Why::Distrusted(_))));
    }

    #[test]
    fn a_reply_about_another_order_is_distrusted() {
        let other =
            [("result_code", "SUCCESS"), ("out_trade_no", "1409811654"), ("trade_state", "NOTPAY")];
        assert!(matches!(ask(&other), Outcome::Unknown(Why::Distrusted(_))));
    }

    #[test]
    fn an_order_never_placed_is_told_apart() {
        let Outcome::Known(answer) =
            ask(&[("result_code", "FAIL"), ("err_code", "ORDER_NOT_EXIST")])
        else {
            panic!()
        };
        assert_eq!(answer.into_inner(), Answer::NotExist);
    }
}
