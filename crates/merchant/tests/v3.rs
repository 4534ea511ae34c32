//! What API V3 has of its own, told as sentences: an order's API, refunds that are told signed, and
//! no list of them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use common::*;
use serde_json::json;
use wxpay_core::{
    Ack, Api, Appid, Fen, Mchid, SerialNo,
    question::{close_order, refund_query::By, refund_query::RefundStatus},
    v3::{Headers, Merchant, Verdict, notify::NotificationClaim},
};
use wxpay_merchant::{ConflictKind, Effect, Input, Order, RefundStage, State};

fn merchant() -> Merchant {
    Merchant {
        appid: Appid::new("wx2421b1c4370ec43b").unwrap(),
        mchid: Mchid::new("10000100").unwrap(),
        serial_no: SerialNo::new("408BA1C0DE79").unwrap(),
        wechatpay_serial: None,
    }
}

/// WeChat's notification, whose signature and seal somebody else has found right.
fn told(event_type: &str, what: &serde_json::Value) -> Input {
    let header = |name: &str| match name {
        "Wechatpay-Timestamp" => Some(at(0).to_string()),
        "Wechatpay-Nonce" => Some("nonce".to_owned()),
        "Wechatpay-Signature" => Some("AAAA".to_owned()),
        "Wechatpay-Serial" => Some("PUB_KEY_ID_01".to_owned()),
        _ => None,
    };
    let resource = json!({
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "0123456789ab",
        "associated_data": "",
        "ciphertext": BASE64_STANDARD.encode([0; 16]),
    });
    let body = json!({ "event_type": event_type, "resource": resource }).to_string();
    let claim = NotificationClaim::new(Headers::read(header), body.as_bytes(), at(0)).unwrap();
    let sealed = claim.proven(Verdict::Right).unwrap();
    Input::Notified(Api::V3, sealed.open(&merchant(), Some(what.to_string().into_bytes())).unwrap())
}

/// A refund of `attempt` that came to its end: `SUCCESS`, `ABNORMAL` or `CLOSED`.
fn refund_told_of(attempt: &str, refund: &str, fen: u32, status: &str) -> Input {
    let event_type = if status == "CLOSED" { "REFUND.CLOSED" } else { "REFUND.SUCCESS" };
    told(
        event_type,
        &json!({
            "mchid": "10000100",
            "out_trade_no": attempt,
            "transaction_id": "42001",
            "out_refund_no": refund,
            "refund_id": refund_id(refund).as_str(),
            "refund_status": status,
            "amount": { "total": 1990, "refund": fen },
        }),
    )
}

fn refund_told(refund: &str, fen: u32, status: &str) -> Input {
    refund_told_of("ORDER001", refund, fen, status)
}

fn bought_by_v3() -> Life {
    Life::of(vec![(0, checkout_by(Api::V3, jsapi("buyer-a"))), (0, placed("ORDER001", None))])
}

fn payment_of(attempt: &str) -> serde_json::Value {
    json!({
        "appid": "wx2421b1c4370ec43b",
        "mchid": "10000100",
        "out_trade_no": attempt,
        "transaction_id": "42001",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "success_time": "2026-01-01T12:00:10+08:00",
        "payer": { "openid": "buyer-a" },
        "amount": { "total": 1990, "currency": "CNY" },
    })
}

fn paid_by_v3() -> Life {
    bought_by_v3().then(10, told("TRANSACTION.SUCCESS", &payment_of("ORDER001")))
}

/// 500 fen of it on their way back.
fn refunding() -> Life {
    paid_by_v3().then(20, ask("R1", 500)).then(20, accepted("R1"))
}

#[test]
fn money_goes_back_by_the_api_it_came_by_and_is_told_there() {
    for (life, api, url) in [
        (paid(), Api::V2, "https://pay.example.com/notify/v2/refund"),
        (paid_by_v3(), Api::V3, "https://pay.example.com/notify/v3"),
    ] {
        let order = life.then(20, ask("R1", 500)).last.order;
        let request = order.refund_request(&refund_number("R1")).unwrap();
        assert_eq!(order.payment_api(None), api);
        assert_eq!(
            (order.refund_api(&refund_number("R1")), request.notify_url.as_str()),
            (api, url)
        );
    }
}

#[test]
fn no_list_of_refunds_is_asked_for_and_no_alarm_set_for_one() {
    let refused = paid_by_v3().then(20, ask("R1", 1990)).then(20, refused("R1", "NOT_ENOUGH"));
    assert_eq!((refused.last.effects.len(), refused.last.wake_at), (0, None));
    let refunded = bought_by_v3().then(30, trade_state("ORDER001", "REFUND"));
    assert_eq!(refunded.last.order.state(), &State::Refunded);
    assert_eq!(refunded.last.effects, []);
    let only_v2 = Life::of(vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("a"))),
        (9, checkout_by(Api::V3, jsapi("buyer-a"))),
        (9, closed("ORDER001", close_order::Answer::Closed)),
        (9, placed("ORDER001*2", None)),
        (30, trade_state("ORDER001*2", "REFUND")),
    ]);
    let about = By::OutTradeNo(number("ORDER001"));
    assert_eq!(only_v2.last.effects, [Effect::QueryRefunds(about, 0)]);
}

