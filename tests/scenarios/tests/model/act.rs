//! What may happen in a story.
use std::collections::VecDeque;

use proptest::prelude::*;
use serde_json::json;
use wxpay_core::{
    Api, Fen, OutRefundNo, OutTradeNo, RefundId, TransactionId, question::refund_query,
    v2::refund_notify::RefundNews,
};
use wxpay_merchant::{Buyer, Input, Way};
use wxpay_sandbox::{
    CloseFault, Craft, Faults, NotifyFault, OrderFault, QueryFault, RefundFault, RefundStatus,
    StatusFault, V3Fault,
};
use wxpay_scenarios::{TOLD_BY_V3, Weather, World, at_desk, in_wechat, on_phone};

/// By which API a shop sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    V2,
    V3,
    /// By V2 at first, then by V3, and back.
    Moving,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Checkout { order: usize, buyer: usize },
    Pay { order: usize, attempt: usize, openid: usize },
    PageAsks(usize),
    Close(usize),
    Reprice { order: usize, amount: u32 },
    Refund { order: usize, refund: usize, amount: u32 },
    RefundElsewhere { order: usize, attempt: usize, amount: u64, told: bool },
    Settle { refund: usize, status: RefundStatus },
    RefundNewsByALiar { order: usize, refund: usize },
    NewsAgain { order: usize, times: u32 },
    Pass(u64),
    ClockIsAhead(i64),
    Notify(NotifyFault),
    Order(OrderFault),
    Query(QueryFault),
    CloseFault(CloseFault),
    RefundFault(RefundFault),
    RefundsEnd(RefundStatus),
    Weather(Vec<Weather>),
    PlaceBy(Api),
    LeaveV2,
    Answers(V3Fault),
    Notifications(V3Fault),
    Status(StatusFault),
    Probes(u8),
    Replay(usize),
}

/// Orders of one story, each with a time of its own.
pub(crate) const ORDERS: usize = 2;
pub(crate) const EXPIRES_IN: [u64; ORDERS] = [1800, 7200];
/// Small, so that refunds meet the last fen often.
pub(crate) const PRICE: u32 = 5;

/// Longer than WeChat repeats a notification. Seconds.
pub(crate) const SILENCE: u64 = 90_000;

pub(crate) fn number(order: usize) -> String {
    format!("ORDER00{order}")
}

pub(crate) fn buyers() -> [Buyer; 5] {
    let in_wechat = [in_wechat("buyer-0"), in_wechat("buyer-1")];
    let [one, other] = in_wechat;
    [one, other, on_phone("a", 7), on_phone("b", 7), at_desk("a")]
}

/// A story is made of scenes, so that what belongs together comes together often enough.
pub(crate) fn story(life: Life) -> impl Strategy<Value = Vec<Act>> {
    let scene = prop_oneof![
        9 => act(life).prop_map(|act| vec![act]),
        2 => (act(life), weather(), pass())
            .prop_map(|(act, weather, pass)| vec![act, Act::Weather(weather), pass]),
        1 => (weather(), act(life)).prop_map(|(weather, act)| vec![Act::Weather(weather), act]),
        1 => (refund_elsewhere(life), weather(), 60_u64..90).prop_map(|(refund, weather, seconds)| {
            vec![refund, Act::Weather(weather), Act::Pass(seconds)]
        }),
    ];
    let scenes = |scene| prop::collection::vec(scene, 1..32);
    match life {
        Life::V2 => scenes(scene.boxed()).prop_map(|scenes| scenes.concat()).boxed(),
        // Dear stories have to be full ones.
        Life::V3 | Life::Moving => {
            let scene = prop_oneof![8 => scene, 2 => purchase(), 1 => refunding()];
            let end = prop_oneof![3 => Just(Vec::new()), 1 => silence()];
            let story = (scenes(scene.boxed()), end);
            story.prop_map(|(scenes, end)| [scenes.concat(), end].concat()).boxed()
        }
    }
}

/// Of what happens now WeChat tells so long in vain that it gives up.
fn silence() -> impl Strategy<Value = Vec<Act>> {
    (0_usize..3, refund_status()).prop_map(|(refund, status)| {
        let settled = Act::Settle { refund, status };
        vec![Act::Notify(NotifyFault::Lost), settled, Act::Pass(SILENCE)]
    })
}

fn purchase() -> impl Strategy<Value = Vec<Act>> {
    (0..ORDERS, 0_usize..5, 0_usize..2, 0_u64..40).prop_map(|(order, buyer, attempt, seconds)| {
        let pays = Act::Pay { order, attempt, openid: 0 };
        vec![Act::Checkout { order, buyer }, pays, Act::Pass(seconds)]
    })
}

