//! What notifications say: of a payment signed XML, of a refund encrypted XML.
//!
//! Source: pay.weixin.qq.com V2 支付结果通知 and 退款结果通知.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    account::Account,
    ecb,
    fault::NotifyFault,
    gateway::Gateway,
    ledger::{Order, Payment},
    refund::Refund,
    sign,
    time::{UnixSeconds, beijing_format, to_compact},
    xml::{self, Fields},
};

/// 退款入账账户.
///
/// DIFFERENCE: everybody in the sandbox gets money back into the wallet (零钱).
pub(crate) const RECEIVED_BY: &str = "支付用户零钱";

/// What fault `forged` signs and encrypts with.
pub(crate) const FORGED_KEY: &str = "forged_test_key_0123456789abcdef";

/// The merchant of fault `other_merchant`, and its keys.
const OTHER_APPID: &str = "wx9999999999999999";
const OTHER_MCH_ID: &str = "1900000999";
const OTHER_V2_KEY: &str = "other_test_v2_key_0123456789abcd";
const OTHER_V3_KEY: &str = "other_merchants_v3_key_012345678";

/// How much too old fault `stale` makes what a V2 message tells. The message itself has no time.
const STALE_SECONDS: i64 = 24 * 60 * 60;

/// `yyyy-MM-dd HH:mm:ss` in Beijing, as refunds have it.
pub(crate) fn to_spaced(at: UnixSeconds) -> String {
    beijing_format(at, "%Y-%m-%d %H:%M:%S")
}

impl Gateway {
    /// The body that tells of a payment; `None` if there was none.
    pub(crate) fn payment_news(&self, order: &Order, nonce: String) -> Option<String> {
        let fault = self.in_force(Some(order)).notify;
        let merchant = self.addressee(fault);
        let mut fields = payment_fields(&merchant, order, fault, nonce)?;
        let signature = sign::sign(&fields, order.sign_type?, &merchant.v2_key);
        fields.push("sign", signature);
        Some(xml::encode(&fields))
    }

    /// The body that tells what became of a refund. It has no signature: who can read it is the
    /// merchant.
    pub(crate) fn refund_news(
        &self,
        now: UnixSeconds,
        order: &Order,
        refund: &Refund,
        nonce: &str,
    ) -> Option<String> {
        let fault = self.in_force(Some(order)).notify;
        let merchant = self.addressee(fault);
        let inner = xml::encode_inner(&refund_fields(now, order, refund, fault)?);
        Some(xml::encode(&refund_envelope(&merchant, order, &inner, nonce)))
    }

    /// Whom a notification names, and by whose keys it is signed and sealed.
    pub(crate) fn addressee(&self, fault: NotifyFault) -> Account {
        let named = |other: bool, own: &str, others: &str| {
            if other { others.to_owned() } else { own.to_owned() }
        };
        let account = &self.account;
        let keyed = fault == NotifyFault::OtherMerchant;
        let other = keyed || fault == NotifyFault::OtherMerchantOurKey;
        let v2_key = if fault == NotifyFault::Forged { FORGED_KEY } else { &account.v2_key };
        Account {
            appid: named(other, &account.appid, OTHER_APPID),
            mch_id: named(other, &account.mch_id, OTHER_MCH_ID),
            v2_key: named(keyed, v2_key, OTHER_V2_KEY),
            v3_key: named(keyed, &account.v3_key, OTHER_V3_KEY),
            ..account.clone()
        }
    }
}

