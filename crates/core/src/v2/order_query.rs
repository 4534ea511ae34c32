//! 查询订单 · order query · `POST /pay/orderquery`, called by the merchant's server.
//!
//! Source: protocol page "查询订单", read 2026-11.
use super::{Ask, Credential, Fields, SignedRequest, credential::Reply, payment};
use crate::{
    ErrorCode, Malformed, NonceStr, Outcome, Refusal, Verified,
    question::order_query::{Answer, By, OrderQuery},
};

impl Ask for OrderQuery {
    fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = match &self.by {
            By::OutTradeNo(number) => Fields::new().with("out_trade_no", number),
            By::TransactionId(number) => Fields::new().with("transaction_id", number),
        };
        credential.request("/pay/orderquery", fields, nonce_str)
    }

    fn read_response(&self, credential: &Credential, bytes: &[u8]) -> Outcome<Verified<Answer>> {
        credential.verify_reply(bytes).try_read(|reply| read(self, credential, reply))
    }
}

fn read(question: &OrderQuery, credential: &Credential, reply: Reply) -> Result<Answer, Malformed> {
    let fields = match reply {
        Reply::Refused(Refusal { code: ErrorCode::OrderNotExist, .. }) => {
            return Ok(Answer::NotExist);
        }
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(fields) => fields,
    };
    // A reply to another question, kept and replayed by someone in between, is signed too.
    match &question.by {
        By::OutTradeNo(number) => fields.same("out_trade_no", number.as_str())?,
        By::TransactionId(number) => fields.same("transaction_id", number.as_str())?,
    }
    Answer::read(fields.required("trade_state")?, || payment::read(credential, &fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OutTradeNo, Why, v2::test_support::*};

    fn ask(fields: &[(&str, &str)]) -> Outcome<Verified<Answer>> {
        OrderQuery::of(OutTradeNo::new("1409811653").unwrap())
            .read_response(&credential(), &reply(fields))
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
