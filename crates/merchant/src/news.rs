//! What WeChat tells, by notification or on being asked: first, repeated, late, contradictory.
//!
//! The only place where an order becomes paid.
use wxpay_core::{
    OutTradeNo, Outcome, Verified,
    v2::{
        Payment,
        notify::{Ack, Notification},
        order_query::Answer,
    },
};

use crate::{Conflict, ConflictKind, Happened, State, Way, order::Word, step::Step};

impl Step {
    pub(crate) fn notified(&mut self, news: Verified<Notification>) {
        self.ack = Some(match news.into_inner() {
            Notification::Paid(payment) => match self.payment(payment) {
                Ok(()) => Ack::Success,
                Err(Stranger::NoSuchAttempt) => Ack::Fail("订单不存在"),
                Err(Stranger::Differs(_)) => Ack::Fail("订单信息不一致"),
            },
            // The buyer may try again; the order goes on as it was.
            Notification::Failed { .. } => Ack::Success,
        });
    }

    pub(crate) fn queried(&mut self, number: &OutTradeNo, answer: Outcome<Verified<Answer>>) {
        let answer = match answer {
            Outcome::Known(answer) => answer.into_inner(),
            Outcome::Unknown(_) => return self.order.word = Word::Unknown,
        };
        match answer {
            // A stranger's payment is kept as a conflict; the order goes on as it was.
            Answer::Paid(payment) => drop(self.payment(payment)),
            Answer::Refund => self.refunded(),
            Answer::NotPaid => self.not_paid(number),
            Answer::Paying => self.order.word = Word::Paying,
            Answer::Closed => self.attempt_closed(number),
            Answer::NotExist => self.not_paid(number),
            Answer::Unrecognised(_) | Answer::Refused(_) => self.order.word = Word::Unknown,
        }
    }

    fn payment(&mut self, payment: Payment) -> Result<(), Stranger> {
        if let Err(stranger) = self.matches(&payment) {
            if let Stranger::Differs(field) = stranger {
                self.conflict(ConflictKind::Mismatch, &payment, Some(field));
            }
            return Err(stranger);
        }
        match &mut self.order.state {
            State::Paid(known) | State::Refunded { payment: Some(known) } => {
                if known.transaction_id != payment.transaction_id {
                    self.conflict(ConflictKind::PaidTwice, &payment, None);
                }
                return Ok(());
            }
            State::Refunded { payment: known @ None } => {
                *known = Some(payment);
                return Ok(());
            }
            State::Closed => self.conflict(ConflictKind::PaidAfterClose, &payment, None),
            State::Created | State::AwaitingPayment => {}
        }
        let number = payment.out_trade_no.clone();
        let transaction_id = payment.transaction_id.clone();
        self.happened.push(Happened::Paid { number: number.clone(), transaction_id });
        self.order.state = State::Paid(payment);
        self.order.waiting = None;
        self.close_others(&number);
        Ok(())
    }

    /// Amount, currency and payer must be what was ordered.
    fn matches(&self, payment: &Payment) -> Result<(), Stranger> {
        let attempt =
            self.order.attempts.iter().find(|attempt| attempt.number == payment.out_trade_no);
        let attempt = attempt.ok_or(Stranger::NoSuchAttempt)?;
        if payment.total_fee != self.order.terms().amount() {
            return Err(Stranger::Differs("total_fee"));
        }
        if payment.fee_type.as_deref().is_some_and(|currency| currency != "CNY") {
            return Err(Stranger::Differs("fee_type"));
        }
        match &attempt.buyer.way {
            Way::Jsapi(openid) if *openid != payment.openid => Err(Stranger::Differs("openid")),
            _ => Ok(()),
        }
    }

    fn refunded(&mut self) {
        let payment = match &self.order.state {
            State::Refunded { .. } => return,
            State::Paid(payment) => Some(payment.clone()),
            State::Created | State::AwaitingPayment | State::Closed => None,
        };
        self.order.state = State::Refunded { payment };
        self.happened.push(Happened::Refunded);
    }

    fn conflict(&mut self, kind: ConflictKind, payment: &Payment, field: Option<&str>) {
        let conflict = Conflict {
            kind,
            number: payment.out_trade_no.clone(),
            transaction_id: payment.transaction_id.clone(),
            amount: payment.total_fee,
            field: field.map(str::to_owned),
        };
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
