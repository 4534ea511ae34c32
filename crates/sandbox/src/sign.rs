//! API V2 signatures (签名), written for the sandbox alone: the merchant's side has its own lines,
//! so that one mistake cannot be made on both sides and cancel out.
//!
//! Source: pay.weixin.qq.com V2 "安全规范", signature page.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::xml::Fields;

/// 签名类型, as `sign_type` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignType {
    /// The default when `sign_type` is absent; 32 characters.
    #[serde(rename = "MD5")]
    Md5,
    /// 64 characters.
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
}

impl SignType {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// Reads the word on the wire; `None` for any other word.
    #[must_use]
    pub fn from_wire(word: &str) -> Option<Self> {
        match word {
            "MD5" => Some(Self::Md5),
            "HMAC-SHA256" => Some(Self::HmacSha256),
            _ => None,
        }
    }
}

/// Everything of the string to sign but the key: names sorted by byte, empty values and `sign` left out.
pub(crate) fn unkeyed_string_to_sign(fields: &Fields) -> String {
    let mut pairs: Vec<(&str, &str)> =
        fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()).collect();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}&")).collect()
}

/// The signature of `fields` in upper-case hex.
pub(crate) fn sign(fields: &Fields, sign_type: SignType, key: &str) -> String {
    digest(&format!("{}key={key}", unkeyed_string_to_sign(fields)), sign_type, key)
}

/// The digest of a whole string to sign, in upper-case hex.
pub(crate) fn digest(text: &str, sign_type: SignType, key: &str) -> String {
    match sign_type {
        SignType::Md5 => upper_hex(&Md5::digest(text.as_bytes())),
        SignType::HmacSha256 => Hmac::<Sha256>::new_from_slice(key.as_bytes())
            .map(|mut mac| {
                mac.update(text.as_bytes());
                upper_hex(&mac.finalize().into_bytes())
            })
            // HMAC takes keys of every length, so this arm is never taken; an empty signature
            // verifies nothing.
            .unwrap_or_default(),
    }
}

/// Whether `signature` belongs to `fields`; takes the same time wherever the first difference is.
pub(crate) fn verify(fields: &Fields, sign_type: SignType, key: &str, signature: &str) -> bool {
    sign(fields, sign_type, key).as_bytes().ct_eq(signature.as_bytes()).into()
}

