//! A payment that WeChat's bill has and the day's book has not: asked about, never believed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use common::*;
use wxpay_core::question::close_order;
use wxpay_merchant::{Effect, Input, State};

fn on_bill(attempt: &str) -> Input {
    Input::OnBill(number(attempt))
}

#[test]
fn a_payment_on_the_bill_makes_even_a_closed_order_ask_and_only_the_answer_moves_it() {
    let shut = after(vec![
        (0, checkout(jsapi("buyer-a"))),
        (1, placed("ORDER001", None)),
        (2, Input::CloseAsked),
        (3, closed("ORDER001", close_order::Answer::Closed)),
    ]);
    assert_eq!(shut.order.state(), &State::Closed);
    let told = shut.order.decide(on_bill("ORDER001"), at(90_000));
    assert_eq!(told.effects, [Effect::Query(number("ORDER001"))]);
    assert_eq!((told.order.state(), told.happened.len()), (&State::Closed, 0));
    let fields = paid_fields("ORDER001", "42001", 1990, "buyer-a");
    let paid = told.order.decide(queried("ORDER001", fields), at(90_001)).order;
    assert!(matches!(paid.state(), State::Paid(_)));
    assert_eq!(paid.decide(on_bill("ORDER001"), at(90_002)).effects, [], "it is known");
}

#[test]
fn a_number_on_the_bill_that_is_no_attempt_of_the_order_asks_nothing() {
    let open = after(vec![(0, checkout(jsapi("buyer-a"))), (1, placed("ORDER001", None))]);
    assert_eq!(open.order.decide(on_bill("ORDER001*7"), at(9)).effects, []);
}
