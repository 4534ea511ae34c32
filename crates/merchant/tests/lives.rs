//! Thousands of random lives: whatever comes in whatever order.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use std::collections::BTreeMap;

use common::*;
use proptest::{prelude::*, test_runner::RngAlgorithm};
use wxpay_core::{
    Fen, OutRefundNo, Outcome, UnixSeconds, Why,
    question::{close_order, refund_query::By, refund_query::RefundStatus},
};
use wxpay_merchant::{Buyer, Decision, Happened, Input, Offer, Order, RefundStage, Stage, State};

#[derive(Debug, Clone, Copy)]
enum Move {
    Checkout(u8),
    PageAsks,
    CloseAsked,
    Alarm,
    Notify { attempt: u8, transaction: u8, right: bool },
    Placed(u8),
    PlaceLost(u8),
    Query(u8, u8),
    CloseAnswer(u8, u8),
    Reprice(u8),
    RefundAsked(u8, u8),
    RefundAnswered(u8, u8),
    RefundHinted(u8),
    RefundTold(u8, u8, u8),
    RefundsTold(u8, u8),
}

fn moves() -> impl Strategy<Value = Vec<(u64, Move)>> {
    let attempt = 1_u8..4;
    let one = prop_oneof![
        (0_u8..4).prop_map(Move::Checkout),
        Just(Move::PageAsks),
        Just(Move::CloseAsked),
        Just(Move::Alarm),
        (attempt.clone(), 0_u8..2, any::<bool>())
            .prop_map(|(attempt, transaction, right)| Move::Notify { attempt, transaction, right }),
        attempt.clone().prop_map(Move::Placed),
        attempt.clone().prop_map(Move::PlaceLost),
        (attempt.clone(), 0_u8..6).prop_map(|(attempt, word)| Move::Query(attempt, word)),
        (attempt, 0_u8..3).prop_map(|(attempt, answer)| Move::CloseAnswer(attempt, answer)),
    ];
    let refunds = prop_oneof![
        (0_u8..2).prop_map(Move::Reprice),
        (0_u8..4, 0_u8..3).prop_map(|(refund, amount)| Move::RefundAsked(refund, amount)),
        (0_u8..4, 0_u8..3).prop_map(|(refund, answer)| Move::RefundAnswered(refund, answer)),
        (1_u8..4).prop_map(Move::RefundHinted),
        (0_u8..4, 0_u8..3, 0_u8..5)
            .prop_map(|(refund, amount, word)| Move::RefundTold(refund, amount, word)),
        (1_u8..4, 0_u8..3).prop_map(|(attempt, count)| Move::RefundsTold(attempt, count)),
    ];
    prop::collection::vec((0_u64..400, prop_oneof![one, refunds]), 1..40)
}

fn attempt_name(n: u8) -> String {
    if n == 1 { "ORDER001".into() } else { format!("ORDER001*{n}") }
}

fn buyer(n: u8) -> Buyer {
    [jsapi("buyer-a"), jsapi("buyer-b"), mweb("a", 7), mweb("b", 7)][usize::from(n)].clone()
}

fn input(step: Move) -> Input {
    let words = ["NOTPAY", "USERPAYING", "CLOSED", "REFUND", "ODD"];
    match step {
        Move::Checkout(n) => checkout(buyer(n)),
        Move::PageAsks => Input::PageAsks,
        Move::CloseAsked => Input::CloseAsked,
        Move::Alarm => Input::Alarm,
        Move::Notify { attempt, transaction, right } => {
            let transaction = format!("{attempt}{transaction}");
            notified(&attempt_name(attempt), &transaction, if right { 1990 } else { 1 })
        }
        Move::Placed(n) => placed(&attempt_name(n), Some("https://wx.tenpay.com/x")),
        Move::PlaceLost(n) => {
            Input::Ordered(number(&attempt_name(n)), Outcome::Unknown(Why::Timeout))
        }
        Move::Query(n, 5) => queried(
            &attempt_name(n),
            paid_fields(&attempt_name(n), &format!("{n}0"), 1990, "buyer-a"),
        ),
        Move::Query(n, word) => trade_state(&attempt_name(n), words[usize::from(word)]),
        Move::CloseAnswer(n, answer) => {
            let answers = [
                close_order::Answer::Closed,
                close_order::Answer::Paid,
                close_order::Answer::NotExist,
            ];
            closed(&attempt_name(n), answers[usize::from(answer)].clone())
        }
        Move::Reprice(n) => Input::Repriced(Fen::new([1990, 1500][usize::from(n)])),
        Move::RefundAsked(n, amount) => ask(&refund_name(n), REFUNDED[usize::from(amount)]),
        Move::RefundAnswered(n, answer) => match answer {
            0 => accepted(&refund_name(n)),
            1 => refused(&refund_name(n), "NOTENOUGH"),
            _ => unanswered(&refund_name(n)),
        },
        Move::RefundHinted(n) => hint(&attempt_name(n), "R0", RefundStatus::Success),
        Move::RefundTold(n, _, 4) => no_such_refund(By::OutRefundNo(refund(n))),
        Move::RefundTold(n, amount, word) => {
            refund_is(&refund_name(n), REFUNDED[usize::from(amount)], STATUS[usize::from(word)])
        }
        Move::RefundsTold(n, 0) => no_such_refund(By::OutTradeNo(number(&attempt_name(n)))),
        Move::RefundsTold(n, count) => {
            let made = [("X0", 700, "SUCCESS"), ("X1", 700, "PROCESSING")];
            let made = &made[..usize::from(count)];
            refunds_of(&attempt_name(n), 0, made.len(), made)
        }
    }
}

