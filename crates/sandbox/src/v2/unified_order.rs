//! 统一下单 `POST /pay/unifiedorder`.
//!
//! Source: pay.weixin.qq.com V2 统一下单 for JSAPI, H5 and NATIVE; refusal texts from merchants'
//! logs where there are any.

use super::{Call, Refusal, terms::Terms};
use crate::{
    fault::FaultChanges,
    gateway::Gateway,
    ledger::{Api, Order},
    ordering::NotAgain,
    time::UnixSeconds,
    xml::Fields,
};

/// Source: observed `return_msg`; 刷卡 (micropay) may be one minute, everything else five. Newer
/// pages say one minute for everything, and that is what is enforced.
const TOO_SOON: &str = "time_expire时间过短，刷卡至少1分钟，其他5分钟";
const SHORTEST_SECONDS: i64 = 60;

pub(super) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    call: &Call,
) -> Result<Fields, Refusal> {
    let order = order(now, call, Terms::read(&call.fields)?);
    let trade_type = order.trade_type;
    let prepay = gateway.order(now, order, |order| {
        let soonest = now.saturating_add(SHORTEST_SECONDS);
        if order.expires_at.is_some_and(|expiry| expiry < soonest) {
            return Err(Refusal::communication(TOO_SOON));
        }
        Ok(())
    })?;
    let mut fields = Fields::from([("trade_type", trade_type.as_str())]);
    fields.push("prepay_id", &prepay.prepay_id);
    if let Some(mweb_url) = &prepay.mweb_url {
        fields.push("mweb_url", mweb_url);
    }
    if let Some(code_url) = &prepay.code_url {
        fields.push("code_url", code_url);
    }
    Ok(fields)
}

impl From<NotAgain> for Refusal {
    fn from(reason: NotAgain) -> Self {
        match reason {
            NotAgain::Paid => Self::business("ORDERPAID", "该订单已支付"),
            NotAgain::Closed => Self::business("ORDERCLOSED", "该订单已关闭"),
            NotAgain::Changed => Self::business("INVALID_REQUEST", "201 商户订单号重复"),
        }
    }
}

fn order(now: UnixSeconds, call: &Call, terms: Terms) -> Order {
    Order {
        out_trade_no: terms.out_trade_no,
        api: Api::V2,
        terms: terms.fields,
        trade_type: terms.trade_type,
        total_fee: terms.total_fee,
        sign_type: Some(call.sign_type),
        created_at: now,
        expires_at: terms.expires_at,
        prepays: Vec::new(),
        payment: None,
        closed_at: None,
        refunds: Vec::new(),
        notices: Vec::new(),
        faults: FaultChanges::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::{Faults, OrderFault},
        ledger::{ORDER_SECONDS, Unpayable},
        shop::{NO, NOW, Shop, refusal, with},
        time::to_compact,
    };

    #[test]
    fn each_trade_type_gets_what_its_page_needs() {
        let jsapi = Shop::open().order("JSAPI");
        assert_eq!((jsapi.get("mweb_url"), jsapi.get("code_url")), (None, None));
        let prepay_id = jsapi.get("prepay_id").unwrap();
        assert!(
            prepay_id.len() == 36
                && prepay_id.starts_with("wx15160000")
                && prepay_id.ends_with("0000")
        );
        let mweb = Shop::open().order("MWEB");
        assert!(
            mweb.get("mweb_url")
                .unwrap()
                .starts_with("http://127.0.0.1:8990/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx")
        );
        let native = Shop::open().order("NATIVE");
        assert!(native.get("code_url").unwrap().starts_with("weixin://wxpay/bizpayurl?pr="));
    }

    #[test]
    fn an_identical_repeat_gets_a_fresh_prepay_and_the_old_one_lives_on() {
        let mut shop = Shop::open();
        let first = shop.order("MWEB");
        let second = shop.order("MWEB");
        assert_eq!(second.get("result_code"), Some("SUCCESS"));
        assert_ne!(first.get("prepay_id"), second.get("prepay_id"));
        assert!(shop.gateway.ledger().by_prepay_id(first.get("prepay_id").unwrap()).is_some());
        assert_eq!(shop.gateway.ledger().orders().count(), 1);
    }

    #[test]
    fn a_repeat_with_anything_changed_is_refused() {
        for (name, value) in [
            ("total_fee", "991"),
            ("body", "咖啡"),
            ("notify_url", "http://127.0.0.1:8787/other"),
            ("openid", "oSomebodyElse"),
            ("attach", "new"),
            ("time_expire", "20270116000000"),
        ] {
            let mut shop = Shop::open();
            shop.order("JSAPI");
            let answer = shop.call("/pay/unifiedorder", &with(&Shop::terms("JSAPI"), name, value));
            assert_eq!(
                refusal(&answer),
                ("INVALID_REQUEST".to_owned(), "201 商户订单号重复".to_owned()),
                "{name}"
            );
        }
    }

    #[test]
    fn a_paid_order_is_not_ordered_again_and_an_old_one_has_closed_itself() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.now = NOW + ORDER_SECONDS;
        assert_eq!(refusal(&shop.order("JSAPI")).0, "ORDERCLOSED");
        shop.now = NOW;
        shop.pay();
        assert_eq!(
            refusal(&shop.order("JSAPI")),
            ("ORDERPAID".to_owned(), "该订单已支付".to_owned())
        );
    }

    #[test]
    fn the_expiry_is_at_least_a_minute_away_and_then_ends_the_order() {
        let expiring =
            |seconds| with(&Shop::terms("JSAPI"), "time_expire", &to_compact(NOW + seconds));
        let mut shop = Shop::open();
        assert_eq!(refusal(&shop.call("/pay/unifiedorder", &expiring(59))).1, TOO_SOON);
        assert_eq!(
            shop.call("/pay/unifiedorder", &expiring(60)).get("result_code"),
            Some("SUCCESS")
        );
        shop.now = NOW + 30;
        assert_eq!(
            shop.call("/pay/unifiedorder", &expiring(60)).get("result_code"),
            Some("SUCCESS")
        );
        shop.now = NOW + 60;
        assert_eq!(refusal(&shop.call("/pay/unifiedorder", &expiring(60))).0, "ORDERCLOSED");
        assert_eq!(shop.gateway.pay(shop.now, NO, "o"), Err(Unpayable::Expired));
        assert_eq!(shop.query().get("trade_state"), Some("NOTPAY"));
    }

    #[test]
    fn the_order_faults_differ_in_what_they_leave_behind() {
        for (order, code, made) in [
            (OrderFault::Systemerror, Some("SYSTEMERROR"), 0),
            (OrderFault::SystemerrorAfterEffect, Some("SYSTEMERROR"), 1),
            (OrderFault::Timeout, None, 1),
        ] {
            let mut shop = Shop::open();
            shop.gateway.set_faults(Faults { order, ..Faults::default() });
            let reply = shop.send("/pay/unifiedorder", &Shop::terms("JSAPI"));
            assert_eq!(
                reply.is_some_and(|reply| reply.text().contains("SYSTEMERROR")),
                code.is_some()
            );
            assert_eq!(shop.gateway.ledger().orders().count(), made);
            shop.gateway.set_faults(Faults::default());
            assert_eq!(
                shop.order("JSAPI").get("result_code"),
                Some("SUCCESS"),
                "the repeat heals it"
            );
        }
    }

    #[test]
    fn one_seed_gives_one_prepay_id() {
        assert_eq!(
            Shop::open().order("JSAPI").get("prepay_id"),
            Shop::open().order("JSAPI").get("prepay_id")
        );
    }
}
