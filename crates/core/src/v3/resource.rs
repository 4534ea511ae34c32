//! 回调和平台证书解密 · what is sealed under the APIv3 key.
//!
//! Source: protocol page "如何解密回调报文和平台证书", read 2026-11. AEAD_AES_256_GCM: the key is the APIv3
//! key as it is, the tag is the ciphertext's last 16 bytes, `associated_data` may be empty or absent.
use alloc::{string::ToString, vec::Vec};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::json::Json;
use crate::{Error, Malformed, Unverified};

/// A sealed part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    sealed: Vec<u8>,
    associated_data: Vec<u8>,
}

/// Bytes of the nonce, and of the tag.
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

impl Resource {
    pub(crate) fn read(json: &Json, at: [&'static str; 4]) -> Result<Self, Error> {
        let [algorithm, nonce, associated_data, ciphertext] = at;
        if json.required(algorithm)? != "AEAD_AES_256_GCM" {
            return Err(Unverified::Algorithm.into());
        }
        let nonce_text = json.required(nonce)?;
        if nonce_text.len() != NONCE_BYTES {
            return Err(Malformed::Field(nonce).into());
        }
        let bytes = json.read(ciphertext, |text| BASE64_STANDARD.decode(text))?;
        if bytes.len() < TAG_BYTES {
            return Err(Malformed::Field(ciphertext).into());
        }
        let sealed = [nonce_text.as_bytes(), &bytes].concat();
        let associated_data = json.get(associated_data).unwrap_or_default().to_string();
        Ok(Self { sealed, associated_data: associated_data.into_bytes() })
    }

    /// Nonce (12 bytes), ciphertext, tag (16 bytes).
    pub fn sealed(&self) -> &[u8] {
        &self.sealed
    }

    /// What the tag covers besides.
    pub fn associated_data(&self) -> &[u8] {
        &self.associated_data
    }
}
