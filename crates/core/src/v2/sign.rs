//! 签名算法: the V2 signature.
//!
//! Source: protocol page "签名算法", read 2026-11. Fields that are not empty, by name in byte order,
//! joined as `k=v&…`, then `&key=` and the APIv2 key; MD5 or HMAC-SHA256; upper-case hex.
use alloc::string::String;
use core::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Fields;
use crate::{ApiV2Key, Unverified};

/// The algorithm agreed for a merchant. It is configuration, never inferred from a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignType {
    /// `MD5`, what V2 assumes when nothing is said. Choose it only where something older needs it.
    Md5,
    /// `HMAC-SHA256`.
    HmacSha256,
}

impl SignType {
    /// Reads the wire's word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "MD5" => Some(Self::Md5),
            "HMAC-SHA256" => Some(Self::HmacSha256),
            _ => None,
        }
    }

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    const fn hex_length(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::HmacSha256 => 64,
        }
    }
}

/// The exact bytes that are signed. They end in the key, so they are wiped.
fn string_to_sign(fields: &Fields, key: &ApiV2Key) -> Zeroizing<String> {
    // One allocation of the full length: a growing string would leave copies of itself behind.
    let length =
        fields.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum::<usize>();
    let room = length.saturating_add(fields.iter().count().saturating_mul(2)).saturating_add(64);
    let mut text = Zeroizing::new(String::with_capacity(room));
    for (name, value) in fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty())
    {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        text.push('&');
    }
    text.push_str("key=");
    text.push_str(key.expose());
    text
}

/// Signs every field but `sign` itself.
pub(crate) fn sign(fields: &Fields, sign_type: SignType, key: &ApiV2Key) -> String {
    let text = string_to_sign(fields, key);
    match sign_type {
        SignType::Md5 => upper_hex(&Md5::digest(text.as_bytes())),
        SignType::HmacSha256 => {
            #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
            let mut mac =
                Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("any length");
            mac.update(text.as_bytes());
            upper_hex(&mac.finalize().into_bytes())
        }
    }
}

/// Checks `sign` against the agreed algorithm, in time that does not depend on where they differ.
pub(crate) fn verify(
    fields: &Fields,
    sign_type: SignType,
    key: &ApiV2Key,
) -> Result<(), Unverified> {
    let said = fields.get("sign").ok_or(Unverified::Unsigned)?;
    // Notifications seldom carry `sign_type`; the length tells which algorithm made the signature.
    let named_otherwise = fields.get("sign_type").is_some_and(|name| name != sign_type.as_str());
    if named_otherwise || said.len() != sign_type.hex_length() {
        return Err(Unverified::Algorithm);
    }
    let right = sign(fields, sign_type, key);
    if bool::from(said.as_bytes().ct_eq(right.as_bytes())) {
        Ok(())
    } else {
        Err(Unverified::Signature)
    }
}

/// Whether WeChat's words say that our signature did not check. They differ by API.
/// Source: protocol pages "统一下单" (签名错误, older 签名失败), "下载交易账单" (SIGN ERROR), read 2026-11.
pub(crate) fn is_about_our_signature(said: &str) -> bool {
    ["签名错误", "签名失败", "SIGNERROR", "SIGN ERROR"].iter().any(|words| said.contains(words))
}

fn upper_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02X}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use std::{fs, path::Path};

    use proptest::prelude::*;

    use super::*;

    fn key() -> ApiV2Key {
        ApiV2Key::new("192006250b4c09247ec02edce69f6a2d".to_string()).unwrap() // published test key
    }

    /// Every folder of `tests/vectors/v2-sign`: fields and key in, string to sign and both signatures out.
    #[test]
    fn every_vector_signs_to_the_byte() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/v2-sign");
        let mut cases = 0;
        for case in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
            let read = |name: &str| fs::read_to_string(case.join(name)).ok();
            let Some(fields) = read("fields.json") else { continue };
            let fields: std::collections::BTreeMap<String, String> =
                serde_json::from_str(&fields).unwrap();
            let fields =
                fields.iter().fold(Fields::new(), |all, (name, value)| all.with(name, value));
            let key =
                ApiV2Key::new(read("test-key.txt").unwrap().lines().next().unwrap().to_string())
                    .unwrap();
            assert_eq!(
                read("string-to-sign.txt").as_deref(),
                Some(string_to_sign(&fields, &key).as_str()),
                "{case:?}"
            );
            for (file, sign_type) in
                [("md5.txt", SignType::Md5), ("hmac-sha256.txt", SignType::HmacSha256)]
            {
                let Some(signature) = read(file) else { continue };
                assert_eq!(sign(&fields, sign_type, &key), signature, "{case:?} {file}");
                let signed = fields.clone().with("sign", signature);
                let named = fields.get("sign_type").or(fields.get("signType"));
                if named.is_none_or(|name| name == sign_type.as_str()) {
                    assert_eq!(verify(&signed, sign_type, &key), Ok(()), "{case:?} {file}");
                }
                cases += 1;
            }
        }
        assert!(cases >= 11, "only {cases} signatures were checked");
    }

    #[test]
    fn md5_where_hmac_was_agreed_is_refused_even_if_right() {
        let fields = Fields::new().with("appid", "wx1");
        let signed = fields.clone().with("sign", sign(&fields, SignType::Md5, &key()));
        assert_eq!(verify(&signed, SignType::Md5, &key()), Ok(()));
        assert_eq!(verify(&signed, SignType::HmacSha256, &key()), Err(Unverified::Algorithm));
    }

    #[test]
    fn a_missing_an_empty_and_a_lower_case_signature_are_refused() {
        let fields = Fields::new().with("appid", "wx1");
        let right = sign(&fields, SignType::Md5, &key());
        assert_eq!(verify(&fields, SignType::Md5, &key()), Err(Unverified::Unsigned));
        let empty = fields.clone().with("sign", "");
        assert_eq!(verify(&empty, SignType::Md5, &key()), Err(Unverified::Unsigned));
        let lower = fields.with("sign", right.to_lowercase());
        assert_eq!(verify(&lower, SignType::Md5, &key()), Err(Unverified::Signature));
    }

    proptest! {
        #[test]
        fn any_changed_value_breaks_the_signature(value in "[a-z]{1,8}", other in "[a-z]{1,8}") {
            prop_assume!(value != other);
            let fields = Fields::new().with("appid", "wx1").with("body", &value);
            let sign = sign(&fields, SignType::HmacSha256, &key());
            let changed = fields.with("body", other).with("sign", sign);
            prop_assert_eq!(verify(&changed, SignType::HmacSha256, &key()), Err(Unverified::Signature));
        }
    }
}
