//! Secrets: never printed, never serialised, wiped when dropped.
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use crate::Error;

/// The APIv2 key (API 密钥): 32 ASCII characters, chosen in the merchant console.
/// Signs every V2 message, ours and WeChat's: whoever has it can forge a payment.
#[derive(Clone)]
pub struct ApiV2Key(Zeroizing<String>);

impl ApiV2Key {
    /// Takes exactly 32 printable ASCII characters.
    pub fn new(text: String) -> Result<Self, Error> {
        let text = Zeroizing::new(text);
        if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(Error::Invalid {
                what: "APIv2 key",
                rule: "expected 32 printable ASCII characters",
            })
        }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// The APIv3 key (APIv3密钥): 32 ASCII characters, chosen in the merchant console. It seals what
/// WeChat's notifications tell and the certificates it hands out; it signs nothing.
#[derive(Clone)]
pub struct ApiV3Key(Zeroizing<String>);

impl ApiV3Key {
    /// Takes exactly 32 printable ASCII characters.
    pub fn new(text: String) -> Result<Self, Error> {
        let text = Zeroizing::new(text);
        if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(Error::Invalid {
                what: "APIv3 key",
                rule: "expected 32 printable ASCII characters",
            })
        }
    }

    /// The key of AES-256-GCM, as it is. For the platform's cipher, and nothing else.
    pub fn aead_key(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The official account's AppSecret, spent only to exchange a code for an openid.
#[derive(Clone)]
pub struct AppSecret(Zeroizing<String>);

impl AppSecret {
    /// Takes 1 to 64 ASCII letters or digits. UNCONFIRMED: real ones have 32 hex digits.
    pub fn new(text: String) -> Result<Self, Error> {
        let text = Zeroizing::new(text);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text))
        } else {
            Err(Error::Invalid { what: "app secret", rule: "expected 1 to 64 letters or digits" })
        }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiV2Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV2Key(redacted)")
    }
}

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV3Key(redacted)")
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(redacted)")
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
