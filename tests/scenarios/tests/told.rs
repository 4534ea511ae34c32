//! Single stories, each with its name.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a scenario that panics is a scenario that failed"
)]

use wxpay_core::{Api, Fen};
use wxpay_merchant::{Conflict, ConflictKind, Handed, Input, Offer, PageStatus, State};
use wxpay_sandbox::{Faults, NotifyFault, OrderFault};
use wxpay_scenarios::{Weather, World, at_desk, in_wechat, on_phone};

const NUMBER: &str = "ORDER001";

const BOTH: [Api; 2] = [Api::V2, Api::V3];

fn world(api: Api) -> World {
    let mut world = World::new(api);
    world.create(NUMBER, 1990, 1800);
    world
}

fn paid_amount(world: &World) -> Option<Fen> {
    match world.orders[NUMBER].order.state() {
        State::Paid(payment) => Some(payment.total_fee),
        _ => None,
    }
}

fn status(world: &World) -> PageStatus {
    world.orders[NUMBER].order.page_status()
}

#[test]
fn every_channel_is_paid_and_both_books_agree() {
    for api in BOTH {
        for buyer in [in_wechat("buyer-a"), on_phone("a", 7), at_desk("a")] {
            let mut world = world(api);
            assert!(matches!(world.checkout(NUMBER, &buyer), Offer::Pay(_)));
            assert!(world.pay(NUMBER, "buyer-a"));
            world.pass(1);
            assert_eq!(paid_amount(&world), Some(Fen::new(1990)));
            assert_eq!(world.wechat.ledger().order(NUMBER).unwrap().total_fee, 1990);
            assert_eq!(world.orders[NUMBER].times_paid(), 1);
        }
    }
}

#[test]
fn with_every_notification_lost_the_first_question_finds_the_payment() {
    for api in BOTH {
        let mut world = world(api);
        world.wechat.set_faults(Faults { notify: NotifyFault::Lost, ..Faults::default() });
        world.checkout(NUMBER, &in_wechat("buyer-a"));
        assert!(world.pay(NUMBER, "buyer-a"));
        world.pass(4);
        assert_eq!(status(&world), PageStatus::Unpaid);
        world.pass(1);
        assert_eq!(status(&world), PageStatus::Paid);
    }
}

#[test]
fn twenty_copies_make_one_paid() {
    for api in BOTH {
        let mut world = world(api);
        world.wechat.set_faults(Faults {
            notify: NotifyFault::Duplicate,
            times: 20,
            ..Faults::default()
        });
        world.checkout(NUMBER, &in_wechat("buyer-a"));
        world.pay(NUMBER, "buyer-a");
        world.pass(1);
        assert_eq!(world.orders[NUMBER].times_paid(), 1);
        let acknowledged =
            world.wechat.ledger().messages().filter(|message| message.what == "notify_ack").count();
        assert_eq!(acknowledged, 20);
    }
}

#[test]
fn a_forged_and_a_wrong_notification_move_nothing_and_the_question_does() {
    for api in BOTH {
        for fault in [NotifyFault::Forged, NotifyFault::WrongAmount] {
            let mut world = world(api);
            world.wechat.set_faults(Faults { notify: fault, ..Faults::default() });
            world.checkout(NUMBER, &in_wechat("buyer-a"));
            world.pay(NUMBER, "buyer-a");
            world.pass(3);
            assert_eq!(status(&world), PageStatus::Unpaid, "{fault:?}");
            world.pass(2);
            assert_eq!(paid_amount(&world), Some(Fen::new(1990)), "{fault:?}");
        }
    }
}

#[test]
fn an_order_whose_answer_was_lost_is_placed_again_under_the_same_number() {
    for api in BOTH {
        for weather in [Weather::AnswerLost, Weather::RequestLost, Weather::Crash] {
            let mut world = world(api);
            world.weather.push_back(weather);
            assert_eq!(world.checkout(NUMBER, &on_phone("a", 7)), Offer::Unknown, "{weather:?}");
            assert!(
                matches!(world.checkout(NUMBER, &on_phone("a", 7)), Offer::Pay(_)),
                "{weather:?}"
            );
            assert_eq!(world.orders[NUMBER].order.attempts().len(), 1);
            assert_eq!(world.wechat.ledger().orders().count(), 1);
        }
    }
}

#[test]
fn systemerror_before_and_after_the_effect_is_asked_again() {
    for api in BOTH {
        for fault in
            [OrderFault::Systemerror, OrderFault::SystemerrorAfterEffect, OrderFault::Timeout]
        {
            let mut world = world(api);
            world.wechat.set_faults(Faults { order: fault, ..Faults::default() });
            assert_eq!(world.checkout(NUMBER, &in_wechat("buyer-a")), Offer::Unknown, "{fault:?}");
            world.wechat.set_faults(Faults::default());
            assert!(
                matches!(world.checkout(NUMBER, &in_wechat("buyer-a")), Offer::Pay(_)),
                "{fault:?}"
            );
        }
    }
}

