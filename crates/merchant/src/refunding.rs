//! What becomes of refunds: sending them a minute apart, asking how they went, reading the answer.
//!
//! A refund notification of V2 carries no signature, so it moves nothing: it makes us ask, and the
//! signed answer moves the refund. V3's is signed and moves it. V3 has no question about all refunds
//! of an order: one that was made elsewhere is known by its notification, or by the bill.
//! Source: protocol pages "退款结果通知" (V2, V3), "查询单笔退款", read 2026-11.
use wxpay_core::{
    Ack, Api, OutRefundNo, OutTradeNo, Outcome, TransactionId, UnixSeconds, Verified,
    question::{
        refund,
        refund_query::{Answer, By, Page, RefundRecord, RefundStatus},
    },
    v2::refund_notify::RefundNews,
};

use crate::{
    Conflict, ConflictKind, Effect, Happened, Refund, RefundAdmission, RefundAsk, RefundStage,
    order::{Hint, again_at},
    step::Step,
};

/// Source: protocol page "申请退款": at least a minute between two refunds of one order, read
/// 2026-11. Seconds.
const BETWEEN_REFUNDS: u64 = 61;
/// First wait before a refund is sent again, or asked about; it doubles. Seconds.
/// Source: protocol page "查询退款": ask a minute after the refund at the earliest, read 2026-11.
const FIRST_WAIT: u64 = 61;
/// First wait for WeChat's word on what a notification hinted at; it doubles. Seconds.
const HINT_WAIT: u64 = 10;
/// Refunds looked at by one alarm; others have the next.
const AT_ONCE: usize = 4;

impl Step {
    pub(crate) fn refund_asked(&mut self, ask: RefundAsk) {
        if self.order.admit_refund(&ask, self.now) != RefundAdmission::Taken {
            return;
        }
        let RefundAsk { out_refund_no, transaction_id, amount, reason, notify_urls } = ask;
        let notify_url = match self.order.payment_api(transaction_id.as_ref()) {
            Api::V2 => notify_urls.v2,
            Api::V3 => notify_urls.v3,
        };
        let paid = self.order.payments().map(|payment| payment.transaction_id.clone());
        let Some(transaction_id) = transaction_id.or_else(|| { paid }.next()) else { return };
        let mut refund = Refund::new(out_refund_no, transaction_id, amount, self.now);
        (refund.reason, refund.notify_url) = (reason, Some(notify_url));
        refund.next_at = Some(self.now);
        // Asked for again after a no: the old try still counts for the minute between two.
        if let Some(refused) = self.find_refund(&refund.out_refund_no) {
            refund.sent_at = self.order.refunds.remove(refused).sent_at;
        }
        let index = self.order.refunds.len();
        self.order.refunds.push(refund);
        self.refunds_due();
        self.tell_refund(index);
    }

    /// Does what is due: sends a refund, sends it again, or asks how it goes.
    pub(crate) fn refunds_due(&mut self) {
        let now = self.now;
        let is_due = |at: UnixSeconds| at <= now;
        if self.order.hint.as_ref().is_some_and(|hint| is_due(hint.next_at)) {
            self.ask_about_all();
        }
        for _ in 0..AT_ONCE {
            let free_at = self.free_at();
            let due = self.order.refunds.iter_mut().find(|it| it.next_at.is_some_and(is_due));
            let Some(refund) = due else { break };
            let number = refund.out_refund_no.clone();
            let sends = matches!(refund.stage, RefundStage::Waiting | RefundStage::Asked);
            if sends && refund.doubted.is_none() {
                if free_at > now {
                    refund.next_at = Some(free_at);
                    continue;
                }
                refund.stage = RefundStage::Asked;
                refund.sent = refund.sent.saturating_add(1);
                refund.sent_at = Some(now);
                self.effects.push(Effect::Refund(number));
            } else {
                self.effects.push(Effect::QueryRefunds(By::OutRefundNo(number), 0));
            }
            refund.next_at = Some(again_at(refund.since, FIRST_WAIT, now));
        }
    }

