//! What notifications of API V3 say: of a payment, and of what became of a refund.
//!
//! Source: pay.weixin.qq.com V3 支付成功回调通知 and 退款结果回调通知.

use serde_json::{Value, json};

use super::{keys::PlatformKey, refund_news::refund_news, seal, signature::Spoil, transaction};
use crate::{
    account::Account,
    fault::{Faults, NotifyFault, V3Fault},
    gateway::Gateway,
    ledger::{Order, TradeState},
    notify::Letter,
    refund::Refund,
    time::{UnixSeconds, to_rfc3339},
};

/// Who sends a notification.
///
/// UNCONFIRMED: seen in merchants' logs, not documented.
const SENDER: [(&str, &str); 3] =
    [("content-type", "application/json"), ("user-agent", "Mozilla/4.0"), ("accept", "*/*")];

/// What fault `other_v3_key` seals with.
const OTHER_KEY: &str = "other_test_v3_key_0123456789abcd";

/// A notification before it is sealed.
pub(crate) struct News {
    pub(super) id: String,
    pub(super) happened_at: UnixSeconds,
    pub(super) event_type: String,
    pub(super) original_type: String,
    pub(super) summary: String,
    /// What is sealed.
    pub(super) plain: Vec<u8>,
}

impl News {
    /// Of an order's payment; `None` if there was none. `too_much` fen are added to the amount.
    pub(crate) fn of_payment(account: &Account, order: &Order, too_much: u64) -> Option<Self> {
        let payment = order.payment.as_ref()?;
        let total = order.total_fee.saturating_add(too_much);
        let plain = transaction::told(account, order, TradeState::Success.words(), total);
        Some(Self {
            // UNCONFIRMED: that every try about one event has one id.
            id: format!("EV-{}", payment.transaction_id),
            happened_at: payment.paid_at,
            event_type: "TRANSACTION.SUCCESS".to_owned(),
            original_type: "transaction".to_owned(),
            summary: "支付成功".to_owned(),
            plain: plain.to_string().into_bytes(),
        })
    }

    /// Of what became of a refund by `now`; `None` while it is in process.
    pub(crate) fn of_refund(
        account: &Account,
        now: UnixSeconds,
        order: &Order,
        refund: &Refund,
        too_much: u64,
    ) -> Option<Self> {
        let (event_type, summary, plain) =
            refund_news(now, &account.mch_id, order, refund, too_much)?;
        let turns = refund.turns.iter().filter(|(at, _)| *at <= now);
        let (happened_at, _) = turns.clone().next_back()?;
        Some(Self {
            id: format!("EV-{}{}", refund.refund_id, turns.count()),
            happened_at: *happened_at,
            event_type: event_type.to_owned(),
            original_type: "refund".to_owned(),
            summary: summary.to_owned(),
            plain: plain.to_string().into_bytes(),
        })
    }

    /// Of nothing that happened, to be filled in.
    pub(super) fn of_nothing(now: UnixSeconds) -> Self {
        Self {
            id: format!("EV-{now}"),
            happened_at: now,
            event_type: "TRANSACTION.SUCCESS".to_owned(),
            original_type: "transaction".to_owned(),
            summary: "支付成功".to_owned(),
            plain: Vec::new(),
        }
    }

    /// The body, sealed; `None` if the key or the nonce has not the length that they need.
    pub(super) fn sealed(&self, v3_key: &str, nonce: &str, associated_data: &str) -> Option<Value> {
        let ciphertext = seal::seal(v3_key, nonce, associated_data, &self.plain)?;
        Some(json!({
            "id": self.id,
            "create_time": to_rfc3339(self.happened_at),
            "event_type": self.event_type,
            "resource_type": "encrypt-resource",
            "summary": self.summary,
            "resource": {
                "original_type": self.original_type,
                "algorithm": seal::ALGORITHM,
                "ciphertext": ciphertext,
                "associated_data": associated_data,
                "nonce": nonce,
            },
        }))
    }
}

