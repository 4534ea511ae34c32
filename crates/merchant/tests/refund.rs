//! Money that goes back, told as sentences.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics is a test that failed"
)]

mod common;

use common::*;
use wxpay_core::{
    Ack, Api, BeijingDay, Fen, TransactionId,
    question::{close_order, refund_query::By, refund_query::RefundStatus},
};
use wxpay_merchant::{
    Conflict, ConflictKind, Effect, Happened, Input, Line, PageStatus, RefundAdmission, RefundAsk,
    RefundStage, State,
};

const YEAR: u64 = 365 * 86_400;

fn admit(life: &Life, seconds: u64, ask: &RefundAsk) -> RefundAdmission {
    life.last.order.admit_refund(ask, at(seconds))
}

fn send(number: &str) -> Effect {
    Effect::Refund(refund_number(number))
}

fn ask_about(number: &str) -> Effect {
    Effect::QueryRefunds(By::OutRefundNo(refund_number(number)), 0)
}

fn ask_about_all(attempt: &str) -> Effect {
    Effect::QueryRefunds(By::OutTradeNo(number(attempt)), 0)
}

/// The newest alarm is due and rings.
fn alarm(life: Life) -> (u64, Life) {
    let seconds = life.last.wake_at.unwrap().since(at(0));
    (seconds, life.then(seconds, Input::Alarm))
}

/// Taken by WeChat at second 20.
fn processing(number: &str, fen: u32) -> Life {
    paid().then(20, ask(number, fen)).then(20, accepted(number))
}

#[test]
fn it_is_sent_at_once_taken_and_succeeds_and_the_shop_is_told_each_step_once() {
    let asked = paid().then(20, ask("R1", 500));
    assert_eq!(asked.last.effects, [send("R1")]);
    let request = asked.last.order.refund_request(&refund_number("R1")).unwrap();
    assert_eq!((request.total_fee, request.refund_fee), (Fen::new(1990), Fen::new(500)));
    let done = asked.then(20, accepted("R1")).then(90, refund_is("R1", 500, "SUCCESS"));
    assert_eq!(done.steps(), [RefundStage::Asked, RefundStage::Processing, RefundStage::Succeeded]);
    assert_eq!(done.events(), ["order.paid", "refund.processing", "refund.succeeded"]);
    assert_eq!(done.last.order.refunded(), Fen::new(500));
    assert_eq!(done.last.wake_at, None, "nothing is left to ask");
}

#[test]
fn money_goes_back_to_the_last_fen_and_not_one_fen_more() {
    let half = processing("R1", 1989).then(90, refund_is("R1", 1989, "SUCCESS"));
    assert_eq!(admit(&half, 100, &wish("R2", 2)), RefundAdmission::Exceeds);
    let refused = half.then(100, ask("R2", 2));
    assert_eq!(refused.last.effects, []);
    assert_eq!(refused.last.order.refunds().len(), 1, "what is not admitted leaves no trace");
    assert_eq!(admit(&refused, 100, &wish("R2", 1)), RefundAdmission::Taken);
    let all = refused.then(100, ask("R2", 1)).then(100, accepted("R2"));
    assert_eq!(all.last.order.page_status(), PageStatus::Refunded);
    assert_eq!(admit(&all, 200, &wish("R3", 1)), RefundAdmission::Exceeds);
}

#[test]
fn the_same_number_again_is_the_same_refund_and_with_another_amount_none() {
    let once = processing("R1", 500);
    assert_eq!(admit(&once, 30, &wish("R1", 500)), RefundAdmission::Known);
    assert_eq!(admit(&once, 30, &wish("R1", 501)), RefundAdmission::Differs);
    for fen in [500, 501] {
        let again = processing("R1", 500).then(30, ask("R1", fen));
        assert_eq!((again.last.effects.len(), again.last.happened.len()), (0, 0));
        assert_eq!(again.refund("R1").amount, Fen::new(500));
    }
}