#[test]
fn an_unpaid_order_is_closed_on_both_sides_at_its_end() {
    for api in BOTH {
        let mut world = world(api);
        world.checkout(NUMBER, &on_phone("a", 7));
        world.pass(1801);
        assert_eq!(world.orders[NUMBER].order.state(), &State::Closed);
        assert!(world.wechat.ledger().order(NUMBER).unwrap().closed_at.is_some());
        assert!(!world.pay(NUMBER, "buyer-a"), "the dead link pays nothing");
    }
}

#[test]
fn a_payment_in_the_last_second_with_lost_news_is_found_at_the_end() {
    for api in BOTH {
        let mut world = world(api);
        world.wechat.set_faults(Faults { notify: NotifyFault::Lost, ..Faults::default() });
        world.checkout(NUMBER, &on_phone("a", 7));
        world.pass(1799);
        assert!(world.pay(NUMBER, "buyer-a"));
        world.pass(1);
        assert_eq!(paid_amount(&world), Some(Fen::new(1990)));
    }
}

#[test]
fn a_payment_while_the_shop_closes_wins() {
    for api in BOTH {
        let mut world = world(api);
        world.checkout(NUMBER, &in_wechat("buyer-a"));
        assert!(world.pay(NUMBER, "buyer-a"));
        world.input(NUMBER, Input::CloseAsked);
        assert_eq!(paid_amount(&world), Some(Fen::new(1990)));
        assert_eq!(world.orders[NUMBER].order.conflicts(), []);
    }
}

#[test]
fn switching_from_browser_to_wechat_leaves_one_live_link() {
    for api in BOTH {
        let mut world = world(api);
        world.checkout(NUMBER, &on_phone("a", 7));
        assert!(matches!(
            world.checkout(NUMBER, &in_wechat("buyer-a")),
            Offer::Pay(Handed::Bridge { .. })
        ));
        assert!(!world.pay(NUMBER, "buyer-a"), "the first link is closed at WeChat");
        assert!(world.pay("ORDER001*2", "buyer-a"));
        world.pass(1);
        assert_eq!(paid_amount(&world), Some(Fen::new(1990)));
    }
}

#[test]
fn while_the_first_link_can_not_be_closed_nobody_else_gets_one() {
    for api in BOTH {
        let mut world = world(api);
        world.checkout(NUMBER, &on_phone("a", 7));
        world.weather.push_back(Weather::RequestLost);
        assert_eq!(world.checkout(NUMBER, &on_phone("b", 7)), Offer::HeldByOther);
        assert!(world.pay(NUMBER, "buyer-a"), "the first one may still pay");
        assert_eq!(world.checkout(NUMBER, &on_phone("b", 7)), Offer::Paid);
    }
}

#[test]
fn a_notification_that_was_stored_but_not_acknowledged_comes_again_and_changes_nothing() {
    for api in BOTH {
        let mut world = world(api);
        world.checkout(NUMBER, &in_wechat("buyer-a"));
        world.pay(NUMBER, "buyer-a");
        world.weather.push_back(Weather::AnswerLost);
        world.pass(20);
        assert_eq!(world.orders[NUMBER].times_paid(), 1);
        let notices = &world.wechat.ledger().order(NUMBER).unwrap().notices;
        assert_eq!(notices.len(), 2, "the second try was acknowledged");
    }
}

#[test]
fn money_after_closing_is_named() {
    for api in BOTH {
        let mut world = world(api);
        world.checkout(NUMBER, &in_wechat("buyer-a"));
        assert!(world.pay(NUMBER, "buyer-a"));
        let late = world.wechat.due(1_767_240_001).remove(0);
        // The shop believes it closed: its closing was confirmed before the payment's news arrived.
        let number = wxpay_core::OutTradeNo::new(NUMBER).unwrap();
        world.weather.push_back(Weather::Crash);
        world.input(NUMBER, Input::CloseAsked);
        let confirmed =
            wxpay_core::Outcome::Known(wxpay_core::question::close_order::Answer::Closed);
        world.input(NUMBER, Input::ClosedOff(number, confirmed));
        assert_eq!(world.orders[NUMBER].order.state(), &State::Closed);
        world.hear_again(&late);
        assert!(matches!(
            world.orders[NUMBER].order.conflicts(),
            [Conflict { kind: ConflictKind::PaidAfterClose, .. }]
        ));
        assert_eq!(paid_amount(&world), Some(Fen::new(1990)));
    }
}
