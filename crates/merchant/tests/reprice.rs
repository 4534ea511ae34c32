//! 改价 · a changed amount, told as sentences.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use common::*;
use wxpay_core::{Fen, question::close_order};
use wxpay_merchant::{
    ConflictKind, Effect, Handed, Happened, Input, Line, Offer, PageStatus, State,
};

fn reprice(fen: u32) -> Input {
    Input::Repriced(Fen::new(fen))
}

fn close(attempt: &str) -> Effect {
    Effect::Close(number(attempt))
}

/// A link at 1990 fen is out; at second 20 the order costs 1500.
fn repriced() -> Life {
    Life::of(bought()).then(20, reprice(1500))
}

#[test]
fn an_order_nobody_came_for_simply_costs_something_else() {
    let life = Life::of(vec![(5, reprice(1500)), (9, checkout(jsapi("buyer-a")))]);
    assert!(life.last.order.amount_is_settled());
    assert_eq!(life.last.order.attempts()[0].amount, Fen::new(1500));
    assert!(life.history.contains(&Happened::Repriced { amount: Fen::new(1500) }));
}

#[test]
fn the_link_at_the_old_amount_is_closed_until_wechat_confirms() {
    let life = repriced();
    assert_eq!(life.last.effects, [close("ORDER001")]);
    assert!(!life.last.order.amount_is_settled());
    let rung = life.then(50, Input::Alarm);
    assert!(rung.last.effects.contains(&close("ORDER001")), "{:?}", rung.last.effects);
    let settled = rung.then(51, closed("ORDER001", close_order::Answer::Closed));
    assert!(settled.last.order.amount_is_settled());
    assert_eq!(settled.last.order.state(), &State::AwaitingPayment);
}

#[test]
fn the_buyer_with_the_old_link_is_held_until_it_is_closed_and_then_pays_the_new_amount() {
    let held = repriced().then(21, checkout(jsapi("buyer-a")));
    assert_eq!(held.last.order.offer(&jsapi("buyer-a"), at(21)), Offer::HeldByOther);
    let turn = held.then(22, closed("ORDER001", close_order::Answer::Closed));
    assert_eq!(turn.last.effects, [Effect::Place(number("ORDER001*2"))]);
    assert_eq!(turn.last.order.prepay(&number("ORDER001*2")).unwrap().total_fee, Fen::new(1500));
    let open = turn.then(22, placed("ORDER001*2", None));
    let offer = open.last.order.offer(&jsapi("buyer-a"), at(22));
    assert!(matches!(offer, Offer::Pay(Handed::Bridge { .. })));
    let paid = open.then(30, notified("ORDER001*2", "42002", 1500));
    assert_eq!((paid.events(), paid.last.order.conflicts().len()), (vec!["order.paid"], 0));
}

#[test]
fn a_payment_by_the_old_link_while_it_is_being_closed_counts_and_is_named() {
    let late = repriced()
        .then(21, closed("ORDER001", close_order::Answer::Paid))
        .then(21, notified("ORDER001", "42001", 1990));
    assert_eq!(late.last.order.page_status(), PageStatus::Paid);
    let [conflict] = late.last.order.conflicts() else { panic!() };
    assert_eq!((conflict.kind, conflict.amount), (ConflictKind::PaidOldAmount, Fen::new(1990)));
    assert_eq!(late.events(), ["order.conflict", "order.paid"]);
}

#[test]
fn an_answer_at_the_old_amount_that_comes_late_is_closed_again() {
    let raced = Life::of(vec![
        (0, checkout(jsapi("buyer-a"))),
        (1, reprice(1500)),
        (1, closed("ORDER001", close_order::Answer::NotExist)),
        (2, placed("ORDER001", None)),
    ]);
    assert_eq!(raced.last.effects, [close("ORDER001")]);
    assert!(!matches!(raced.last.order.offer(&jsapi("buyer-a"), at(2)), Offer::Pay(_)));
}

#[test]
fn the_same_amount_again_changes_nothing_and_the_first_one_again_is_a_change() {
    assert_eq!(Life::of(bought()).then(20, reprice(1990)).last.effects, []);
    let back = repriced().then(30, reprice(1990));
    assert_eq!((back.last.effects.len(), back.last.happened.len()), (0, 1));
    assert!(back.last.order.amount_is_settled());
}

#[test]
fn the_creation_may_still_be_repeated_as_it_was() {
    let life = repriced();
    assert_eq!(life.last.order.terms(), order().terms());
    assert_eq!(life.last.order.amount(), Fen::new(1500));
}

#[test]
fn what_is_paid_closed_or_over_has_no_new_price() {
    let is_closed = Life::of(bought())
        .then(9, Input::CloseAsked)
        .then(9, closed("ORDER001", close_order::Answer::Closed));
    let closing = Life::of(bought()).then(9, Input::CloseAsked);
    for (seconds, life) in
        [(20, paid()), (20, is_closed), (20, closing), (1800, Life::of(bought()))]
    {
        let state = life.last.order.state().clone();
        let after = life.then(seconds, reprice(1));
        assert_eq!(
            (after.last.order.amount(), after.last.happened.len()),
            (Fen::new(1990), 0),
            "{state:?}"
        );
    }
}

#[test]
fn the_book_has_the_amount_as_it_is_now_and_the_payment_as_it_was() {
    let late = repriced().then(21, notified("ORDER001", "42001", 1990));
    let amounts: Vec<_> = late
        .last
        .order
        .entries()
        .into_iter()
        .map(|entry| match entry.line {
            Line::Order { amount, conflicts, .. } => (amount.fen(), conflicts),
            Line::Payment { amount, .. } => (amount.fen(), 0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(amounts, [(1500, 1), (1990, 0)]);
}
