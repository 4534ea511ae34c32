//! What only API V3 has, and a shop that moves between the two with orders in flight.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a scenario that panics is a scenario that failed"
)]

use wxpay_core::{Ack, Api, Fen, OutRefundNo};
use wxpay_merchant::{Happened, Input, Offer, RefundAdmission, RefundStage, State};
use wxpay_sandbox::{
    self as sandbox, Direction, Faults, NotifyFault, RefundStatus, StatusFault, V3Fault,
};
use wxpay_scenarios::{World, in_wechat, on_phone};

const NUMBER: &str = "ORDER001";
const FAULTS: [V3Fault; 8] = [
    V3Fault::Unsigned,
    V3Fault::WrongSerial,
    V3Fault::UnknownSerial,
    V3Fault::Stale,
    V3Fault::Future,
    V3Fault::WrongSignature,
    V3Fault::WrongAlgorithm,
    V3Fault::OtherV3Key,
];

fn world() -> World {
    let mut world = World::new(Api::V3);
    world.create(NUMBER, 1990, 1800);
    world
}

/// Paid, and told so.
fn paid(api: Api) -> World {
    let mut world = World::new(api);
    world.create(NUMBER, 1990, 1800);
    world.checkout(NUMBER, &in_wechat("buyer-a"));
    assert!(world.pay(NUMBER, "buyer-a"));
    world.pass(1);
    assert!(is_paid(&world, NUMBER));
    world
}

fn is_paid(world: &World, number: &str) -> bool {
    matches!(world.orders[number].order.state(), State::Paid(_))
}

fn stages(world: &World) -> Vec<RefundStage> {
    world.orders[NUMBER].order.refunds().iter().map(|refund| refund.stage).collect()
}

/// What was asked of WeChat about an order, by name.
fn asked(world: &World, attempt: &str) -> Vec<String> {
    let of_attempt = |name: &Option<String>| name.as_deref() == Some(attempt);
    let calls = world.wechat.ledger().messages().filter(|it| it.direction == Direction::In);
    let calls = calls.filter(|it| it.what != "notify_ack" && of_attempt(&it.out_trade_no));
    calls.map(|call| call.what.to_string()).collect()
}

#[test]
fn an_answer_that_is_not_rightly_signed_is_no_answer_and_the_same_is_asked_again() {
    for v3_answer in FAULTS {
        let mut world = world();
        world.wechat.set_faults(Faults { v3_answer, ..Faults::default() });
        let buyer = in_wechat("buyer-a");
        let offer = world.checkout(NUMBER, &buyer);
        match v3_answer {
            // Nothing in it is sealed.
            V3Fault::OtherV3Key => assert!(matches!(offer, Offer::Pay(_))),
            _ => assert_eq!(offer, Offer::Unknown, "{v3_answer:?}"),
        }
        world.wechat.set_faults(Faults::default());
        assert!(matches!(world.checkout(NUMBER, &buyer), Offer::Pay(_)), "{v3_answer:?}");
        assert_eq!(world.wechat.ledger().orders().count(), 1);
    }
}

#[test]
fn an_unsigned_success_closes_nothing() {
    let mut world = world();
    world.checkout(NUMBER, &on_phone("a", 7));
    world.wechat.set_faults(Faults { v3_answer: V3Fault::Unsigned, ..Faults::default() });
    world.input(NUMBER, Input::CloseAsked);
    assert!(world.wechat.ledger().order(NUMBER).unwrap().closed_at.is_some(), "204, unsigned");
    assert_eq!(world.orders[NUMBER].order.state(), &State::AwaitingPayment);
    world.wechat.set_faults(Faults::default());
    world.pass(120);
    assert_eq!(world.orders[NUMBER].order.state(), &State::Closed);
}

#[test]
fn a_gateway_that_is_away_or_busy_decides_nothing() {
    for v3_status in [
        StatusFault::FrequencyLimited,
        StatusFault::SystemError,
        StatusFault::BadGateway,
        StatusFault::ServiceUnavailable,
    ] {
        let mut world = paid(Api::V3);
        world.wechat.set_faults(Faults { v3_status, ..Faults::default() });
        assert_eq!(world.refund(NUMBER, "R1", 500, None), RefundAdmission::Taken);
        assert_eq!(stages(&world), [RefundStage::Asked], "{v3_status:?}");
        world.wechat.set_faults(Faults::default());
        world.pass(300);
        assert_eq!(stages(&world), [RefundStage::Succeeded], "{v3_status:?}");
    }
}

#[test]
fn a_notification_that_is_not_rightly_signed_and_sealed_moves_nothing_and_the_next_try_does() {
    for v3_notify in FAULTS {
        let mut world = world();
        world.checkout(NUMBER, &in_wechat("buyer-a"));
        world.pass(6);
        world.wechat.set_faults(Faults { v3_notify, ..Faults::default() });
        assert!(world.pay(NUMBER, "buyer-a"));
        world.pass(1);
        let (_, ack, _) = world.heard.last().unwrap();
        assert_eq!(*ack, Ack::Unverified, "{v3_notify:?}");
        assert!(!is_paid(&world, NUMBER), "{v3_notify:?}");
        world.wechat.set_faults(Faults::default());
        world.pass(15);
        assert!(is_paid(&world, NUMBER), "{v3_notify:?}");
    }
}

