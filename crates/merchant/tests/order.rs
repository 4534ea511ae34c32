//! An order's life, told as sentences, then as thousands of random lives.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;
use wxpay_core::{
    ApiV2Key, Appid, Body, Fen, Mchid, NotifyUrl, Openid, OutTradeNo, Outcome, UnixSeconds,
    Verified, Why,
    v2::{
        Credential, Fields, SignType, close_order,
        notify::{Ack, Notification, RawNotification},
        order_query::OrderQuery,
        unified_order::{self, Placed},
    },
};
use wxpay_merchant::{
    Buyer, Closing, Conflict, ConflictKind, Decision, Effect, Handed, Happened, Input, Offer,
    Order, PageStatus, Shop, Stage, State, Terms, Visitor, Way,
};

const START: u64 = 1_767_240_000;

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(START + seconds)
}

fn number(text: &str) -> OutTradeNo {
    OutTradeNo::new(text).unwrap()
}

fn credential() -> Credential {
    let key = ApiV2Key::new("192006250b4c09247ec02edce69f6a2d".into()).unwrap(); // published test key
    let appid = Appid::new("wx2421b1c4370ec43b").unwrap();
    Credential::new(appid, Mchid::new("10000100").unwrap(), SignType::HmacSha256, key)
}

fn paid_fields(attempt: &str, transaction: &str, fen: u32, openid: &str) -> Fields {
    Fields::new()
        .with("return_code", "SUCCESS")
        .with("result_code", "SUCCESS")
        .with("trade_state", "SUCCESS")
        .with("trade_type", "JSAPI")
        .with("openid", openid)
        .with("out_trade_no", attempt)
        .with("transaction_id", transaction)
        .with("total_fee", fen)
        .with("time_end", "20260101120010")
}

fn notification(attempt: &str, transaction: &str, fen: u32) -> Verified<Notification> {
    notification_from(paid_fields(attempt, transaction, fen, "buyer-a"))
}

fn notification_from(fields: Fields) -> Verified<Notification> {
    RawNotification::new(credential().as_wechat_would_say(fields)).verify(&credential()).unwrap()
}

fn queried(attempt: &str, fields: Fields) -> Input {
    let bytes = credential()
        .as_wechat_would_say(fields.with("return_code", "SUCCESS").with("result_code", "SUCCESS"));
    let query = OrderQuery { out_trade_no: number(attempt) };
    Input::Queried(number(attempt), query.from_response(&credential(), &bytes))
}

fn trade_state(attempt: &str, word: &str) -> Input {
    queried(attempt, Fields::new().with("out_trade_no", attempt).with("trade_state", word))
}

fn placed(attempt: &str, url: Option<&str>) -> Input {
    let placed = Placed {
        prepay_id: wxpay_core::PrepayId::new("wx21201855730335ac86f8c43d1889123400").unwrap(),
        url: url.map(str::to_owned),
    };
    Input::Ordered(number(attempt), Outcome::Known(unified_order::Answer::Placed(placed)))
}

fn closed(attempt: &str, answer: close_order::Answer) -> Input {
    Input::ClosedOff(number(attempt), Outcome::Known(answer))
}

fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))
}

fn jsapi(openid: &str) -> Buyer {
    Buyer { way: Way::Jsapi(Openid::new(openid).unwrap()), ip: ip(8) }
}

fn mweb(visitor: &str, last: u8) -> Buyer {
    Buyer {
        way: Way::Mweb(Visitor::new(&format!("visitor-of-tests-{visitor}")).unwrap()),
        ip: ip(last),
    }
}

fn checkout(buyer: Buyer) -> Input {
    let url = |path| NotifyUrl::new(&format!("https://pay.example.com/notify/v2/{path}")).unwrap();
    let shop = Shop {
        notify_url: url("pay"),
        wap_url: "https://pay.example.com".to_owned(),
        wap_name: "示例商城".to_owned(),
    };
    Input::Checkout(buyer, shop)
}

