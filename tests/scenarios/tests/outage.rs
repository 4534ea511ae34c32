//! All of WeChat's notifications are lost for an hour, and no buyer's page asks: every payment and
//! every refund is found by our own questions.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a scenario that panics is a scenario that failed"
)]

use std::collections::BTreeMap;

use wxpay_core::Api;
use wxpay_merchant::{Buyer, Offer, Order, RefundAdmission, RefundStage, State};
use wxpay_sandbox::{Faults, NotifyFault};
use wxpay_scenarios::{World, at_desk, in_wechat, on_phone};

const ORDERS: u64 = 50;
const HOUR: u64 = 3600;
const EXPIRES_IN: u64 = 1800;
/// The last scheduled question comes this long after the buyer, the next at the order's end.
const LAST_QUESTION: u64 = 600;

/// Numbers by chance, the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) % limit
    }
}

fn number(n: u64) -> String {
    format!("ORDER{n:03}")
}

fn buyer(n: u64) -> Buyer {
    match n % 3 {
        0 => in_wechat(&openid(n)),
        1 => on_phone(&n.to_string(), 7),
        _ => at_desk(&n.to_string()),
    }
}

fn openid(n: u64) -> String {
    format!("buyer-{n}")
}

/// An hour in which no notification arrives.
fn outage(api: Api) -> World {
    let mut world = World::new(api);
    world.wechat.set_faults(Faults { notify: NotifyFault::Lost, ..Faults::default() });
    world
}

/// When each order first was as `is` says, second by second until the hour is over.
fn watch(
    world: &mut World,
    mut each_second: impl FnMut(&mut World),
    is: fn(&Order) -> bool,
) -> BTreeMap<String, u64> {
    let mut seen = BTreeMap::new();
    while world.elapsed() < HOUR {
        each_second(world);
        world.pass(1);
        let now = world.elapsed();
        let found = world.orders.iter().filter(|(_, kept)| is(&kept.order));
        for (number, _) in found {
            seen.entry(number.clone()).or_insert(now);
        }
    }
    seen
}

fn longest(from: &BTreeMap<String, u64>, to: &BTreeMap<String, u64>) -> u64 {
    assert_eq!(
        from.keys().collect::<Vec<_>>(),
        to.keys().collect::<Vec<_>>(),
        "some are not found"
    );
    from.iter().map(|(number, at)| to[number] - at).max().unwrap()
}

fn every_payment_in_every_channel_is_found(api: Api) {
    let (mut world, mut chance) = (outage(api), Chance(1));
    // Who comes when, and pays how much later.
    let plan: Vec<(u64, u64)> =
        (0..ORDERS).map(|_| (chance.below(EXPIRES_IN), chance.below(EXPIRES_IN))).collect();
    let mut paid = BTreeMap::new();
    let each_second = |world: &mut World| {
        let now = world.elapsed();
        for (n, (comes, hesitates)) in (0_u64..).zip(&plan) {
            if *comes == now {
                world.create(&number(n), 1990, EXPIRES_IN);
                assert!(matches!(world.checkout(&number(n), &buyer(n)), Offer::Pay(_)));
            }
            if comes + hesitates == now {
                assert!(world.pay(&number(n), &openid(n)));
                paid.insert(number(n), now);
            }
        }
    };
    let found = watch(&mut world, each_second, |order| matches!(order.state(), State::Paid(_)));
    assert_eq!(paid.len(), usize::try_from(ORDERS).unwrap());
    let longest = longest(&paid, &found);
    println!("{api:?}: the longest a payment took to be found: {longest} s");
    assert!(longest <= EXPIRES_IN - LAST_QUESTION);
    assert!(world.orders.values().all(|kept| kept.times_paid() == 1));
}

fn every_refund_is_found(api: Api) {
    let (mut world, mut chance) = (outage(api), Chance(2));
    for n in 0..ORDERS {
        world.create(&number(n), 1990, EXPIRES_IN);
        world.checkout(&number(n), &buyer(n));
        assert!(world.pay(&number(n), &openid(n)));
    }
    world.pass(5);
    // Refunds are asked for in the first quarter and take up to another one at WeChat.
    let plan: Vec<(u64, u32)> = (0..ORDERS)
        .map(|_| (5 + chance.below(900), u32::try_from(chance.below(900)).unwrap()))
        .collect();
    let mut ended = BTreeMap::new();
    let each_second = |world: &mut World| {
        let now = world.elapsed();
        for (n, (asked, refund_seconds)) in (0_u64..).zip(&plan) {
            if *asked == now {
                let faults = world.wechat.faults();
                world.wechat.set_faults(Faults { refund_seconds: *refund_seconds, ..faults });
                let admission = world.refund(&number(n), &format!("R{n}"), 1990, None);
                assert_eq!(admission, RefundAdmission::Taken);
                ended.insert(number(n), now + u64::from(*refund_seconds));
            }
        }
    };
    let is_back =
        |order: &Order| order.refunds().iter().any(|refund| refund.stage == RefundStage::Succeeded);
    let found = watch(&mut world, each_second, is_back);
    let longest = longest(&ended, &found);
    println!("{api:?}: the longest a refund took to be found: {longest} s");
    // Questions are spaced twice as far each time, so a refund is found in as long as it took.
    assert!(longest <= 900);
}

#[test]
fn in_an_hour_without_notifications_every_payment_in_every_channel_is_found() {
    every_payment_in_every_channel_is_found(Api::V2);
    every_payment_in_every_channel_is_found(Api::V3);
}

#[test]
fn in_an_hour_without_notifications_every_refund_is_found() {
    every_refund_is_found(Api::V2);
    every_refund_is_found(Api::V3);
}