impl Gateway {
    /// Seals and signs a notification, as the faults in force will have it. `None` if the merchant
    /// has no sound APIv3 key: then WeChat sends none at all.
    pub(crate) fn v3_sealed(
        &mut self,
        now: UnixSeconds,
        news: &News,
        try_no: u32,
        faults: Faults,
    ) -> Option<Letter> {
        let nonce = self.random.letters(seal::NONCE);
        let v3_key = match faults.v3_notify {
            V3Fault::OtherV3Key => OTHER_KEY.to_owned(),
            _ => self.addressee(faults.notify).v3_key,
        };
        let body = news.sealed(&v3_key, &nonce, &news.original_type)?.to_string();
        // Source: 签名探测流量: what was refused is sent again, with a right signature.
        let probe = try_no <= 1 && self.random.percent() < faults.probe_notify_percent;
        let spoil = match faults.notify {
            _ if probe => Spoil::Probe,
            NotifyFault::Forged => Spoil::Fault(V3Fault::WrongSignature),
            NotifyFault::Stale => Spoil::Fault(V3Fault::Stale),
            _ => Spoil::Fault(faults.v3_notify),
        };
        let key = self.notifying_key().cloned();
        let signature = self.v3_signature(now, key.as_ref(), body.as_bytes(), spoil);
        let request_id = self.request_id(0);
        let sender = SENDER.map(|(name, value)| (name, value.to_owned()));
        let mut headers: Vec<_> = sender.into_iter().chain(signature).collect();
        headers.push(("request-id", request_id));
        let note = format!("inside is sealed: {}", String::from_utf8_lossy(&news.plain));
        Some(Letter { headers, body, note: Some(note) })
    }

    /// What the next notification is signed with.
    pub(super) fn notifying_key(&mut self) -> Option<&PlatformKey> {
        let draws = [self.random.percent(), self.random.percent()];
        self.keys.for_notification(draws)
    }

