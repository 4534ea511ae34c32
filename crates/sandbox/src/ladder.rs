//! The fifteen-step ladder on which a notification is tried again.
//!
//! Source: pay.weixin.qq.com V2 支付结果通知, 退款结果通知 and 支付回调和查单实现指引.

use serde::{Deserialize, Serialize};

use crate::time::UnixSeconds;

/// Seconds between one failed try and the next: 15 s, 15 s, 30 s, 3 m, 10 m, 20 m, 30 m, 30 m,
/// 30 m, 60 m, 3 h, 3 h, 3 h, 6 h, 6 h; 24 h 4 m in all.
///
/// UNCONFIRMED: that the first try is not one of the fifteen, so that sixteen are made in all.
pub const LADDER: [i64; 15] = [
    15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600,
];

/// How late [`crate::NotifyFault::Late`] sends the first try: later than a shop's patience, and than the
/// ten minutes after which most ask by themselves.
pub const LATE_SECONDS: i64 = 15 * 60;

/// One try, planned or made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// 1 for the first try; 0 for a copy sent by hand through the control API.
    pub try_no: u32,
    /// When it is due.
    pub due_at: UnixSeconds,
    /// When it left; `None` while it is planned.
    pub sent_at: Option<UnixSeconds>,
    /// `acknowledged`, or how it failed; `None` while nothing is known.
    pub outcome: Option<String>,
}

impl Notice {
    pub(crate) const fn planned(try_no: u32, due_at: UnixSeconds) -> Self {
        Self { try_no, due_at, sent_at: None, outcome: None }
    }

    /// When it is due, if it is still to be sent.
    pub(crate) fn planned_for(&self) -> Option<UnixSeconds> {
        (self.sent_at.is_none() && self.outcome.is_none()).then_some(self.due_at)
    }

    /// Whether it left and nothing came back.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.sent_at.is_some() && self.outcome.is_none()
    }

    /// What was planned has become old news.
    pub(crate) fn withdraw(&mut self) {
        if self.sent_at.is_none() {
            self.outcome = Some("withdrawn".to_owned());
        }
    }
}

/// Plans the first try.
pub(crate) fn plan(notices: &mut Vec<Notice>, due_at: UnixSeconds) {
    notices.push(Notice::planned(1, due_at));
}

/// Gives up what was on its way when the sandbox ended: nobody can say any more what came back. The
/// next try is planned unless it already is.
pub(crate) fn give_up_waiting(notices: &mut Vec<Notice>, now: UnixSeconds) {
    let mut last = 0;
    for notice in notices.iter_mut().filter(|notice| notice.is_waiting()) {
        notice.outcome = Some("unknown: the sandbox ended".to_owned());
        last = notice.try_no.max(last);
    }
    if last > 0 && notices.iter().all(|notice| notice.try_no <= last) {
        plan_next(notices, last, now);
    }
}

/// Plans the try after a failed one, unless the ladder is at its end.
pub(crate) fn plan_next(notices: &mut Vec<Notice>, failed_try: u32, now: UnixSeconds) {
    let step = usize::try_from(failed_try.saturating_sub(1)).ok();
    if let Some(wait) = step.and_then(|step| LADDER.get(step)) {
        notices.push(Notice::planned(failed_try.saturating_add(1), now.saturating_add(*wait)));
    }
}