const REFUNDED: [u32; 3] = [1, 1000, 1990];
const STATUS: [&str; 4] = ["PROCESSING", "SUCCESS", "CHANGE", "REFUNDCLOSE"];

fn refund_name(n: u8) -> String {
    format!("R{n}")
}

fn refund(n: u8) -> OutRefundNo {
    refund_number(&refund_name(n))
}

/// What must hold after every step, whatever it was.
fn holds(decision: &Decision, now: UnixSeconds) -> Result<(), TestCaseError> {
    let order = &decision.order;
    let live = order.attempts().iter().filter(|attempt| attempt.is_live()).count();
    let is_paid = matches!(order.state(), State::Paid(_) | State::Refunded);
    let ended = is_paid || order.state() == &State::Closed;
    let is_open = |stage| {
        use RefundStage::{Abnormal, Asked, Processing, Waiting};
        matches!(stage, Waiting | Asked | Processing | Abnormal)
    };
    let refunds_open = order.refunds().iter().any(|refund| is_open(refund.stage));
    let rests = ended && live == 0 && !refunds_open;
    prop_assert!(rests || decision.wake_at.is_some_and(|at| at >= now), "nothing is forgotten");
    prop_assert!(order.attempts().len() <= 9);

    let pays = |n: &u8| matches!(order.offer(&buyer(*n), now), Offer::Pay(_));
    let offered: Vec<_> = (0..4).filter(pays).collect();
    prop_assert!(offered.len() <= 1, "one link, one person: {offered:?}");
    let newest = order.attempts().last().map(|attempt| attempt.amount);
    prop_assert!(offered.is_empty() || newest == Some(order.amount()), "an old price is offered");
    for attempt in order.attempts() {
        if let Stage::Open { expires_at, .. } = &attempt.stage {
            prop_assert!(*expires_at <= attempt.asked_at.plus(7200));
        }
    }
    Ok(())
}

/// Of every payment no more is asked back than was paid, but for what others made at the platform,
/// and for a refund that WeChat refused, signed, and then says it took all the same.
fn no_more_than_paid_goes_back(order: &Order, steps: &Steps) -> Result<(), TestCaseError> {
    let was_refused = |number: &OutRefundNo| {
        steps.get(number).is_some_and(|told| told.contains(&RefundStage::Refused))
    };
    let ours = |refund: &&wxpay_merchant::Refund| {
        refund.out_refund_no.as_str().starts_with('R')
            && !was_refused(&refund.out_refund_no)
            && !matches!(refund.stage, RefundStage::Refused | RefundStage::Closed)
            && order.refund_request(&refund.out_refund_no).is_some()
    };
    for payment in order.payments() {
        let of = order.refunds().iter().filter(ours);
        let of = of.filter(|refund| refund.transaction_id == payment.transaction_id);
        let sum: u32 = of.map(|refund| refund.amount.fen()).sum();
        prop_assert!(sum <= payment.total_fee.fen(), "{sum} fen go back");
    }
    Ok(())
}

/// What was told of each refund since it was last asked for.
type Steps = BTreeMap<OutRefundNo, Vec<RefundStage>>;

/// Each step of a refund is told once; only what was refused may begin anew.
fn steps_are_told_once(happened: &[Happened], steps: &mut Steps) -> Result<(), TestCaseError> {
    for line in happened {
        if let Happened::Refund { out_refund_no, status, .. } = line {
            let told = steps.entry(out_refund_no.clone()).or_default();
            if matches!(status, RefundStage::Waiting | RefundStage::Asked) {
                prop_assert!(told.last().is_none_or(|last| *last == RefundStage::Refused));
                told.clear();
            }
            prop_assert!(!told.contains(status), "{status:?} again");
            told.push(*status);
        }
    }
    Ok(())
}

/// An alarm at `wake_at` changes the order or comes later next time.
fn no_alarm_loop(decision: &Decision) -> Result<(), TestCaseError> {
    if let Some(at) = decision.wake_at {
        let rung = decision.order.clone().decide(Input::Alarm, at);
        let moved = rung.order != decision.order || rung.wake_at.is_none_or(|next| next > at);
        prop_assert!(moved, "an alarm that rings for ever");
        let twice = rung.order.clone().decide(Input::Alarm, at);
        let third = twice.order.clone().decide(Input::Alarm, at);
        prop_assert!(third.wake_at.is_none_or(|next| next > at), "three alarms in one second");
    }
    Ok(())
}

proptest! {
    // Twice as fast as with proptest's own chance.
    #![proptest_config(ProptestConfig {
        cases: 3000,
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    })]

    /// Whatever comes in whatever order: one `paid`, never unpaid again, nothing open without an
    /// alarm, nothing dead or dear is offered, no link to two people, no fen too much back, no step
    /// twice, and what is written down is what is read.
    #[test]
    fn no_order_of_events_breaks_the_rules(moves in moves()) {
        let mut order = order();
        let (mut now, mut paid, mut was_paid) = (0, 0, false);
        let mut steps = BTreeMap::new();
        for (seconds, step) in moves {
            now += seconds;
            let decision = order.decide(input(step), at(now));
            paid += decision.happened.iter().filter(|line| matches!(line, Happened::Paid { .. })).count();
            prop_assert!(paid <= 1);
            holds(&decision, at(now))?;
            steps_are_told_once(&decision.happened, &mut steps)?;
            no_more_than_paid_goes_back(&decision.order, &steps)?;
            no_alarm_loop(&decision)?;

            order = decision.order;
            let is_paid = matches!(order.state(), State::Paid(_) | State::Refunded);
            prop_assert!(is_paid || !was_paid, "money does not come undone");
            was_paid = is_paid;
        }
        let json = serde_json::to_string(&order).unwrap();
        let read = serde_json::from_str::<Order>(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
}