fn order() -> Order {
    let terms =
        Terms::new(number("ORDER001"), Fen::new(1990), Body::new("茶").unwrap(), None, 1800)
            .unwrap();
    Order::create(terms, at(0)).order
}

/// Feeds inputs one after the other and keeps the last decision.
fn after(inputs: Vec<(u64, Input)>) -> Decision {
    let mut inputs = inputs.into_iter();
    let (time, first) = inputs.next().unwrap();
    inputs.fold(order().decide(first, at(time)), |last, (time, input)| {
        last.order.decide(input, at(time))
    })
}

fn bought() -> Vec<(u64, Input)> {
    vec![(0, checkout(jsapi("buyer-a"))), (0, placed("ORDER001", None))]
}

fn then(mut inputs: Vec<(u64, Input)>, more: Vec<(u64, Input)>) -> Vec<(u64, Input)> {
    inputs.extend(more);
    inputs
}

#[test]
fn a_buyer_is_offered_what_wechat_handed_out() {
    let first = after(vec![(0, checkout(jsapi("buyer-a")))]);
    assert_eq!(first.effects, [Effect::Place(number("ORDER001"))]);
    assert_eq!(first.order.offer(&jsapi("buyer-a"), at(0)), Offer::Unknown);
    let open = first.order.decide(placed("ORDER001", None), at(0));
    assert!(matches!(
        open.order.offer(&jsapi("buyer-a"), at(1)),
        Offer::Pay(Handed::Bridge { .. })
    ));
    assert_eq!(open.wake_at, Some(at(5)));
}

#[test]
fn a_second_tap_gets_the_same_and_asks_wechat_nothing() {
    let again = after(then(bought(), vec![(3, checkout(jsapi("buyer-a")))]));
    assert_eq!(again.effects, []);
    assert_eq!(again.order.attempts().len(), 1);
}

#[test]
fn a_timeout_is_unknown_and_the_same_number_is_asked_again() {
    let lost = Input::Ordered(number("ORDER001"), Outcome::Unknown(Why::Timeout));
    let lost = after(vec![(0, checkout(jsapi("buyer-a"))), (5, lost)]);
    assert_eq!(lost.order.offer(&jsapi("buyer-a"), at(5)), Offer::Unknown);
    assert_eq!(lost.order.page_status(), PageStatus::Unknown);
    let again = lost.order.clone().decide(checkout(jsapi("buyer-a")), at(6));
    assert_eq!(again.effects, [Effect::Place(number("ORDER001"))]);
    assert_eq!(again.order.attempts().len(), 1);
    assert_eq!(again.order.attempts()[0].time_expire, lost.order.attempts()[0].time_expire);
}

#[test]
fn a_notification_makes_it_paid_once_however_often_it_comes() {
    let mut decision = after(bought());
    let mut paid = 0;
    for n in 0..20 {
        decision = decision
            .order
            .decide(Input::Notified(notification("ORDER001", "42001", 1990)), at(10 + n));
        assert_eq!(decision.ack, Some(Ack::Success));
        paid +=
            decision.happened.iter().filter(|line| matches!(line, Happened::Paid { .. })).count();
    }
    assert_eq!(paid, 1);
    assert_eq!(decision.order.page_status(), PageStatus::Paid);
    assert_eq!(decision.wake_at, None);
}

