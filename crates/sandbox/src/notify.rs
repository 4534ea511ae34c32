//! Notifications (支付结果通知, 退款结果通知): which leave when, and what came back. What they say is
//! in `news.rs`.
//!
//! Source: pay.weixin.qq.com V2 支付结果通知, 退款结果通知 and 支付回调和查单实现指引.

use crate::{
    ack::{self, Ack},
    fault::NotifyFault,
    gateway::Gateway,
    ladder::{LATE_SECONDS, Notice, plan_next},
    ledger::{Api, Direction, Ledger, Message, Order, lower_case},
    news::{too_much, with_a_flipped_bit},
    refund::Refund,
    time::UnixSeconds,
    v3::News,
};

/// A notification on its way: POST `body` to `url`, then tell [`Gateway::answered`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Names the delivery in [`Gateway::answered`].
    pub id: u64,
    /// 商户订单号.
    pub out_trade_no: String,
    /// 商户退款单号, if it is about a refund.
    pub out_refund_no: Option<String>,
    /// `notify_url` of the order or of the refund.
    pub url: String,
    /// What to send besides the body.
    pub headers: Vec<(&'static str, String)>,
    /// V2: XML, of a payment signed, of a refund encrypted. V3: JSON, encrypted, and signed in the
    /// headers.
    pub body: String,
}

/// Copies of one notification that may be asked for.
pub(crate) const MOST_COPIES: u32 = 1_000;

/// Headers of a V2 notification.
///
/// UNCONFIRMED: seen in merchants' logs, not documented.
pub(crate) const HEADERS: [(&str, &str); 3] =
    [("content-type", "text/xml"), ("user-agent", "Mozilla/4.0"), ("accept", "*/*")];

/// What leaves, and what the record remarks.
pub(crate) struct Letter {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) note: Option<String>,
}

/// What a notification is about: an order's payment, or one of its refunds.
#[derive(Clone, Debug)]
struct Subject {
    out_trade_no: String,
    out_refund_no: Option<String>,
}

impl Subject {
    fn new(order: &Order, refund: Option<&Refund>) -> Self {
        Self {
            out_trade_no: order.out_trade_no.clone(),
            out_refund_no: refund.map(|refund| refund.out_refund_no.clone()),
        }
    }

    fn find<'a>(&self, ledger: &'a Ledger) -> Option<(&'a Order, Option<&'a Refund>)> {
        match &self.out_refund_no {
            None => ledger.order(&self.out_trade_no).map(|order| (order, None)),
            Some(number) => ledger.refund(number).map(|(order, refund)| (order, Some(refund))),
        }
    }

    fn notice<'a>(&self, ledger: &'a Ledger, place: usize) -> Option<&'a Notice> {
        let (order, refund) = self.find(ledger)?;
        refund.map_or(&order.notices, |refund| &refund.notices).get(place)
    }

    /// Changes the notices about it.
    fn change<T>(
        &self,
        ledger: &mut Ledger,
        change: impl FnOnce(&mut Vec<Notice>) -> T,
    ) -> Option<T> {
        match &self.out_refund_no {
            None => ledger.change(&self.out_trade_no, |order| change(&mut order.notices)),
            Some(number) => ledger.change_refund(number, |refund| change(&mut refund.notices)),
        }
    }
}

/// Where a delivery belongs.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    subject: Subject,
    notice: usize,
    /// Which acks count.
    api: Api,
    /// Whether the ladder waits for this one; copies do not move it.
    leads: bool,
}