#[test]
fn a_signature_probe_is_refused_and_what_it_tells_comes_again() {
    let mut world = world();
    world.checkout(NUMBER, &in_wechat("buyer-a"));
    world.pass(6);
    world.wechat.set_faults(Faults { probe_notify_percent: 100, ..Faults::default() });
    assert!(world.pay(NUMBER, "buyer-a"));
    world.pass(1);
    assert!(!is_paid(&world, NUMBER));
    world.pass(15);
    assert!(is_paid(&world, NUMBER));
    let heard: Vec<_> = world.heard.iter().map(|(_, ack, _)| *ack).collect();
    assert_eq!(heard, [Ack::Unverified, Ack::Taken]);
}

#[test]
fn of_byte_for_byte_copies_one_is_taken() {
    let mut world = world();
    world.wechat.set_faults(Faults { notify: NotifyFault::Replay, times: 20, ..Faults::default() });
    world.checkout(NUMBER, &in_wechat("buyer-a"));
    world.pay(NUMBER, "buyer-a");
    world.pass(1);
    let taken: Vec<_> = world.heard.iter().map(|(_, ack, _)| *ack).collect();
    assert_eq!(taken[0], Ack::Taken);
    assert!(taken[1..].iter().all(|ack| *ack == Ack::Replayed));
    assert_eq!((taken.len(), world.orders[NUMBER].times_paid()), (20, 1));
}

#[test]
fn what_was_true_and_is_not_any_more_can_not_be_said_again() {
    let mut world = paid(Api::V3);
    let refund_end = RefundStatus::Change;
    world.wechat.set_faults(Faults { refund_end, refund_seconds: 5, ..Faults::default() });
    world.refund(NUMBER, "R1", 500, None);
    world.pass(5);
    assert_eq!(stages(&world), [RefundStage::Abnormal]);
    let (abnormal, ..) = world.heard.last().unwrap().clone();
    world.wechat.settle_refund(world.wechat_now(), "R1", RefundStatus::Success);
    world.pass(1);
    assert_eq!(stages(&world), [RefundStage::Succeeded], "signed, so it needs no question");
    assert_eq!(world.hear_again(&abnormal), Ack::Replayed);
    world.pass(300);
    assert_eq!(world.hear_again(&abnormal), Ack::Unverified, "too old by now");
    assert_eq!(world.orders[NUMBER].order.conflicts(), []);
}

#[test]
fn after_a_crash_a_replay_is_still_known() {
    let mut world = paid(Api::V3);
    let (told, ..) = world.heard.last().unwrap().clone();
    world.weather.push_back(wxpay_scenarios::Weather::Crash);
    world.input(NUMBER, Input::Alarm);
    assert_eq!(world.hear_again(&told), Ack::Replayed);
}

#[test]
fn a_refund_made_elsewhere_is_known_by_its_notification() {
    let mut world = paid(Api::V3);
    assert!(world.refund_elsewhere(NUMBER, 500, true));
    world.pass(60);
    assert_eq!(stages(&world), [RefundStage::Succeeded]);
    assert_eq!(world.orders[NUMBER].order.refunded(), Fen::new(500));
    let asked = asked(&world, NUMBER);
    assert!(!asked.iter().any(|what| what == "v3_refund_query"), "nothing is asked: {asked:?}");
}

#[test]
fn a_refund_made_elsewhere_that_nobody_told_is_on_the_bill_and_costs_nobody_a_fen() {
    let mut world = paid(Api::V3);
    assert!(world.refund_elsewhere(NUMBER, 500, false));
    world.pass(600);
    assert_eq!(stages(&world), []);
    // The shop believes that all of it is left. WeChat knows better, and says so.
    assert_eq!(world.refund(NUMBER, "R1", 1990, None), RefundAdmission::Taken);
    world.pass(600);
    assert_eq!(stages(&world), [RefundStage::Refused]);
    world.pass(2 * 86_400);
    let differences = world.differences();
    let elsewhere = world.wechat.ledger().refunds().next().unwrap().1.out_refund_no.clone();
    let shown: Vec<_> = differences.iter().map(|it| it.out_refund_no.clone()).collect();
    assert_eq!(shown, [Some(elsewhere)]);
}

#[test]
fn a_refund_whose_notification_is_lost_for_good_is_asked_about_if_it_is_ours() {
    let mut world = paid(Api::V3);
    world.wechat.set_faults(Faults { notify: NotifyFault::Lost, ..Faults::default() });
    world.refund(NUMBER, "R1", 500, None);
    assert!(world.refund_elsewhere(NUMBER, 600, true));
    world.pass(4 * 86_400);
    assert_eq!(stages(&world), [RefundStage::Succeeded]);
    assert!(world.orders[NUMBER].order.refund(&OutRefundNo::new("R1").unwrap()).is_some());
    assert_eq!(world.differences().len(), 1, "the other one is on the bill alone");
}