#[test]
fn a_wrong_amount_currency_payer_or_number_changes_nothing() {
    let open = after(bought()).order;
    for (fields, field) in [
        (paid_fields("ORDER001", "42001", 1, "buyer-a"), "total_fee"),
        (paid_fields("ORDER001", "42001", 1990, "buyer-a").with("fee_type", "USD"), "fee_type"),
        (paid_fields("ORDER001", "42001", 1990, "buyer-b"), "openid"),
    ] {
        let news = || Input::Notified(notification_from(fields.clone()));
        let decision = open.clone().decide(news(), at(10));
        assert_eq!(decision.ack, Some(Ack::Fail("订单信息不一致")));
        assert_eq!(
            (decision.order.state(), decision.order.attempts()),
            (open.state(), open.attempts())
        );
        assert!(
            matches!(decision.order.conflicts(), [Conflict { kind: ConflictKind::Mismatch, field: Some(name), .. }] if name == field)
        );
        // The same again is not a second line of history.
        assert_eq!(decision.order.decide(news(), at(11)).happened, []);
    }
    let stranger =
        open.clone().decide(Input::Notified(notification("ORDER002", "42001", 1990)), at(10));
    assert_eq!(stranger.ack, Some(Ack::Fail("订单不存在")));
    assert_eq!(stranger.order, open);
}

#[test]
fn without_a_notification_the_ladder_asks_and_finds_the_payment() {
    let mut decision = after(bought());
    let mut asked = Vec::new();
    while let Some(wake_at) = decision.wake_at.filter(|wake_at| *wake_at < at(1800)) {
        decision = decision.order.decide(Input::Alarm, wake_at);
        assert_eq!(decision.effects, [Effect::Query(number("ORDER001"))]);
        asked.push(wake_at.since(at(0)));
        decision = decision.order.decide(trade_state("ORDER001", "NOTPAY"), wake_at);
    }
    assert_eq!(asked, [5, 30, 120, 600]);
    assert_eq!(decision.wake_at, Some(at(1800)));
    let found = decision
        .order
        .decide(queried("ORDER001", paid_fields("ORDER001", "42001", 1990, "buyer-a")), at(601));
    assert!(matches!(found.order.state(), State::Paid(_)));
}

#[test]
fn at_expiry_it_is_asked_about_then_closed() {
    let asked = after(then(bought(), vec![(1800, Input::Alarm)]));
    assert_eq!(asked.effects, [Effect::Query(number("ORDER001"))]);
    let unpaid = asked.order.decide(trade_state("ORDER001", "NOTPAY"), at(1800));
    assert_eq!(unpaid.effects, [Effect::Close(number("ORDER001"))]);
    let closed = unpaid.order.decide(closed("ORDER001", close_order::Answer::Closed), at(1801));
    assert_eq!(closed.order.state(), &State::Closed);
    assert_eq!(closed.happened.last(), Some(&Happened::Closed { reason: Closing::Expired }));
    assert_eq!(closed.wake_at, None);
}

#[test]
fn an_order_nobody_came_for_closes_without_asking_anybody() {
    let decision = order().decide(Input::Alarm, at(1800));
    assert_eq!((decision.effects.len(), decision.order.state()), (0, &State::Closed));
}

#[test]
fn a_flood_of_requests_can_not_put_off_the_closing() {
    let mut order = after(then(bought(), vec![(1801, Input::Alarm)])).order;
    let mut earliest = u64::MAX;
    for second in 1801..1900 {
        let decision = order.decide(checkout(jsapi("buyer-a")), at(second));
        earliest = earliest.min(decision.wake_at.unwrap().since(at(0)));
        order = decision.order;
    }
    assert!(earliest <= 1831, "{earliest}");
}

#[test]
fn a_gateway_that_is_away_is_asked_ever_more_seldom() {
    let mut decision = after(then(bought(), vec![(1800, Input::Alarm)]));
    let mut asked = Vec::new();
    while asked.len() < 6 {
        let wake_at = decision.wake_at.unwrap();
        asked.push(wake_at.since(at(1800)));
        decision = decision.order.decide(Input::Alarm, wake_at);
        decision = decision
            .order
            .decide(Input::Queried(number("ORDER001"), Outcome::Unknown(Why::Timeout)), wake_at);
    }
    assert_eq!(asked, [30, 60, 120, 240, 480, 960]);
}

