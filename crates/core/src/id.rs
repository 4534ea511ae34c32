//! Identifiers: one newtype each, so that a merchant's number can never stand where WeChat's belongs.
//!
//! Every type has one fallible constructor, which deserialisation uses too.
//! The text is kept byte for byte; nothing is trimmed or folded.
use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Checks the rule: ", $rule, ".")]
            pub fn new(text: &str) -> Result<Self, Error> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    Ok(Self(text.to_string()))
                } else {
                    Err(Error::Invalid { what: $what, rule: $rule })
                }
            }

            /// The text as it goes on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use identifier;

fn alphanumeric(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn printable(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

identifier! {
    /// `appid`: the service account's (公众号) application id, for example `wx2421b1c4370ec43b`.
    /// UNCONFIRMED: the pages give only "string(32)"; every appid seen is `wx` and 16 hex digits,
    /// and a corporate `ww…`; we ask for ASCII letters and digits.
    Appid, "appid", "expected 1 to 32 ASCII letters or digits", |text| alphanumeric(text, 1, 32)
}

identifier! {
    /// `mch_id` / `mchid`: the merchant number (商户号), digits.
    Mchid, "mchid", "expected 1 to 32 decimal digits",
    |text| (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

identifier! {
    /// `openid`: the buyer under one appid. Means nothing under another appid.
    Openid, "openid", "expected 1 to 128 printable ASCII characters", |text| printable(text, 128)
}

identifier! {
    /// `out_trade_no`: the merchant's order number (商户订单号), unique within the merchant.
    /// Source: protocol page "统一下单" (current pages: 6 to 32; older ones allowed 1), read 2026-11.
    OutTradeNo, "out_trade_no", "expected 6 to 32 characters of `0-9 A-Z a-z _ - | *`",
    |text| (6..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte))
}

identifier! {
    /// `transaction_id`: WeChat's number for a payment (微信支付订单号).
    TransactionId, "transaction_id", "expected 1 to 32 printable ASCII characters",
    |text| printable(text, 32)
}

identifier! {
    /// `out_refund_no`: the merchant's number for a refund (商户退款单号), unique within the merchant.
    /// Source: protocol page "申请退款", 1 to 64 characters, read 2026-11.
    OutRefundNo, "out_refund_no", "expected 1 to 64 characters of `0-9 A-Z a-z _ - | * @`",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte))
}

identifier! {
    /// `refund_id`: WeChat's number for a refund (微信退款单号).
    RefundId, "refund_id", "expected 1 to 32 printable ASCII characters", |text| printable(text, 32)
}

identifier! {
    /// `prepay_id`: the order as the cashier knows it. Valid for two hours; opaque.
    PrepayId, "prepay_id", "expected 1 to 64 printable ASCII characters", |text| printable(text, 64)
}

identifier! {
    /// `serial_no`, `Wechatpay-Serial`: which key signed. A certificate's serial in hex (merchant's or
    /// platform's, 40 digits), or `PUB_KEY_ID_` and digits for a WeChat Pay public key (微信支付公钥).
    SerialNo, "serial_no", "expected up to 40 hex digits, or `PUB_KEY_ID_` and up to 40 digits",
    |text| match text.strip_prefix("PUB_KEY_ID_") {
        Some(digits) => (1..=40).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
    }
}

impl SerialNo {
    /// Whether it names a WeChat Pay public key (微信支付公钥), and no certificate.
    pub fn is_public_key(&self) -> bool {
        self.0.starts_with("PUB_KEY_ID_")
    }

    /// The one form by which serials are compared: a certificate's is a number, for which one tool writes
    /// `0A1B` and another `a1b`. In capitals, without zeros in front; a public key's name stays as it is.
    pub fn canonical(self) -> Self {
        if self.is_public_key() {
            return self;
        }
        let digits = self.0.trim_start_matches('0').to_ascii_uppercase();
        Self(if digits.is_empty() { "0".to_string() } else { digits })
    }
}

identifier! {
    /// `nonce_str`: random text that the caller supplies, at most 32 letters or digits.
    NonceStr, "nonce_str", "expected 1 to 32 ASCII letters or digits", |text| alphanumeric(text, 1, 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_number_has_6_to_32_characters_of_its_alphabet() {
        for good in ["ORDER1", "20260101120000A_-|*1", &"9".repeat(32)] {
            assert_eq!(OutTradeNo::new(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in ["ORDER", &"9".repeat(33), "ORDER 1", "ORDER/1", "订单号12345", "ORDER1\n"] {
            assert!(OutTradeNo::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refund_number_has_1_to_64_characters_of_its_alphabet() {
        for good in ["1", "R_-|*@1", &"9".repeat(64)] {
            assert_eq!(OutRefundNo::new(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in ["", &"9".repeat(65), "R 1", "R/1", "退款1", "R\n"] {
            assert!(OutRefundNo::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_serial_is_a_certificates_or_a_public_keys() {
        for (good, public_key) in [
            ("5157F09EFDC096DE15EBE81A47057A7232F1B8E1", false),
            ("PUB_KEY_ID_0114232134912410000000000000", true),
        ] {
            assert_eq!(SerialNo::new(good).unwrap().is_public_key(), public_key);
        }
        for bad in ["", "PUB_KEY_ID_", "PUB_KEY_ID_01A", "5157G", &"A".repeat(41), "51\n57"] {
            assert!(SerialNo::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_serial_is_one_number_whoever_wrote_it() {
        let form = |text: &str| String::from(SerialNo::new(text).unwrap().canonical());
        for (written, one) in [
            (
                "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
                "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
            ),
            ("0a1B", "A1B"),
            ("00A1B", "A1B"),
            ("000", "0"),
            ("PUB_KEY_ID_0114232134912410000000000000", "PUB_KEY_ID_0114232134912410000000000000"),
        ] {
            assert_eq!(form(written), one);
        }
    }

    #[test]
    fn deserialising_checks_the_same_rule() {
        assert!(serde_json::from_str::<Mchid>(r#""1900000109""#).is_ok());
        let error = serde_json::from_str::<Mchid>(r#""19000001O9""#).unwrap_err();
        assert!(error.to_string().contains("`mchid`: expected 1 to 32 decimal digits"));
    }
}
