//! Refunds (退款): what was asked for, what becomes of it, and when none may be.
//!
//! Source: pay.weixin.qq.com V2 申请退款, 查询退款 and 退款结果通知.

use serde::{Deserialize, Serialize};

use crate::{
    gateway::Gateway,
    ladder::{Notice, plan},
    ledger::{Api, Order},
    time::{UnixSeconds, beijing_format},
};

/// Source: 申请退款: at most 50 partial refunds of one order.
const MOST_REFUNDS: usize = 50;

/// Source: 申请退款: not later than one year after the payment; V3 says 365 days.
/// UNCONFIRMED: that they are counted to the second.
const REFUNDABLE_SECONDS: i64 = 365 * 24 * 60 * 60;

/// 退款状态, in the words of V2's wire; the control API takes those of V3 as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundStatus {
    /// 退款处理中.
    Processing,
    /// 退款成功.
    Success,
    /// 退款异常: the money left the merchant and did not reach the buyer.
    #[serde(alias = "ABNORMAL")]
    Change,
    /// 退款关闭: the money stays with the merchant.
    #[serde(alias = "CLOSED")]
    Refundclose,
}

impl RefundStatus {
    /// The word on V2's wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Change => "CHANGE",
            Self::Refundclose => "REFUNDCLOSE",
        }
    }
}

/// 退款发起来源: who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundSource {
    /// The merchant's server.
    Api,
    /// Somebody in the merchant platform (商户平台).
    VendorPlatform,
}

impl RefundSource {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::VendorPlatform => "VENDOR_PLATFORM",
        }
    }
}

/// 退款, one of an order's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refund {
    /// 商户退款单号.
    pub out_refund_no: String,
    /// 微信退款单号.
    pub refund_id: String,
    /// 退款金额, in fen.
    pub refund_fee: u64,
    /// 退款资金来源.
    pub refund_account: String,
    /// By which it was asked for; if not by a call, by which its order was.
    ///
    /// UNCONFIRMED: that refunds from the merchant platform are told as their orders are.
    pub api: Api,
    /// When it was accepted.
    pub requested_at: UnixSeconds,
    /// Who asked for it.
    pub source: RefundSource,
    /// Where its outcome is told, if anywhere.
    ///
    /// DIFFERENCE: an address cannot be set in the merchant platform instead.
    pub notify_url: Option<String>,
    /// What it becomes and when, oldest first; before the first it is in process.
    pub turns: Vec<(UnixSeconds, RefundStatus)>,
    /// Notifications sent and to be sent.
    pub notices: Vec<Notice>,
}

impl Refund {
    /// What `refundquery` says at `now`.
    #[must_use]
    pub fn status(&self, now: UnixSeconds) -> RefundStatus {
        self.turn(now).map_or(RefundStatus::Processing, |(_, status)| status)
    }

    /// When the money reached the buyer, if by `now` it has.
    #[must_use]
    pub fn succeeded_at(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        self.turn(now).filter(|(_, status)| *status == RefundStatus::Success).map(|(at, _)| at)
    }

    /// Whether its outcome is known at `now` and somebody is to be told.
    pub(crate) fn is_told(&self, now: UnixSeconds) -> bool {
        self.notify_url.is_some() && self.status(now) != RefundStatus::Processing
    }

    fn turn(&self, now: UnixSeconds) -> Option<(UnixSeconds, RefundStatus)> {
        self.turns.iter().rev().find(|(at, _)| *at <= now).copied()
    }
}

/// Why money cannot go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrefundable {
    /// No such order, or nobody has paid it.
    NotPaid,
    /// Paid more than a year ago.
    Overdue,
    /// Fifty refunds are there already.
    TooMany,
    /// Nothing is left.
    Exhausted,
    /// Not between one fen and what is left.
    Amount,
    /// Other amounts, or another order, than the same number had before; or a total that is not
    /// the order's.
    Mismatch,
}

impl Unrefundable {
    /// In WeChat's words.
    ///
    /// Source: answers in merchants' logs for unknown orders, for exhausted ones, and for amounts
    /// that changed.
    /// UNCONFIRMED: the wording of the others.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotPaid => "订单不存在",
            Self::Overdue => "订单已经超过退款期限",
            Self::TooMany => "部分退款次数超过限制",
            Self::Exhausted => "订单已全额退款",
            Self::Amount => "累计退款金额大于支付金额",
            Self::Mismatch => "订单金额或退款金额与之前请求不一致，请核实后再试",
        }
    }
}

/// A refund somebody asks for.
pub(crate) struct Wanted {
    pub(crate) out_refund_no: String,
    pub(crate) refund_fee: u64,
    pub(crate) refund_account: String,
    pub(crate) api: Api,
    pub(crate) source: RefundSource,
    pub(crate) notify_url: Option<String>,
}

impl Order {
    /// What has gone back or is on its way at `now`, in fen.
    ///
    /// UNCONFIRMED: that a closed refund gives its amount free again, and an abnormal one does not.
    #[must_use]
    pub fn refunded_fee(&self, now: UnixSeconds) -> u64 {
        let counts = |refund: &&Refund| refund.status(now) != RefundStatus::Refundclose;
        self.refunds.iter().filter(counts).map(|refund| refund.refund_fee).sum()
    }