#[test]
fn payment_while_closing_wins() {
    let closing = after(then(bought(), vec![(60, Input::CloseAsked)]));
    assert_eq!(closing.effects, [Effect::Close(number("ORDER001"))]);
    let refused = closing.order.decide(closed("ORDER001", close_order::Answer::Paid), at(61));
    assert_eq!(refused.effects, [Effect::Query(number("ORDER001"))]);
    let paid = refused
        .order
        .decide(queried("ORDER001", paid_fields("ORDER001", "42001", 1990, "buyer-a")), at(61));
    assert!(matches!(paid.order.state(), State::Paid(_)));
    assert_eq!(paid.order.conflicts(), []);
}

#[test]
fn a_payment_after_closing_is_kept_as_paid_and_named() {
    let closed = then(
        bought(),
        vec![(60, Input::CloseAsked), (60, closed("ORDER001", close_order::Answer::Closed))],
    );
    let late =
        after(then(closed, vec![(90, Input::Notified(notification("ORDER001", "42001", 1990)))]));
    assert_eq!(late.ack, Some(Ack::Success));
    assert!(matches!(late.order.state(), State::Paid(_)));
    assert!(matches!(
        late.order.conflicts(),
        [Conflict { kind: ConflictKind::PaidAfterClose, .. }]
    ));
}

#[test]
fn another_visitor_gets_a_link_only_after_the_first_one_is_dead() {
    let first = then(
        vec![(0, checkout(mweb("a", 7)))],
        vec![(0, placed("ORDER001", Some("https://wx.tenpay.com/a")))],
    );
    let second = after(then(first, vec![(9, checkout(mweb("b", 7)))]));
    assert_eq!(second.effects, [Effect::Close(number("ORDER001"))]);
    assert_eq!(second.order.offer(&mweb("b", 7), at(9)), Offer::HeldByOther);
    let turn = second.order.decide(closed("ORDER001", close_order::Answer::Closed), at(9));
    assert_eq!(turn.effects, [Effect::Place(number("ORDER001*2"))]);
    let open = turn.order.decide(placed("ORDER001*2", Some("https://wx.tenpay.com/b")), at(9));
    assert!(
        matches!(open.order.offer(&mweb("b", 7), at(9)), Offer::Pay(Handed::MwebUrl { mweb_url, .. }) if mweb_url.ends_with("/b"))
    );
    assert!(!matches!(open.order.offer(&mweb("a", 7), at(9)), Offer::Pay(_)));
}

#[test]
fn the_same_visitor_from_another_address_needs_another_link() {
    let first =
        vec![(0, checkout(mweb("a", 7))), (0, placed("ORDER001", Some("https://wx.tenpay.com/a")))];
    let moved = after(then(first, vec![(9, checkout(mweb("a", 9)))]));
    assert_eq!(moved.effects, [Effect::Close(number("ORDER001"))]);
}

#[test]
fn a_middle_page_link_is_never_handed_out_after_its_five_minutes() {
    let open = after(vec![
        (0, checkout(mweb("a", 7))),
        (2, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
    ]);
    assert!(matches!(open.order.offer(&mweb("a", 7), at(280)), Offer::Pay(_)));
    assert_eq!(open.order.offer(&mweb("a", 7), at(281)), Offer::Unknown);
    let again = open.order.decide(checkout(mweb("a", 7)), at(301));
    assert_eq!(again.effects, [Effect::Place(number("ORDER001"))]);
    let fresh = again.order.decide(placed("ORDER001", Some("https://wx.tenpay.com/new")), at(301));
    assert!(
        matches!(fresh.order.offer(&mweb("a", 7), at(301)), Offer::Pay(Handed::MwebUrl { mweb_url, .. }) if mweb_url.ends_with("/new"))
    );
}

#[test]
fn a_second_payment_by_another_attempt_is_named_for_refund() {
    let switch = vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (9, checkout(jsapi("buyer-a"))),
        (9, closed("ORDER001", close_order::Answer::Closed)),
        (9, placed("ORDER001*2", None)),
        (20, Input::Notified(notification("ORDER001", "42001", 1990))),
    ];
    let late = after(switch.clone());
    assert_eq!(
        late.effects,
        [Effect::Close(number("ORDER001*2"))],
        "the other attempt is closed at once"
    );
    let twice =
        late.order.decide(Input::Notified(notification("ORDER001*2", "42002", 1990)), at(21));
    assert_eq!(twice.ack, Some(Ack::Success));
    assert!(matches!(twice.order.conflicts(), [Conflict { kind: ConflictKind::PaidTwice, .. }]));
    assert_eq!(
        twice
            .order
            .decide(Input::Notified(notification("ORDER001*2", "42002", 1990)), at(22))
            .happened,
        []
    );
}