    /// When WeChat takes the next refund of this order.
    fn free_at(&self) -> UnixSeconds {
        let last = self.order.refunds.iter().filter_map(|refund| refund.sent_at).max();
        last.map_or(self.now, |at| at.plus(BETWEEN_REFUNDS))
    }

    pub(crate) fn refund_answered(
        &mut self,
        number: &OutRefundNo,
        answer: Outcome<refund::Answer>,
    ) {
        let Some(index) = self.find_refund(number) else { return };
        let Some(refund) = self.order.refunds.get_mut(index) else { return };
        if refund.stage != RefundStage::Asked {
            return;
        }
        match answer {
            Outcome::Known(refund::Answer::Accepted { refund_id }) => {
                refund.refund_id = Some(refund_id);
                self.enter(index, RefundStage::Processing);
            }
            // An earlier try may have been taken: ask before believing that nothing was made.
            Outcome::Known(refund::Answer::Refused(refusal)) if refund.was_sent_again() => {
                refund.doubted = Some(refusal.code.as_str().to_owned());
                self.effects.push(Effect::QueryRefunds(By::OutRefundNo(number.clone()), 0));
            }
            Outcome::Known(refund::Answer::Refused(refusal)) => {
                refund.err_code = Some(refusal.code.as_str().to_owned());
                self.enter(index, RefundStage::Refused);
            }
            // As it was; it is sent again, unchanged.
            Outcome::Unknown(_) => {}
        }
    }

    /// Written down, so that the question is not forgotten; then the question.
    pub(crate) fn refund_hinted(&mut self, news: &RefundNews) {
        self.ack = Some(match self.order.attempt(&news.out_trade_no) {
            None => Ack::UnknownOrder,
            Some(attempt) if attempt.shop.api == Api::V3 => self.refund_hinted_of_v3(news),
            Some(_) => {
                self.ask_about_all();
                Ack::Taken
            }
        });
    }

    /// V3 can be asked about this one refund only, and there is no place to write down that it was
    /// named. So WeChat is to repeat it until its signed answer says the same.
    /// UNCONFIRMED: that an address set in the console is told of V3's refunds in V2's form.
    fn refund_hinted_of_v3(&mut self, news: &RefundNews) -> Ack {
        let known = self.order.refund(&news.out_refund_no);
        if known.is_some_and(|known| Some(known.stage) == stage_of(&news.status)) {
            return Ack::Repeated;
        }
        let by = By::OutRefundNo(news.out_refund_no.clone());
        self.effects.push(Effect::QueryRefunds(by, 0));
        Ack::Fault
    }

    /// WeChat's signed word on a refund that came to its end.
    pub(crate) fn refund_notified(&mut self, page: Page) -> Ack {
        if self.order.attempt(&page.out_trade_no).is_none() {
            return Ack::UnknownOrder;
        }
        let stranger = page.refunds.iter().find(|record| !self.matches_refund(&page, record));
        if let Some(stranger) = stranger {
            self.refund_conflict(ConflictKind::RefundMismatch, stranger);
            return Ack::Mismatch;
        }
        // A word that a later version may know: it is to come again.
        if page.refunds.iter().any(|record| stage_of(&record.status).is_none()) {
            return Ack::Fault;
        }
        let known = self.happened.len();
        self.read_page(page);
        if self.happened.len() > known { Ack::Taken } else { Ack::Repeated }
    }

    /// A refund is of the payment that is known under its number, of no more than that, and of the
    /// amount that was asked for.
    fn matches_refund(&self, page: &Page, record: &RefundRecord) -> bool {
        let paid = self.order.payments().find(|paid| paid.out_trade_no == page.out_trade_no);
        let of_it = paid.is_none_or(|paid| {
            paid.transaction_id == page.transaction_id && record.amount <= paid.total_fee
        });
        let asked = self.order.refund(&record.out_refund_no);
        of_it && asked.is_none_or(|refund| refund.amount == record.amount)
    }

