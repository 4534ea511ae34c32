//! What WeChat tells, by notification or on being asked: first, repeated, late, contradictory.
//!
//! The only place where an order becomes paid.
use wxpay_core::{
    Ack, Api, Notification, OutTradeNo, Outcome, Payment, Verified, question::order_query::Answer,
};

use crate::{Conflict, ConflictKind, Effect, Happened, State, Way, order::Word, step::Step};

impl Step {
    pub(crate) fn notified(&mut self, by: Api, news: Verified<Notification>) {
        self.ack = Some(match news.into_inner() {
            Notification::Paid(payment) if self.is_weaker(by, &payment) => {
                self.payment_conflict(ConflictKind::Mismatch, &payment, Some("api"));
                Ack::Mismatch
            }
            Notification::Paid(payment) => match self.payment(payment) {
                Ok(ack) => ack,
                Err(Stranger::NoSuchAttempt) => Ack::UnknownOrder,
                Err(Stranger::Differs(_)) => Ack::Mismatch,
            },
            // The buyer may try again; the order goes on as it was.
            Notification::Failed { .. } => Ack::Taken,
            Notification::Refund(page) => self.refund_notified(page),
        });
    }

    pub(crate) fn queried(&mut self, number: &OutTradeNo, answer: Outcome<Verified<Answer>>) {
        let answer = match answer {
            Outcome::Known(answer) => answer.into_inner(),
            Outcome::Unknown(_) => return self.order.word = Word::Unknown,
        };
        match answer {
            // A stranger's payment is kept as a conflict; the order goes on as it was.
            Answer::Paid(payment) => _ = self.payment(payment),
            Answer::Refund(payment) => self.refunded(payment),
            Answer::NotPaid => self.not_paid(number),
            Answer::Paying => self.order.word = Word::Paying,
            Answer::Closed => self.attempt_closed(number),
            Answer::NotExist => self.not_paid(number),
            Answer::Unrecognised(_) | Answer::Refused(_) => self.order.word = Word::Unknown,
        }
    }

    /// A bill proves nothing. A payment on it that is not known here, be the order closed, is asked
    /// about, and the signed answer moves the order.
    pub(crate) fn on_bill(&mut self, number: OutTradeNo) {
        let is_ours = self.order.attempt(&number).is_some();
        let is_known = self.order.payments().any(|payment| payment.out_trade_no == number);
        self.effects.extend((is_ours && !is_known).then_some(Effect::Query(number)));
    }

    fn payment(&mut self, payment: Payment) -> Result<Ack, Stranger> {
        if let Err(stranger) = self.matches(&payment) {
            if let Stranger::Differs(field) = stranger {
                self.payment_conflict(ConflictKind::Mismatch, &payment, Some(field));
            }
            return Err(stranger);
        }
        self.paid_off(&payment.out_trade_no);
        if self.order.payments().any(|known| known.transaction_id == payment.transaction_id) {
            return Ok(Ack::Repeated);
        }
        let mut ack = Ack::Taken;
        match &self.order.state {
            State::Paid(_) => {
                self.payment_conflict(ConflictKind::PaidTwice, &payment, None);
                self.order.besides.push(payment);
                return Ok(ack);
            }
            State::Closed => {
                ack = Ack::Late;
                self.payment_conflict(ConflictKind::PaidAfterClose, &payment, None);
            }
            State::Created | State::AwaitingPayment | State::Refunded => {}
        }
        if payment.total_fee != self.order.amount {
            self.payment_conflict(ConflictKind::PaidOldAmount, &payment, None);
        }
        self.happened.push(Happened::Paid {
            number: payment.out_trade_no.clone(),
            transaction_id: payment.transaction_id.clone(),
            amount: payment.total_fee,
            paid_at: payment.paid_at,
        });
        self.order.state = State::Paid(payment);
        self.order.waiting = None;
        self.close_others();
        Ok(ack)
    }

    /// WeChat tells of what V3 placed by V3 alone. Who has stolen the APIv2 key can sign as WeChat by
    /// V2, and must not move what is safe from them.
    fn is_weaker(&self, by: Api, payment: &Payment) -> bool {
        by == Api::V2 && self.order.api_of(&payment.out_trade_no) == Api::V3
    }

    /// Amount, currency and payer must be what the attempt was placed with.
    fn matches(&self, payment: &Payment) -> Result<(), Stranger> {
        let attempt = self.order.attempt(&payment.out_trade_no).ok_or(Stranger::NoSuchAttempt)?;
        if payment.total_fee != attempt.amount {
            return Err(Stranger::Differs("total_fee"));
        }
        if payment.fee_type.as_deref().is_some_and(|currency| currency != "CNY") {
            return Err(Stranger::Differs("fee_type"));
        }
        match &attempt.buyer.way {
            Way::Jsapi(openid) if payment.openid.as_ref() != Some(openid) => {
                Err(Stranger::Differs("openid"))
            }
            _ => Ok(()),
        }
    }

    /// It was paid, then; the refunds themselves are learned by asking.
    fn refunded(&mut self, payment: Option<Payment>) {
        // A stranger's payment is kept as a conflict; the order goes on as it was.
        if payment.is_some_and(|payment| self.payment(payment).is_err()) {
            return;
        }
        if !matches!(self.order.state, State::Paid(_) | State::Refunded) {
            self.order.state = State::Refunded;
            self.order.waiting = None;
            self.happened.push(Happened::Refunded);
        }
        self.ask_about_all();
    }

    fn payment_conflict(&mut self, kind: ConflictKind, payment: &Payment, field: Option<&str>) {
        self.conflict(Conflict {
            kind,
            amount: payment.total_fee,
            number: Some(payment.out_trade_no.clone()),
            transaction_id: Some(payment.transaction_id.clone()),
            out_refund_no: None,
            field: field.map(str::to_owned),
        });
    }

    /// Each contradiction once.
    pub(crate) fn conflict(&mut self, conflict: Conflict) {
        if !self.order.conflicts.contains(&conflict) {
            self.order.conflicts.push(conflict.clone());
            self.happened.push(Happened::Conflict(conflict));
        }
    }
}

/// A payment that is not this order's.
enum Stranger {
    NoSuchAttempt,
    Differs(&'static str),
}
