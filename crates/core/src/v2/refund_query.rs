//! 查询退款 · refund query · `POST /pay/refundquery`, called by the merchant's server.
//!
//! Source: protocol page "查询退款", read 2026-11.
//! UNCONFIRMED: how many refunds one page has; some copies say 10, others 20. So the next page starts
//! after as many as this one had.
use alloc::{format, string::ToString};

use super::{Ask, Credential, Fields, SignedRequest, credential::Reply};
use crate::{
    BeijingTime, ErrorCode, Fen, Malformed, NonceStr, OutRefundNo, OutTradeNo, Outcome, RefundId,
    Refusal, TransactionId, Verified,
    question::refund_query::{Answer, By, Coupon, Page, RefundQuery, RefundRecord, RefundStatus},
};

impl Ask for RefundQuery {
    fn to_request(&self, credential: &Credential, nonce_str: &NonceStr) -> SignedRequest {
        let fields = match &self.by {
            By::OutRefundNo(number) => Fields::new().with("out_refund_no", number),
            By::OutTradeNo(number) => Fields::new().with("out_trade_no", number),
        };
        let fields = match self.offset {
            0 => fields,
            offset => fields.with("offset", offset),
        };
        credential.request("/pay/refundquery", fields, nonce_str)
    }

    fn read_response(&self, credential: &Credential, bytes: &[u8]) -> Outcome<Verified<Answer>> {
        credential.verify_reply(bytes).try_read(|reply| read(self, reply))
    }
}

fn read(question: &RefundQuery, reply: Reply) -> Result<Answer, Malformed> {
    let fields = match reply {
        Reply::Refused(Refusal { code: ErrorCode::RefundNotExist, .. }) => {
            return Ok(Answer::NotExist);
        }
        Reply::Refused(refusal) => return Ok(Answer::Refused(refusal)),
        Reply::Success(fields) => fields,
    };
    let here = fields.read("refund_count", str::parse::<u32>)?;
    let total = fields.read_optional("total_refund_count", str::parse::<u32>)?;
    let page = Page {
        transaction_id: fields.read("transaction_id", TransactionId::new)?,
        out_trade_no: fields.read("out_trade_no", OutTradeNo::new)?,
        total: total.unwrap_or(here),
        refunds: (0..here).map(|n| refund(&fields, n)).collect::<Result<_, _>>()?,
    };
    // A reply to another question, kept and replayed by someone in between, is signed too.
    match &question.by {
        By::OutTradeNo(asked) if page.out_trade_no != *asked => {
            Err(Malformed::Field("out_trade_no"))
        }
        By::OutRefundNo(asked)
            if page.refunds.iter().any(|refund| refund.out_refund_no != *asked) =>
        {
            Err(Malformed::Field("out_refund_no_$n"))
        }
        _ => Ok(Answer::Found(page)),
    }
}

/// Reads refund `n`, counted from 0. A count that promises more than there is ends at the first gap.
fn refund(fields: &Fields, n: u32) -> Result<RefundRecord, Malformed> {
    let get = |name: &str| fields.get(&format!("{name}_{n}"));
    let text = |name: &str| get(name).map(ToString::to_string);
    let fen = |name: &str| get(name).map(Fen::parse).transpose().ok();
    let succeeded_at = get("refund_success_time").map(BeijingTime::parse_spaced).transpose();
    let coupons = get("coupon_refund_count").unwrap_or("0").parse::<u32>();
    let coupons = coupons.map_err(|_| Malformed::Field("coupon_refund_count_$n"))?;
    Ok(RefundRecord {
        out_refund_no: get("out_refund_no")
            .and_then(|number| OutRefundNo::new(number).ok())
            .ok_or(Malformed::Field("out_refund_no_$n"))?,
        refund_id: get("refund_id")
            .and_then(|number| RefundId::new(number).ok())
            .ok_or(Malformed::Field("refund_id_$n"))?,
        amount: fen("refund_fee").flatten().ok_or(Malformed::Field("refund_fee_$n"))?,
        settlement_amount: fen("settlement_refund_fee")
            .ok_or(Malformed::Field("settlement_refund_fee_$n"))?,
        channel: text("refund_channel"),
        status: get("refund_status")
            .map(RefundStatus::read)
            .ok_or(Malformed::Missing("refund_status_$n"))?,
        // The misspelling is the protocol's.
        recv_account: text("refund_recv_accout"),
        succeeded_at: succeeded_at
            .map_err(|_| Malformed::Field("refund_success_time_$n"))?
            .map(BeijingTime::unix),
        account: text("refund_account"),
        coupons: (0..coupons).map(|m| coupon(fields, n, m)).collect::<Result<_, _>>()?,
    })
}