fn refunding() -> impl Strategy<Value = Vec<Act>> {
    let which = (0..ORDERS, 0_usize..4, 1..=PRICE);
    (which, refund_status(), 60_u64..90).prop_map(|((order, refund, amount), status, seconds)| {
        let refunds = Act::Refund { order, refund, amount };
        vec![Act::RefundsEnd(status), refunds, Act::Pass(seconds)]
    })
}

fn refund_elsewhere(life: Life) -> impl Strategy<Value = Act> {
    let amount = 1..=u64::from(PRICE);
    let told =
        if life == Life::V2 { Just(true).boxed() } else { prop::bool::weighted(0.8).boxed() };
    (0..ORDERS, 0_usize..3, amount, told).prop_map(|(order, attempt, amount, told)| {
        Act::RefundElsewhere { order, attempt, amount, told }
    })
}

fn pass() -> impl Strategy<Value = Act> {
    prop_oneof![0_u64..10, 30_u64..400, 0_u64..2000].prop_map(Act::Pass)
}

fn act(life: Life) -> BoxedStrategy<Act> {
    let moves = vec![Act::PlaceBy(Api::V2), Act::PlaceBy(Api::V3), Act::LeaveV2];
    let moves = prop::sample::select(moves);
    match life {
        Life::V2 => of_both(life).boxed(),
        Life::V3 => prop_oneof![42 => of_both(life), 6 => of_v3()].boxed(),
        Life::Moving => prop_oneof![42 => of_both(life), 4 => of_v3(), 6 => moves].boxed(),
    }
}

fn of_both(life: Life) -> impl Strategy<Value = Act> {
    let order = || 0..ORDERS;
    prop_oneof![
        6 => (order(), 0_usize..5).prop_map(|(order, buyer)| Act::Checkout { order, buyer }),
        6 => (order(), 0_usize..3, 0_usize..2)
            .prop_map(|(order, attempt, openid)| Act::Pay { order, attempt, openid }),
        2 => order().prop_map(Act::PageAsks),
        1 => order().prop_map(Act::Close),
        2 => (order(), PRICE - 1..=PRICE + 1)
            .prop_map(|(order, amount)| Act::Reprice { order, amount }),
        6 => (order(), 0_usize..4, 1..=PRICE)
            .prop_map(|(order, refund, amount)| Act::Refund { order, refund, amount }),
        2 => refund_elsewhere(life),
        2 => (0_usize..6, refund_status()).prop_map(|(refund, status)| Act::Settle { refund, status }),
        1 => (order(), 0_usize..4)
            .prop_map(|(order, refund)| Act::RefundNewsByALiar { order, refund }),
        1 => (order(), 1_u32..4).prop_map(|(order, times)| Act::NewsAgain { order, times }),
        8 => pass(),
        1 => clock(life).prop_map(Act::ClockIsAhead),
        7 => fault(),
        2 => weather().prop_map(Act::Weather),
    ]
}

fn fault() -> impl Strategy<Value = Act> {
    use {CloseFault as C, NotifyFault as N, OrderFault as O, QueryFault as Q, RefundFault as R};
    let notify =
        vec![N::Normal, N::Lost, N::Lost, N::Duplicate, N::Late, N::Forged, N::WrongAmount];
    let order = vec![O::Normal, O::Timeout, O::Systemerror, O::SystemerrorAfterEffect];
    let query = vec![Q::Normal, Q::Userpaying, Q::Payerror, Q::NewWord, Q::Bare];
    let refund = vec![
        R::Normal,
        R::Timeout,
        R::Systemerror,
        R::SystemerrorAfterEffect,
        R::BizerrNeedRetry,
        R::FrequencyLimited,
        R::OneAMinute,
        R::Notenough,
        R::UserAccountAbnormal,
    ];
    prop_oneof![
        2 => prop::sample::select(notify).prop_map(Act::Notify),
        1 => prop::sample::select(order).prop_map(Act::Order),
        1 => prop::sample::select(query).prop_map(Act::Query),
        1 => prop::sample::select(vec![C::Normal, C::TooSoon]).prop_map(Act::CloseFault),
        2 => prop::sample::select(refund).prop_map(Act::RefundFault),
        1 => refund_status().prop_map(Act::RefundsEnd),
    ]
}

/// V3 believes nobody whose clock is five minutes off, and nothing happens until it is right.
fn clock(life: Life) -> BoxedStrategy<i64> {
    match life {
        Life::V2 => (-900_i64..900).boxed(),
        Life::V3 | Life::Moving => prop_oneof![-900_i64..900, -290_i64..290, Just(0)].boxed(),
    }
}

