//! When a day's book is compared with WeChat's bill, and how often that is tried.
use serde::{Deserialize, Serialize};
use wxpay_core::{BeijingDay, UnixSeconds};

use crate::reconciliation::{Counts, Summary};

/// The reconciliation of one day: when it is due, and what came of it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    day: BeijingDay,
    /// When the next comparison begins.
    due: Option<UnixSeconds>,
    /// While one is under way: when it is taken for lost.
    running_until: Option<UnixSeconds>,
    /// Comparisons begun since one was planned or asked for and did not succeed.
    tries: u32,
    /// Whether the last thing that happened was giving up.
    failed: bool,
    chain: Chain,
    /// Counts the comparisons; each difference belongs to one.
    run: u64,
    /// The last one that came to its end, and what it found.
    found: Option<(u64, Summary)>,
}

/// Each day wakes the next, so that a day without a single order is compared too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Chain {
    /// It wakes nobody: somebody only asked about the day.
    Outside,
    /// The next day is still to be told.
    Due,
    /// The next day knows.
    Done,
}

/// How a reconciliation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// It will begin by itself.
    Waiting,
    /// It is under way.
    Running,
    /// The summary is the newest there can be.
    Done,
    /// The bill could not be had for a day. It begins again only when asked to.
    Failed,
}

/// 10:30 in Beijing, after midnight. Seconds.
/// Source: protocol page "下载交易账单": made from 9:00 of the next day on, to be fetched after 10:00,
/// read 2026-11.
const BILL_IS_READY: u64 = 10 * 3600 + 30 * 60;
/// Waits before the next try; a day together. Seconds.
const AGAIN_AFTER: [u64; 7] = [600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];
/// After a line that a comparison did not see, others may follow; they share the next one. Seconds.
const LINES_GATHER: u64 = 600;
/// A comparison that has not ended by then never will: longer than a runtime lets an alarm run
/// (15 minutes). Seconds.
const LOST_AFTER: u64 = 1_200;

fn bill_is_ready(day: BeijingDay) -> UnixSeconds {
    day.next().starts_at().plus(BILL_IS_READY)
}

impl Plan {
    /// The plan of a day that has come: 10:30 of the next day, and then the next day's.
    pub fn scheduled(day: BeijingDay) -> Self {
        let due = bill_is_ready(day);
        Self { due: Some(due), chain: Chain::Due, ..Self::unscheduled(day) }
    }

    /// The plan of a day of which no book was kept, and that somebody asks about. It wakes no other
    /// day: a question about last month must not set off a month of comparisons.
    pub fn unscheduled(day: BeijingDay) -> Self {
        Self {
            day,
            due: None,
            running_until: None,
            tries: 0,
            failed: false,
            chain: Chain::Outside,
            run: 0,
            found: None,
        }
    }

    /// Whether WeChat can have a bill of this day already.
    pub fn bill_can_exist(day: BeijingDay, now: UnixSeconds) -> bool {
        now >= day.next().starts_at()
    }

    /// Whether the day's comparison would have begun by now. A line for such a day came late: where
    /// no book was kept it plans nothing, or one old payment would set off the comparison of every
    /// day since.
    pub fn is_past(day: BeijingDay, now: UnixSeconds) -> bool {
        now >= bill_is_ready(day)
    }

    /// A payment or a refund of the day was written, or stands differently; `unmet` if no bill had
    /// it so far. Whether that makes the day due again, since what was found may not be so any more:
    /// a bill that agreed with the whole book is not made wrong by a refund that goes on.
    pub fn written(&mut self, unmet: bool, now: UnixSeconds) -> bool {
        let overlooked = self.running_until.is_some();
        let found = self.found.as_ref();
        let differed = |(_, found): &(u64, Summary)| found.counts != Counts::default();
        let changes =
            self.due.is_none() && (overlooked || found.is_some_and(|it| unmet || differed(it)));
        if changes {
            self.due = Some(now.plus(LINES_GATHER));
            self.failed = false;
        }
        changes
    }

    /// A day that was only asked about has come, after all. Whether that changed anything.
    pub fn join_chain(&mut self, now: UnixSeconds) -> bool {
        let outside = self.chain == Chain::Outside;
        if outside {
            self.chain = Chain::Due;
            self.due.get_or_insert(now);
        }
        outside
    }

    /// Somebody wants it compared now; if it is under way, once more afterwards.
    pub fn asked(&mut self, now: UnixSeconds) {
        self.due = Some(now);
        self.tries = 0;
        self.failed = false;
    }