fn coupon(fields: &Fields, n: u32, m: u32) -> Result<Coupon, Malformed> {
    let get = |name: &str| fields.get(&format!("{name}_{n}_{m}"));
    Ok(Coupon {
        id: get("coupon_refund_id")
            .ok_or(Malformed::Missing("coupon_refund_id_$n_$m"))?
            .to_string(),
        kind: get("coupon_type").map(ToString::to_string),
        amount: get("coupon_refund_fee")
            .and_then(|amount| Fen::parse(amount).ok())
            .ok_or(Malformed::Field("coupon_refund_fee_$n_$m"))?,
    })
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use super::*;
    use crate::{UnixSeconds, Why, v2::test_support::*};

    const ONE: [(&str, &str); 9] = [
        ("result_code", "SUCCESS"),
        ("transaction_id", "4200000215201811190261405420"),
        ("out_trade_no", "71106718111915575302817"),
        ("refund_count", "1"),
        ("out_refund_no_0", "R1"),
        ("refund_id_0", "50000408942018111907145868882"),
        ("refund_fee_0", "3960"),
        ("refund_channel_0", "ORIGINAL"),
        ("refund_status_0", "SUCCESS"),
    ];

    fn ask_by(by: By, changed: &[(&str, &str)]) -> Outcome<Verified<Answer>> {
        let mut fields = std::collections::BTreeMap::from(ONE);
        fields.extend(changed.iter().copied());
        let fields: Vec<_> = fields.into_iter().collect();
        RefundQuery { by, offset: 0 }.read_response(&credential(), &reply(&fields))
    }

    fn ask(changed: &[(&str, &str)]) -> Outcome<Verified<Answer>> {
        ask_by(By::OutRefundNo(OutRefundNo::new("R1").unwrap()), changed)
    }

    fn found(changed: &[(&str, &str)]) -> Page {
        match ask(changed) {
            Outcome::Known(answer) => match answer.into_inner() {
                Answer::Found(page) => page,
                other => panic!("{other:?}"),
            },
            Outcome::Unknown(why) => panic!("{why:?}"),
        }
    }

    #[test]
    fn a_question_names_what_it_asks_about() {
        let ask = |by, offset| {
            let nonce_str = NonceStr::new("n0").unwrap();
            let request = RefundQuery { by, offset }.to_request(&credential(), &nonce_str);
            assert!(!request.needs_certificate());
            String::from(request.body())
        };
        let one = ask(By::OutRefundNo(OutRefundNo::new("R1").unwrap()), 0);
        assert!(one.contains("<out_refund_no><![CDATA[R1]]>") && !one.contains("offset"));
        let all = ask(By::OutTradeNo(OutTradeNo::new("ORDER1").unwrap()), 10);
        assert!(all.contains("<out_trade_no><![CDATA[ORDER1]]>"));
        assert!(all.contains("<offset><![CDATA[10]]>"));
    }

    #[test]
    fn a_refund_is_read_with_its_coupons_and_its_misspelt_account() {
        let page = found(&[
            ("refund_recv_accout_0", "招商银行信用卡0403"),
            ("refund_success_time_0", "2018-11-19 16:24:13"),
            ("settlement_refund_fee_0", "3900"),
            ("refund_account_0", "REFUND_SOURCE_UNSETTLED_FUNDS"),
            ("coupon_refund_count_0", "1"),
            ("coupon_type_0_0", "NO_CASH"),
            ("coupon_refund_id_0_0", "10000"),
            ("coupon_refund_fee_0_0", "60"),
        ]);
        let [refund] = page.refunds.as_slice() else { panic!() };
        assert_eq!((page.total, refund.amount), (1, Fen::new(3960)));
        assert_eq!(refund.settlement_amount, Some(Fen::new(3900)));
        assert_eq!(refund.recv_account.as_deref(), Some("招商银行信用卡0403"));
        assert_eq!(refund.succeeded_at, Some(UnixSeconds::new(1_542_615_853)));
        let coupon =
            Coupon { id: "10000".into(), kind: Some("NO_CASH".into()), amount: Fen::new(60) };
        assert_eq!(refund.coupons, [coupon]);
    }

    #[test]
    fn every_status_is_read_and_a_new_word_is_never_success() {
        for (word, status) in [
            ("PROCESSING", RefundStatus::Processing),
            ("SUCCESS", RefundStatus::Success),
            ("CHANGE", RefundStatus::Abnormal),
            ("REFUNDCLOSE", RefundStatus::Closed),
            ("success", RefundStatus::Unrecognised("success".into())),
        ] {
            assert_eq!(found(&[("refund_status_0", word)]).refunds[0].status, status);
        }
    }

    #[test]
    fn a_page_says_how_many_there_are_in_all() {
        assert_eq!(found(&[("total_refund_count", "23")]).total, 23);
        assert_eq!(found(&[("refund_count", "0")]).refunds, []);
    }

    #[test]
    fn a_reply_about_another_refund_or_order_is_distrusted() {
        let distrusted = |answer| matches!(answer, Outcome::Unknown(Why::Distrusted(_)));
        assert!(distrusted(ask(&[("out_refund_no_0", "R2")])));
        let order = || By::OutTradeNo(OutTradeNo::new("71106718111915575302817").unwrap());
        assert!(matches!(ask_by(order(), &[]), Outcome::Known(_)));
        assert!(distrusted(ask_by(order(), &[("out_trade_no", "71106718111915575302818")])));
    }

    #[test]
    fn a_record_with_a_gap_or_a_wrong_amount_is_distrusted() {
        for changed in [
            ("refund_count", "4294967295"),
            ("refund_count", "one"),
            ("refund_fee_0", "39.60"),
            ("refund_fee_0", ""),
            ("settlement_refund_fee_0", "-1"),
            ("refund_status_0", ""),
            ("refund_id_0", ""),
            ("refund_success_time_0", "yesterday"),
            ("coupon_refund_count_0", "1"),
        ] {
            let answer = ask(&[changed]);
            assert!(matches!(answer, Outcome::Unknown(Why::Distrusted(_))), "{changed:?}");
        }
    }

    #[test]
    fn a_refund_never_taken_is_told_apart() {
        let Outcome::Known(answer) =
            ask(&[("result_code", "FAIL"), ("err_code", "REFUND_NOT_EXIST")])
        else {
            panic!()
        };
        assert_eq!(answer.into_inner(), Answer::NotExist);
    }
}