    /// WeChat knows of refunds that we may not know: made at the merchant platform, say.
    ///
    /// While an answer is awaited nothing more is asked, so that a flood of notifications is not a
    /// flood of questions; it is asked once more after the answer.
    pub(crate) fn ask_about_all(&mut self) {
        let now = self.now;
        let Some(first) = self.numbers_with_refunds().into_iter().next() else {
            // Hinted at before it was known that V3 was paid by: there is nobody left to ask.
            self.order.hint = None;
            return;
        };
        if let Some(hint) = self.order.hint.as_mut().filter(|hint| hint.next_at > now) {
            let next_at = hint.next_at.min(now.plus(HINT_WAIT));
            *hint = Hint { since: now, next_at, again: true, ..*hint };
            return;
        }
        let since = self.order.hint.take().map_or(now, |hint| hint.since);
        let next_at = again_at(since, HINT_WAIT, now);
        self.order.hint = Some(Hint { since, next_at, again: false, refused: false });
        self.effects.push(Effect::QueryRefunds(By::OutTradeNo(first), 0));
    }

    /// The numbers that refunds may hang on and can be asked for by: of the payments, or as long as
    /// none is known of all attempts.
    fn numbers_with_refunds(&self) -> Vec<OutTradeNo> {
        let paid = self.order.payments().map(|payment| payment.out_trade_no.clone());
        let mut numbers: Vec<_> = paid.collect();
        if numbers.is_empty() {
            numbers = self.order.attempts.iter().map(|it| it.number.clone()).collect();
        }
        numbers.retain(|number| self.order.api_of(number) == Api::V2);
        numbers
    }

    /// All that WeChat says about one number was heard: on to the next, or the hint has had its
    /// answer. After a no it has not, and its alarm asks anew.
    fn heard_about(&mut self, number: &OutTradeNo) {
        let numbers = self.numbers_with_refunds();
        let Some(place) = numbers.iter().position(|known| known == number) else { return };
        if let Some(next) = numbers.into_iter().nth(place.saturating_add(1)) {
            return self.effects.push(Effect::QueryRefunds(By::OutTradeNo(next), 0));
        }
        if self.order.hint.take_if(|hint| !hint.refused).is_some_and(|hint| hint.again) {
            self.ask_about_all();
        }
    }

    pub(crate) fn refunds_queried(
        &mut self,
        by: By,
        offset: u32,
        answer: Outcome<Verified<Answer>>,
    ) {
        let Outcome::Known(answer) = answer else { return };
        match (answer.into_inner(), by) {
            (Answer::Found(page), By::OutRefundNo(_)) => self.read_page(page),
            (Answer::Found(page), By::OutTradeNo(number)) => {
                let read = u32::try_from(page.refunds.len()).unwrap_or(u32::MAX);
                let next = offset.saturating_add(read);
                match read > 0 && next < page.total {
                    true => {
                        self.effects.push(Effect::QueryRefunds(By::OutTradeNo(number), next));
                    }
                    false => self.heard_about(&number),
                }
                self.read_page(page);
            }
            (Answer::NotExist, By::OutTradeNo(number)) => self.heard_about(&number),
            (Answer::NotExist, By::OutRefundNo(number)) => self.not_made(&number),
            (Answer::Refused(_), By::OutTradeNo(number)) => {
                if let Some(hint) = &mut self.order.hint {
                    hint.refused = true;
                }
                self.heard_about(&number);
            }
            // As it was; the refund's own alarm asks again.
            (Answer::Refused(_), By::OutRefundNo(_)) => {}
        }
    }

    /// WeChat knows no refund with this number: a doubted no is a no.
    fn not_made(&mut self, number: &OutRefundNo) {
        let Some(index) = self.find_refund(number) else { return };
        let Some(refund) = self.order.refunds.get_mut(index) else { return };
        if let (RefundStage::Asked, Some(code)) = (refund.stage, refund.doubted.take()) {
            refund.err_code = Some(code);
            self.enter(index, RefundStage::Refused);
        }
    }