#[test]
fn a_refused_refund_holds_no_money_and_may_be_asked_for_again_under_its_number() {
    let refused = paid().then(20, ask("R1", 1990)).then(20, refused("R1", "NOTENOUGH"));
    assert_eq!(refused.refund("R1").err_code.as_deref(), Some("NOTENOUGH"));
    assert_eq!(refused.refund("R1").stage, RefundStage::Refused);
    assert_eq!(refused.last.effects, [ask_about_all("ORDER001")], "not about R1 any more");
    let refused = refused.then(21, no_such_refund(By::OutTradeNo(number("ORDER001"))));
    assert_eq!(refused.last.wake_at, None);
    assert_eq!(admit(&refused, 90, &wish("R2", 1990)), RefundAdmission::Taken);
    let again = refused.then(90, ask("R1", 1990));
    assert_eq!(again.last.effects, [send("R1")]);
    let taken = again.then(90, accepted("R1"));
    assert_eq!(taken.last.order.refunds().len(), 1);
    assert_eq!(taken.events(), ["order.paid", "refund.refused", "refund.processing"]);
}

#[test]
fn without_an_answer_the_same_number_is_sent_again_ever_more_seldom() {
    let mut life = paid().then(20, ask("R1", 500)).then(25, unanswered("R1"));
    let mut sent = Vec::new();
    for _ in 0..4 {
        let (seconds, rung) = alarm(life);
        assert_eq!(rung.last.effects, [send("R1")]);
        sent.push(seconds - 20);
        life = rung.then(seconds, unanswered("R1"));
    }
    assert_eq!(sent, [61, 122, 244, 488]);
    assert_eq!(life.steps(), [RefundStage::Asked]);
}

#[test]
fn a_no_after_an_unknown_try_is_believed_only_after_wechat_was_asked() {
    let doubted = || {
        let (seconds, again) = alarm(paid().then(20, ask("R1", 1990)).then(25, unanswered("R1")));
        again.then(seconds, refused("R1", "ERROR"))
    };
    assert_eq!(doubted().last.effects, [ask_about("R1")]);
    assert_eq!(doubted().refund("R1").stage, RefundStage::Asked, "the first try may have worked");
    // The question is not forgotten, and nothing is sent meanwhile.
    assert_eq!(alarm(doubted()).1.last.effects, [ask_about("R1")]);
    let by = By::OutRefundNo(refund_number("R1"));
    let no = doubted().then(83, no_such_refund(by));
    assert_eq!(no.events(), ["order.paid", "refund.refused"]);
    assert_eq!(no.refund("R1").err_code.as_deref(), Some("ERROR"));
    let yes = doubted().then(83, refund_is("R1", 1990, "PROCESSING"));
    assert_eq!(yes.events(), ["order.paid", "refund.processing"]);
    assert_eq!(yes.refund("R1").err_code, None);
    // Nor is the code kept of a no that turns out to have been wrong later still.
    let after_all = no.then(90, refund_is("R1", 1990, "PROCESSING"));
    assert_eq!(after_all.refund("R1").stage, RefundStage::Processing);
    assert_eq!(after_all.refund("R1").err_code, None);
}

#[test]
fn two_refunds_of_one_order_are_a_minute_apart() {
    let two = processing("R1", 500).then(30, ask("R2", 500));
    assert_eq!((two.last.effects.len(), two.refund("R2").stage), (0, RefundStage::Waiting));
    let (seconds, sent) = alarm(two);
    assert_eq!(seconds, 20 + 61);
    assert!(sent.last.effects.contains(&send("R2")));
}

#[test]
fn every_step_is_told_once_in_whatever_order_the_words_come() {
    for (words, steps) in [
        (&["PROCESSING", "SUCCESS", "SUCCESS", "PROCESSING"][..], &[RefundStage::Succeeded][..]),
        (&["CHANGE", "PROCESSING", "CHANGE"], &[RefundStage::Abnormal]),
        (&["REFUNDCLOSE", "PROCESSING", "REFUNDCLOSE"], &[RefundStage::Closed]),
        (&["CHANGE", "SUCCESS"], &[RefundStage::Abnormal, RefundStage::Succeeded]),
        (&["CHANGE", "REFUNDCLOSE"], &[RefundStage::Abnormal, RefundStage::Closed]),
        (&["A WORD OF TOMORROW"], &[]),
    ] {
        let mut life = processing("R1", 500);
        for (n, word) in (0_u64..).zip(words) {
            life = life.then(90 + n, refund_is("R1", 500, word));
        }
        assert_eq!(life.steps()[2..], *steps, "{words:?}");
        assert_eq!(life.last.order.conflicts(), [], "{words:?}");
        let goes_on = life.refund("R1").stage != RefundStage::Succeeded
            && life.refund("R1").stage != RefundStage::Closed;
        assert_eq!(life.last.wake_at.is_some(), goes_on, "{words:?}");
    }
}

