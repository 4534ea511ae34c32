//! A refund that WeChat tells of by API V3: signed, so that it moves the refund without a question.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use common::*;
use wxpay_core::{
    Ack, Api, Appid, Fen, Mchid, SerialNo, UnixSeconds,
    v3::{Headers, Merchant, Verdict, notify::NotificationClaim},
};
use wxpay_merchant::{Conflict, ConflictKind, Input, RefundStage};

/// WeChat's notification of a refund of `ORDER001`: its number, fen, and the payment that it is of.
fn told(refund: &str, fen: u32, transaction: &str) -> Input {
    let now = UnixSeconds::new(1_767_240_000);
    let headers = Headers::read(|name| {
        let value = match name {
            "Wechatpay-Timestamp" => "1767240000",
            "Wechatpay-Serial" => "PUB_KEY_ID_0119000001092026112300000000",
            _ => return (name != "Wechatpay-Signature-Type").then(|| "AAAA".to_owned()),
        };
        Some(value.to_owned())
    });
    let body = r#"{"event_type":"REFUND.SUCCESS","resource":{"algorithm":"AEAD_AES_256_GCM",
        "nonce":"0f1e2d3c4b5a","ciphertext":"AAAAAAAAAAAAAAAAAAAAAA=="}}"#;
    let plain = format!(
        r#"{{"mchid":"10000100","out_trade_no":"ORDER001","transaction_id":"{transaction}",
        "out_refund_no":"{refund}","refund_id":"50{refund}","refund_status":"SUCCESS",
        "amount":{{"refund":{fen}}}}}"#
    );
    let merchant = Merchant {
        appid: Appid::new("wx2421b1c4370ec43b").unwrap(),
        mchid: Mchid::new("10000100").unwrap(),
        serial_no: SerialNo::new("408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB").unwrap(),
        wechatpay_serial: None,
    };
    let claim = NotificationClaim::new(headers, body.as_bytes(), now).unwrap();
    let sealed = claim.proven(Verdict::Right).unwrap();
    Input::Notified(Api::V3, sealed.open(&merchant, Some(plain.into_bytes())).unwrap())
}

#[test]
fn it_moves_our_refund_once_and_makes_one_that_we_did_not_ask_for() {
    let ours = paid().then(20, ask("R1", 500)).then(21, accepted("R1"));
    let ours = ours.then(60, told("R1", 500, "42001"));
    assert_eq!(ours.last.ack, Some(Ack::Taken));
    assert_eq!((ours.refund("R1").stage, ours.last.effects.len()), (RefundStage::Succeeded, 0));
    let again = ours.then(61, told("R1", 500, "42001"));
    assert_eq!((again.last.ack, again.last.happened.len()), (Some(Ack::Repeated), 0));

    let elsewhere = again.then(62, told("R2", 1490, "42001"));
    assert_eq!(elsewhere.last.ack, Some(Ack::Taken));
    assert_eq!(elsewhere.refund("R2").stage, RefundStage::Succeeded);
    assert_eq!(elsewhere.last.order.conflicts(), []);
}

#[test]
fn another_amount_payment_or_more_than_was_paid_is_named_and_moves_nothing() {
    let life = paid().then(20, ask("R1", 500)).then(21, accepted("R1"));
    for (what, number, fen, transaction) in [
        ("one fen more than was asked for", "R1", 501, "42001"),
        ("of another payment", "R1", 500, "42002"),
        ("of another payment, and not ours", "R2", 500, "42002"),
        ("one fen more than was paid", "R2", 1991, "42001"),
    ] {
        let before = life.last.order.clone();
        let untold = Life { last: life.last.clone(), history: Vec::new() };
        let told = untold.then(60, told(number, fen, transaction));
        assert_eq!(told.last.ack, Some(Ack::Mismatch), "{what}");
        let [Conflict { kind, amount, .. }] = told.last.order.conflicts() else { panic!("{what}") };
        assert_eq!((*kind, *amount), (ConflictKind::RefundMismatch, Fen::new(fen)), "{what}");
        assert_eq!(told.steps(), [], "{what}");
        assert_eq!(told.last.order.refunds(), before.refunds(), "{what}");
    }
}

#[test]
fn a_refund_of_a_payment_that_is_not_known_yet_is_taken() {
    let unpaid = Life::of(bought()).then(10, told("R1", 500, "42001"));
    assert_eq!(unpaid.last.ack, Some(Ack::Taken));
    assert_eq!(unpaid.refund("R1").stage, RefundStage::Succeeded);
}
