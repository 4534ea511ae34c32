//! An order's life until it is paid or closed, told as sentences.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use common::*;
use wxpay_core::{Ack, Api, Body, Fen, Outcome, Why, question::close_order};
use wxpay_merchant::{
    Closing, Conflict, ConflictKind, Decision, Effect, Handed, Happened, Input, Offer, Order,
    PageStatus, Stage, State, Terms,
};

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
        decision = decision.order.decide(notified("ORDER001", "42001", 1990), at(10 + n));
        assert_eq!(decision.ack, Some(if n == 0 { Ack::Taken } else { Ack::Repeated }));
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
        let news = || Input::Notified(Api::V2, notification_from(fields.clone()));
        let decision = open.clone().decide(news(), at(10));
        assert_eq!(decision.ack, Some(Ack::Mismatch));
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
    let stranger = open.clone().decide(notified("ORDER002", "42001", 1990), at(10));
    assert_eq!(stranger.ack, Some(Ack::UnknownOrder));
    assert_eq!(stranger.order, open);
}

#[test]
fn who_has_the_api_v2_key_pays_for_nothing_that_v3_placed() {
    let buyer = jsapi("buyer-a");
    let open = vec![(0, checkout_by(Api::V3, buyer)), (0, placed("ORDER001", None))];
    let open = after(open).order;
    let news = |by| Input::Notified(by, notification("ORDER001", "42001", 1990));
    let forged = open.clone().decide(news(Api::V2), at(10));
    assert_eq!(forged.ack, Some(Ack::Mismatch));
    assert_eq!((forged.order.state(), forged.order.attempts()), (open.state(), open.attempts()));
    assert!(matches!(
        forged.order.conflicts(),
        [Conflict { kind: ConflictKind::Mismatch, field: Some(name), .. }] if name == "api"
    ));
    assert_eq!(forged.order.decide(news(Api::V3), at(11)).ack, Some(Ack::Taken));
    // The stronger word counts for what the weaker API placed.
    let paid = after(bought()).order.decide(news(Api::V3), at(10));
    assert_eq!(paid.ack, Some(Ack::Taken));
}