#[test]
fn a_contradiction_is_named_once_and_the_refund_stays_as_it_was() {
    for (first, then) in
        [("SUCCESS", "REFUNDCLOSE"), ("REFUNDCLOSE", "SUCCESS"), ("SUCCESS", "CHANGE")]
    {
        let life = processing("R1", 500).then(90, refund_is("R1", 500, first));
        let stage = life.refund("R1").stage;
        let life = life.then(99, refund_is("R1", 500, then)).then(100, refund_is("R1", 500, then));
        assert_eq!(life.refund("R1").stage, stage);
        assert!(matches!(
            life.last.order.conflicts(),
            [Conflict { kind: ConflictKind::RefundContradicted, .. }]
        ));
        assert_eq!(life.events().last(), Some(&"order.conflict"));
    }
}

#[test]
fn another_amount_under_our_number_is_named_and_moves_nothing() {
    let life = processing("R1", 500).then(90, refund_is("R1", 501, "SUCCESS"));
    assert_eq!(life.refund("R1").stage, RefundStage::Processing);
    let [Conflict { kind, amount, out_refund_no, .. }] = life.last.order.conflicts() else {
        panic!()
    };
    assert_eq!((*kind, *amount), (ConflictKind::RefundMismatch, Fen::new(501)));
    assert_eq!(*out_refund_no, Some(refund_number("R1")));
}

#[test]
fn what_v2_says_of_a_refund_by_v3_is_asked_about_by_its_number_until_it_is_known() {
    let placed = vec![(0, checkout_by(Api::V3, jsapi("buyer-a"))), (0, placed("ORDER001", None))];
    let paid = Input::Notified(Api::V3, notification("ORDER001", "42001", 1990));
    let news = || hint("ORDER001", "MADE-THERE", RefundStatus::Success);
    let told = Life::of(placed).then(10, paid).then(20, news());
    assert_eq!(told.last.ack, Some(Ack::Fault), "nothing was written down: WeChat is to repeat it");
    let number = By::OutRefundNo(refund_number("MADE-THERE"));
    assert_eq!(told.last.effects, [Effect::QueryRefunds(number, 0)]);
    let learned = told.then(21, refund_is("MADE-THERE", 40, "SUCCESS"));
    assert_eq!(learned.refund("MADE-THERE").stage, RefundStage::Succeeded);
    let again = learned.then(35, news());
    assert_eq!((again.last.ack, &*again.last.effects), (Some(Ack::Repeated), &[][..]));
}

#[test]
fn a_notification_causes_a_question_and_nothing_else() {
    let hinted = processing("R1", 500).then(60, hint("ORDER001", "R1", RefundStatus::Success));
    assert_eq!(hinted.last.ack, Some(Ack::Taken));
    assert_eq!(
        (hinted.last.effects.as_slice(), hinted.last.happened.len()),
        (&[ask_about_all("ORDER001")][..], 0)
    );
    assert_eq!(hinted.refund("R1").stage, RefundStage::Processing);
    let told = hinted.then(60, refunds_of("ORDER001", 0, 1, &[("R1", 500, "PROCESSING")]));
    assert_eq!(told.refund("R1").stage, RefundStage::Processing, "WeChat's word counts");
    let stranger = told.then(61, hint("ORDER002", "R1", RefundStatus::Success));
    assert_eq!(stranger.last.ack, Some(Ack::UnknownOrder));
    assert_eq!(stranger.last.effects, []);
}

