//! Payment notifications (支付结果通知) and their fifteen-step ladder.
//!
//! Source: pay.weixin.qq.com V2 支付结果通知 and 支付回调和查单实现指引.

use serde::Serialize;

use crate::{
    ack::{self, Ack},
    fault::NotifyFault,
    gateway::Gateway,
    ledger::{Direction, Message, Order},
    sign::{self},
    time::{UnixSeconds, to_compact},
    xml::{self, Fields},
};

/// Seconds between one failed try and the next: 15 s, 15 s, 30 s, 3 m, 10 m, 20 m, 30 m, 30 m,
/// 30 m, 60 m, 3 h, 3 h, 3 h, 6 h, 6 h; 24 h 4 m in all.
///
/// UNCONFIRMED: that the first try is not one of the fifteen, so that sixteen are made in all.
pub const LADDER: [i64; 15] = [
    15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600,
];

/// How late [`NotifyFault::Late`] sends the first try: later than a shop's patience, and than the
/// ten minutes after which most ask by themselves.
pub const LATE_SECONDS: i64 = 15 * 60;

/// One try, planned or made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    const fn planned(try_no: u32, due_at: UnixSeconds) -> Self {
        Self { try_no, due_at, sent_at: None, outcome: None }
    }
}

/// A notification on its way: POST `body` to `url`, then tell [`Gateway::answered`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Names the delivery in [`Gateway::answered`].
    pub id: u64,
    /// 商户订单号.
    pub out_trade_no: String,
    /// `notify_url` of the order.
    pub url: String,
    /// What to send besides the body.
    pub headers: [(&'static str, &'static str); 3],
    /// Signed XML.
    pub body: String,
}

/// Headers of a V2 notification.
///
/// UNCONFIRMED: seen in merchants' logs, not documented.
const HEADERS: [(&str, &str); 3] =
    [("content-type", "text/xml"), ("user-agent", "Mozilla/4.0"), ("accept", "*/*")];

/// Where a delivery belongs.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    out_trade_no: String,
    notice: usize,
    /// Whether the ladder waits for this one; copies do not move it.
    leads: bool,
}

/// Plans the first try of an order just paid.
pub(crate) fn plan(order: &mut Order, now: UnixSeconds, fault: NotifyFault) {
    let delay = if fault == NotifyFault::Late { LATE_SECONDS } else { 0 };
    order.notices.push(Notice::planned(1, now.saturating_add(delay)));
}

/// Plans the try after a failed one, unless the ladder is at its end.
fn plan_next(order: &mut Order, failed_try: u32, now: UnixSeconds) {
    let step = usize::try_from(failed_try.saturating_sub(1)).ok();
    if let Some(wait) = step.and_then(|step| LADDER.get(step)) {
        order
            .notices
            .push(Notice::planned(failed_try.saturating_add(1), now.saturating_add(*wait)));
    }
}