#[test]
fn an_order_in_flight_is_finished_by_the_api_it_was_begun_with() {
    for (from, to, words) in [
        (Api::V2, Api::V3, ["unifiedorder", "orderquery", "refund", "refundquery"]),
        (Api::V3, Api::V2, ["v3_order", "v3_query", "v3_refund", "v3_refund_query"]),
    ] {
        let mut world = World::new(from);
        world.create(NUMBER, 1990, 7200);
        let buyer = on_phone("a", 7);
        world.checkout(NUMBER, &buyer);
        world.place_by(to);
        world.pass(200);
        assert!(matches!(world.checkout(NUMBER, &buyer), Offer::Pay(_)));
        assert!(world.pay(NUMBER, "buyer-a"));
        world.pass(1);
        assert!(is_paid(&world, NUMBER), "told as it was begun");
        assert_eq!(world.refund(NUMBER, "R1", 1990, None), RefundAdmission::Taken);
        world.pass(600);
        assert_eq!(stages(&world), [RefundStage::Succeeded]);
        let asked = asked(&world, NUMBER);
        assert!(asked.iter().all(|what| words.contains(&what.as_str())), "{asked:?}");
        assert_eq!(world.orders[NUMBER].order.attempts().len(), 1);
    }
}

#[test]
fn a_dead_link_is_closed_and_its_successor_goes_by_the_new_api() {
    for (from, to) in [(Api::V2, Api::V3), (Api::V3, Api::V2)] {
        let mut world = World::new(from);
        world.create(NUMBER, 1990, 7200);
        let buyer = on_phone("a", 7);
        world.checkout(NUMBER, &buyer);
        world.place_by(to);
        world.pass(400);
        assert!(matches!(world.checkout(NUMBER, &buyer), Offer::Pay(_)));
        let apis =
            world.known_to_wechat(NUMBER).map(|order| (order.api, order.closed_at.is_some()));
        let (first, second) = match from {
            Api::V2 => (sandbox::Api::V2, sandbox::Api::V3),
            Api::V3 => (sandbox::Api::V3, sandbox::Api::V2),
        };
        assert_eq!(apis.collect::<Vec<_>>(), [(first, true), (second, false)]);
    }
}

#[test]
fn a_new_order_and_a_new_attempt_go_by_the_new_api() {
    let mut world = World::new(Api::V2);
    world.create(NUMBER, 1990, 7200);
    world.checkout(NUMBER, &on_phone("a", 7));
    world.place_by(Api::V3);
    // Another buyer: the first attempt is closed by V2, the second is V3's.
    assert!(matches!(world.checkout(NUMBER, &in_wechat("buyer-b")), Offer::Pay(_)));
    assert_eq!(asked(&world, NUMBER), ["unifiedorder", "closeorder"]);
    assert_eq!(asked(&world, "ORDER001*2"), ["v3_order"]);
    world.create("ORDER002", 5, 7200);
    world.checkout("ORDER002", &on_phone("a", 7));
    assert_eq!(asked(&world, "ORDER002"), ["v3_order"]);
    assert!(world.pay("ORDER001*2", "buyer-b") && world.pay("ORDER002", "buyer-a"));
    world.pass(1);
    assert!(is_paid(&world, NUMBER) && is_paid(&world, "ORDER002"));
    // Money goes back by the API it came by.
    world.place_by(Api::V2);
    world.refund(NUMBER, "R1", 1990, None);
    world.pass(120);
    let refunded = |line: &Happened| matches!(line, Happened::Refund { .. });
    let steps = world.orders[NUMBER].history.iter().filter(|line| refunded(line)).count();
    assert_eq!((steps, stages(&world)), (3, vec![RefundStage::Succeeded]));
    assert!(asked(&world, "ORDER001*2").iter().any(|what| what == "v3_refund"));
}

#[test]
fn what_v2_leaves_v3_takes_over() {
    let mut world = World::new(Api::V2);
    world.create(NUMBER, 1990, 7200);
    world.checkout(NUMBER, &on_phone("a", 7));
    world.leave_v2();
    assert!(world.pay(NUMBER, "buyer-a"));
    world.pass(4);
    assert!(!is_paid(&world, NUMBER), "V2 tells it in a language that is not understood any more");
    world.pass(1);
    assert!(is_paid(&world, NUMBER), "the question goes by V3");
    world.refund(NUMBER, "R1", 500, None);
    world.pass(60);
    assert_eq!(stages(&world), [RefundStage::Succeeded]);
    let asked = asked(&world, NUMBER);
    assert_eq!(asked, ["unifiedorder", "v3_query", "v3_refund"], "told signed, without a question");
}