pub(crate) fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Demo key that the official signature page publishes.
    const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

    fn check(fields: Fields, key: &str, md5: &str, hmac: Option<&str>) {
        assert_eq!(sign(&fields, SignType::Md5, key), md5);
        if let Some(hmac) = hmac {
            assert_eq!(sign(&fields, SignType::HmacSha256, key), hmac);
            assert!(verify(&fields, SignType::HmacSha256, key, hmac));
            assert!(!verify(&fields, SignType::Md5, key, hmac));
        }
    }

    #[test]
    fn the_published_vector_is_reproduced() {
        check(
            Fields::from([
                ("appid", "wxd930ea5d5a258f4f"),
                ("mch_id", "10000100"),
                ("device_info", "1000"),
                ("body", "test"),
                ("nonce_str", "ibuaiVcKdpRxkhJA"),
            ]),
            KEY,
            "9A0A8659F005D6984697E2CA0A9CF3B7",
            Some("6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"),
        );
    }

    #[test]
    fn a_real_error_reply_is_reproduced() {
        check(
            Fields::from([
                ("appid", "wxa5b511bc130a4d9e"),
                ("device_info", "WEB"),
                ("err_code", "INVALID_REQUEST"),
                ("err_code_des", "201 商户订单号重复"),
                ("mch_id", "110605603"),
                ("nonce_str", "zg9vizP9FSWKP9ku"),
                ("result_code", "FAIL"),
                ("return_code", "SUCCESS"),
                ("return_msg", "OK"),
                ("sub_mch_id", "345923236"),
            ]),
            "2ab9071b06b9f739b950ddb41db2690d",
            "E06AFA945146A138D7F7C3CF4C13234F",
            None,
        );
    }

    #[test]
    fn names_are_sorted_by_byte_and_empty_values_and_the_signature_left_out() {
        let fields = Fields::from([
            ("appid", "wx2421b1c4370ec43b"),
            ("mch_id", "10000100"),
            ("device_info", ""),
            ("attach", "支付测试 a&b<c>"),
            ("coupon_fee", "0"),
            ("nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"),
            ("sign", "IGNORED"),
            ("Zeta", "9"),
            ("_x", "1"),
            ("a10", "x"),
            ("a9", "y"),
        ]);
        assert!(unkeyed_string_to_sign(&fields).starts_with("Zeta=9&_x=1&a10=x&a9=y&appid="));
        check(
            fields,
            KEY,
            "02CFEF45C625B2927002E695FDBF7796",
            Some("044240ADCBA287678B3500FB58BF6E08C0928B635A542D3A8BCA55F7E7253E5B"),
        );
    }

    #[test]
    fn an_h5_order_is_signed_over_raw_values() {
        check(
            Fields::from([
                ("appid", "wx2421b1c4370ec43b"),
                ("mch_id", "10000100"),
                ("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
                ("body", "示例商城-测试商品"),
                ("out_trade_no", "20260101120000A_-|*1"),
                ("total_fee", "1"),
                ("spbill_create_ip", "2001:db8::1"),
                ("notify_url", "https://pay.example.com/wx/notify"),
                ("trade_type", "MWEB"),
                (
                    "scene_info",
                    r#"{"h5_info":{"type":"Wap","wap_url":"https://pay.example.com","wap_name":"示例商城"}}"#,
                ),
                ("time_start", "20260101120000"),
                ("time_expire", "20260101123000"),
            ]),
            KEY,
            "3CD917A13142A34CD3599CC8F0CCC5E8",
            Some("7608C6E16EAA147444FC710A918DF9334A13349D16D8786AA56496187DA790D2"),
        );
    }

    #[test]
    fn the_second_signature_uses_the_bridge_names() {
        let fields = |sign_type| {
            Fields::from([
                ("appId", "wx2421b1c4370ec43b"),
                ("timeStamp", "1395712654"),
                ("nonceStr", "e61463f8efa94090b1f366cccfbbb444"),
                ("package", "prepay_id=wx21201855730335ac86f8c43d1889123400"),
                ("signType", sign_type),
            ])
        };
        assert_eq!(sign(&fields("MD5"), SignType::Md5, KEY), "48B47EB7B5EF3CDCF4589A7E56DFF3BD");
        assert_eq!(
            sign(&fields("HMAC-SHA256"), SignType::HmacSha256, KEY),
            "0BC7387282DC342D2BD095EFE37B652D13DA9A2D2546AE94D6DD3233E84E33B2"
        );
    }

    #[test]
    fn a_notification_with_coupons_is_reproduced() {
        check(
            Fields::from([
                ("appid", "wx2421b1c4370ec43b"),
                ("attach", "支付测试"),
                ("bank_type", "CFT"),
                ("fee_type", "CNY"),
                ("is_subscribe", "N"),
                ("mch_id", "10000100"),
                ("nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"),
                ("openid", "oUpF8uMEb4qRXf22hE3X68TekukE"),
                ("out_trade_no", "1409811653"),
                ("result_code", "SUCCESS"),
                ("return_code", "SUCCESS"),
                ("time_end", "20140903131540"),
                ("total_fee", "100"),
                ("cash_fee", "80"),
                ("coupon_fee", "20"),
                ("coupon_count", "2"),
                ("coupon_type_0", "CASH"),
                ("coupon_id_0", "10000"),
                ("coupon_fee_0", "15"),
                ("coupon_type_1", "NO_CASH"),
                ("coupon_id_1", "10001"),
                ("coupon_fee_1", "5"),
                ("trade_type", "JSAPI"),
                ("transaction_id", "1004400740201409030005092168"),
            ]),
            KEY,
            "43AC27AD1844594E409A1E365A0A1FB7",
            Some("DAEA3176C631C19FB28FBDF844221019B924DB4951E3EA5235E094AFB629086E"),
        );
    }
}