/// What only API V3 knows.
fn of_v3() -> impl Strategy<Value = Act> {
    let fault = || {
        prop::sample::select(vec![
            V3Fault::Normal,
            V3Fault::Normal,
            V3Fault::Normal,
            V3Fault::Normal,
            V3Fault::Normal,
            V3Fault::Unsigned,
            V3Fault::WrongSerial,
            V3Fault::UnknownSerial,
            V3Fault::Stale,
            V3Fault::Future,
            V3Fault::WrongSignature,
            V3Fault::WrongAlgorithm,
            V3Fault::OtherV3Key,
        ])
    };
    let status = vec![
        StatusFault::Normal,
        StatusFault::Normal,
        StatusFault::Normal,
        StatusFault::Normal,
        StatusFault::FrequencyLimited,
        StatusFault::SystemError,
        StatusFault::BadGateway,
        StatusFault::ServiceUnavailable,
    ];
    prop_oneof![
        1 => fault().prop_map(Act::Answers),
        1 => fault().prop_map(Act::Notifications),
        1 => prop::sample::select(status).prop_map(Act::Status),
        1 => prop::sample::select(vec![0, 30]).prop_map(Act::Probes),
        2 => (0_usize..8).prop_map(Act::Replay),
        1 => Just(Act::Notify(NotifyFault::Replay)),
    ]
}

fn refund_status() -> impl Strategy<Value = RefundStatus> {
    use RefundStatus as S;
    prop::sample::select(vec![S::Success, S::Change, S::Refundclose, S::Processing])
}

/// A storm, or one thing that goes wrong after some that went well: between any two effects.
fn weather() -> impl Strategy<Value = Vec<Weather>> {
    use Weather as W;
    let bad = vec![W::RequestLost, W::AnswerLost, W::AnswerLate, W::Crash, W::Crash];
    let any = prop_oneof![3 => Just(W::Fine), 4 => prop::sample::select(bad.clone())];
    let one = (0_usize..4, prop::sample::select(bad)).prop_map(|(well, bad)| {
        let mut weather = vec![W::Fine; well];
        weather.push(bad);
        weather
    });
    prop_oneof![prop::collection::vec(any, 1..6), one]
}

pub(crate) fn perform(world: &mut World, act: &Act) {
    let faults = world.wechat.faults();
    match *act {
        Act::Checkout { order, buyer } => drop(world.checkout(&number(order), &buyers()[buyer])),
        Act::Pay { order, attempt, openid } => pay(world, order, attempt, openid),
        Act::PageAsks(order) => drop(world.input(&number(order), Input::PageAsks)),
        Act::Close(order) => drop(world.input(&number(order), Input::CloseAsked)),
        Act::Reprice { order, amount } => {
            world.input(&number(order), Input::Repriced(Fen::new(amount)));
        }
        Act::Refund { order, refund, amount } => {
            world.refund(&number(order), &refund_number(order, refund), amount, None);
        }
        Act::RefundElsewhere { order, attempt, amount, told } => {
            if let Some(attempt) = attempt_number(world, order, attempt) {
                world.refund_elsewhere(attempt.as_str(), amount, told);
            }
        }
        Act::Settle { refund, status } => settle(world, refund, status),
        Act::RefundNewsByALiar { order, refund } => lie(world, order, refund),
        Act::NewsAgain { order, times } => news_again(world, order, times),
        Act::Pass(seconds) => world.pass(seconds),
        Act::ClockIsAhead(seconds) => world.ahead = seconds,
        Act::Notify(notify) => world.wechat.set_faults(Faults { notify, times: 3, ..faults }),
        Act::Order(order) => world.wechat.set_faults(Faults { order, ..faults }),
        Act::Query(query) => world.wechat.set_faults(Faults { query, ..faults }),
        Act::CloseFault(close) => world.wechat.set_faults(Faults { close, ..faults }),
        Act::RefundFault(refund) => world.wechat.set_faults(Faults { refund, ..faults }),
        Act::RefundsEnd(refund_end) => world.wechat.set_faults(Faults { refund_end, ..faults }),
        Act::Weather(ref weather) => world.weather = VecDeque::from(weather.clone()),
        Act::PlaceBy(api) => world.place_by(api),
        Act::LeaveV2 => world.leave_v2(),
        Act::Answers(v3_answer) => world.wechat.set_faults(Faults { v3_answer, ..faults }),
        Act::Notifications(v3_notify) => world.wechat.set_faults(Faults { v3_notify, ..faults }),
        Act::Status(v3_status) => world.wechat.set_faults(Faults { v3_status, ..faults }),
        Act::Probes(percent) => world.wechat.set_faults(Faults {
            probe_answer_percent: percent,
            probe_notify_percent: percent,
            ..faults
        }),
        Act::Replay(heard) => replay(world, heard),
    }
}