impl Gateway {
    /// When the next planned notification is due.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixSeconds> {
        self.ledger.next_due()
    }

    /// Every notification due by `now`, earliest first; each must come back by [`Self::answered`].
    pub fn due(&mut self, now: UnixSeconds) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while let Some((subject, place)) = self.earliest_due(now) {
            let faults = self.in_force(self.ledger.order(&subject.out_trade_no));
            match faults.notify {
                NotifyFault::Lost => self.lose(&subject, place, now),
                fault => {
                    let sent = self.send(&subject, place, now, true, None);
                    let copies = match fault {
                        NotifyFault::Duplicate | NotifyFault::Replay => {
                            faults.times.min(MOST_COPIES)
                        }
                        _ => 1,
                    };
                    let same = sent.as_ref().filter(|_| fault == NotifyFault::Replay);
                    let copies: Vec<_> =
                        (1..copies).filter_map(|_| self.copy(&subject, place, now, same)).collect();
                    deliveries.extend(sent);
                    deliveries.extend(copies);
                }
            }
        }
        deliveries
    }

    /// The notification of an order's payment again, now, outside the ladder: `times` copies.
    /// None for an order that nobody has paid.
    pub fn renotify(&mut self, now: UnixSeconds, out_trade_no: &str, times: u32) -> Vec<Delivery> {
        let order = self.ledger.order(out_trade_no).filter(|order| order.payment.is_some());
        let subject = order.map(|order| Subject::new(order, None));
        self.resend(now, subject, times)
    }

    /// The notification of a refund's outcome again, now, outside the ladder: `times` copies. None
    /// for a refund in process, or without a `notify_url`.
    pub fn renotify_refund(
        &mut self,
        now: UnixSeconds,
        out_refund_no: &str,
        times: u32,
    ) -> Vec<Delivery> {
        let found = self.ledger.refund(out_refund_no).filter(|(_, refund)| refund.is_told(now));
        let subject = found.map(|(order, refund)| Subject::new(order, Some(refund)));
        self.resend(now, subject, times)
    }

    fn resend(&mut self, now: UnixSeconds, subject: Option<Subject>, times: u32) -> Vec<Delivery> {
        let Some(subject) = subject else { return Vec::new() };
        let notice = || Notice::planned(0, now);
        (0..times).filter_map(|_| self.send_extra(&subject, notice(), now, None)).collect()
    }

    /// Takes what came back for a delivery, and returns the outcome in words.
    pub fn answered(&mut self, now: UnixSeconds, id: u64, ack: &Ack) -> String {
        let Some(in_flight) = self.in_flight.remove(&id) else { return ack.outcome(Api::V2) };
        let out_trade_no = Some(in_flight.subject.out_trade_no.as_str());
        let outcome = self.record_ack(now, in_flight.api, out_trade_no, ack);
        in_flight.subject.change(&mut self.ledger, |notices| {
            let Some(notice) = notices.get_mut(in_flight.notice) else { return };
            notice.outcome = Some(outcome.clone());
            let try_no = notice.try_no;
            if in_flight.leads && outcome != ack::ACKNOWLEDGED {
                plan_next(notices, try_no, now);
            }
        });
        outcome
    }

    /// When the first try about what happens at `at` leaves.
    pub(crate) fn first_due(&mut self, at: UnixSeconds, fault: NotifyFault) -> UnixSeconds {
        let late = at.saturating_add(LATE_SECONDS);
        match fault {
            NotifyFault::Late => late,
            NotifyFault::Reordered if !self.release(at) => late,
            _ => at,
        }
    }

    /// First tries that wait for a later event to be told leave right behind the one at `at`;
    /// `false` if none waits.
    fn release(&mut self, at: UnixSeconds) -> bool {
        // What the call at hand asks for is no matter of other orders.
        let waits =
            |order: &Order| order.faults.apply(self.faults).notify == NotifyFault::Reordered;
        let mut waiting = Vec::new();
        for order in self.ledger.untold().filter(|order| waits(order)) {
            let late = order.planned().filter(|(due_at, ..)| *due_at > at);
            waiting.extend(late.map(|(_, refund, place)| (Subject::new(order, refund), place)));
        }
        let mut released = false;
        for (subject, place) in waiting {
            subject.change(&mut self.ledger, |notices| {
                if let Some(notice) = notices.get_mut(place).filter(|notice| notice.try_no == 1) {
                    notice.due_at = at.saturating_add(1);
                    released = true;
                }
            });
        }
        released
    }

    fn earliest_due(&self, now: UnixSeconds) -> Option<(Subject, usize)> {
        let order = self.ledger.first_due()?;
        let (due_at, refund, place) = order.planned().min_by_key(|(due_at, ..)| *due_at)?;
        (due_at <= now).then(|| (Subject::new(order, refund), place))
    }

    fn lose(&mut self, subject: &Subject, place: usize, now: UnixSeconds) {
        subject.change(&mut self.ledger, |notices| {
            let Some(notice) = notices.get_mut(place) else { return };
            // A lost try leaves when it was due, however far the clock has jumped.
            let left_at = notice.due_at.min(now);
            notice.sent_at = Some(left_at);
            notice.outcome = Some("lost".to_owned());
            let try_no = notice.try_no;
            plan_next(notices, try_no, left_at);
        });
    }

    /// Source: V3 支付成功回调通知: a merchant without an APIv3 key gets no notifications.
    fn give_up(&mut self, subject: &Subject, place: usize) {
        subject.change(&mut self.ledger, |notices| {
            if let Some(notice) = notices.get_mut(place) {
                notice.outcome = Some("not sent".to_owned());
            }
        });
    }

    /// A copy, written anew or the `same` as one that left already.
    fn copy(
        &mut self,
        subject: &Subject,
        place: usize,
        now: UnixSeconds,
        same: Option<&Delivery>,
    ) -> Option<Delivery> {
        let original = subject.notice(&self.ledger, place)?;
        let copy = Notice::planned(original.try_no, original.due_at);
        let letter = same.map(|Delivery { headers, body, .. }| Letter {
            headers: headers.clone(),
            body: body.clone(),
            note: None,
        });
        self.send_extra(subject, copy, now, letter)
    }

    /// Sends a notice that no ladder waits for.
    fn send_extra(
        &mut self,
        subject: &Subject,
        notice: Notice,
        now: UnixSeconds,
        letter: Option<Letter>,
    ) -> Option<Delivery> {
        let place = subject.change(&mut self.ledger, |notices| {
            notices.push(notice);
            notices.len().saturating_sub(1)
        })?;
        self.send(subject, place, now, false, letter)
    }

    /// Sends a notice, or gives it up: what cannot be written now never will be.
    fn send(
        &mut self,
        subject: &Subject,
        place: usize,
        now: UnixSeconds,
        leads: bool,
        letter: Option<Letter>,
    ) -> Option<Delivery> {
        let letter = letter.or_else(|| self.letter(subject, place, now));
        let sent = letter.and_then(|letter| self.post(subject, place, now, leads, letter));
        if sent.is_none() {
            self.give_up(subject, place);
        }
        sent
    }

    fn post(
        &mut self,
        subject: &Subject,
        place: usize,
        now: UnixSeconds,
        leads: bool,
        letter: Letter,
    ) -> Option<Delivery> {
        let Letter { headers, body, note } = letter;
        let (order, refund) = subject.find(&self.ledger)?;
        let api = refund.map_or(order.api, |refund| refund.api);
        let url = match refund {
            None => order.term("notify_url").unwrap_or_default().to_owned(),
            Some(refund) => refund.notify_url.clone()?,
        };
        let what = if refund.is_none() { "notify" } else { "refund_notify" };
        subject.change(&mut self.ledger, |notices| {
            notices.get_mut(place).map(|notice| notice.sent_at = Some(now))
        })??;
        let Subject { out_trade_no, out_refund_no } = subject.clone();
        self.ledger.record(Message {
            out_trade_no: Some(out_trade_no.clone()),
            method: Some("POST".to_owned()),
            url: Some(url.clone()),
            headers: lower_case(&headers),
            body: body.clone(),
            note,
            ..Message::new(now, Direction::Out, what)
        });
        self.deliveries = self.deliveries.saturating_add(1);
        let id = self.deliveries;
        let in_flight = InFlight { subject: subject.clone(), notice: place, api, leads };
        self.in_flight.insert(id, in_flight);
        Some(Delivery { id, out_trade_no, out_refund_no, url, headers, body })
    }

    fn letter(&mut self, subject: &Subject, place: usize, now: UnixSeconds) -> Option<Letter> {
        let (order, refund) = subject.find(&self.ledger)?;
        let flips = self.in_force(Some(order)).notify == NotifyFault::BitFlip;
        let letter = match refund.map_or(order.api, |refund| refund.api) {
            Api::V2 => self.v2_letter(now, subject)?,
            Api::V3 => {
                let try_no = subject.notice(&self.ledger, place)?.try_no;
                self.v3_letter(now, subject, try_no)?
            }
        };
        let body = if flips { with_a_flipped_bit(&letter.body) } else { letter.body };
        Some(Letter { body, ..letter })
    }

    fn v2_letter(&mut self, now: UnixSeconds, subject: &Subject) -> Option<Letter> {
        let nonce = self.random.hex(32);
        let (order, refund) = subject.find(&self.ledger)?;
        let body = match refund {
            None => self.payment_news(order, nonce)?,
            Some(refund) => self.refund_news(now, order, refund, &nonce)?,
        };
        let headers = HEADERS.map(|(name, value)| (name, value.to_owned())).into();
        Some(Letter { headers, body, note: None })
    }

    fn v3_letter(&mut self, now: UnixSeconds, subject: &Subject, try_no: u32) -> Option<Letter> {
        let (order, refund) = subject.find(&self.ledger)?;
        let faults = self.in_force(Some(order));
        let (merchant, too_much) = (self.addressee(faults.notify), too_much(faults.notify));
        let news = match refund {
            None => News::of_payment(&merchant, order, too_much)?,
            Some(refund) => News::of_refund(&merchant, now, order, refund, too_much)?,
        };
        self.v3_sealed(now, &news, try_no, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Faults,
        ladder::{LADDER, LATE_SECONDS},
        refund::RefundStatus,
        shop::{NO, NOW, Shop},
    };

    const OK: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

    fn paid(notify: NotifyFault) -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.gateway.set_faults(Faults { notify, ..Faults::default() });
        shop.pay();
        shop
    }

    #[test]
    fn an_unanswered_notification_climbs_the_whole_ladder_and_stops() {
        let mut shop = paid(NotifyFault::Normal);
        let mut left_at = Vec::new();
        while let Some(due) = shop.gateway.next_due() {
            for delivery in shop.gateway.due(due) {
                left_at.push(due);
                shop.gateway.answered(due, delivery.id, &Ack::Timeout);
            }
        }
        let waits: Vec<i64> = left_at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(left_at[0], NOW);
        assert_eq!(waits, LADDER);
        assert_eq!(waits.iter().sum::<i64>(), 86_640);
    }

    #[test]
    fn an_acknowledged_notification_is_not_sent_again() {
        let mut shop = paid(NotifyFault::Normal);
        let delivery = shop.gateway.due(NOW).remove(0);
        assert!(shop.gateway.due(NOW).is_empty(), "it is on its way already");
        assert_eq!(
            shop.gateway.answered(NOW, delivery.id, &Ack::Answer { status: 200, body: OK.into() }),
            "acknowledged"
        );
        assert_eq!(shop.gateway.next_due(), None);
    }

    #[test]
    fn a_lost_notification_is_never_seen_but_its_ladder_runs() {
        let mut shop = paid(NotifyFault::Lost);
        assert!(shop.gateway.due(NOW + 30).is_empty());
        let order = shop.gateway.ledger().order(NO).unwrap();
        assert_eq!(order.notices.iter().filter(|notice| notice.outcome.is_some()).count(), 3);
        assert_eq!(shop.gateway.next_due(), Some(NOW + 60));
    }

    #[test]
    fn duplicates_leave_together_and_only_one_moves_the_ladder() {
        let mut shop = paid(NotifyFault::Duplicate);
        let deliveries = shop.gateway.due(NOW);
        assert_eq!(deliveries.len(), 20);
        for delivery in &deliveries {
            shop.gateway.answered(NOW, delivery.id, &Ack::Timeout);
        }
        assert_eq!(shop.gateway.due(NOW + 15).len(), 20);
    }

    #[test]
    fn a_late_notification_leaves_after_a_quarter_of_an_hour() {
        let shop = paid(NotifyFault::Late);
        assert_eq!(shop.gateway.next_due(), Some(NOW + LATE_SECONDS));
    }

    #[test]
    fn copies_by_hand_do_not_touch_the_ladder_and_an_unpaid_order_has_none() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        assert!(shop.gateway.renotify(NOW, NO, 20).is_empty());
        shop.pay();
        let copies = shop.gateway.renotify(NOW, NO, 20);
        assert_eq!(copies.len(), 20);
        shop.gateway.answered(NOW, copies[0].id, &Ack::Timeout);
        assert_eq!(shop.gateway.next_due(), Some(NOW), "the first try is still planned");
        assert_eq!(shop.gateway.answered(NOW, 999, &Ack::Timeout), "timeout");
    }

    #[test]
    fn a_refund_has_a_ladder_of_its_own() {
        let mut shop = paid(NotifyFault::Normal);
        let payment = shop.gateway.due(NOW).remove(0);
        shop.gateway.answered(NOW, payment.id, &Shop::ack());
        shop.refund("R1", 400);
        assert_eq!(shop.gateway.next_due(), Some(NOW + 60), "when it is in the wallet");
        assert!(shop.gateway.renotify_refund(NOW + 59, "R1", 1).is_empty());
        let mut tries = 0;
        while let Some(due) = shop.gateway.next_due() {
            for delivery in shop.gateway.due(due) {
                tries += 1;
                shop.gateway.answered(due, delivery.id, &Ack::Timeout);
            }
        }
        assert_eq!(tries, 1 + LADDER.len());
        assert_eq!(shop.gateway.renotify_refund(NOW + 60, "R1", 20).len(), 20);
    }

    #[test]
    fn a_refund_settled_by_hand_is_told_at_once_and_what_was_planned_is_not() {
        let mut shop = paid(NotifyFault::Normal);
        let payment = shop.gateway.due(NOW).remove(0);
        shop.gateway.answered(NOW, payment.id, &Shop::ack());
        shop.refund("R1", 400);
        shop.gateway.settle_refund(NOW + 5, "R1", RefundStatus::Refundclose);
        assert_eq!(shop.gateway.due(NOW + 600).len(), 1);
    }
}