    /// What is sealed with under a fault.
    pub(super) fn v3_key(&self, fault: V3Fault) -> &str {
        if fault == V3Fault::OtherV3Key { OTHER_KEY } else { &self.account.v3_key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ack::Ack,
        client::BUYER,
        ladder::LADDER,
        notify::Delivery,
        refund::RefundStatus,
        shop::{NO, NOW, Shop},
        v3::{shop::Headed, sign},
    };

    fn paid(faults: Faults) -> Shop {
        let mut shop = Shop::open();
        shop.v3_order("jsapi");
        shop.gateway.set_faults(faults);
        shop.pay();
        shop
    }

    fn told(faults: Faults) -> (Shop, Delivery) {
        let mut shop = paid(faults);
        let delivery = shop.gateway.due(NOW).remove(0);
        (shop, delivery)
    }

    /// What the merchant reads out of a notification; `None` if it cannot be opened.
    fn opened(shop: &Shop, body: &str) -> Option<Value> {
        let body: Value = serde_json::from_str(body).unwrap();
        let text = |name: &str| body["resource"][name].as_str().unwrap();
        let key = &shop.gateway.account().v3_key;
        let plain = seal::open(key, text("nonce"), text("associated_data"), text("ciphertext"))?;
        Some(serde_json::from_slice(&plain).unwrap())
    }

    fn acked(shop: &mut Shop, delivery: &Delivery, status: u16) -> String {
        let ack = Ack::Answer { status, body: Vec::new() };
        shop.gateway.answered(NOW, delivery.id, &ack)
    }

    #[test]
    fn a_payment_is_told_sealed_and_signed() {
        let (shop, delivery) = told(Faults::default());
        assert_eq!(delivery.url, "http://127.0.0.1:8787/notify/v3");
        assert!(shop.v3_is_right(&delivery));
        let body: Value = serde_json::from_str(&delivery.body).unwrap();
        assert_eq!(body["event_type"], "TRANSACTION.SUCCESS");
        assert_eq!(body["resource_type"], "encrypt-resource");
        assert_eq!(body["resource"]["algorithm"], "AEAD_AES_256_GCM");
        assert_eq!(body["resource"]["associated_data"], "transaction");
        assert!(body["id"].as_str().unwrap().len() <= 36);
        let plain = opened(&shop, &delivery.body).unwrap();
        assert_eq!(plain["out_trade_no"], NO);
        assert_eq!(plain["amount"]["total"], 990);
        assert_eq!(plain["payer"]["openid"], BUYER);
        assert_eq!(plain["trade_state"], "SUCCESS");
    }

    #[test]
    fn what_becomes_of_a_refund_is_told_by_the_api_that_asked_for_it() {
        for (refund_end, event) in [
            (RefundStatus::Success, "REFUND.SUCCESS"),
            (RefundStatus::Change, "REFUND.ABNORMAL"),
            (RefundStatus::Refundclose, "REFUND.CLOSED"),
        ] {
            let (mut shop, delivery) = told(Faults { refund_end, ..Faults::default() });
            acked(&mut shop, &delivery, 204);
            let url = Some("http://127.0.0.1:8787/notify/v3");
            shop.gateway.refund_elsewhere(NOW, NO, Some(400), url).unwrap();
            let delivery = shop.gateway.due(NOW + 60).remove(0);
            shop.now = NOW + 60;
            assert!(shop.v3_is_right(&delivery));
            let body: Value = serde_json::from_str(&delivery.body).unwrap();
            assert_eq!(body["event_type"], event);
            assert_eq!(body["resource"]["original_type"], "refund");
            let plain = opened(&shop, &delivery.body).unwrap();
            assert_eq!(plain["amount"]["refund"], 400);
            assert_eq!(format!("REFUND.{}", plain["refund_status"].as_str().unwrap()), event);
            let reached = refund_end == RefundStatus::Success;
            assert_eq!(plain.get("success_time").is_some(), reached);
        }
    }

    #[test]
    fn only_200_and_204_end_the_ladder_and_each_try_is_signed_anew() {
        for (status, ends) in [(200, true), (204, true), (201, false), (401, false), (500, false)] {
            let (mut shop, delivery) = told(Faults::default());
            acked(&mut shop, &delivery, status);
            assert_eq!(shop.gateway.next_due().is_none(), ends, "{status}");
        }
        let mut shop = paid(Faults::default());
        let (mut tries, mut ids, mut nonces) = (0, Vec::new(), Vec::new());
        while let Some(due) = shop.gateway.next_due() {
            shop.now = due;
            for delivery in shop.gateway.due(due) {
                assert!(shop.v3_is_right(&delivery));
                let body: Value = serde_json::from_str(&delivery.body).unwrap();
                ids.push(body["id"].clone());
                nonces.push(delivery.named("wechatpay-nonce").unwrap().to_owned());
                shop.gateway.answered(due, delivery.id, &Ack::Timeout);
                tries += 1;
            }
        }
        assert_eq!(tries, 1 + LADDER.len());
        ids.dedup();
        nonces.sort();
        nonces.dedup();
        assert_eq!((ids.len(), nonces.len()), (1, tries));
    }

    #[test]
    fn without_a_sound_apiv3_key_nothing_is_sent() {
        let mut shop = paid(Faults::default());
        shop.gateway.account.v3_key = "short".to_owned();
        assert!(shop.gateway.due(NOW).is_empty());
        assert_eq!(shop.gateway.next_due(), None);
        let order = shop.gateway.ledger().order(NO).unwrap();
        assert_eq!(order.notices[0].outcome.as_deref(), Some("not sent"));
        assert!(shop.gateway.renotify(NOW, NO, 3).is_empty());
        assert_eq!(shop.gateway.next_due(), None, "nor are copies planned");

        let mut shop = paid(Faults { notify: NotifyFault::Duplicate, ..Faults::default() });
        shop.gateway.account.v3_key = "short".to_owned();
        assert_eq!((shop.gateway.due(NOW).len(), shop.gateway.next_due()), (0, None));
    }

    #[test]
    fn the_record_shows_what_was_sealed() {
        let (shop, _) = told(Faults::default());
        let note = shop.gateway.ledger().messages().last().unwrap().note.clone().unwrap();
        assert!(note.contains("\"trade_state\":\"SUCCESS\""), "{note}");
    }

    #[test]
    fn a_probe_is_refused_and_the_next_try_is_right() {
        let (mut shop, probe) = told(Faults { probe_notify_percent: 100, ..Faults::default() });
        let signature = probe.named("wechatpay-signature").unwrap();
        assert!(signature.starts_with("WECHATPAY/SIGNTEST/"));
        assert!(!shop.v3_is_right(&probe));
        acked(&mut shop, &probe, 401);
        shop.now = NOW + 15;
        let second = shop.gateway.due(shop.now).remove(0);
        assert!(shop.v3_is_right(&second));
    }

    #[test]
    fn each_fault_spoils_what_its_name_says_and_nothing_else() {
        let right = |v3_notify| told(Faults { v3_notify, ..Faults::default() });
        let (shop, delivery) = right(V3Fault::Unsigned);
        assert_eq!(delivery.named("wechatpay-signature"), None);
        assert!(opened(&shop, &delivery.body).is_some());
        for (fault, header, value) in [
            (V3Fault::Stale, "wechatpay-timestamp", (NOW - 301).to_string()),
            (V3Fault::Future, "wechatpay-timestamp", (NOW + 301).to_string()),
            (
                V3Fault::WrongAlgorithm,
                "wechatpay-signature-type",
                "WECHATPAY2-SM2-WITH-SM3".to_owned(),
            ),
            (
                V3Fault::UnknownSerial,
                "wechatpay-serial",
                "PUB_KEY_ID_0119000001099999999999999999".to_owned(),
            ),
            (
                V3Fault::WrongSerial,
                "wechatpay-serial",
                "408BA1C0DE79B8269FEC3D5D3E6AB8ED163A6A01".to_owned(),
            ),
        ] {
            let (shop, delivery) = right(fault);
            assert_eq!(delivery.named(header), Some(value.as_str()));
            let text = sign::message(
                delivery.named("wechatpay-timestamp").unwrap(),
                delivery.named("wechatpay-nonce").unwrap(),
                delivery.body.as_bytes(),
            );
            let signer = shop.gateway.keys.for_notification([0, 0]).unwrap();
            let signed = signer.key.verifies(&text, delivery.named("wechatpay-signature").unwrap());
            assert_eq!(signed, fault != V3Fault::UnknownSerial, "{fault:?}");
        }
        let (shop, delivery) = right(V3Fault::WrongSignature);
        assert!(!shop.v3_is_right(&delivery));
        let (shop, delivery) = right(V3Fault::OtherV3Key);
        assert!(shop.v3_is_right(&delivery));
        assert_eq!(opened(&shop, &delivery.body), None);
    }

    #[test]
    fn the_faults_of_both_apis_hold_for_v3_too() {
        let faults = |notify| Faults { notify, times: 3, ..Faults::default() };
        let (shop, delivery) = told(faults(NotifyFault::Forged));
        assert!(!shop.v3_is_right(&delivery));
        let (shop, delivery) = told(faults(NotifyFault::WrongAmount));
        assert!(shop.v3_is_right(&delivery));
        assert_eq!(opened(&shop, &delivery.body).unwrap()["amount"]["total"], 991);
        let deliveries = paid(faults(NotifyFault::Duplicate)).gateway.due(NOW);
        assert_eq!(deliveries.len(), 3);
        assert_ne!(deliveries[0].headers, deliveries[1].headers);
        let mut shop = paid(faults(NotifyFault::Replay));
        let deliveries = shop.gateway.due(NOW);
        assert_eq!(deliveries.len(), 3);
        assert_eq!(deliveries[0].headers, deliveries[2].headers);
        assert_eq!(deliveries[0].body, deliveries[2].body);
        let kept = shop.gateway.ledger().messages().filter(|message| message.what == "notify");
        assert!(kept.into_iter().all(|message| message.body == deliveries[0].body));
    }

    #[test]
    fn while_keys_are_switched_both_kinds_sign_their_share() {
        use crate::{account::Account, v3::KeyMode};
        let mut shop = Shop::open_with(Account { v3_keys: KeyMode::Mixed, ..Account::default() });
        shop.v3_order("jsapi");
        shop.pay();
        for (percent, least, most) in [(0, 0, 0), (50, 20, 80), (100, 100, 100)] {
            shop.gateway.keys.public_key_percent = percent;
            let sent = shop.gateway.renotify(NOW, NO, 100);
            assert!(sent.iter().all(|delivery| shop.v3_is_right(delivery)));
            let serial = |delivery: &&Delivery| {
                delivery
                    .named("wechatpay-serial")
                    .is_some_and(|serial| serial.starts_with("PUB_KEY_ID_"))
            };
            let by_public_key = sent.iter().filter(serial).count();
            assert!((least..=most).contains(&by_public_key), "{by_public_key} of 100");
        }
    }
}