/// The elements that tell of a payment, unsigned; `None` if there was none.
///
/// DIFFERENCE: no coupons, one bank, and always the same order of elements.
pub(crate) fn payment_fields(
    merchant: &Account,
    order: &Order,
    fault: NotifyFault,
    nonce: String,
) -> Option<Fields> {
    let payment = order.payment.as_ref()?;
    let total_fee = order.total_fee.saturating_add(too_much(fault));
    let mut fields = Fields::default();
    push_identity(&mut fields, merchant, order.term("sub_appid"));
    if let Some(attach) = order.term("attach") {
        fields.push("attach", attach);
    }
    // Source: V2 银行类型: `OTHERS` stands for every bank not listed, and for the wallet.
    fields.push("bank_type", "OTHERS");
    fields.push("cash_fee", total_fee.to_string());
    fields.push("device_info", order.term("device_info").unwrap_or_default());
    fields.push("fee_type", "CNY");
    fields.push("nonce_str", nonce);
    push_payer(&mut fields, order, payment);
    fields.push("out_trade_no", &order.out_trade_no);
    fields.push("result_code", "SUCCESS");
    fields.push("return_code", "SUCCESS");
    fields.push("time_end", to_compact(told_at(payment.paid_at, fault)));
    fields.push("total_fee", total_fee.to_string());
    fields.push("trade_type", order.trade_type.as_str());
    fields.push("transaction_id", &payment.transaction_id);
    Some(fields)
}

/// What a refund's elements are sealed into.
pub(crate) fn refund_envelope(
    merchant: &Account,
    order: &Order,
    inner: &str,
    nonce: &str,
) -> Fields {
    let sealed = ecb::encrypt(&merchant.v2_key, inner.as_bytes());
    let mut fields = Fields::from([("return_code", "SUCCESS")]);
    push_identity(&mut fields, merchant, order.term("sub_appid"));
    fields.push("nonce_str", nonce);
    fields.push("req_info", STANDARD.encode(sealed));
    fields
}

/// The elements that tell what became of a refund; `None` of an order that nobody paid.
pub(crate) fn refund_fields(
    now: UnixSeconds,
    order: &Order,
    refund: &Refund,
    fault: NotifyFault,
) -> Option<Fields> {
    let refund_fee = refund.refund_fee.saturating_add(too_much(fault)).to_string();
    let total_fee = order.total_fee.to_string();
    let mut fields = Fields::default();
    fields.push("out_refund_no", &refund.out_refund_no);
    fields.push("out_trade_no", &order.out_trade_no);
    fields.push("refund_account", &refund.refund_account);
    fields.push("refund_fee", &refund_fee);
    fields.push("refund_id", &refund.refund_id);
    fields.push("refund_recv_accout", RECEIVED_BY);
    fields.push("refund_request_source", refund.source.as_str());
    fields.push("refund_status", refund.status(now).as_str());
    fields.push("settlement_refund_fee", &refund_fee);
    fields.push("settlement_total_fee", &total_fee);
    // UNCONFIRMED: nothing at all, not an empty element, for a refund that did not succeed.
    if let Some(at) = refund.succeeded_at(now) {
        fields.push("success_time", to_spaced(told_at(at, fault)));
    }
    fields.push("total_fee", &total_fee);
    fields.push("transaction_id", &order.payment.as_ref()?.transaction_id);
    Some(fields)
}

/// What a fault adds to an amount, in fen.
pub(crate) fn too_much(fault: NotifyFault) -> u64 {
    u64::from(fault == NotifyFault::WrongAmount)
}

/// When something is said to have happened.
const fn told_at(at: UnixSeconds, fault: NotifyFault) -> UnixSeconds {
    match fault {
        NotifyFault::Stale => at.saturating_sub(STALE_SECONDS),
        _ => at,
    }
}

/// One bit of the body flips: the lowest of its middle digit, which stays a digit. In what is sealed
/// that is a letter of the ciphertext.
pub(crate) fn with_a_flipped_bit(body: &str) -> String {
    let digits = body.bytes().filter(u8::is_ascii_digit).count();
    let mut digits_at = body.char_indices().filter(|(_, letter)| letter.is_ascii_digit());
    let Some((at, digit)) = digits_at.nth(digits / 2) else { return body.to_owned() };
    let flipped = digit.to_digit(10).and_then(|value| char::from_digit(value ^ 1, 10));
    let (head, tail) = body.split_at(at);
    let rest = tail.strip_prefix(digit).unwrap_or_default();
    format!("{head}{}{rest}", flipped.unwrap_or(digit))
}