#[test]
fn the_question_outlives_a_crash_and_a_lost_answer() {
    let mut life = paid().then(60, hint("ORDER001", "X1", RefundStatus::Success));
    for wait in [10, 20, 40] {
        let (seconds, rung) = alarm(life);
        assert_eq!(
            (seconds, rung.last.effects.as_slice()),
            (60 + wait, &[ask_about_all("ORDER001")][..])
        );
        life = rung;
    }
    let answered = life.then(100, no_such_refund(By::OutTradeNo(number("ORDER001"))));
    assert_eq!(answered.last.wake_at, None);
}

#[test]
fn a_flood_of_notifications_is_one_question_and_one_more_after_its_answer() {
    let news = || hint("ORDER001", "R1", RefundStatus::Success);
    let mut life = processing("R1", 500).then(60, news());
    for _ in 0..20 {
        life = life.then(61, news());
        assert_eq!((life.last.ack, life.last.effects.len()), (Some(Ack::Taken), 0));
    }
    // The answer may be older than the newest notification.
    let answer = || refunds_of("ORDER001", 0, 1, &[("R1", 500, "PROCESSING")]);
    let again = life.then(62, answer());
    assert_eq!(again.last.effects, [ask_about_all("ORDER001")]);
    assert_eq!(again.then(63, answer()).last.effects, []);
}

#[test]
fn a_refund_made_elsewhere_is_learned_and_counts() {
    let life = paid()
        .then(60, hint("ORDER001", "X1", RefundStatus::Success))
        .then(60, refunds_of("ORDER001", 0, 1, &[("X1", 1000, "SUCCESS")]));
    assert_eq!(life.steps(), [RefundStage::Succeeded]);
    assert_eq!(admit(&life, 70, &wish("R1", 991)), RefundAdmission::Exceeds);
    assert_eq!(admit(&life, 70, &wish("R1", 990)), RefundAdmission::Taken);
    assert!(
        life.last.order.refund_request(&refund_number("X1")).is_none(),
        "it is not ours to send"
    );
}

#[test]
fn after_a_no_a_refund_made_elsewhere_is_found_by_one_question() {
    let refused = paid().then(20, ask("R1", 1990)).then(20, refused("R1", "ERROR"));
    assert_eq!(refused.last.effects, [ask_about_all("ORDER001")]);
    let found = refused.then(20, refunds_of("ORDER001", 0, 1, &[("X1", 1990, "SUCCESS")]));
    assert_eq!(found.events(), ["order.paid", "refund.refused", "refund.succeeded"]);
    assert_eq!(found.last.order.page_status(), PageStatus::Refunded);
    assert_eq!((found.last.effects.len(), found.last.wake_at), (0, None), "and no more is asked");
}

#[test]
fn refunds_are_read_page_by_page() {
    let numbers: Vec<String> = (0..23).map(|n| format!("X{n}")).collect();
    let records: Vec<Record> =
        numbers.iter().map(|number| (number.as_str(), 1, "SUCCESS")).collect();
    let mut life = paid().then(60, hint("ORDER001", "X1", RefundStatus::Success));
    for (offset, page) in (0_u32..).step_by(10).zip(records.chunks(10)) {
        assert_eq!(
            life.last.effects,
            [Effect::QueryRefunds(By::OutTradeNo(number("ORDER001")), offset)]
        );
        assert!(life.last.wake_at.is_some(), "until the last page a crash would lose the rest");
        life = life.then(60, refunds_of("ORDER001", offset, 23, page));
    }
    assert_eq!((life.last.effects.len(), life.last.wake_at), (0, None));
    assert_eq!(life.last.order.refunded(), Fen::new(23));
    // WeChat saying more than it shows is no reason to ask for ever.
    let hinted = life.then(70, hint("ORDER001", "X1", RefundStatus::Success));
    assert_eq!(hinted.then(70, refunds_of("ORDER001", 0, 99, &[])).last.effects, []);
}