impl Gateway {
    /// When the next planned notification is due.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixSeconds> {
        self.ledger.orders().flat_map(|order| &order.notices).filter_map(planned_for).min()
    }

    /// Every notification due by `now`, earliest first; each must come back by [`Self::answered`].
    pub fn due(&mut self, now: UnixSeconds) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while let Some((out_trade_no, place)) = self.earliest_due(now) {
            match self.faults.notify {
                NotifyFault::Lost => self.lose(&out_trade_no, place, now),
                fault => {
                    let copies =
                        if fault == NotifyFault::Duplicate { self.faults.times } else { 1 };
                    deliveries.extend(self.leave(&out_trade_no, place, now));
                    for _ in 1..copies {
                        deliveries.extend(self.copy(&out_trade_no, place, now));
                    }
                }
            }
        }
        deliveries
    }

    /// The same notification again, now, outside the ladder: `times` copies.
    pub fn renotify(&mut self, now: UnixSeconds, out_trade_no: &str, times: u32) -> Vec<Delivery> {
        let paid = self.ledger.order(out_trade_no).is_some_and(|order| order.payment.is_some());
        let times = if paid { times } else { 0 };
        (0..times)
            .filter_map(|_| {
                let order = self.ledger.order_mut(out_trade_no)?;
                order.notices.push(Notice::planned(0, now));
                let place = order.notices.len().saturating_sub(1);
                self.send(out_trade_no, place, now, false)
            })
            .collect()
    }

    /// Takes what came back for a delivery, and returns the outcome in words.
    pub fn answered(&mut self, now: UnixSeconds, id: u64, ack: &Ack) -> String {
        let outcome = ack.outcome();
        let Some(in_flight) = self.in_flight.remove(&id) else { return outcome };
        self.ledger.record(Message {
            at: now,
            direction: Direction::In,
            what: "notify_ack",
            out_trade_no: Some(in_flight.out_trade_no.clone()),
            body: match ack {
                Ack::Answer { body, .. } => String::from_utf8_lossy(body).into_owned(),
                Ack::Timeout | Ack::Unreachable(_) => String::new(),
            },
            note: Some(outcome.clone()),
        });
        if let Some(order) = self.ledger.order_mut(&in_flight.out_trade_no)
            && let Some(notice) = order.notices.get_mut(in_flight.notice)
        {
            notice.outcome = Some(outcome.clone());
            let try_no = notice.try_no;
            if in_flight.leads && outcome != ack::ACKNOWLEDGED {
                plan_next(order, try_no, now);
            }
        }
        outcome
    }

    fn earliest_due(&self, now: UnixSeconds) -> Option<(String, usize)> {
        self.ledger
            .orders()
            .flat_map(|order| order.notices.iter().enumerate().map(move |pair| (order, pair)))
            .filter_map(|(order, (place, notice))| Some((planned_for(notice)?, order, place)))
            .filter(|(due_at, ..)| *due_at <= now)
            .min_by_key(|(due_at, ..)| *due_at)
            .map(|(_, order, place)| (order.out_trade_no.clone(), place))
    }

    fn lose(&mut self, out_trade_no: &str, place: usize, now: UnixSeconds) {
        let Some(order) = self.ledger.order_mut(out_trade_no) else { return };
        let Some(notice) = order.notices.get_mut(place) else { return };
        // A lost try leaves when it was due, however far the clock has jumped.
        let left_at = notice.due_at.min(now);
        notice.sent_at = Some(left_at);
        notice.outcome = Some("lost".to_owned());
        let try_no = notice.try_no;
        plan_next(order, try_no, left_at);
    }

    fn leave(&mut self, out_trade_no: &str, place: usize, now: UnixSeconds) -> Option<Delivery> {
        self.send(out_trade_no, place, now, true)
    }

    fn copy(&mut self, out_trade_no: &str, place: usize, now: UnixSeconds) -> Option<Delivery> {
        let order = self.ledger.order_mut(out_trade_no)?;
        let original = order.notices.get(place)?;
        order.notices.push(Notice::planned(original.try_no, original.due_at));
        let place = order.notices.len().saturating_sub(1);
        self.send(out_trade_no, place, now, false)
    }

    fn send(
        &mut self,
        out_trade_no: &str,
        place: usize,
        now: UnixSeconds,
        leads: bool,
    ) -> Option<Delivery> {
        let nonce = self.random.hex(32);
        let fields = self.notification(self.ledger.order(out_trade_no)?, nonce)?;
        let body = xml::encode(&fields);
        let order = self.ledger.order_mut(out_trade_no)?;
        order.notices.get_mut(place)?.sent_at = Some(now);
        let url = order.term("notify_url").unwrap_or_default().to_owned();
        self.ledger.record(Message {
            at: now,
            direction: Direction::Out,
            what: "notify",
            out_trade_no: Some(out_trade_no.to_owned()),
            body: body.clone(),
            note: None,
        });
        self.deliveries = self.deliveries.saturating_add(1);
        let id = self.deliveries;
        let out_trade_no = out_trade_no.to_owned();
        self.in_flight
            .insert(id, InFlight { out_trade_no: out_trade_no.clone(), notice: place, leads });
        Some(Delivery { id, out_trade_no, url, headers: HEADERS, body })
    }

    fn notification(&self, order: &Order, nonce: String) -> Option<Fields> {
        let payment = order.payment.as_ref()?;
        let total_fee = match self.faults.notify {
            NotifyFault::WrongAmount => order.total_fee.saturating_add(1),
            _ => order.total_fee,
        };
        let mut fields = Fields::default();
        fields.push("appid", &self.account.appid);
        if let Some(attach) = order.term("attach") {
            fields.push("attach", attach);
        }
        // Source: V2 银行类型: `OTHERS` stands for every bank not listed, and for the wallet.
        fields.push("bank_type", "OTHERS");
        fields.push("cash_fee", total_fee.to_string());
        fields.push("device_info", order.term("device_info").unwrap_or_default());
        fields.push("fee_type", "CNY");
        fields.push("is_subscribe", "N");
        fields.push("mch_id", &self.account.mch_id);
        fields.push("nonce_str", nonce);
        fields.push("openid", &payment.openid);
        fields.push("out_trade_no", &order.out_trade_no);
        fields.push("result_code", "SUCCESS");
        fields.push("return_code", "SUCCESS");
        fields.push("time_end", to_compact(payment.paid_at));
        fields.push("total_fee", total_fee.to_string());
        fields.push("trade_type", order.trade_type.as_str());
        fields.push("transaction_id", &payment.transaction_id);
        let key = match self.faults.notify {
            NotifyFault::Forged => "forged_test_key_0123456789abcdef",
            _ => &self.account.v2_key,
        };
        let signature = sign::sign(&fields, order.sign_type, key);
        fields.push("sign", signature);
        Some(fields)
    }
}

fn planned_for(notice: &Notice) -> Option<UnixSeconds> {
    notice.sent_at.is_none().then_some(notice.due_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Faults,
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
    fn a_notification_is_signed_as_the_order_was_and_says_what_was_paid() {
        let mut shop = paid(NotifyFault::Normal);
        let delivery = shop.gateway.due(NOW).remove(0);
        assert_eq!(delivery.url, "http://127.0.0.1:8787/notify/v2/pay");
        assert!(delivery.headers.contains(&("user-agent", "Mozilla/4.0")));
        let fields = xml::decode(&delivery.body).unwrap();
        let key = &shop.gateway.account().v2_key;
        assert!(sign::verify(&fields, shop.sign_type, key, fields.get("sign").unwrap()));
        assert_eq!(fields.get("total_fee"), Some("990"));
        assert_eq!(fields.get("time_end"), Some("20270115160000"));
        assert_eq!(fields.get("trade_state"), None);
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
    fn a_forged_notification_does_not_verify_and_a_wrong_amount_does() {
        for (fault, verifies, total_fee) in
            [(NotifyFault::Forged, false, "990"), (NotifyFault::WrongAmount, true, "991")]
        {
            let mut shop = paid(fault);
            let fields = xml::decode(&shop.gateway.due(NOW).remove(0).body).unwrap();
            let key = &shop.gateway.account().v2_key;
            assert_eq!(
                sign::verify(&fields, shop.sign_type, key, fields.get("sign").unwrap()),
                verifies
            );
            assert_eq!(fields.get("total_fee"), Some(total_fee));
        }
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
}