#[test]
fn a_hint_about_an_attempt_of_v2_ends_when_one_of_v3_is_paid() {
    let hinted = Life::of(vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("a"))),
        (5, hint("ORDER001", "X1", RefundStatus::Success)),
        (9, checkout_by(Api::V3, jsapi("buyer-a"))),
        (9, closed("ORDER001", close_order::Answer::Closed)),
        (9, placed("ORDER001*2", None)),
        (10, told("TRANSACTION.SUCCESS", &payment_of("ORDER001*2"))),
    ]);
    let wake_at = hinted.last.wake_at.unwrap();
    let rung = hinted.then(wake_at.since(at(0)), Input::Alarm);
    assert_eq!((rung.last.effects.len(), rung.last.wake_at), (0, None));
}

#[test]
fn a_signed_word_moves_a_refund_without_a_question_and_its_repeat_changes_nothing() {
    for (word, stage) in [("SUCCESS", RefundStage::Succeeded), ("CLOSED", RefundStage::Closed)] {
        let moved = refunding().then(90, refund_told("R1", 500, word));
        assert_eq!((moved.last.ack, moved.refund("R1").stage), (Some(Ack::Taken), stage));
        assert_eq!((moved.last.effects.len(), moved.last.wake_at), (0, None));
        let steps = moved.steps().len();
        let again = moved.then(91, refund_told("R1", 500, word));
        assert_eq!((again.last.ack, again.steps().len()), (Some(Ack::Repeated), steps));
    }
}

#[test]
fn an_abnormal_refund_is_not_the_end_and_is_asked_about_until_it_is() {
    let abnormal = refunding().then(90, refund_told("R1", 500, "ABNORMAL"));
    assert_eq!(abnormal.events().last(), Some(&"refund.abnormal"));
    assert_eq!(abnormal.last.order.refunded(), Fen::new(0));
    let about = By::OutRefundNo(refund_number("R1"));
    let wake_at = abnormal.last.wake_at.unwrap();
    let asked = abnormal.then(wake_at.since(at(0)), Input::Alarm);
    assert_eq!(asked.last.effects, [Effect::QueryRefunds(about, 0)]);
    let settled = asked.then(200, refund_told("R1", 500, "SUCCESS"));
    assert_eq!(settled.last.order.refunded(), Fen::new(500));
}

#[test]
fn a_word_against_an_end_moves_nothing_and_is_shown_to_a_person_once() {
    let ended = refunding().then(90, refund_told("R1", 500, "SUCCESS"));
    let against = ended.then(99, refund_told("R1", 500, "CLOSED"));
    assert_eq!(against.refund("R1").stage, RefundStage::Succeeded);
    assert_eq!(against.last.order.conflicts()[0].kind, ConflictKind::RefundContradicted);
    assert_eq!(against.events().last(), Some(&"order.conflict"));
    let again = against.then(100, refund_told("R1", 500, "CLOSED"));
    assert_eq!((again.last.ack, again.last.happened.len()), (Some(Ack::Repeated), 0));
}

#[test]
fn another_amount_is_not_acknowledged_however_often_it_comes() {
    let mut life = refunding();
    for seconds in [90, 105] {
        life = life.then(seconds, refund_told("R1", 501, "SUCCESS"));
        assert_eq!(life.last.ack, Some(Ack::Mismatch));
        assert_eq!(life.refund("R1").stage, RefundStage::Processing);
    }
    let kinds: Vec<_> = life.last.order.conflicts().iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [ConflictKind::RefundMismatch]);
    let right = life.then(120, refund_told("R1", 500, "SUCCESS"));
    assert_eq!(
        (right.last.ack, right.refund("R1").stage),
        (Some(Ack::Taken), RefundStage::Succeeded)
    );
}

#[test]
fn a_refund_of_another_order_moves_nothing() {
    let stranger = refunding().then(90, refund_told_of("ORDER002", "R1", 500, "SUCCESS"));
    assert_eq!(stranger.last.ack, Some(Ack::UnknownOrder));
    assert_eq!(stranger.refund("R1").stage, RefundStage::Processing);
}

#[test]
fn a_refund_of_another_number_is_another_refund() {
    let other = refunding().then(90, refund_told("X1", 300, "SUCCESS"));
    assert_eq!(other.last.ack, Some(Ack::Taken));
    assert_eq!(other.refund("R1").stage, RefundStage::Processing);
    assert_eq!(other.refund("X1").stage, RefundStage::Succeeded);
    assert_eq!(other.last.order.refunded(), Fen::new(300));
}

#[test]
fn a_word_of_tomorrow_moves_nothing_and_is_to_come_again() {
    let life = refunding().then(90, refund_told("R1", 500, "SUCCESS_SOON"));
    assert_eq!((life.last.ack, life.last.happened.len()), (Some(Ack::Fault), 0));
    assert_eq!(life.refund("R1").stage, RefundStage::Processing);
}

#[test]
fn a_refund_told_before_its_payment_is_asked_about_by_the_api_of_its_attempt() {
    let told = bought_by_v3().then(30, refund_told("X1", 500, "ABNORMAL"));
    assert_eq!(told.last.ack, Some(Ack::Taken));
    assert_eq!(told.last.order.payments().count(), 0, "it is known of no payment yet");
    assert_eq!(told.last.order.refund_api(&refund_number("X1")), Api::V3);
    let stored = serde_json::to_string(&told.last.order).unwrap();
    let read: Order = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.refund_api(&refund_number("X1")), Api::V3);
}

#[test]
fn while_no_payment_is_known_the_newest_attempt_says_whom_to_ask() {
    let hinted = bought_by_v3().then(30, hint("ORDER001", "X1", RefundStatus::Success));
    let about = By::OutRefundNo(refund_number("X1"));
    assert_eq!(hinted.last.effects, [Effect::QueryRefunds(about, 0)]);
    assert_eq!(hinted.last.order.refund_api(&refund_number("X1")), Api::V3);
}