#[test]
fn at_most_fifty_and_within_a_year() {
    let mut life = paid();
    for n in 0..50_u64 {
        assert_eq!(admit(&life, 20 + n * 100, &wish("R", 1)), RefundAdmission::Taken);
        let number = format!("R{n}");
        life = life.then(20 + n * 100, ask(&number, 1)).then(20 + n * 100, accepted(&number));
    }
    assert_eq!(admit(&life, 9000, &wish("R", 1)), RefundAdmission::Limit);
    assert_eq!(admit(&paid(), 10 + YEAR, &wish("R", 1)), RefundAdmission::Taken);
    assert_eq!(admit(&paid(), 11 + YEAR, &wish("R", 1)), RefundAdmission::Overdue);
}

#[test]
fn of_one_order_two_hundred_refunds_are_kept_whatever_became_of_them() {
    let mut life = paid();
    for n in 0..200_u64 {
        let (seconds, number) = (20 + n * 100, format!("R{n}"));
        assert_eq!(admit(&life, seconds, &wish(&number, 1)), RefundAdmission::Taken);
        life = life
            .then(seconds, ask(&number, 1))
            .then(seconds, refused(&number, "NOTENOUGH"))
            .then(seconds, no_such_refund(By::OutTradeNo(common::number("ORDER001"))));
    }
    assert_eq!(admit(&life, 30_000, &wish("R200", 1)), RefundAdmission::Limit);
    assert_eq!(admit(&life, 30_000, &wish("R7", 1)), RefundAdmission::Taken, "no further number");
    let again = life.then(30_000, ask("R7", 1)).then(30_000, accepted("R7"));
    assert_eq!(again.refund("R7").stage, RefundStage::Processing);
    assert_eq!(again.last.order.refunds().len(), 200);
}

/// Bought in a browser, then inside WeChat, and paid by both links.
fn paid_twice() -> Life {
    Life::of(vec![
        (0, checkout(mweb("a", 7))),
        (0, placed("ORDER001", Some("https://wx.tenpay.com/a"))),
        (9, checkout(jsapi("buyer-a"))),
        (9, closed("ORDER001", close_order::Answer::Closed)),
        (9, placed("ORDER001*2", None)),
        (20, notified("ORDER001", "42001", 1990)),
        (21, notified("ORDER001*2", "42002", 1990)),
    ])
}

#[test]
fn the_second_payment_of_an_order_goes_back_whole_and_the_first_is_untouched() {
    let second = RefundAsk { transaction_id: TransactionId::new("42002").ok(), ..wish("R1", 1990) };
    let life = paid_twice().then(30, Input::RefundAsked(second)).then(30, accepted("R1"));
    assert_eq!(life.refund("R1").transaction_id.as_str(), "42002");
    assert_eq!(
        life.last.order.page_status(),
        PageStatus::Paid,
        "the buyer still has what was paid for"
    );
    assert_eq!(admit(&life, 100, &wish("R2", 1990)), RefundAdmission::Taken);
    let stranger = RefundAsk { transaction_id: TransactionId::new("42003").ok(), ..wish("R3", 1) };
    assert_eq!(admit(&life, 100, &stranger), RefundAdmission::NotPaid);
}

#[test]
fn of_an_order_paid_twice_both_payments_are_asked_about_before_the_hint_is_done() {
    let first = paid_twice().then(30, hint("ORDER001*2", "X1", RefundStatus::Success));
    assert_eq!(first.last.effects, [ask_about_all("ORDER001")]);
    let second = first.then(30, no_such_refund(By::OutTradeNo(number("ORDER001"))));
    assert_eq!(second.last.effects, [ask_about_all("ORDER001*2")]);
    assert!(second.last.wake_at.is_some(), "a crash here would lose the second question");
    let done = second.then(30, refunds_of("ORDER001*2", 0, 1, &[("X1", 5, "SUCCESS")]));
    assert_eq!(done.refund("X1").transaction_id.as_str(), "42002");
}