#[test]
fn without_a_notification_the_ladder_asks_and_finds_the_payment() {
    let week = 604_800;
    let terms =
        Terms::new(number("ORDER001"), Fen::new(1990), Body::new("茶").unwrap(), None, week);
    let mut decision = Order::create(terms.unwrap(), at(0));
    for (seconds, input) in bought() {
        decision = decision.order.decide(input, at(seconds));
    }
    let mut asked = Vec::new();
    while let Some(wake_at) = decision.wake_at.filter(|wake_at| *wake_at < at(week)) {
        decision = decision.order.decide(Input::Alarm, wake_at);
        assert_eq!(decision.effects, [Effect::Query(number("ORDER001"))]);
        asked.push(wake_at.since(at(0)));
        decision = decision.order.decide(trade_state("ORDER001", "NOTPAY"), wake_at);
    }
    assert_eq!(asked, [5, 30, 120, 600, 7260], "the last one after every link is dead");
    assert_eq!(decision.wake_at, Some(at(week)));
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
    let late = after(then(closed, vec![(90, notified("ORDER001", "42001", 1990))]));
    assert_eq!(late.ack, Some(Ack::Late));
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
fn near_the_end_a_dead_link_is_closed_and_the_buyer_gets_another_attempt() {
    let stale = || {
        after(vec![
            (1200, checkout(mweb("a", 7))),
            (1200, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        ])
        .order
    };
    // 310 seconds before its time_expire it may still be renewed.
    let in_time = stale().decide(checkout(mweb("a", 7)), at(1490));
    assert_eq!(in_time.effects, [Effect::Place(number("ORDER001"))]);
    let late = stale().decide(checkout(mweb("a", 7)), at(1491));
    assert_eq!(late.effects, [Effect::Close(number("ORDER001"))]);
    assert_eq!(late.order.offer(&mweb("a", 7), at(1491)), Offer::HeldByOther);
    let turn = late.order.decide(closed("ORDER001", close_order::Answer::Closed), at(1491));
    assert_eq!(turn.effects, [Effect::Place(number("ORDER001*2"))]);
    assert_eq!(turn.order.attempts()[1].time_expire, at(1491 + 310));
    let open = turn.order.decide(placed("ORDER001*2", Some("https://wx.tenpay.com/b")), at(1491));
    assert!(matches!(open.order.offer(&mweb("a", 7), at(1491)), Offer::Pay(_)));
    // A link that lives is handed out again, however near the end.
    let again = open.order.decide(checkout(mweb("a", 7)), at(1700));
    assert_eq!(again.effects, []);
}

#[test]
fn after_a_move_a_live_link_stays_good_and_a_dead_one_is_closed_for_one_of_the_new_api() {
    let open = || {
        after(vec![
            (0, checkout(mweb("a", 7))),
            (0, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        ])
        .order
    };
    let back = || checkout_by(Api::V3, mweb("a", 7));
    let live = open().decide(back(), at(280));
    assert_eq!(live.effects, []);
    assert!(matches!(live.order.offer(&mweb("a", 7), at(280)), Offer::Pay(_)));
    let dead = open().decide(back(), at(281));
    assert_eq!(dead.effects, [Effect::Close(number("ORDER001"))]);
    let turn = dead.order.decide(closed("ORDER001", close_order::Answer::Closed), at(281));
    assert_eq!(turn.effects, [Effect::Place(number("ORDER001*2"))]);
    let api_of = |attempt| turn.order.api_of(&number(attempt));
    assert_eq!([api_of("ORDER001"), api_of("ORDER001*2")], [Api::V2, Api::V3]);
}

#[test]
fn an_attempt_of_which_nothing_is_known_is_closed_too_after_a_move() {
    let placing = || after(vec![(0, checkout(mweb("a", 7)))]).order;
    let moved = placing().decide(checkout_by(Api::V3, mweb("a", 7)), at(5));
    assert_eq!(moved.effects, [Effect::Close(number("ORDER001"))]);
    let stayed = placing().decide(checkout(mweb("a", 7)), at(5));
    assert_eq!(stayed.effects, [Effect::Place(number("ORDER001"))]);
    // There is nothing to close where WeChat said no.
    let refused = after(vec![
        (0, checkout(mweb("a", 7))),
        (0, place_refused("ORDER001", "INVALID_REQUEST")),
        (5, checkout_by(Api::V3, mweb("a", 7))),
    ]);
    assert_eq!(refused.effects, [Effect::Place(number("ORDER001*2"))]);
}

#[test]
fn a_dead_link_is_renewed_to_the_end_where_no_other_attempt_fits() {
    let number = number(&"7".repeat(32));
    let terms = Terms::new(number.clone(), Fen::new(1990), Body::new("茶").unwrap(), None, 1800);
    let order = Order::create(terms.unwrap(), at(0)).order;
    let open = order.decide(checkout(mweb("a", 7)), at(1200)).order;
    let open = open.decide(placed(number.as_str(), Some("https://wx.tenpay.com/a")), at(1200));
    let late = open.order.decide(checkout(mweb("a", 7)), at(1491));
    assert_eq!(late.effects, [Effect::Place(number)]);
}

#[test]
fn a_second_payment_by_another_attempt_is_named_for_refund() {
    let switch = vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (9, checkout(jsapi("buyer-a"))),
        (9, closed("ORDER001", close_order::Answer::Closed)),
        (9, placed("ORDER001*2", None)),
        (20, notified("ORDER001", "42001", 1990)),
    ];
    let late = after(switch.clone());
    assert_eq!(
        late.effects,
        [Effect::Close(number("ORDER001*2"))],
        "the other attempt is closed at once"
    );
    let twice = late.order.decide(notified("ORDER001*2", "42002", 1990), at(21));
    assert_eq!(twice.ack, Some(Ack::Taken));
    assert!(matches!(twice.order.conflicts(), [Conflict { kind: ConflictKind::PaidTwice, .. }]));
    assert_eq!(twice.wake_at, None, "nothing is left to close");
    assert_eq!(twice.order.decide(notified("ORDER001*2", "42002", 1990), at(22)).happened, []);
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
fn an_attempt_unknown_when_it_was_to_be_closed_and_placed_since_is_closed_again() {
    let raced = Life::of(vec![
        (0, checkout(mweb("a", 7))),
        (1, checkout(mweb("b", 7))),
        (2, checkout(mweb("a", 7))),
        (2, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (3, closed("ORDER001", close_order::Answer::NotExist)),
    ]);
    assert_eq!(raced.last.effects, [Effect::Close(number("ORDER001"))]);
    let held = raced.then(4, checkout(mweb("b", 7)));
    assert_eq!(held.last.effects, [Effect::Close(number("ORDER001"))], "a may still pay");
    let turn = held.then(4, closed("ORDER001", close_order::Answer::NotExist));
    assert_eq!(turn.last.effects, [Effect::Place(number("ORDER001*2"))]);
}

#[test]
fn a_refund_found_by_query_is_shown_as_refunded() {
    let refunded = after(then(bought(), vec![(9, trade_state("ORDER001", "REFUND"))]));
    assert_eq!(refunded.order.page_status(), PageStatus::Refunded);
}

#[test]
fn a_refund_of_a_strangers_payment_leaves_the_order_as_it_was() {
    let open = after(bought()).order;
    let fields = paid_fields("ORDER001", "42001", 1, "buyer-a").with("trade_state", "REFUND");
    let stranger = open.clone().decide(queried("ORDER001", fields), at(9));
    assert_eq!((stranger.order.state(), stranger.effects.len()), (open.state(), 0));
    assert!(matches!(stranger.order.conflicts(), [Conflict { kind: ConflictKind::Mismatch, .. }]));
    assert_eq!(stranger.happened.len(), 1, "the conflict, and no order.refunded");
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
    let order = after(then(bought(), vec![(9, notified("ORDER001", "42001", 1990))])).order;
    let json = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
}

/// The middle page's link is over after five minutes; the order at WeChat is not.
fn asked_again_and_refused() -> Decision {
    after(vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (400, checkout(mweb("a", 7))),
        (400, place_refused("ORDER001", "INVALID_REQUEST")),
    ])
}

#[test]
fn a_no_to_a_repeat_takes_nothing_back_so_it_is_closed_before_anything_new() {
    let refused = asked_again_and_refused();
    assert_eq!(refused.effects, [Effect::Close(number("ORDER001"))]);
    assert!(refused.order.attempts()[0].is_live());
    assert_eq!(refused.order.offer(&mweb("a", 7), at(400)), Offer::HeldByOther);
    let next = refused.order.decide(closed("ORDER001", close_order::Answer::Closed), at(401));
    assert_eq!(next.effects, [Effect::Place(number("ORDER001*2"))]);
}

#[test]
fn the_history_names_the_same_no_once_however_often_a_buyer_tries() {
    let mut life = Life::of(vec![]);
    for (seconds, code) in (0..).zip(["NOAUTH", "NOAUTH", "NOAUTH", "APPID_NOT_EXIST", "NOAUTH"]) {
        life = life
            .then(seconds, checkout(jsapi("buyer-a")))
            .then(seconds, place_refused("ORDER001", code));
        assert_eq!(
            life.last.order.offer(&jsapi("buyer-a"), at(seconds)),
            Offer::Refused(code.to_owned()),
            "the buyer is told each time"
        );
    }
    let told = life.history.iter().filter(|line| matches!(line, Happened::AttemptRefused { .. }));
    assert_eq!(told.count(), 3);
    // After a yes the same no is news.
    let opened = Life::of(vec![
        (0, checkout(mweb("a", 7))),
        (0, place_refused("ORDER001", "NOAUTH")),
        (1, checkout(mweb("a", 7))),
        (1, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (400, checkout(mweb("a", 7))),
        (400, place_refused("ORDER001", "NOAUTH")),
    ]);
    assert_eq!(opened.last.happened.len(), 1);
}

#[test]
fn what_was_handed_out_before_a_no_is_still_asked_about_and_found_paid() {
    let lost = Input::ClosedOff(number("ORDER001"), Outcome::Unknown(Why::Timeout));
    let end = asked_again_and_refused().order.decide(lost, at(401)).order;
    let end = end.decide(Input::Alarm, at(1800));
    assert_eq!(end.effects, [Effect::Query(number("ORDER001"))]);
    assert_eq!(end.order.state(), &State::AwaitingPayment, "nobody was told that it is closed");
    let paid = queried("ORDER001", paid_fields("ORDER001", "42001", 1990, "buyer-a"));
    let paid = end.order.decide(paid, at(1800));
    assert!(matches!(paid.order.state(), State::Paid(_)));
    assert_eq!(paid.order.conflicts(), []);
}

#[test]
fn of_two_calls_that_cross_a_no_does_not_spoil_the_yes() {
    let crossed = after(then(bought(), vec![(0, place_refused("ORDER001", "INVALID_REQUEST"))]));
    assert_eq!((crossed.effects, crossed.happened), (vec![], vec![]));
    assert!(matches!(crossed.order.offer(&jsapi("buyer-a"), at(1)), Offer::Pay(_)));
}

#[test]
fn a_no_that_comes_after_the_closing_changes_nothing() {
    let late = after(vec![
        (0, checkout(jsapi("buyer-a"))),
        (1, Input::CloseAsked),
        (1, closed("ORDER001", close_order::Answer::NotExist)),
        (2, place_refused("ORDER001", "NOAUTH")),
    ]);
    assert_eq!(late.order.attempts()[0].stage, Stage::Closed);
    assert_eq!(late.happened, []);
}

#[test]
fn a_buyer_whose_place_was_taken_while_waiting_is_told_so() {
    let taken = after(vec![
        (0, checkout(jsapi("buyer-a"))),
        (1, checkout(jsapi("buyer-b"))),
        (1, closed("ORDER001", close_order::Answer::NotExist)),
        (2, placed("ORDER001*2", None)),
    ]);
    assert_eq!(taken.order.offer(&jsapi("buyer-a"), at(2)), Offer::HeldByOther);
}

#[test]
fn a_second_link_of_a_paid_order_is_closed_until_wechat_confirms_however_late() {
    let open_beside_paid = after(vec![
        (0, checkout(jsapi("buyer-a"))),
        (1, checkout(jsapi("buyer-b"))),
        (1, closed("ORDER001", close_order::Answer::NotExist)),
        (2, placed("ORDER001*2", None)),
        (3, placed("ORDER001", None)),
        (9, notified("ORDER001", "42001", 1990)),
    ]);
    assert!(matches!(open_beside_paid.order.state(), State::Paid(_)));
    let week = open_beside_paid.order.decide(Input::Alarm, at(604_800));
    assert_eq!(week.effects, [Effect::Close(number("ORDER001*2"))]);
    let asked = week.order.decide(closed("ORDER001*2", close_order::Answer::Paid), at(604_800));
    let fields = paid_fields("ORDER001*2", "42002", 1990, "buyer-b");
    let told = asked.order.decide(queried("ORDER001*2", fields), at(604_801)).order;
    assert!(matches!(told.conflicts(), [Conflict { kind: ConflictKind::PaidTwice, .. }]));
}