    fn read_page(&mut self, page: Page) {
        for record in page.refunds {
            match self.find_refund(&record.out_refund_no) {
                Some(index) => self.read_record(index, record),
                None => {
                    let (transaction_id, number) =
                        (page.transaction_id.clone(), page.out_trade_no.clone());
                    self.made_elsewhere(transaction_id, number, record);
                }
            }
        }
    }

    fn read_record(&mut self, index: usize, record: RefundRecord) {
        let Some(refund) = self.order.refunds.get_mut(index) else { return };
        if record.amount != refund.amount {
            return self.refund_conflict(ConflictKind::RefundMismatch, &record);
        }
        let Some(stage) = stage_of(&record.status).filter(|stage| *stage != refund.stage) else {
            return;
        };
        let ended = matches!(refund.stage, RefundStage::Succeeded | RefundStage::Closed);
        match stage {
            // An older word that came late.
            RefundStage::Processing if ended || refund.stage == RefundStage::Abnormal => {}
            _ if ended => self.refund_conflict(ConflictKind::RefundContradicted, &record),
            _ => self.told(index, stage, record),
        }
    }

    /// A refund that we did not ask for: somebody made it at the merchant platform.
    fn made_elsewhere(
        &mut self,
        transaction_id: TransactionId,
        number: OutTradeNo,
        record: RefundRecord,
    ) {
        let Some(stage) = stage_of(&record.status) else { return };
        let (out_refund_no, amount) = (record.out_refund_no.clone(), record.amount);
        let refund = Refund::new(out_refund_no, transaction_id, amount, self.now);
        self.order.refunds.push(Refund { number: Some(number), ..refund });
        self.told(self.order.refunds.len().saturating_sub(1), stage, record);
    }

    /// WeChat's verified word on one refund.
    fn told(&mut self, index: usize, stage: RefundStage, record: RefundRecord) {
        if let Some(refund) = self.order.refunds.get_mut(index) {
            refund.refund_id = Some(record.refund_id);
            refund.succeeded_at = record.succeeded_at;
            refund.recv_account = record.recv_account;
        }
        self.enter(index, stage);
    }

    /// The one way into a stage: each is told once.
    fn enter(&mut self, index: usize, stage: RefundStage) {
        let Some(refund) = self.order.refunds.get_mut(index) else { return };
        refund.since = self.now;
        refund.doubted = None;
        if stage != RefundStage::Refused {
            refund.taken_at = refund.taken_at.or(refund.sent_at);
            refund.err_code = None;
        }
        let goes_on = matches!(stage, RefundStage::Processing | RefundStage::Abnormal);
        refund.next_at = goes_on.then(|| self.now.plus(FIRST_WAIT));
        refund.stage = stage;
        self.tell_refund(index);
        // WeChat may have said no because somebody gave the money back at the merchant platform.
        if stage == RefundStage::Refused {
            self.ask_about_all();
        }
    }

    fn tell_refund(&mut self, index: usize) {
        let Some(refund) = self.order.refunds.get(index) else { return };
        self.happened.push(Happened::Refund {
            out_refund_no: refund.out_refund_no.clone(),
            amount: refund.amount,
            status: refund.stage,
            err_code: refund.err_code.clone(),
        });
    }

    fn refund_conflict(&mut self, kind: ConflictKind, record: &RefundRecord) {
        self.conflict(Conflict {
            kind,
            amount: record.amount,
            number: None,
            transaction_id: None,
            out_refund_no: Some(record.out_refund_no.clone()),
            field: None,
        });
    }

    fn find_refund(&self, number: &OutRefundNo) -> Option<usize> {
        self.order.refunds.iter().position(|refund| refund.out_refund_no == *number)
    }
}

/// `None` for a word that this version does not know: nothing moves.
fn stage_of(status: &RefundStatus) -> Option<RefundStage> {
    Some(match status {
        RefundStatus::Processing => RefundStage::Processing,
        RefundStatus::Success => RefundStage::Succeeded,
        RefundStatus::Abnormal => RefundStage::Abnormal,
        RefundStatus::Closed => RefundStage::Closed,
        RefundStatus::Unrecognised(_) => return None,
    })
}
