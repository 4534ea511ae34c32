//! Each way in which a notification can fail to be WeChat's has a word of its own.

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use wxpay_core::{
    Error, Malformed, Notification, UnixSeconds, Unverified,
    v3::{Headers, Verdict, notify::NotificationClaim},
};

use crate::vector::{Vector, merchant};

const TIMESTAMP: &str = "Wechatpay-Timestamp";
const NONCE: &str = "Wechatpay-Nonce";
const SIGNATURE: &str = "Wechatpay-Signature";
const SERIAL: &str = "Wechatpay-Serial";
const SIGNATURE_TYPE: &str = "Wechatpay-Signature-Type";

/// A notification and what was done to it.
struct Case {
    changed: Vec<(&'static str, Option<&'static str>)>,
    /// How late it arrives, in seconds; negative for early.
    late: i64,
    verdict: Verdict,
}

fn whole() -> Case {
    Case { changed: Vec::new(), late: 0, verdict: Verdict::Right }
}

fn with(header: &'static str, value: &'static str) -> Case {
    Case { changed: vec![(header, Some(value))], ..whole() }
}

fn without(header: &'static str) -> Case {
    Case { changed: vec![(header, None)], ..whole() }
}

fn late(seconds: i64) -> Case {
    Case { late: seconds, ..whole() }
}

fn verdict(verdict: Verdict) -> Case {
    Case { verdict, ..whole() }
}

/// What becomes of it.
fn outcome(case: &Case) -> Result<(), Error> {
    let vector = Vector::named("v3-verify/pay-notification");
    let signed_at = vector.timestamp("headers.json", TIMESTAMP).seconds();
    let now = UnixSeconds::new(signed_at.checked_add_signed(case.late).unwrap());
    let body = vector.text("body.json");
    let claim = NotificationClaim::new(vector.headers(&case.changed), body.as_bytes(), now)?;
    claim.proven(case.verdict).map(|_| ())
}

#[test]
fn every_fault_of_a_claim_has_its_own_word() {
    let field = |name| Error::Malformed(Malformed::Field(name));
    let absent = |name| Error::Unverified(Unverified::MissingHeader(name));
    let unverified = Error::Unverified;
    let stale = |seconds| unverified(Unverified::Stale { seconds });
    let future = |seconds| unverified(Unverified::Future { seconds });
    let long: &str = Box::leak("n".repeat(129).into_boxed_str());
    for (what, case, said) in [
        ("no time", without(TIMESTAMP), absent(TIMESTAMP)),
        ("an empty time", with(TIMESTAMP, ""), absent(TIMESTAMP)),
        ("no nonce", without(NONCE), absent(NONCE)),
        ("no signature", without(SIGNATURE), absent(SIGNATURE)),
        ("an empty signature", with(SIGNATURE, ""), absent(SIGNATURE)),
        ("no serial", without(SERIAL), absent(SERIAL)),
        ("300 seconds late", late(300), stale(300)),
        ("a year late", late(31_536_000), stale(31_536_000)),
        ("300 seconds early", late(-300), future(300)),
        ("milliseconds", with(TIMESTAMP, "1554209980000"), future(1_552_655_770_020)),
        ("a signed time", with(TIMESTAMP, "+1554209980"), field(TIMESTAMP)),
        ("a time with a blank", with(TIMESTAMP, " 1554209980"), field(TIMESTAMP)),
        ("no number for a time", with(TIMESTAMP, "now"), field(TIMESTAMP)),
        ("a number too large", with(TIMESTAMP, "99999999999999999999"), field(TIMESTAMP)),
        ("a nonce without an end", with(NONCE, long), field(NONCE)),
        // It would move the border between nonce and body without changing what was signed.
        ("a nonce of two lines", with(NONCE, "c5ac\n{}"), field(NONCE)),
        ("SM2", with(SIGNATURE_TYPE, "WECHATPAY2-SM2-WITH-SM3"), unverified(Unverified::Algorithm)),
        ("an empty algorithm", with(SIGNATURE_TYPE, ""), unverified(Unverified::Algorithm)),
        ("a probe", with(SIGNATURE, "WECHATPAY/SIGNTEST/GbdC"), unverified(Unverified::Probe)),
        ("no base64", with(SIGNATURE, "GbdCVyPf!"), unverified(Unverified::Signature)),
        ("a signature of two lines", with(SIGNATURE, "Gbd\nC"), unverified(Unverified::Signature)),
        ("a path for a serial", with(SERIAL, "../keys/1"), unverified(Unverified::UnknownSerial)),
        ("half a serial", with(SERIAL, "PUB_KEY_ID_"), unverified(Unverified::UnknownSerial)),
        (
            "a stranger's key",
            verdict(Verdict::UnknownSerial),
            unverified(Unverified::UnknownSerial),
        ),
        ("a wrong signature", verdict(Verdict::Wrong), unverified(Unverified::Signature)),
    ] {
        assert_eq!(outcome(&case), Err(said), "{what}");
    }
}

