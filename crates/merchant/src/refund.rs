//! 退款 · refunds: what the shop asks for, how far each came, and what is left to give back.
use serde::{Deserialize, Serialize};
use wxpay_core::{
    Api, Fen, NotifyUrl, OutRefundNo, OutTradeNo, Payment, RefundDesc, RefundId, TransactionId,
    UnixSeconds, question::refund,
};

use crate::{Order, State};

/// Money that goes back to a buyer, under one number for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The shop's number. The same number is the same refund, however often it is sent.
    pub out_refund_no: OutRefundNo,
    /// The payment it is taken from…
    pub transaction_id: TransactionId,
    /// … and its attempt, where WeChat told of the refund first: of the payment it may not have yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<OutTradeNo>,
    /// How much goes back, in fen.
    pub amount: Fen,
    /// What the buyer reads.
    pub reason: Option<RefundDesc>,
    /// WeChat's number, once it was accepted.
    pub refund_id: Option<RefundId>,
    /// When the shop asked, or when we first heard of it.
    pub asked_at: UnixSeconds,
    /// How far it came.
    pub stage: RefundStage,
    /// WeChat's code, where it said no.
    pub err_code: Option<String>,
    /// When the money was back, if WeChat said so.
    pub succeeded_at: Option<UnixSeconds>,
    /// Where it went: 支付用户零钱, or a bank and the card's last digits.
    pub recv_account: Option<String>,
    /// Where WeChat tells how it went; none for a refund made elsewhere.
    pub(crate) notify_url: Option<NotifyUrl>,
    /// When WeChat took it, if it was we who sent it.
    pub(crate) taken_at: Option<UnixSeconds>,
    /// How often it was sent to WeChat, and when last.
    pub(crate) sent: u32,
    pub(crate) sent_at: Option<UnixSeconds>,
    /// A no that came after a try whose outcome nobody knows: it counts once WeChat has been asked.
    pub(crate) doubted: Option<String>,
    /// When it entered its stage; the questions about it are spaced from here.
    pub(crate) since: UnixSeconds,
    /// When something is to be done about it.
    pub(crate) next_at: Option<UnixSeconds>,
}

/// How far a refund came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStage {
    /// Not sent yet: WeChat wants a minute between two refunds of one order.
    Waiting,
    /// Sent; whether WeChat took it is not known. It is sent again, unchanged.
    Asked,
    /// `PROCESSING`: WeChat took it.
    Processing,
    /// `SUCCESS`: the money is back.
    Succeeded,
    /// `CHANGE` (退款异常): the buyer's account cannot take it. Handle it at the merchant platform.
    Abnormal,
    /// `REFUNDCLOSE`: WeChat gave up; nothing went back.
    Closed,
    /// WeChat said no: nothing was made. The same number may be asked for again.
    Refused,
}

impl Refund {
    /// As it is when we first hear of it.
    pub(crate) fn new(
        out_refund_no: OutRefundNo,
        transaction_id: TransactionId,
        amount: Fen,
        now: UnixSeconds,
    ) -> Self {
        Self {
            out_refund_no,
            transaction_id,
            number: None,
            amount,
            reason: None,
            refund_id: None,
            asked_at: now,
            stage: RefundStage::Waiting,
            err_code: None,
            succeeded_at: None,
            recv_account: None,
            notify_url: None,
            taken_at: None,
            sent: 0,
            sent_at: None,
            doubted: None,
            since: now,
            next_at: None,
        }
    }

    /// Whether it was sent to WeChat more than once: an earlier try may have been taken, so a no is
    /// asked about before it is believed.
    pub fn was_sent_again(&self) -> bool {
        self.sent > 1
    }
}

impl RefundStage {
    /// Whether the amount is gone or may still go.
    pub(crate) fn holds_money(self) -> bool {
        !matches!(self, Self::Closed | Self::Refused)
    }
}

/// What the shop asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAsk {
    /// The shop's number.
    pub out_refund_no: OutRefundNo,
    /// Which payment, where the order was paid more than once; else the one that made it paid.
    pub transaction_id: Option<TransactionId>,
    /// How much, in fen; at least 1.
    pub amount: Fen,
    /// What the buyer reads.
    pub reason: Option<RefundDesc>,
    /// Where WeChat tells how it went.
    pub notify_urls: NotifyUrls,
}

/// Where WeChat tells how a refund went, by the API it was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyUrls {
    /// For V2, which tells it sealed.
    pub v2: NotifyUrl,
    /// For V3, which tells it signed.
    pub v3: NotifyUrl,
}

/// Whether a refund can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundAdmission {
    /// It is new, or WeChat refused it before: it will be sent.
    Taken,
    /// It is known already; nothing more is done.
    Known,
    /// The number belongs to a refund with another amount, reason or payment.
    Differs,
    /// The order has no such payment.
    NotPaid,
    /// More than what is left of the payment.
    Exceeds,
    /// The payment has 50 refunds already, or the order keeps 200, refused ones among them.
    Limit,
    /// The payment is older than a year.
    Overdue,
}