    /// Begins a comparison if one is due.
    pub fn begin(&mut self, now: UnixSeconds) -> bool {
        if self.running_until.is_some_and(|until| until <= now) {
            self.fail(now);
        }
        if self.running_until.is_some() || self.due.is_none_or(|due| due > now) {
            return false;
        }
        self.due = None;
        self.running_until = Some(now.plus(LOST_AFTER));
        self.run = self.run.saturating_add(1);
        true
    }

    /// The comparison came to its end.
    pub fn succeed(&mut self, summary: Summary) {
        self.running_until = None;
        self.tries = 0;
        self.failed = false;
        self.found = Some((self.run, summary));
    }

    /// The bill could not be had or read; it is tried again for a day.
    pub fn fail(&mut self, now: UnixSeconds) {
        self.running_until = None;
        let wait = usize::try_from(self.tries).ok().and_then(|tries| AGAIN_AFTER.get(tries));
        self.tries = self.tries.saturating_add(1);
        self.failed = wait.is_none() && self.due.is_none();
        if let Some(wait) = wait {
            self.due.get_or_insert(now.plus(*wait));
        }
    }

    /// The next day's book was told.
    pub fn woke_next(&mut self) {
        self.chain = Chain::Done;
    }

    /// When to look again.
    pub fn wake_at(&self) -> Option<UnixSeconds> {
        // While one is under way this is the way back if it is lost; whatever else is due waits.
        self.running_until.or(self.due)
    }

    /// How it stands.
    pub fn state(&self) -> PlanState {
        match (self.running_until, self.due) {
            (Some(_), _) => PlanState::Running,
            (None, Some(_)) => PlanState::Waiting,
            (None, None) if self.failed => PlanState::Failed,
            (None, None) if self.found.is_some() => PlanState::Done,
            (None, None) => PlanState::Waiting,
        }
    }

    /// The day.
    pub fn day(&self) -> BeijingDay {
        self.day
    }

    /// Whether the next day's book is still to be told.
    pub fn wakes_next(&self) -> bool {
        self.chain == Chain::Due
    }

