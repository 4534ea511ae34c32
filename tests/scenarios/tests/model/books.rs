//! What has to be true: at every moment, and once the storm has passed.
use std::collections::BTreeMap;

use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseResult};
use wxpay_core::OutRefundNo;
use wxpay_merchant::{Conflict, ConflictKind, Happened, Offer, Order, RefundStage, State};
use wxpay_sandbox::{NotifyFault, RefundSource, RefundStatus};
use wxpay_scenarios::{Kept, World};

use crate::act::{Act, ORDERS, buyers, number};

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
pub(crate) fn agree(world: &World, acts: &[Act]) -> TestCaseResult {
    for (number, kept) in &world.orders {
        payments_agree(world, number, kept)?;
        let theirs = their_refunds(world, number, &kept.order);
        prop_assert_eq!(our_refunds(&kept.order), theirs, "refunds differ");
        conflicts_have_a_cause(kept.order.conflicts(), acts)?;
        refund_steps_are_told_once(&kept.history)?;
        events_arrived(world, number, kept)?;
    }
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

/// But for those made at the merchant platform that have no end yet: of these nobody is told.
fn their_refunds(world: &World, number: &str, ours: &Order) -> Refunds {
    let stage = |refund: &wxpay_sandbox::Refund| match refund.status(world.wechat_now()) {
        RefundStatus::Processing => RefundStage::Processing,
        RefundStatus::Success => RefundStage::Succeeded,
        RefundStatus::Change => RefundStage::Abnormal,
        RefundStatus::Refundclose => RefundStage::Closed,
    };
    let is_told = |refund: &&wxpay_sandbox::Refund| {
        let number = OutRefundNo::new(&refund.out_refund_no).unwrap();
        refund.source == RefundSource::Api
            || stage(refund) != RefundStage::Processing
            || ours.refund(&number).is_some()
    };
    let refunds = world.known_to_wechat(number).flat_map(|order| &order.refunds);
    let line = |refund: &wxpay_sandbox::Refund| (refund.refund_fee, stage(refund));
    refunds.filter(is_told).map(|refund| (refund.out_refund_no.clone(), line(refund))).collect()
}

/// A wrong amount was signed by WeChat; an old amount was paid by a link from before the change.
fn conflicts_have_a_cause(conflicts: &[Conflict], acts: &[Act]) -> TestCaseResult {
    for conflict in conflicts {
        let caused = acts.iter().any(|act| match conflict.kind {
            ConflictKind::Mismatch => matches!(act, Act::Notify(NotifyFault::WrongAmount)),
            ConflictKind::PaidOldAmount => matches!(act, Act::Reprice { .. }),
            ConflictKind::PaidTwice
            | ConflictKind::PaidAfterClose
            | ConflictKind::RefundMismatch
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