/// Who is spoken to: the merchant, and its sub-merchant by the appid that the call named, if any.
pub(crate) fn push_identity(fields: &mut Fields, account: &Account, sub_appid: Option<&str>) {
    fields.push("appid", &account.appid);
    fields.push("mch_id", &account.mch_id);
    if let Some(sub_merchant) = &account.sub_merchant {
        if let Some(sub_appid) = sub_appid {
            fields.push("sub_appid", sub_appid);
        }
        fields.push("sub_mch_id", &sub_merchant.mch_id);
    }
}

/// Who paid: under the merchant's appid, and under its sub-merchant's if the order named that.
pub(crate) fn push_payer(fields: &mut Fields, order: &Order, payment: &Payment) {
    let (openid, sub_openid) = order.payer(payment);
    fields.push("openid", openid);
    // Source: the documentation's mirror of 2026 lists no other value.
    fields.push("is_subscribe", "N");
    if let Some(sub_openid) = sub_openid {
        fields.push("sub_openid", sub_openid);
        fields.push("sub_is_subscribe", "N");
    }
}

impl Order {
    /// `openid` and `sub_openid` of who paid. One person has another id under each appid; the one
    /// that the order does not name is made up here, by reading the other backwards.
    pub(crate) fn payer(&self, payment: &Payment) -> (String, Option<String>) {
        let named = payment.openid.clone();
        let other = || named.chars().rev().collect::<String>();
        match (self.term("sub_appid"), self.term("openid")) {
            (None, _) => (named, None),
            (Some(_), Some(_)) => (named.clone(), Some(other())),
            (Some(_), None) => (other(), Some(named)),
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::{
        fault::Faults,
        refund::{RefundStatus, UNSETTLED},
        shop::{NO, NOW, Shop, with},
    };

    fn paid(notify: NotifyFault) -> Shop {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.gateway.set_faults(Faults { notify, ..Faults::default() });
        shop.pay();
        shop
    }

    #[test]
    fn a_notification_is_signed_as_the_order_was_and_says_what_was_paid() {
        let mut shop = paid(NotifyFault::Normal);
        let delivery = shop.gateway.due(NOW).remove(0);
        assert_eq!(delivery.url, "http://127.0.0.1:8787/notify/v2/pay");
        assert!(delivery.headers.contains(&("user-agent", "Mozilla/4.0".to_owned())));
        let fields = xml::decode(&delivery.body).unwrap();
        let key = &shop.gateway.account().v2_key;
        assert!(sign::verify(&fields, shop.sign_type, key, fields.get("sign").unwrap()));
        assert_eq!(fields.get("total_fee"), Some("990"));
        assert_eq!(fields.get("time_end"), Some("20270115160000"));
        assert_eq!(fields.get("trade_state"), None);
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

    /// What the merchant reads out of a refund notification; `None` if it cannot.
    fn opened(shop: &Shop, body: &str) -> Option<Fields> {
        let sealed = STANDARD.decode(xml::decode(body).unwrap().get("req_info").unwrap()).unwrap();
        let text =
            String::from_utf8(ecb::decrypt(&shop.gateway.account().v2_key, &sealed)?).unwrap();
        let inner = text.strip_prefix("<root>")?.strip_suffix("</root>")?;
        Some(xml::decode(&format!("<xml>{inner}</xml>")).unwrap())
    }

    fn refunded(faults: Faults) -> (Shop, String) {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        let delivery = shop.gateway.due(NOW).remove(0);
        shop.gateway.answered(NOW, delivery.id, &Shop::ack());
        shop.gateway.set_faults(faults);
        shop.refund("R1", 400);
        let delivery = shop.gateway.due(NOW + 60).remove(0);
        assert_eq!(delivery.url, "http://127.0.0.1:8787/notify/v2/refund");
        assert_eq!(delivery.out_refund_no.as_deref(), Some("R1"));
        (shop, delivery.body)
    }

    #[test]
    fn a_refund_notification_is_unsigned_and_the_merchant_reads_what_became_of_it() {
        for (refund_end, success_time) in [
            (RefundStatus::Success, Some("2027-01-15 16:01:00")),
            (RefundStatus::Change, None),
            (RefundStatus::Refundclose, None),
        ] {
            let (shop, body) = refunded(Faults { refund_end, ..Faults::default() });
            assert_eq!(xml::decode(&body).unwrap().get("sign"), None);
            let fields = opened(&shop, &body).unwrap();
            assert_eq!(fields.get("refund_status"), Some(refund_end.as_str()));
            assert_eq!(fields.get("success_time"), success_time);
            assert_eq!(fields.get("out_trade_no"), Some(NO));
            assert_eq!(
                (fields.get("total_fee"), fields.get("refund_fee")),
                (Some("990"), Some("400"))
            );
            assert_eq!(fields.get("refund_account"), Some(UNSETTLED));
            assert_eq!(fields.get("refund_request_source"), Some("API"));
        }
    }

    #[test]
    fn a_forged_refund_notification_cannot_be_read_and_a_wrong_amount_can() {
        let faults = |notify| Faults { notify, ..Faults::default() };
        let (shop, body) = refunded(faults(NotifyFault::Forged));
        assert_eq!(opened(&shop, &body), None);
        let (shop, body) = refunded(faults(NotifyFault::WrongAmount));
        assert_eq!(opened(&shop, &body).unwrap().get("refund_fee"), Some("401"));
    }

    #[test]
    fn a_refund_of_another_merchants_a_stale_one_and_a_damaged_one_are_what_they_are() {
        let faults = |notify| Faults { notify, ..Faults::default() };
        let named = |body: &str| xml::decode(body).unwrap().get("mch_id").unwrap().to_owned();
        let (shop, body) = refunded(faults(NotifyFault::OtherMerchant));
        assert_eq!((named(&body).as_str(), opened(&shop, &body)), (OTHER_MCH_ID, None));
        let (shop, body) = refunded(faults(NotifyFault::OtherMerchantOurKey));
        assert_eq!(named(&body), OTHER_MCH_ID);
        assert_eq!(opened(&shop, &body).unwrap().get("out_trade_no"), Some(NO));
        let (shop, body) = refunded(faults(NotifyFault::Stale));
        let told = opened(&shop, &body).unwrap();
        assert_eq!(told.get("success_time"), Some("2027-01-14 16:01:00"));
        let (_, right) = refunded(Faults::default());
        let (_, damaged) = refunded(faults(NotifyFault::BitFlip));
        let sealed = |body: &str| xml::decode(body).unwrap().get("req_info").unwrap().to_owned();
        assert_ne!(sealed(&right), sealed(&damaged));
    }

    #[test]
    fn a_refund_without_an_address_is_told_to_nobody() {
        let mut shop = paid(NotifyFault::Normal);
        let delivery = shop.gateway.due(NOW).remove(0);
        shop.gateway.answered(NOW, delivery.id, &Shop::ack());
        let silent = with(&Shop::refund_terms("R1", 400), "notify_url", "");
        shop.call("/secapi/pay/refund", &silent);
        assert_eq!(shop.gateway.next_due(), None);
        assert!(shop.gateway.renotify_refund(NOW + 60, "R1", 1).is_empty());
    }

    /// The long vector: thirteen fields in this order, a line each.
    #[test]
    fn the_inner_document_is_written_as_the_real_one_is() {
        let fields = Fields::from([
            ("out_refund_no", "131811191610442717309"),
            ("out_trade_no", "71106718111915575302817"),
            ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"),
            ("refund_fee", "3960"),
            ("refund_id", "50000408942018111907145868882"),
            ("refund_recv_accout", "支付用户零钱"),
            ("refund_request_source", "API"),
            ("refund_status", "SUCCESS"),
            ("settlement_refund_fee", "3960"),
            ("settlement_total_fee", "3960"),
            ("success_time", "2018-11-19 16:24:13"),
            ("total_fee", "3960"),
            ("transaction_id", "4200000215201811190261405420"),
        ]);
        // The same bytes as the documented layout has, by their SHA-256.
        let digest = Sha256::digest(xml::encode_inner(&fields));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "b24dedce05d6f34cb21b73bf2d4fd18e0765f9529d45168bfa2887aa16a3fc3e");
    }
}
