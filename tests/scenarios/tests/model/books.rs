//! What has to be true: at every moment, and once the storm has passed.
use std::collections::BTreeMap;

use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseResult};
use wxpay_core::OutRefundNo;
use wxpay_merchant::{
    Conflict, ConflictKind, Happened, Offer, Order, RefundStage, State,
    reconciliation::DifferenceKind,
};
use wxpay_sandbox::{Api, Direction, NotifyFault, RefundSource, RefundStatus};
use wxpay_scenarios::{Kept, World};

use crate::act::{Act, Life, ORDERS, SILENCE, buyers, number};

/// One link, one person, the order's amount.
pub(crate) fn are_never_wrong(world: &World) -> TestCaseResult {
    for order in 0..ORDERS {
        let number = number(order);
        prop_assert!(world.payable(&number) <= 1, "{number} could be paid twice");
        prop_assert!(world.orders[&number].times_paid() <= 1, "{number} became paid twice");
        let order = &world.orders[&number].order;
        let pays = |buyer| matches!(world.offer(&number, buyer), Offer::Pay(_));
        let offers = buyers().iter().filter(|buyer| pays(buyer)).count();
        prop_assert!(offers <= 1, "{number}: one link, {offers} people");
        if let Some(attempt) = order.attempts().last().filter(|_| offers > 0) {
            let there = world.wechat.ledger().order(attempt.number.as_str());
            let price = there.map(|there| there.total_fee);
            prop_assert_eq!(
                price,
                Some(u64::from(order.amount().fen())),
                "an old price is offered"
            );
        }
    }
    Ok(())
}

/// The shop's books are WeChat's, and the shop's backend knows all of it.
pub(crate) fn agree(world: &mut World, life: Life, acts: &[Act]) -> TestCaseResult {
    for (number, kept) in &world.orders {
        payments_agree(world, number, kept)?;
        let theirs = their_refunds(world, number, &kept.order, acts);
        prop_assert_eq!(our_refunds(&kept.order), theirs, "refunds differ");
        conflicts_have_a_cause(kept.order.conflicts(), acts)?;
        refund_steps_are_told_once(&kept.history)?;
        events_arrived(world, number, kept)?;
    }
    if !leaves_v2(acts) {
        each_order_keeps_its_api(world)?;
    }
    // V2 tells of every refund, so there it would only cost time.
    if life == Life::V2 { Ok(()) } else { bills_show_what_the_books_lack(world) }
}

/// What V2 leaves V3 takes over, and V3 has no list of refunds.
fn leaves_v2(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::LeaveV2))
}

/// By whichever it was placed, it is asked about, closed and refunded.
fn each_order_keeps_its_api(world: &World) -> TestCaseResult {
    let is_by_v3 = |number: &str| world.wechat.ledger().order(number).map(|it| it.api == Api::V3);
    for attempt in world.orders.values().flat_map(|kept| kept.order.attempts()) {
        let ours = attempt.shop.api == wxpay_core::Api::V3;
        let theirs = is_by_v3(attempt.number.as_str());
        prop_assert!(theirs.is_none_or(|theirs| theirs == ours), "another API: {}", attempt.number);
    }
    let calls = world
        .wechat
        .ledger()
        .messages()
        .filter(|message| message.direction == Direction::In && message.what != "notify_ack");
    for call in calls {
        let of_order = call.out_trade_no.as_deref().and_then(is_by_v3);
        let by_v3 = call.what.starts_with("v3_");
        prop_assert!(of_order.is_none_or(|of_order| of_order == by_v3), "{call:?} by another API");
    }
    Ok(())
}

/// A refund made elsewhere is on no book of ours, and a payment that nobody told is not either: the
/// bills show both, whatever became of the notifications, and nothing else differs.
fn bills_show_what_the_books_lack(world: &mut World) -> TestCaseResult {
    let mut lacking = Vec::new();
    for (number, kept) in &world.orders {
        for order in world.known_to_wechat(number) {
            let elsewhere = |it: &&wxpay_sandbox::Refund| it.source == RefundSource::VendorPlatform;
            let refunds = order.refunds.iter().filter(elsewhere);
            lacking.extend(refunds.map(|refund| refund.out_refund_no.clone()));
            if *kept.order.state() == State::Refunded {
                lacking.extend(order.payment.as_ref().map(|paid| paid.transaction_id.clone()));
            }
        }
    }
    let mut shown = Vec::new();
    for difference in world.differences() {
        prop_assert_eq!(difference.kind, DifferenceKind::Extra, "{:?}", difference);
        shown.extend(difference.out_refund_no.or(difference.transaction_id));
    }
    lacking.sort_unstable();
    shown.sort_unstable();
    prop_assert_eq!(shown, lacking, "the bills show something else");
    Ok(())
}

