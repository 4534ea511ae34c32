//! What each status and signature of a reply makes of it: an answer, or nothing known.

use wxpay_core::{
    Error, Outcome, Unverified, Why,
    v3::{RawReply, Reply, Verdict},
};

use crate::vector::Vector;

/// The reply of this status with the headers of a signed one, or with none of them.
fn outcome(status: u16, body: &str, signed: bool, verdict: Verdict) -> Outcome<Reply> {
    let vector = Vector::named("v3-verify/native-reply");
    let now = vector.timestamp("headers.json", "Wechatpay-Timestamp");
    let headers = if signed { vector.headers(&[]) } else { Default::default() };
    let request_id = Some("08F5A0-268512771".to_owned());
    let raw = RawReply { status, headers, request_id, body: body.as_bytes().to_vec() };
    match raw.claim(now).map(|claim| claim.proven(verdict)) {
        Ok(Outcome::Known(reply)) => Outcome::Known(reply.into_inner()),
        Ok(Outcome::Unknown(why)) | Err(why) => Outcome::Unknown(why),
    }
}

const NO: &str = r#"{"code":"ORDER_NOT_EXIST","message":"订单不存在"}"#;

#[test]
fn a_yes_counts_if_it_is_signed_be_it_empty() {
    for (status, body) in [(200, r#"{"prepay_id":"wx1"}"#), (204, "")] {
        let yes = Outcome::Known(Reply::Success(body.into()));
        assert_eq!(outcome(status, body, true, Verdict::Right), yes);
        let why = Unverified::MissingHeader("Wechatpay-Timestamp");
        for verdict in [Verdict::Right, Verdict::Wrong] {
            let unknown = Outcome::Unknown(Why::Distrusted(Error::Unverified(why.clone())));
            assert_eq!(outcome(status, body, false, verdict), unknown, "{status}");
        }
    }
}

#[test]
fn a_yes_under_a_wrong_or_an_unknown_key_is_no_answer() {
    for (verdict, why) in [
        (Verdict::Wrong, Unverified::Signature),
        (Verdict::UnknownSerial, Unverified::UnknownSerial),
    ] {
        let unknown = Outcome::Unknown(Why::Distrusted(Error::Unverified(why)));
        assert_eq!(outcome(200, "{}", true, verdict), unknown);
    }
}

#[test]
fn a_signed_no_is_an_answer_with_its_code() {
    for status in [400, 401, 403, 404] {
        let Outcome::Known(Reply::Refused(refusal)) = outcome(status, NO, true, Verdict::Right)
        else {
            panic!("{status} was no refusal");
        };
        assert_eq!(refusal.code, wxpay_core::ErrorCode::OrderNotExist);
        assert_eq!(refusal.description, "订单不存在");
        assert_eq!(refusal.request_id.unwrap().meaning(), Some("the order does not exist"));
    }
}

#[test]
fn an_unsigned_no_decides_nothing_and_is_kept_for_the_log() {
    for status in [400, 401, 403, 404, 405] {
        let Outcome::Unknown(Why::UnsignedRefusal(said)) =
            outcome(status, NO, false, Verdict::Right)
        else {
            panic!("{status} was believed");
        };
        assert_eq!(said, format!("{status} ORDER_NOT_EXIST 订单不存在 08F5A0-268512771"));
    }
}

#[test]
fn a_no_with_half_a_signature_is_no_unsigned_no() {
    let vector = Vector::named("v3-verify/native-reply");
    let now = vector.timestamp("headers.json", "Wechatpay-Timestamp");
    let headers = vector.headers(&[("Wechatpay-Signature", None)]);
    let raw = RawReply { status: 404, headers, request_id: None, body: NO.into() };
    let why = Unverified::MissingHeader("Wechatpay-Signature");
    assert_eq!(raw.claim(now).unwrap_err(), Why::Distrusted(Error::Unverified(why)));
}

#[test]
fn what_is_busy_or_unheard_of_decides_nothing_signed_or_not() {
    for status in [100, 201, 202, 206, 301, 302, 429, 500, 502, 503, 504] {
        for signed in [true, false] {
            let unknown = Outcome::Unknown(Why::Busy);
            assert_eq!(outcome(status, NO, signed, Verdict::Right), unknown, "{status}");
        }
    }
    let busy = r#"{"code":"SYSTEM_ERROR","message":"系统繁忙"}"#;
    let outcome = outcome(400, busy, true, Verdict::Right);
    assert_eq!(outcome, Outcome::Unknown(Why::Busy));
}
