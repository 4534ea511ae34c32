//! Secrets: never printed, never serialised, wiped when dropped.
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use crate::Error;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            #[doc = concat!("Checks the rule: ", $rule, ".")]
            pub fn new(text: String) -> Result<Self, Error> {
                let (text, fits): (_, fn(&str) -> bool) = (Zeroizing::new(text), $fits);
                if fits(&text) {
                    Ok(Self(text))
                } else {
                    Err(Error::Invalid { what: $what, rule: $rule })
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

fn is_key(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

secret! {
    /// The APIv2 key (API 密钥), chosen in the merchant console.
    /// Signs every V2 message, ours and WeChat's: whoever has it can forge a payment.
    ApiV2Key, "APIv2 key", "expected 32 printable ASCII characters", is_key
}

secret! {
    /// The APIv3 key (APIv3密钥), chosen in the merchant console. It seals what WeChat's notifications
    /// tell and the certificates it hands out; it signs nothing.
    ApiV3Key, "APIv3 key", "expected 32 printable ASCII characters", is_key
}

secret! {
    /// The official account's AppSecret, spent only to exchange a code for an openid.
    /// UNCONFIRMED: real ones have 32 hex digits.
    AppSecret, "app secret", "expected 1 to 64 letters or digits",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl ApiV2Key {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl ApiV3Key {
    /// The key of AES-256-GCM, as it is. For the platform's cipher, and nothing else.
    pub fn aead_key(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AppSecret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn a_key_of_another_length_is_refused_and_not_repeated() {
        let error = ApiV2Key::new("test key, too short".to_string()).unwrap_err();
        assert!(!error.to_string().contains("too short"));
    }

    #[test]
    fn debug_never_shows_the_key() {
        let key = ApiV2Key::new("192006250b4c09247ec02edce69f6a2d".to_string()).unwrap();
        assert_eq!(format!("{key:?}"), "ApiV2Key(redacted)");
        let key = ApiV3Key::new("0123456789abcdef0123456789abcdef".to_string()).unwrap(); // test key
        assert_eq!(format!("{key:?}"), "ApiV3Key(redacted)");
    }
}