#[test]
fn a_no_about_one_number_keeps_no_other_from_being_asked_and_is_asked_about_again() {
    let by = |attempt| By::OutTradeNo(number(attempt));
    let first = paid_twice().then(30, hint("ORDER001*2", "X1", RefundStatus::Success));
    let second = first.then(30, refund_query_refused(by("ORDER001"), "ORDERNOTEXIST"));
    assert_eq!(second.last.effects, [ask_about_all("ORDER001*2")]);
    let heard = second.then(30, refunds_of("ORDER001*2", 0, 1, &[("X1", 5, "SUCCESS")]));
    assert_eq!(heard.refund("X1").stage, RefundStage::Succeeded);
    assert_eq!(heard.last.effects, [], "not at once");
    let (seconds, again) = alarm(heard);
    assert_eq!((seconds, again.last.effects.as_slice()), (40, &[ask_about_all("ORDER001")][..]));
    let told = again.then(40, no_such_refund(by("ORDER001")));
    let done = told.then(40, no_such_refund(by("ORDER001*2")));
    assert_eq!(done.last.wake_at, None, "both were answered");
}

#[test]
fn nothing_goes_back_of_an_order_that_was_never_paid() {
    let open = Life::of(bought());
    assert_eq!(admit(&open, 20, &wish("R1", 1)), RefundAdmission::NotPaid);
    let asked = open.then(20, ask("R1", 1));
    assert_eq!((asked.last.effects.len(), asked.last.order.refunds().len()), (0, 0));
}

#[test]
fn a_refund_heard_of_before_its_payment_is_asked_about_and_the_payment_is_still_told_once() {
    let refunded = Life::of(bought()).then(30, trade_state("ORDER001", "REFUND"));
    assert_eq!(
        (refunded.last.order.state(), refunded.last.effects.as_slice()),
        (&State::Refunded, &[ask_about_all("ORDER001")][..])
    );
    let learned = refunded.then(30, refunds_of("ORDER001", 0, 1, &[("X1", 90, "SUCCESS")]));
    let paid = learned.then(40, notified("ORDER001", "42001", 1990));
    assert_eq!(paid.events(), ["order.refunded", "refund.succeeded", "order.paid"]);
    assert_eq!(admit(&paid, 50, &wish("R1", 1901)), RefundAdmission::Exceeds);
}

#[test]
fn payments_and_refunds_are_entered_on_the_day_wechat_took_them() {
    let days: Vec<_> = {
        let midnight = 12 * 3600;
        let life = paid().then(midnight + 5, ask("R1", 500)).then(midnight + 6, accepted("R1"));
        let entries = life.last.order.entries();
        entries.into_iter().map(|entry| (entry.line.kind(), entry.day.to_string())).collect()
    };
    let day = |seconds| BeijingDay::of(at(seconds)).to_string();
    assert_eq!(days, [("order", day(0)), ("payment", day(10)), ("refund", day(12 * 3600 + 5))]);
    assert_ne!(day(10), day(12 * 3600));
}

#[test]
fn refused_waiting_and_foreign_refunds_are_in_no_book() {
    let refused = paid().then(20, ask("R1", 1)).then(20, refused("R1", "NOTENOUGH"));
    let waiting = processing("R1", 1).then(30, ask("R2", 1));
    let foreign = paid().then(60, refunds_of("ORDER001", 0, 1, &[("X1", 1, "SUCCESS")]));
    for (life, refunds) in [(refused, 0), (waiting, 1), (foreign, 0)] {
        let entries = life.last.order.entries();
        let lines = entries.iter().filter(|entry| matches!(entry.line, Line::Refund { .. }));
        assert_eq!(lines.count(), refunds);
    }
}

#[test]
fn a_refund_survives_being_written_down() {
    let order =
        processing("R1", 500).then(60, hint("ORDER001", "R1", RefundStatus::Success)).last.order;
    let json = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<wxpay_merchant::Order>(&json).unwrap(), order);
    assert!(!order.refunds().is_empty());
}

#[test]
fn the_history_of_a_refund_says_why_it_was_refused() {
    let life = paid().then(20, ask("R1", 1)).then(20, refused("R1", "NOTENOUGH"));
    assert!(
        matches!(life.last.happened.as_slice(), [Happened::Refund { err_code: Some(code), .. }] if code == "NOTENOUGH")
    );
}
