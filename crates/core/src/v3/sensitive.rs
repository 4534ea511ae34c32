//! 敏感信息加解密 · fields that WeChat wants encrypted: names, numbers of papers and cards.
//!
//! Source: protocol page "敏感信息加解密", read 2026-11. RSAES-OAEP with SHA-1 under WeChat's key; the
//! request then has to name that key in `Wechatpay-Serial`. None of the calls in here needs it; it is
//! for merchants who build their own requests on this crate.
//! UNCONFIRMED: SHA-1; one page of the FAQ says SHA-256, guide and SDKs say SHA-1.
use alloc::string::String;
use core::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use crate::{Error, SerialNo};

/// Bytes that fit under a key of 2048 bits: 256, less 42 of OAEP with SHA-1.
const LIMIT_BYTES: usize = 214;

/// A text that may not be seen on the way. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Sensitive(Zeroizing<String>);

/// A text as it goes on the wire, and the key it was encrypted under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// For `Wechatpay-Serial`.
    pub serial_no: SerialNo,
    /// base64.
    pub text: String,
}

impl Sensitive {
    /// Takes 1 to 214 bytes.
    pub fn new(text: String) -> Result<Self, Error> {
        let text = Zeroizing::new(text);
        match (1..=LIMIT_BYTES).contains(&text.len()) {
            true => Ok(Self(text)),
            false => {
                Err(Error::Invalid { what: "sensitive field", rule: "expected 1 to 214 bytes" })
            }
        }
    }

    /// What to encrypt.
    pub fn to_encrypt(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// What goes on the wire, with the ciphertext under WeChat's key of this name.
    pub fn encrypted(&self, serial_no: SerialNo, ciphertext: &[u8]) -> Encrypted {
        Encrypted { serial_no, text: BASE64_STANDARD.encode(ciphertext) }
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(redacted)")
    }
}