fn payments_agree(world: &World, number: &str, kept: &Kept) -> TestCaseResult {
    let paid = |order: &wxpay_sandbox::Order| {
        order.payment.as_ref().map(|paid| (paid.transaction_id.clone(), order.total_fee))
    };
    let theirs: BTreeMap<_, _> = world.known_to_wechat(number).filter_map(paid).collect();
    let ours = kept.order.payments();
    let ours: BTreeMap<_, _> = ours
        .map(|paid| (paid.transaction_id.to_string(), u64::from(paid.total_fee.fen())))
        .collect();
    match kept.order.state() {
        State::Paid(_) => {
            prop_assert_eq!(ours, theirs, "payments differ");
            prop_assert_eq!(kept.times_paid(), 1);
        }
        // WeChat said no more than that it is refunded, and told the payment to nobody.
        State::Refunded => prop_assert_eq!(theirs.len(), 1),
        State::Closed => prop_assert!(theirs.is_empty(), "{number} is paid there, closed here"),
        other => prop_assert!(false, "{number} is stuck: {other:?}"),
    }
    Ok(())
}

/// Number, fen and stage of every refund that WeChat took.
type Refunds = BTreeMap<String, (u64, RefundStage)>;

fn our_refunds(order: &Order) -> Refunds {
    let taken = order.refunds().iter().filter(|refund| refund.stage != RefundStage::Refused);
    taken
        .map(|refund| {
            let what = (u64::from(refund.amount.fen()), refund.stage);
            (refund.out_refund_no.to_string(), what)
        })
        .collect()
}

/// But for those made elsewhere of which nobody could know: V2 tells that something happened, and is
/// asked what; V3 has no such question, so there one is known by its own notification alone.
fn their_refunds(world: &World, number: &str, ours: &Order, acts: &[Act]) -> Refunds {
    let stage = |refund: &wxpay_sandbox::Refund| match refund.status(world.wechat_now()) {
        RefundStatus::Processing => RefundStage::Processing,
        RefundStatus::Success => RefundStage::Succeeded,
        RefundStatus::Change => RefundStage::Abnormal,
        RefundStatus::Refundclose => RefundStage::Closed,
    };
    let known = |refund: &wxpay_sandbox::Refund| {
        ours.refund(&OutRefundNo::new(&refund.out_refund_no).unwrap())
    };
    let is_told = |refund: &&wxpay_sandbox::Refund| {
        let ended = refund.notify_url.is_some() && stage(refund) != RefundStage::Processing;
        let told = ended && !ends_in_silence(acts) || was_heard(refund);
        let understood = refund.api == Api::V3 || !leaves_v2(acts);
        refund.source == RefundSource::Api || known(refund).is_some() || told && understood
    };
    let lied = acts.iter().any(|act| matches!(act, Act::Notify(NotifyFault::WrongAmount)));
    let line = |refund: &wxpay_sandbox::Refund| match known(refund) {
        // WeChat signed a fen too much of it first, and is not believed when it says less.
        Some(ours) if lied && refund.source == RefundSource::VendorPlatform => {
            (u64::from(ours.amount.fen()), ours.stage)
        }
        _ => (refund.refund_fee, stage(refund)),
    };
    let refunds = world.known_to_wechat(number).flat_map(|order| &order.refunds);
    refunds.filter(is_told).map(|refund| (refund.out_refund_no.clone(), line(refund))).collect()
}

fn ends_in_silence(acts: &[Act]) -> bool {
    matches!(acts, [.., Act::Notify(NotifyFault::Lost), _, Act::Pass(SILENCE)])
}

fn was_heard(refund: &wxpay_sandbox::Refund) -> bool {
    refund.notices.iter().any(|notice| notice.outcome.as_deref() == Some("acknowledged"))
}

/// A wrong amount was signed by WeChat; an old amount was paid by a link from before the change.
fn conflicts_have_a_cause(conflicts: &[Conflict], acts: &[Act]) -> TestCaseResult {
    for conflict in conflicts {
        let caused = acts.iter().any(|act| match conflict.kind {
            ConflictKind::Mismatch | ConflictKind::RefundMismatch => {
                matches!(act, Act::Notify(NotifyFault::WrongAmount))
            }
            ConflictKind::PaidOldAmount => matches!(act, Act::Reprice { .. }),
            ConflictKind::PaidTwice
            | ConflictKind::PaidAfterClose
            | ConflictKind::RefundContradicted => false,
        });
        prop_assert!(caused, "nobody caused {conflict:?}");
    }
    Ok(())
}

fn refund_steps_are_told_once(history: &[Happened]) -> TestCaseResult {
    let mut last = BTreeMap::new();
    for line in history {
        if let Happened::Refund { out_refund_no, status, .. } = line {
            let before = last.insert(out_refund_no, status);
            prop_assert!(before != Some(status), "{out_refund_no} is told twice: {status:?}");
        }
    }
    Ok(())
}

/// Every event that happened was written and read, each once, in order.
fn events_arrived(world: &World, number: &str, kept: &Kept) -> TestCaseResult {
    let happened: Vec<_> = kept
        .history
        .iter()
        .filter_map(|line| Some((line.event_type()?, serde_json::to_string(line).ok()?)))
        .collect();
    let read = world.backend.events_of(number);
    let read: Vec<_> = read.iter().map(|event| (event.r#type, event.data.clone())).collect();
    prop_assert_eq!(happened, read, "events were lost, doubled or out of order");
    Ok(())
}
