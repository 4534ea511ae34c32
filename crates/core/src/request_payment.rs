//! 调起支付: what the page is handed to raise the cashier inside WeChat (JSAPI).
//!
//! Source: protocol page "JSAPI调起支付", read 2026-11. Five names, case exactly so, signed like any
//! V2 message with the algorithm of the order; `timeStamp` is a string of seconds.
//! The same values serve `WeixinJSBridge` and `wx.chooseWXPay`, which spells it `timestamp`; the
//! signature is over `timeStamp` either way, and the page package does the renaming.
use alloc::string::{String, ToString};

use serde::Serialize;

use crate::{
    NonceStr, PrepayId, UnixSeconds,
    v2::{Credential, Fields},
};

/// The parameters of `getBrandWCPayRequest`, as JSON for the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestPayment {
    /// Whose account.
    pub app_id: String,
    /// Seconds, as a string: a number makes iOS say 调用支付jsapi缺少参数.
    pub time_stamp: String,
    /// Random.
    pub nonce_str: String,
    /// `prepay_id=…`.
    pub package: String,
    /// The algorithm of the order; must be passed on, the JS-SDK would fall back to another.
    pub sign_type: &'static str,
    /// The signature.
    pub pay_sign: String,
}

impl RequestPayment {
    /// Signs the cashier's parameters for a prepay id. It may be done again at any time within the
    /// prepay id's two hours.
    pub fn sign(
        credential: &Credential,
        prepay_id: &PrepayId,
        now: UnixSeconds,
        nonce_str: &NonceStr,
    ) -> Self {
        let package = alloc::format!("prepay_id={prepay_id}");
        let fields = Fields::new()
            .with("appId", credential.page_appid())
            .with("nonceStr", nonce_str)
            .with("package", &package)
            .with("signType", credential.sign_type().as_str())
            .with("timeStamp", now);
        Self {
            app_id: credential.page_appid().to_string(),
            time_stamp: now.to_string(),
            nonce_str: nonce_str.to_string(),
            package,
            sign_type: credential.sign_type().as_str(),
            pay_sign: credential.sign(&fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiV2Key, Appid, Mchid, v2::SignType};

    /// Source: protocol vectors V2-D, recomputed with another implementation.
    #[test]
    fn the_bridge_parameters_sign_as_in_the_vector() {
        for (sign_type, sign) in [
            (SignType::Md5, "48B47EB7B5EF3CDCF4589A7E56DFF3BD"),
            (
                SignType::HmacSha256,
                "0BC7387282DC342D2BD095EFE37B652D13DA9A2D2546AE94D6DD3233E84E33B2",
            ),
        ] {
            let key = ApiV2Key::new("192006250b4c09247ec02edce69f6a2d".to_string()).unwrap(); // published test key
            let credential = Credential::new(
                Appid::new("wx2421b1c4370ec43b").unwrap(),
                Mchid::new("10000100").unwrap(),
                sign_type,
                key,
            );
            let signed = RequestPayment::sign(
                &credential,
                &PrepayId::new("wx21201855730335ac86f8c43d1889123400").unwrap(),
                UnixSeconds::new(1_395_712_654),
                &NonceStr::new("e61463f8efa94090b1f366cccfbbb444").unwrap(),
            );
            assert_eq!(signed.pay_sign, sign);
            let json = serde_json::to_value(&signed).unwrap();
            assert_eq!(json["timeStamp"], "1395712654");
            assert_eq!(json["package"], "prepay_id=wx21201855730335ac86f8c43d1889123400");
        }
    }
}
