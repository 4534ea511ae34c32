//! What an older version wrote down is read by this one and means the same.
//!
//! Each file of `stored/` is as one version wrote it and stays for ever; what it means was written
//! down by hand. Where `the_newest_files_are_as_this_version_writes` fails, the stored form has
//! changed: the file it names stays, and the next one joins it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use common::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wxpay_core::{
    BeijingDay, Fen, OutTradeNo, RefundDesc,
    question::{
        close_order,
        refund_query::{By, RefundStatus},
    },
};
use wxpay_merchant::{
    Closing, ConflictKind, Effect, Entry, Happened, Input, Line, Offer, Order, PageStatus, Plan,
    PlanState, RefundAdmission, RefundAsk, RefundStage, Stage, State,
    reconciliation::{BillTotals, Counts, Summary},
};

/// Before there was API V3; then an attempt's shop says by which it was placed.
const PAID: [&str; 2] = [include_str!("stored/paid-1.json"), include_str!("stored/paid-2.json")];
const AWAITED: [&str; 2] =
    [include_str!("stored/awaited-1.json"), include_str!("stored/awaited-2.json")];
const BOOK: &str = include_str!("stored/book-1.json");
const PLAN: &str = include_str!("stored/plan-1.json");

fn read<Stored: DeserializeOwned>(json: &str) -> Stored {
    serde_json::from_str(json).unwrap()
}

fn ask_about_all(attempt: &str) -> Effect {
    Effect::QueryRefunds(By::OutTradeNo(number(attempt)), 0)
}

/// Bought in a browser, then inside WeChat, and paid by both links. One refund has arrived, one was
/// refused, of one WeChat's no is not to be believed yet, and it may know of more.
fn paid_with_refunds() -> Order {
    let bought = Life::of(vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (9, checkout(jsapi("buyer-a"))),
        (9, closed("ORDER001", close_order::Answer::Closed)),
        (9, placed("ORDER001*2", None)),
        (20, notified("ORDER001", "42001", 1990)),
        (21, notified("ORDER001*2", "42002", 1990)),
    ]);
    let with_reason = RefundAsk { reason: RefundDesc::new("少发一件").ok(), ..wish("R1", 500) };
    let refunded = bought
        .then(100, Input::RefundAsked(with_reason))
        .then(100, accepted("R1"))
        .then(170, refund_is("R1", 500, "SUCCESS"))
        .then(200, ask("R2", 300))
        .then(200, refused("R2", "NOTENOUGH"))
        .then(200, no_such_refund(By::OutTradeNo(number("ORDER001"))))
        .then(200, no_such_refund(By::OutTradeNo(number("ORDER001*2"))))
        .then(300, ask("R3", 200))
        .then(305, unanswered("R3"))
        .then(361, Input::Alarm)
        .then(361, refused("R3", "ERROR"))
        .then(370, hint("ORDER001", "X1", RefundStatus::Success));
    refunded.last.order
}

/// One buyer holds a link at the old amount, another waits for it to be closed, as does the shop.
fn awaited() -> Order {
    let life = Life::of(vec![
        (0, checkout(jsapi("buyer-a"))),
        (0, place_refused("ORDER001", "NOAUTH")),
        (5, checkout(jsapi("buyer-a"))),
        (5, placed("ORDER001", None)),
        (8, Input::Repriced(Fen::new(1500))),
        (9, checkout(mweb("a", 7))),
        (10, Input::CloseAsked),
    ]);
    life.last.order
}

fn book() -> Vec<Entry> {
    let event = Line::Event {
        id: "e1".to_owned(),
        r#type: "order.paid".to_owned(),
        out_trade_no: Some(number("ORDER001")),
        state: "pending".to_owned(),
        attempts: 1,
    };
    let event = Entry { day: BeijingDay::of(at(20)), at: at(20), line: event };
    paid_with_refunds().entries().into_iter().chain([event]).collect()
}

/// Compared once, and asked for again.
fn plan() -> Plan {
    let mut plan = Plan::scheduled(BeijingDay::of(at(0)));
    assert!(plan.begin(plan.wake_at().unwrap()));
    let counts = Counts { missing: 2, ..Counts::default() };
    plan.succeed(Summary { at: at(90_000), bill: BillTotals::default(), counts });
    plan.asked(at(100_000));
    plan
}