#[test]
fn what_lies_within_the_window_is_taken() {
    for (what, case) in [
        ("on time", whole()),
        ("299 seconds late", late(299)),
        ("299 seconds early", late(-299)),
        ("without naming the one algorithm", without(SIGNATURE_TYPE)),
        ("under a certificate's serial", with(SERIAL, "5157F09EFDC096DE15EBE81A47057A7232F1B8E1")),
    ] {
        assert_eq!(outcome(&case), Ok(()), "{what}");
    }
}

/// A proven notification of `event_type` in this form, opened to `plain`.
fn opened(event_type: &str, algorithm: &str, plain: Option<&str>) -> Result<Notification, Error> {
    let vector = Vector::named("v3-verify/pay-notification");
    let body = vector.text("body.json");
    let body = body.replace("TRANSACTION.SUCCESS", event_type);
    let body = body.replace("AEAD_AES_256_GCM", algorithm);
    let now = vector.timestamp("headers.json", TIMESTAMP);
    let claim = NotificationClaim::new(vector.headers(&[]), body.as_bytes(), now)?;
    let sealed = claim.proven(Verdict::Right)?;
    assert_eq!(sealed.nonce(), vector.field("headers.json", NONCE));
    assert_eq!(sealed.resource().associated_data(), b"");
    let plain = plain.map(|plain| plain.as_bytes().to_vec());
    let merchant = merchant("wxd678efh567hg6787", "1900007291");
    sealed.open(&merchant, plain).map(wxpay_core::Verified::into_inner)
}

const ALGORITHM: &str = "AEAD_AES_256_GCM";
const PAYMENT: &str = "TRANSACTION.SUCCESS";