    /// What can still go back at `now`, in fen.
    #[must_use]
    pub fn refundable_fee(&self, now: UnixSeconds) -> u64 {
        let paid = if self.payment.is_some() { self.total_fee } else { 0 };
        paid.saturating_sub(self.refunded_fee(now))
    }

    /// Whether `refund_fee` may go back at `now`.
    fn check_refund(&self, now: UnixSeconds, refund_fee: u64) -> Result<(), Unrefundable> {
        let payment = self.payment.as_ref().ok_or(Unrefundable::NotPaid)?;
        let left = self.refundable_fee(now);
        if now.saturating_sub(payment.paid_at) > REFUNDABLE_SECONDS {
            Err(Unrefundable::Overdue)
        } else if left == 0 {
            Err(Unrefundable::Exhausted)
        } else if self.refunds.len() >= MOST_REFUNDS {
            Err(Unrefundable::TooMany)
        } else if refund_fee == 0 || refund_fee > left {
            Err(Unrefundable::Amount)
        } else {
            Ok(())
        }
    }
}

impl Gateway {
    /// Accepts a refund, or says why not. It is in process until [`crate::Faults::refund_seconds`]
    /// have passed, and then becomes [`crate::Faults::refund_end`].
    pub(crate) fn refund(
        &mut self,
        now: UnixSeconds,
        out_trade_no: &str,
        wanted: Wanted,
    ) -> Result<&Refund, Unrefundable> {
        // Source: refund ids in public logs: `50`, eight digits, the day, eleven digits.
        let refund_id = format!(
            "50{}{}{}",
            self.random.digits(8),
            beijing_format(now, "%Y%m%d"),
            self.random.digits(11)
        );
        let order = self.ledger.order(out_trade_no).ok_or(Unrefundable::NotPaid)?;
        let faults = self.in_force(Some(order));
        order.check_refund(now, wanted.refund_fee)?;
        let at = now.saturating_add(i64::from(faults.refund_seconds));
        let told = wanted.notify_url.is_some() && faults.refund_end != RefundStatus::Processing;
        let due_at = if told { self.first_due(at, faults.notify) } else { at };
        let mut refund = Refund {
            out_refund_no: wanted.out_refund_no,
            refund_id,
            refund_fee: wanted.refund_fee,
            refund_account: wanted.refund_account,
            api: wanted.api,
            requested_at: now,
            source: wanted.source,
            notify_url: wanted.notify_url,
            turns: Vec::new(),
            notices: Vec::new(),
        };
        if faults.refund_end != RefundStatus::Processing {
            turn(&mut refund, at, faults.refund_end, due_at);
        }
        self.ledger.change(out_trade_no, |order| order.refunds.push(refund));
        let order = self.ledger.order(out_trade_no);
        order.and_then(|order| order.refunds.last()).ok_or(Unrefundable::NotPaid)
    }

    /// Somebody refunds in the merchant platform (商户平台), behind the server's back; `None` as
    /// `refund_fee` is all that is left. The server hears of it if there is a `notify_url`.
    ///
    /// # Errors
    /// When money cannot go back, with the reason.
    pub fn refund_elsewhere(
        &mut self,
        now: UnixSeconds,
        out_trade_no: &str,
        refund_fee: Option<u64>,
        notify_url: Option<&str>,
    ) -> Result<&Refund, Unrefundable> {
        let order = self.ledger.order(out_trade_no).ok_or(Unrefundable::NotPaid)?;
        let (api, left) = (order.api, order.refundable_fee(now));
        let wanted = Wanted {
            // UNCONFIRMED: what the merchant platform calls its refunds.
            out_refund_no: format!("{}{}", beijing_format(now, "%Y%m%d"), self.random.digits(12)),
            refund_fee: refund_fee.unwrap_or(left),
            refund_account: UNSETTLED.to_owned(),
            api,
            source: RefundSource::VendorPlatform,
            notify_url: notify_url.map(str::to_owned),
        };
        self.refund(now, out_trade_no, wanted)
    }

    /// A refund becomes `status` now, whatever it was to become, and that is notified; `false` if
    /// there is none with this number.
    ///
    /// UNCONFIRMED: a notification of its own when an abnormal refund is settled.
    pub fn settle_refund(
        &mut self,
        now: UnixSeconds,
        out_refund_no: &str,
        status: RefundStatus,
    ) -> bool {
        let Some((order, _)) = self.ledger.refund(out_refund_no) else { return false };
        let fault = self.in_force(Some(order)).notify;
        let due_at = self.first_due(now, fault);
        let settled = self.ledger.change_refund(out_refund_no, |refund| {
            refund.turns.retain(|(at, _)| *at <= now);
            refund.notices.iter_mut().for_each(Notice::withdraw);
            turn(refund, now, status, due_at);
        });
        settled.is_some()
    }
}

/// Where the money of a refund comes from unless the merchant names another pocket.
///
/// Source: 申请退款, `refund_account`.
pub(crate) const UNSETTLED: &str = "REFUND_SOURCE_UNSETTLED_FUNDS";

/// From `at` on the refund is `status`, and says so at `due_at` if it has somebody to tell.
fn turn(refund: &mut Refund, at: UnixSeconds, status: RefundStatus, due_at: UnixSeconds) {
    refund.turns.push((at, status));
    if refund.notify_url.is_some() && status != RefundStatus::Processing {
        plan(&mut refund.notices, due_at);
    }
}