    /// The number of the newest comparison.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The number of the last comparison that came to its end, and what it found.
    pub fn found(&self) -> Option<(u64, &Summary)> {
        self.found.as_ref().map(|(run, summary)| (*run, summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn day() -> BeijingDay {
        BeijingDay::parse("2026-11-23").unwrap()
    }

    /// Hours after the day's midnight.
    fn at(hours: u64) -> UnixSeconds {
        day().starts_at().plus(hours.saturating_mul(HOUR))
    }

    fn summary() -> Summary {
        Summary { at: at(35), bill: Default::default(), counts: Default::default() }
    }

    fn begun() -> Plan {
        let mut plan = Plan::scheduled(day());
        assert!(plan.begin(at(35)));
        plan
    }

    #[test]
    fn a_day_is_compared_at_half_past_ten_of_the_next_and_not_before() {
        let mut plan = Plan::scheduled(day());
        let due = at(34).plus(1_800);
        assert_eq!(plan.wake_at(), Some(due));
        assert!(!plan.begin(UnixSeconds::new(due.seconds() - 1)));
        assert_eq!(plan.state(), PlanState::Waiting);
        assert!(plan.begin(due));
        assert_eq!((plan.state(), plan.run()), (PlanState::Running, 1));
        plan.succeed(summary());
        assert_eq!((plan.state(), plan.wake_at()), (PlanState::Done, None));
    }

    #[test]
    fn one_at_a_time_and_what_is_asked_meanwhile_comes_after_it() {
        let mut plan = begun();
        plan.asked(at(35).plus(1));
        assert!(!plan.begin(at(35).plus(2)));
        assert_eq!(plan.state(), PlanState::Running);
        plan.succeed(summary());
        assert_eq!((plan.state(), plan.wake_at()), (PlanState::Waiting, Some(at(35).plus(1))));
        assert!(plan.begin(at(35).plus(3)));
        assert_eq!(plan.run(), 2);
    }

    #[test]
    fn a_bill_that_does_not_come_is_tried_for_a_day_ever_more_seldom() {
        let mut plan = begun();
        let first = at(35);
        let mut now = first;
        let mut waits = Vec::new();
        loop {
            plan.fail(now);
            let Some(next) = plan.wake_at() else { break };
            assert_eq!(plan.state(), PlanState::Waiting);
            waits.push(next.since(now));
            now = next;
            assert!(plan.begin(now));
        }
        assert_eq!(plan.state(), PlanState::Failed);
        assert_eq!(waits, AGAIN_AFTER);
        assert!((23 * HOUR..=24 * HOUR).contains(&now.since(first)));
        plan.asked(now);
        assert!(plan.begin(now), "asked for, it begins again");
        plan.fail(now);
        assert_eq!(plan.wake_at(), Some(now.plus(600)));
    }

    #[test]
    fn a_comparison_that_vanished_is_begun_again_and_counts_as_a_try() {
        let mut plan = begun();
        let lost = plan.wake_at().unwrap();
        assert!(!plan.begin(UnixSeconds::new(lost.seconds() - 1)));
        assert!(!plan.begin(lost), "first it waits");
        assert_eq!(plan.wake_at(), Some(lost.plus(600)));
        assert!(plan.begin(lost.plus(600)));
        for _ in 0..AGAIN_AFTER.len() {
            let lost = plan.wake_at().unwrap();
            plan.begin(lost);
            if let Some(again) = plan.wake_at() {
                plan.begin(again);
            }
        }
        assert_eq!(plan.state(), PlanState::Failed, "and not for ever");
    }

    #[test]
    fn a_day_somebody_asks_about_wakes_no_other_day_until_its_turn_comes() {
        let mut plan = Plan::unscheduled(day());
        assert_eq!((plan.state(), plan.wake_at()), (PlanState::Waiting, None));
        plan.asked(at(35));
        assert!(plan.begin(at(35)) && !plan.wakes_next());
        plan.succeed(summary());
        assert!(plan.join_chain(at(36)) && plan.wakes_next());
        assert_eq!(plan.wake_at(), Some(at(36)));
        assert!(!plan.join_chain(at(37)), "once");
        plan.woke_next();
        assert!(!plan.wakes_next() && !plan.join_chain(at(38)));
    }

    #[test]
    fn what_was_found_stays_until_something_newer_is() {
        let mut plan = begun();
        plan.succeed(summary());
        plan.asked(at(36));
        assert!(plan.begin(at(36)));
        assert_eq!(plan.found().map(|(run, _)| run), Some(1));
        plan.fail(at(36));
        assert_eq!(plan.found().map(|(run, _)| run), Some(1));
        assert!(plan.begin(at(37)));
        plan.succeed(summary());
        assert_eq!(plan.found().map(|(run, _)| run), Some(3));
    }

    #[test]
    fn a_line_that_the_comparison_did_not_see_makes_the_day_due_again_once() {
        let mut plan = Plan::scheduled(day());
        assert!(!plan.written(true, at(20)), "it is planned already");
        assert!(plan.begin(at(35)) && plan.written(true, at(35)), "it may have been overlooked");
        plan.succeed(summary());
        assert_eq!(plan.wake_at(), Some(at(35).plus(600)));
        assert!(!plan.written(true, at(35).plus(1)), "it shares the next comparison");
        assert!(plan.begin(at(36)));
        plan.succeed(summary());
        assert!(!plan.written(false, at(37)), "a refund that went on, where all agreed");
        assert!(plan.written(true, at(37)) && plan.begin(at(38)));
        let counts = Counts { status_differs: 1, ..Counts::default() };
        plan.succeed(Summary { counts, ..summary() });
        assert!(plan.written(false, at(39)), "it may be what differed");
        assert_eq!((plan.state(), plan.wake_at()), (PlanState::Waiting, Some(at(39).plus(600))));
    }

    #[test]
    fn a_line_of_a_day_that_was_never_compared_compares_nothing() {
        let mut plan = Plan::unscheduled(day());
        assert!(!plan.written(true, at(40)));
        assert_eq!(plan.wake_at(), None);
    }

    #[test]
    fn a_day_is_past_from_the_hour_of_its_comparison_on() {
        let due = Plan::scheduled(day()).wake_at().unwrap();
        assert!(!Plan::is_past(day(), UnixSeconds::new(due.seconds() - 1)));
        assert!(Plan::is_past(day(), due));
    }

    #[test]
    fn no_bill_of_a_day_that_is_not_over() {
        assert!(!Plan::bill_can_exist(day(), UnixSeconds::new(at(24).seconds() - 1)));
        assert!(Plan::bill_can_exist(day(), at(24)));
    }
}
