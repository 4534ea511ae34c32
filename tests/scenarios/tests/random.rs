//! Any story: buyers, shops, crashes, lost calls and forged news in random order.
//! A failing story is shrunk and printed by proptest.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a scenario that panics is a scenario that failed"
)]

use std::collections::VecDeque;

use proptest::prelude::*;
use wxpay_merchant::{Buyer, Conflict, ConflictKind, Input, Offer, State, Way};
use wxpay_sandbox::{Faults, NotifyFault, OrderFault};
use wxpay_scenarios::{Weather, World, at_desk, in_wechat, on_phone};

#[derive(Debug, Clone)]
enum Act {
    Checkout { order: usize, buyer: usize },
    Pay { order: usize, attempt: usize, openid: usize },
    PageAsks(usize),
    Close(usize),
    Pass(u64),
    Notify(NotifyFault),
    Order(OrderFault),
    Weather(Vec<Weather>),
}

const ORDERS: usize = 2;

fn act() -> impl Strategy<Value = Act> {
    let weather = prop_oneof![
        3 => Just(Weather::Fine),
        1 => Just(Weather::RequestLost),
        1 => Just(Weather::AnswerLost),
        1 => Just(Weather::Crash),
    ];
    let notify = prop_oneof![
        Just(NotifyFault::Normal),
        Just(NotifyFault::Lost),
        Just(NotifyFault::Duplicate),
        Just(NotifyFault::Late),
        Just(NotifyFault::Forged),
        Just(NotifyFault::WrongAmount),
    ];
    let order = prop_oneof![
        3 => Just(OrderFault::Normal),
        1 => Just(OrderFault::Timeout),
        1 => Just(OrderFault::Systemerror),
        1 => Just(OrderFault::SystemerrorAfterEffect),
    ];
    prop_oneof![
        6 => (0..ORDERS, 0_usize..5).prop_map(|(order, buyer)| Act::Checkout { order, buyer }),
        6 => (0..ORDERS, 0_usize..3, 0_usize..2)
            .prop_map(|(order, attempt, openid)| Act::Pay { order, attempt, openid }),
        2 => (0..ORDERS).prop_map(Act::PageAsks),
        1 => (0..ORDERS).prop_map(Act::Close),
        4 => prop_oneof![0_u64..10, 0_u64..400, 0_u64..2000].prop_map(Act::Pass),
        2 => notify.prop_map(Act::Notify),
        1 => order.prop_map(Act::Order),
        2 => prop::collection::vec(weather, 0..6).prop_map(Act::Weather),
    ]
}

fn number(order: usize) -> String {
    format!("ORDER00{order}")
}

fn perform(world: &mut World, act: Act) {
    let buyers = [
        in_wechat("buyer-0"),
        in_wechat("buyer-1"),
        on_phone("a", 7),
        on_phone("b", 7),
        at_desk("a"),
    ];
    match act {
        Act::Checkout { order, buyer } => {
            world.checkout(&number(order), &buyers[buyer]);
            let holds =
                |buyer: &&Buyer| matches!(world.offer(&number(order), buyer), Offer::Pay(_));
            assert!(buyers.iter().filter(holds).count() <= 1, "one link, one person");
        }
        Act::Pay { order, attempt, openid } => {
            let attempts = world.orders[&number(order)].order.attempts();
            if let Some(attempt) = attempts.get(attempt).cloned() {
                // Inside WeChat only the buyer the order was made for can pay it.
                let openid = match &attempt.buyer.way {
                    Way::Jsapi(openid) => openid.to_string(),
                    _ => format!("buyer-{openid}"),
                };
                world.pay(attempt.number.as_str(), &openid);
            }
        }
        Act::PageAsks(order) => drop(world.input(&number(order), Input::PageAsks)),
        Act::Close(order) => drop(world.input(&number(order), Input::CloseAsked)),
        Act::Pass(seconds) => world.pass(seconds),
        Act::Notify(notify) => {
            let faults = world.wechat.faults();
            world.wechat.set_faults(Faults { notify, times: 3, ..faults });
        }
        Act::Order(order) => {
            let faults = world.wechat.faults();
            world.wechat.set_faults(Faults { order, ..faults });
        }
        Act::Weather(weather) => world.weather = VecDeque::from(weather),
    }
}

fn books_agree(world: &World) {
    let (mut theirs, mut ours) = (0, 0);
    for order in world.wechat.ledger().orders().filter(|order| order.payment.is_some()) {
        theirs += order.total_fee;
    }
    for (number, kept) in &world.orders {
        assert!(kept.times_paid() <= 1, "{number} became paid twice");
        let paid_there = world.wechat.ledger().orders().any(|order| {
            order.payment.is_some() && order.out_trade_no.split('*').next() == Some(number)
        });
        match kept.order.state() {
            State::Paid(payment) => ours += u64::from(payment.total_fee.fen()),
            State::Closed => assert!(!paid_there, "{number} is paid at WeChat and closed here"),
            other => panic!("{number} is stuck: {other:?}"),
        }
        // WeChat keeps its word here, so nothing may be paid twice or after closing.
        let named = |conflict: &Conflict| conflict.kind != ConflictKind::Mismatch;
        assert!(!kept.order.conflicts().iter().any(named), "{:?}", kept.order.conflicts());
    }
    assert_eq!(theirs, ours, "the books differ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_books_agree_in_the_end(acts in prop::collection::vec(act(), 1..40)) {
        let mut world = World::new();
        for order in 0..ORDERS {
            world.create(&number(order), 100 + u32::try_from(order).unwrap(), 1800);
        }
        for act in acts {
            perform(&mut world, act);
            for order in 0..ORDERS {
                assert!(world.payable(&number(order)) <= 1, "{} could be paid twice", number(order));
            }
        }
        // The storm passes; two days later everything is settled.
        world.weather.clear();
        world.wechat.set_faults(Faults::default());
        world.pass(2 * 86_400);
        books_agree(&world);
    }
}