#[test]
fn a_paid_order_of_every_form_is_as_it_was() {
    for order in PAID.map(read::<Order>) {
        assert!(
            matches!(order.state(), State::Paid(payment) if payment.total_fee == Fen::new(1990))
        );
        let paid: Vec<_> = order.payments().map(|it| it.transaction_id.as_str()).collect();
        assert_eq!(paid, ["42001", "42002"]);
        assert!(
            matches!(order.attempts(), [first, second] if *first.number.as_str() == *"ORDER001"
            && second.buyer == jsapi("buyer-a") && second.stage == Stage::Closed)
        );
        assert_eq!(order.conflicts()[0].kind, ConflictKind::PaidTwice);

        let refunds: Vec<_> =
            order.refunds().iter().map(|it| (it.out_refund_no.as_str(), it.stage)).collect();
        let stages = [RefundStage::Succeeded, RefundStage::Refused, RefundStage::Asked];
        assert_eq!(refunds, ["R1", "R2", "R3"].into_iter().zip(stages).collect::<Vec<_>>());
        assert_eq!((order.refunded(), order.page_status()), (Fen::new(500), PageStatus::Paid));
        assert_eq!(order.refunds()[0].reason, RefundDesc::new("少发一件").ok());
        assert_eq!(order.refunds()[1].err_code.as_deref(), Some("NOTENOUGH"));
        assert_eq!(order.admit_refund(&wish("R4", 1291), at(400)), RefundAdmission::Exceeds);
        assert_eq!(order.admit_refund(&wish("R4", 1290), at(400)), RefundAdmission::Taken);
    }
}

#[test]
fn a_paid_order_of_every_form_goes_on_where_it_was() {
    for order in PAID.map(read::<Order>) {
        let request = order.refund_request(&refund_number("R3")).unwrap();
        assert_eq!((request.total_fee, request.refund_fee), (Fen::new(1990), Fen::new(200)));
        let about = By::OutRefundNo(refund_number("R3"));
        let rung = order.decide(Input::Alarm, at(450));
        let asked = [ask_about_all("ORDER001"), Effect::QueryRefunds(about.clone(), 0)];
        assert_eq!(rung.effects, asked, "what was hinted at, and whether R3 was made");
        let no = rung.order.decide(no_such_refund(about), at(450)).order;
        assert_eq!(no.refunds()[2].err_code.as_deref(), Some("ERROR"));
    }
}

#[test]
fn an_awaited_order_of_every_form_goes_on_where_it_was() {
    for order in AWAITED.map(read::<Order>) {
        assert_eq!((order.amount(), order.terms().amount()), (Fen::new(1500), Fen::new(1990)));
        assert!(!order.amount_is_settled());
        assert_eq!(order.expires_at(), at(1800));
        assert_eq!(order.offer(&mweb("a", 7), at(11)), Offer::Closed);
        let placed = order.prepay(&number("ORDER001")).unwrap();
        assert_eq!((placed.total_fee, placed.time_expire), (Fen::new(1990), at(1800).into()));
        let rung = order.decide(Input::Alarm, at(40));
        let live = |effect: fn(OutTradeNo) -> Effect| effect(number("ORDER001"));
        assert_eq!(rung.effects, [live(Effect::Query), live(Effect::Close)]);
        assert_eq!(rung.wake_at, Some(at(70)));
        let ended = rung.order.decide(closed("ORDER001", close_order::Answer::Closed), at(41));
        assert_eq!(ended.happened.last(), Some(&Happened::Closed { reason: Closing::ByShop }));
    }
}

#[test]
fn a_book_of_the_first_form_has_the_same_lines() {
    let book: Vec<Entry> = read(BOOK);
    let keys: Vec<_> = book.iter().map(|entry| entry.line.key()).collect();
    assert_eq!(keys, ["order:ORDER001", "payment:42001", "payment:42002", "refund:R1", "event:e1"]);
    assert!(
        matches!(&book[0].line, Line::Order { amount, status: PageStatus::Paid, conflicts: 1, .. }
        if *amount == Fen::new(1990))
    );
    assert!(matches!(&book[3].line, Line::Refund { amount, status: RefundStage::Succeeded, .. }
        if *amount == Fen::new(500)));
    assert_eq!((book[3].at, book[3].day.to_string()), (at(100), "2026-01-01".to_owned()));
}

#[test]
fn a_plan_of_the_first_form_goes_on_where_it_was() {
    let mut plan: Plan = read(PLAN);
    assert_eq!((plan.state(), plan.run(), plan.wakes_next()), (PlanState::Waiting, 1, true));
    assert_eq!(plan.wake_at(), Some(at(100_000)));
    assert_eq!(plan.found().map(|(_, summary)| summary.counts.missing), Some(2));
    assert!(plan.begin(at(100_000)));
}

#[test]
fn the_newest_files_are_as_this_version_writes() {
    is_written_as("paid-2.json", PAID[1], &paid_with_refunds());
    is_written_as("awaited-2.json", AWAITED[1], &awaited());
    is_written_as("book-1.json", BOOK, &book());
    is_written_as("plan-1.json", PLAN, &plan());
}

fn is_written_as<Stored>(file: &str, json: &str, stored: &Stored)
where
    Stored: Serialize + DeserializeOwned + PartialEq,
{
    let written = serde_json::to_value(stored).unwrap();
    assert!(written == read::<Value>(json), "{file} is not\n{written:#}");
    assert!(read::<Stored>(json) == *stored, "{file}");
}
