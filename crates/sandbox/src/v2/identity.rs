//! Who calls, and for whom (商户号, 公众账号ID, 子商户号, 子商户公众账号ID).

use crate::{account::Account, xml::Fields};

/// Compares what a rightly signed call says of itself with the merchant; an error is the
/// `return_msg`.
pub(super) fn check(account: &Account, fields: &Fields) -> Result<(), &'static str> {
    // UNCONFIRMED: the wording.
    let nonce = fields.get("nonce_str").ok_or("缺少参数")?;
    if nonce.len() > 32 {
        return Err("nonce_str参数长度有误");
    }
    let appid = fields.get("appid").ok_or("缺少参数")?;
    if appid != account.appid {
        // Source: `return_msg` texts in merchants' logs.
        return Err(if appid.len() == 18 {
            "商户号mch_id与appid不匹配"
        } else {
            "appid参数长度有误"
        });
    }
    check_sub_merchant(account, fields)
}

/// A service provider (服务商) names its sub-merchant in every call, an ordinary merchant none.
///
/// Source: pay.weixin.qq.com V2 for service providers, `sub_mch_id` and `sub_appid`.
/// UNCONFIRMED: the wording.
fn check_sub_merchant(account: &Account, fields: &Fields) -> Result<(), &'static str> {
    let known = account.sub_merchant.as_ref();
    match (known, fields.get("sub_mch_id")) {
        (None, None) => {}
        (Some(_), None) => return Err("受理机构必须传入sub_mch_id"),
        (Some(sub_merchant), Some(named)) if sub_merchant.mch_id == named => {}
        (_, Some(_)) => return Err("受理关系不存在"),
    }
    let known = known.and_then(|sub_merchant| sub_merchant.appid.as_deref());
    match fields.get("sub_appid") {
        Some(named) if known != Some(named) => Err("sub_mch_id与sub_appid不匹配"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::BUYER,
        message::Request,
        shop::{NO, NOW, Shop, refusal, with},
        xml,
    };

    #[test]
    fn a_foreign_appid_is_told_from_a_malformed_one() {
        for (appid, text) in
            [("wx0000000000000000", "商户号mch_id与appid不匹配"), ("wx1", "appid参数长度有误")]
        {
            let mut shop = Shop::open();
            let right = std::mem::replace(&mut shop.gateway.account.appid, appid.to_owned());
            let request = signed_query(&shop);
            shop.gateway.account.appid = right;
            let reply = shop.gateway.handle(NOW, &request).unwrap();
            assert!(reply.text().contains(text));
        }
    }

    fn signed_query(shop: &Shop) -> Request {
        Request::post("/pay/orderquery", shop.signed(&Fields::from([("out_trade_no", NO)])))
    }

    #[test]
    fn a_service_provider_names_its_sub_merchant_and_an_ordinary_merchant_none() {
        for (name, value, text) in [
            ("sub_mch_id", "", "受理机构必须传入sub_mch_id"),
            ("sub_mch_id", "1900000201", "受理关系不存在"),
            ("sub_appid", "wx7777777777777777", "sub_mch_id与sub_appid不匹配"),
            ("sub_openid", "", "JSAPI支付必须传openid"),
            ("sub_appid", "", "缺少参数sub_appid"),
        ] {
            let answer = Shop::of_provider()
                .call("/pay/unifiedorder", &with(&Shop::provided(), name, value));
            assert_eq!(refusal(&answer).1, text, "{name}={value}");
        }
        let answer = Shop::open().call("/pay/unifiedorder", &Shop::provided());
        assert_eq!(refusal(&answer).1, "受理关系不存在");
    }

    #[test]
    fn whatever_a_service_provider_is_told_names_the_sub_merchant() {
        let mut shop = Shop::of_provider();
        let told = |fields: &Fields| {
            assert_eq!(fields.get("sub_mch_id"), Some("1900000200"));
            assert_eq!(fields.get("sub_appid"), Some("wx8888888888888888"));
        };
        told(&shop.call("/pay/unifiedorder", &Shop::provided()));
        shop.gateway.pay(NOW, NO, BUYER).unwrap();
        let news = xml::decode(&shop.gateway.due(NOW).remove(0).body).unwrap();
        told(&news);
        assert_eq!(news.get("sub_openid"), Some(BUYER));
        assert_ne!(news.get("openid"), news.get("sub_openid"));
        let question = Fields::from([("out_trade_no", NO), ("sub_mch_id", "1900000200")]);
        let answer = shop.call("/pay/orderquery", &question);
        assert_eq!(answer.get("sub_appid"), None, "the question named none");
        assert_eq!(answer.get("sub_openid"), Some(BUYER));
        let refund = with(&Shop::refund_terms("R1", 1), "sub_mch_id", "1900000200");
        shop.call("/secapi/pay/refund", &refund);
        let news = shop.gateway.due(NOW + 60).into_iter().find(|news| news.out_refund_no.is_some());
        told(&xml::decode(&news.unwrap().body).unwrap());
    }
}