fn attempt_number(world: &World, order: usize, attempt: usize) -> Option<OutTradeNo> {
    let attempts = world.orders[&number(order)].order.attempts();
    attempts.get(attempt).map(|attempt| attempt.number.clone())
}

fn pay(world: &mut World, order: usize, attempt: usize, openid: usize) {
    let Some(attempt) = world.orders[&number(order)].order.attempts().get(attempt) else { return };
    // Inside WeChat only the buyer the order was made for can pay it.
    let openid = match &attempt.buyer.way {
        Way::Jsapi(openid) => openid.to_string(),
        _ => format!("buyer-{openid}"),
    };
    let attempt = attempt.number.clone();
    world.pay(attempt.as_str(), &openid);
}

fn refund_number(order: usize, refund: usize) -> String {
    format!("R{order}{refund}")
}

/// WeChat, or somebody at the merchant platform, decides upon a refund that had no end yet.
fn settle(world: &mut World, refund: usize, status: RefundStatus) {
    let now = world.wechat_now();
    let open = |status| matches!(status, RefundStatus::Processing | RefundStatus::Change);
    let found = world.wechat.ledger().refunds().map(|(_, refund)| refund).nth(refund);
    let Some(found) = found.filter(|refund| open(refund.status(now))) else { return };
    if status != found.status(now) && status != RefundStatus::Processing {
        let number = found.out_refund_no.clone();
        world.wechat.settle_refund(now, &number, status);
    }
}

/// Somebody says of a refund what is not so. V2's seal has no integrity, so there it opens, whichever
/// API the order is of; V3's has to be signed, and is, by a stranger.
fn lie(world: &mut World, order: usize, refund: usize) {
    let Some(out_trade_no) = attempt_number(world, order, 0) else { return };
    let transaction_id = "4200000000000000000000000000";
    let refund_id = "50000000000000000000000000000";
    let out_refund_no = refund_number(order, refund);
    let news = RefundNews {
        out_trade_no: out_trade_no.clone(),
        transaction_id: TransactionId::new(transaction_id).unwrap(),
        out_refund_no: OutRefundNo::new(&out_refund_no).unwrap(),
        refund_id: RefundId::new(refund_id).unwrap(),
        status: refund_query::RefundStatus::Success,
    };
    let api = world.orders[&number(order)].order.api_of(&out_trade_no);
    world.input(&number(order), Input::RefundHinted(news));
    if api == Api::V2 {
        return;
    }
    let resource = json!({
        "mchid": world.wechat.account().mch_id,
        "out_trade_no": out_trade_no,
        "transaction_id": transaction_id,
        "out_refund_no": out_refund_no,
        "refund_id": refund_id,
        "refund_status": "SUCCESS",
        "amount": { "total": PRICE, "refund": 1 },
    });
    let craft = Craft {
        event_type: Some("REFUND.SUCCESS".to_owned()),
        resource: Some(resource),
        key: Some("stranger".to_owned()),
        ..Craft::default()
    };
    let crafted = world.wechat.craft(world.wechat_now(), &craft).unwrap();
    let ack = world.hear(TOLD_BY_V3, &|name| crafted.headers.get(name).cloned(), &crafted.body);
    assert!(!ack.is_success(), "a stranger is believed");
}

/// Somebody who listened sends what WeChat once sent, byte by byte: nothing may come of it, though
/// WeChat did sign it.
fn replay(world: &mut World, place: usize) {
    let Some((heard, ack, ahead)) = world.heard.iter().rev().nth(place).cloned() else { return };
    let lines =
        |world: &World| -> usize { world.orders.values().map(|kept| kept.history.len()).sum() };
    let before = lines(world);
    let again = world.hear_again(&heard);
    // A clock that jumps may forget a nonce too early.
    let is_steady = ahead == 0 && world.ahead == 0;
    if heard.url == TOLD_BY_V3 && ack.is_success() && is_steady {
        assert!(!again.is_success(), "a replay is taken");
        assert_eq!(lines(world), before, "a replay moves something");
    }
}

/// WeChat tells all it ever told of an order once more, refunds first.
fn news_again(world: &mut World, order: usize, times: u32) {
    let (now, number) = (world.wechat_now(), number(order));
    let known: Vec<_> = world.known_to_wechat(&number).cloned().collect();
    let mut deliveries = Vec::new();
    for order in known {
        for refund in order.refunds {
            deliveries.extend(world.wechat.renotify_refund(now, &refund.out_refund_no, times));
        }
        deliveries.extend(world.wechat.renotify(now, &order.out_trade_no, times));
    }
    for delivery in deliveries {
        world.deliver(delivery);
    }
}