/// Source: protocol page "申请退款": at most 50 partial refunds of one payment, read 2026-11.
const REFUNDS_MAX: usize = 50;
/// Refunds one order keeps. WeChat's limit does not count those it refused, and their numbers are
/// kept for ever: a backend that tries under ever new numbers would make the order, which is written
/// and read whole, grow without end.
const REFUNDS_KEPT: usize = 200;
/// Source: protocol page "申请退款": within one year of the payment, read 2026-11. Seconds.
const REFUNDABLE: u64 = 365 * 86_400;

impl Order {
    /// Whether this refund can be asked for now. [`crate::Input::RefundAsked`] acts by the same
    /// rules.
    pub fn admit_refund(&self, ask: &RefundAsk, now: UnixSeconds) -> RefundAdmission {
        let Some(payment) = self.payment_for(ask.transaction_id.as_ref()) else {
            return RefundAdmission::NotPaid;
        };
        let known = self.refund(&ask.out_refund_no);
        if let Some(known) = known {
            let same = known.amount == ask.amount
                && known.reason == ask.reason
                && known.transaction_id == payment.transaction_id;
            if !same {
                return RefundAdmission::Differs;
            }
            if known.stage != RefundStage::Refused {
                return RefundAdmission::Known;
            }
        }
        let held = self.held(&payment.transaction_id);
        if u64::from(ask.amount.fen()) > u64::from(payment.total_fee.fen()).saturating_sub(held) {
            RefundAdmission::Exceeds
        } else if self.refunds_of(&payment.transaction_id).count() >= REFUNDS_MAX
            || known.is_none() && self.refunds.len() >= REFUNDS_KEPT
        {
            RefundAdmission::Limit
        } else if now.since(payment.paid_at) > REFUNDABLE {
            RefundAdmission::Overdue
        } else {
            RefundAdmission::Taken
        }
    }

    /// Every refund, in the order they became known.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// The refund with this number.
    pub fn refund(&self, out_refund_no: &OutRefundNo) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.out_refund_no == *out_refund_no)
    }

    /// What to send to WeChat for a refund, the same at every repeat.
    pub fn refund_request(&self, out_refund_no: &OutRefundNo) -> Option<refund::Refund> {
        let refund = self.refund(out_refund_no)?;
        let payment = self.payment_of(refund)?;
        Some(refund::Refund {
            transaction_id: refund.transaction_id.clone(),
            out_refund_no: refund.out_refund_no.clone(),
            total_fee: payment.total_fee,
            refund_fee: refund.amount,
            refund_desc: refund.reason.clone(),
            notify_url: refund.notify_url.clone()?,
        })
    }

    /// By which API a refund is made and asked about: that of the attempt that was paid.
    pub fn refund_api(&self, out_refund_no: &OutRefundNo) -> Api {
        let refund = self.refund(out_refund_no);
        match refund.and_then(|refund| refund.number.as_ref()) {
            Some(number) => self.api_of(number),
            None => self.payment_api(refund.map(|refund| &refund.transaction_id)),
        }
    }

    /// By which API a payment was made: this one, or the one that made the order paid. Where it is
    /// not known yet, the newest attempt's is the likeliest.
    pub fn payment_api(&self, transaction_id: Option<&TransactionId>) -> Api {
        let newest = || self.attempts().last().map(|attempt| attempt.shop.api);
        let payment = self.payment_for(transaction_id);
        payment
            .map(|payment| self.api_of(&payment.out_trade_no))
            .or_else(newest)
            .unwrap_or_default()
    }

    /// Fen that went back for good, of all payments.
    pub fn refunded(&self) -> Fen {
        sum(self.refunds.iter().filter(|it| it.stage == RefundStage::Succeeded))
    }

    /// Every payment of the order: the one that made it paid, then any that came besides.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        let first = match &self.state {
            State::Paid(payment) => Some(payment),
            State::Created | State::AwaitingPayment | State::Refunded | State::Closed => None,
        };
        first.into_iter().chain(&self.besides)
    }

    /// The payment that a refund is taken from.
    pub(crate) fn payment_of(&self, refund: &Refund) -> Option<&Payment> {
        self.payment_for(Some(&refund.transaction_id))
    }

    fn payment_for(&self, transaction_id: Option<&TransactionId>) -> Option<&Payment> {
        self.payments()
            .find(|payment| transaction_id.is_none_or(|wanted| payment.transaction_id == *wanted))
    }

    fn refunds_of(&self, transaction_id: &TransactionId) -> impl Iterator<Item = &Refund> {
        let holds = |refund: &&Refund| refund.stage.holds_money();
        self.refunds.iter().filter(move |it| it.transaction_id == *transaction_id).filter(holds)
    }

    /// Fen of a payment that went back or may still go.
    pub(crate) fn held(&self, transaction_id: &TransactionId) -> u64 {
        u64::from(sum(self.refunds_of(transaction_id)).fen())
    }
}

/// Cannot overflow in an honest world: WeChat gives back no more than was paid.
fn sum<'a>(refunds: impl Iterator<Item = &'a Refund>) -> Fen {
    Fen::new(refunds.fold(0_u32, |sum, refund| sum.saturating_add(refund.amount.fen())))
}