#[test]
fn what_opens_is_read_and_what_does_not_is_no_word_of_wechats() {
    let plain = Vector::named("v3-resource/payment").text("plain.json");
    let Ok(Notification::Paid(paid)) = opened(PAYMENT, ALGORITHM, Some(&plain)) else {
        panic!("the payment was not read");
    };
    assert_eq!(paid.out_trade_no.as_str(), "1217752501201407033233368018");
    assert_eq!((paid.total_fee.fen(), paid.paid_at.seconds()), (100, 1_528_425_296));
    assert_eq!(paid.attach, None, "an empty attach is none");
    let unverified = Error::Unverified;
    let changed = |from: &str, to: &str| {
        assert!(plain.contains(from));
        plain.replace(from, to)
    };
    let ours = |from, to| opened(PAYMENT, ALGORITHM, Some(&changed(from, to)));
    for (what, outcome, said) in [
        (
            "no key of ours opens it",
            opened(PAYMENT, ALGORITHM, None),
            unverified(Unverified::Sealed),
        ),
        (
            "another algorithm",
            opened(PAYMENT, "AEAD_AES_128_GCM", Some(&plain)),
            unverified(Unverified::Algorithm),
        ),
        (
            "another merchant's",
            ours(r#""mchid":"1900007291""#, r#""mchid":"1900000109""#),
            unverified(Unverified::Identity("mchid")),
        ),
        (
            "another appid's",
            ours("wxd678efh567hg6787", "wx2421b1c4370ec43b"),
            unverified(Unverified::Identity("appid")),
        ),
        (
            "not paid",
            ours(r#""trade_state":"SUCCESS""#, r#""trade_state":"NOTPAY""#),
            Error::Malformed(Malformed::Field("trade_state")),
        ),
        (
            "an amount with a fraction",
            ours(r#""total":100"#, r#""total":100.0"#),
            Error::Malformed(Malformed::Field("amount.total")),
        ),
        (
            "news of another kind",
            opened("COUPON.USE", ALGORITHM, Some(&plain)),
            Error::Malformed(Malformed::Field("event_type")),
        ),
        (
            "a currency that is no text",
            ours(r#""currency":"CNY""#, r#""currency":156"#),
            Error::Malformed(Malformed::Field("amount.currency")),
        ),
        (
            "an openid that is no text",
            ours(r#""openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o""#, r#""openid":1"#),
            Error::Malformed(Malformed::Field("payer.openid")),
        ),
        ("no JSON", opened(PAYMENT, ALGORITHM, Some("{")), Error::Malformed(Malformed::NotJson)),
    ] {
        assert_eq!(outcome, Err(said), "{what}");
    }
}

#[test]
fn a_refund_s_notification_tells_what_became_of_it() {
    let plain = Vector::named("v3-resource/refund").text("plain.json");
    let plain = plain.replace(r#""mchid":"1900000100""#, r#""mchid":"1900007291""#);
    let Ok(Notification::Refund(page)) = opened("REFUND.SUCCESS", ALGORITHM, Some(&plain)) else {
        panic!("the refund was not read");
    };
    assert_eq!(page.out_trade_no.as_str(), "20150806125346");
    assert_eq!(page.refunds[0].amount.fen(), 999);
    assert_eq!(
        opened("REFUND.SUCCESS", ALGORITHM, Some(&plain.replace("1900007291", "1900000109"))),
        Err(Error::Unverified(Unverified::Identity("mchid")))
    );
}

proptest! {
    #[test]
    fn whatever_comes_nothing_panics_and_what_is_to_be_verified_is_what_came(
        timestamp in "1554209[0-9]{3}|[0-9]{0,20}|.{0,12}",
        nonce in "[0-9a-f]{1,40}|.{0,140}|[a-c\n]{1,9}",
        signature in "([A-Za-z0-9+/]{4}){0,9}|.{0,40}",
        serial in "[0-9A-F]{40}|PUB_KEY_ID_[0-9]{1,40}|.{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let headers = Headers::read(|name| match name {
            TIMESTAMP => Some(timestamp.clone()),
            NONCE => Some(nonce.clone()),
            SIGNATURE => Some(signature.clone()),
            SERIAL => Some(serial.clone()),
            _ => None,
        });
        let now = UnixSeconds::new(1_554_209_980);
        if let Ok(claim) = NotificationClaim::new(headers, &body, now) {
            // Two line feeds end time and nonce; all that follows is the body and a third.
            let message = claim.claim().message().to_vec();
            let parts: Vec<&[u8]> = message.splitn(3, |byte| *byte == b'\n').collect();
            let body = [&body[..], b"\n"].concat();
            prop_assert_eq!(parts, [timestamp.as_bytes(), nonce.as_bytes(), &body]);
            // Even what is rightly signed may be no notification.
            let _ = claim.proven(Verdict::Right);
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_or_gives_another_key_message_or_signature_to_verify(
        part in select(vec![TIMESTAMP, NONCE, SIGNATURE, SIGNATURE_TYPE, SERIAL, BODY]),
        place in any::<Index>(),
        bit in 0..7_u32,
    ) {
        let vector = Vector::named("v3-verify/pay-notification");
        let now = vector.timestamp("headers.json", TIMESTAMP);
        let to_verify = |flipped: Option<&str>| {
            let true_value = |name: &str| match name {
                BODY => vector.text("body.json"),
                header => vector.field("headers.json", header),
            };
            let value = |name: &str| match flipped {
                Some(part) if part == name => flip(&true_value(name), place, bit),
                _ => true_value(name),
            };
            let headers = Headers::read(|name| Some(value(name)));
            let claim = NotificationClaim::new(headers, value(BODY).as_bytes(), now).ok()?;
            let claim = claim.claim();
            Some((claim.serial().clone(), claim.message().to_vec(), claim.signature().to_vec()))
        };
        let truth = to_verify(None);
        prop_assert!(truth.is_some());
        prop_assert_ne!(to_verify(Some(part)), truth);
    }

    #[test]
    fn a_flipped_bit_of_what_is_sealed_is_refused_or_gives_something_else_to_open(
        part in select(vec!["AEAD_AES_256_GCM", "0f1e2d3c4b5a", "transaction", CIPHERTEXT]),
        place in any::<Index>(),
        bit in 0..7_u32,
    ) {
        let vector = Vector::named("v3-verify/pay-notification");
        let now = vector.timestamp("headers.json", TIMESTAMP);
        let to_open = |body: String| {
            let claim = NotificationClaim::new(vector.headers(&[]), body.as_bytes(), now).ok()?;
            let sealed = claim.proven(Verdict::Right).ok()?;
            Some(sealed.resource().clone())
        };
        let body = format!(
            r#"{{"event_type":"TRANSACTION.SUCCESS","resource":{{"algorithm":"AEAD_AES_256_GCM",
            "nonce":"0f1e2d3c4b5a","associated_data":"transaction","ciphertext":"{CIPHERTEXT}"}}}}"#
        );
        // The last one: the event's type has the word, too.
        let (before, behind) = body.rsplit_once(part).unwrap();
        let flipped = [before, &flip(part, place, bit), behind].concat();
        let truth = to_open(body);
        prop_assert!(truth.is_some());
        prop_assert_ne!(to_open(flipped), truth);
    }
}

const BODY: &str = "body";
/// Twenty bytes: four sealed, and a tag.
const CIPHERTEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhM=";

/// The text with one bit of one byte of ASCII flipped; other letters are left out.
fn flip(text: &str, place: Index, bit: u32) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let mut ascii: Vec<_> = letters.iter_mut().filter(|letter| letter.is_ascii()).collect();
    let chosen = place.index(ascii.len());
    *ascii[chosen] = char::from(*ascii[chosen] as u8 ^ (1 << bit));
    letters.into_iter().collect()
}