#[test]
fn an_order_placed_while_it_was_being_closed_is_closed_again() {
    let raced = after(vec![
        (0, checkout(jsapi("buyer-a"))),
        (1, Input::CloseAsked),
        (1, closed("ORDER001", close_order::Answer::NotExist)),
        (2, placed("ORDER001", None)),
    ]);
    assert_eq!(raced.effects, [Effect::Close(number("ORDER001"))]);
    assert!(raced.wake_at.is_some(), "until WeChat confirms");
}

#[test]
fn a_refund_found_by_query_is_shown_as_refunded() {
    let refunded = after(then(bought(), vec![(9, trade_state("ORDER001", "REFUND"))]));
    assert_eq!(refunded.order.page_status(), PageStatus::Refunded);
}

#[test]
fn pages_make_us_ask_every_two_seconds_at_most() {
    let asked = after(then(bought(), vec![(10, Input::PageAsks)]));
    assert_eq!(asked.effects.len(), 1);
    let soon = asked.order.decide(Input::PageAsks, at(11));
    assert_eq!(soon.effects, []);
    assert_eq!(soon.order.decide(Input::PageAsks, at(12)).effects.len(), 1);
}

#[test]
fn an_order_survives_being_written_down() {
    let order =
        after(then(bought(), vec![(9, Input::Notified(notification("ORDER001", "42001", 1990)))]))
            .order;
    let json = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
}

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
    prop::collection::vec((0_u64..400, one), 1..40)
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
            Input::Notified(notification(
                &attempt_name(attempt),
                &transaction,
                if right { 1990 } else { 1 },
            ))
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
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever comes in whatever order: one `paid`, never unpaid again, an open order always has an
    /// alarm, nothing dead is offered, and no link is offered to two people.
    #[test]
    fn no_order_of_events_breaks_the_rules(moves in moves()) {
        let mut order = order();
        let (mut now, mut paid, mut was_paid) = (0, 0, false);
        for (seconds, step) in moves {
            now += seconds;
            let decision = order.decide(input(step), at(now));
            order = decision.order;
            paid += decision.happened.iter().filter(|line| matches!(line, Happened::Paid { .. })).count();
            prop_assert!(paid <= 1);

            let is_paid = matches!(order.state(), State::Paid(_) | State::Refunded);
            prop_assert!(is_paid || !was_paid, "money does not come undone");
            was_paid = is_paid;

            let live = order.attempts().iter().filter(|attempt| attempt.is_live()).count();
            let ended = is_paid || order.state() == &State::Closed;
            prop_assert!(ended && live == 0 || decision.wake_at.is_some_and(|wake_at| wake_at >= at(now)), "nothing is forgotten");
            prop_assert!(!ended || order.attempts().len() <= 9);

            let offered: Vec<_> = (0..4).filter(|n| matches!(order.offer(&buyer(*n), at(now)), Offer::Pay(_))).collect();
            prop_assert!(offered.len() <= 1, "one link, one person: {offered:?}");
            for attempt in order.attempts() {
                if let Stage::Open { expires_at, .. } = &attempt.stage {
                    prop_assert!(*expires_at <= attempt.asked_at.plus(7200));
                }
            }
        }
    }
}
