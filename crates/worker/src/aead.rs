//! AES-256-GCM through the runtime's own cipher: native speed, and none in the bundle.
//!
//! By `node:crypto`, which answers at once: WebCrypto's promise cost more than the cipher.
use std::cell::OnceCell;

use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

use crate::{border, http::problem::Problem};

/// The nonce and the tag, in bytes. Source: NIST SP 800-38D, sections 5.2.1.1 and 5.2.1.2 (96 bits
/// recommended, 128 the longest).
const OVERHEAD_BYTES: usize = 12 + 16;

/// A key, imported when first used and kept for the isolate's life. It is not bound to the request
/// that imported it, so sharing it is safe.
pub(crate) struct AeadKey {
    raw: Zeroizing<[u8; 32]>,
    imported: OnceCell<JsValue>,
}

impl AeadKey {
    pub(crate) fn new(raw: Zeroizing<[u8; 32]>) -> Self {
        Self { raw, imported: OnceCell::new() }
    }

    /// Nonce and ciphertext. `context` is bound but not contained: another context will not open it.
    ///
    /// Nonces are random: up to 2³² messages under one key are safe (NIST SP 800-38D, section 8.3).
    pub(crate) fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Problem> {
        border::seal(self.imported()?, context, plain).map_err(|_| Problem::internal("aead seal"))
    }

    /// What was sealed under this context; `None` if a single bit is not ours.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
        if sealed.len() < OVERHEAD_BYTES {
            return Ok(None);
        }
        border::open(self.imported()?, context, sealed).map_err(|_| Problem::internal("aead open"))
    }

    fn imported(&self) -> Result<&JsValue, Problem> {
        if let Some(key) = self.imported.get() {
            return Ok(key);
        }
        let key = border::aead_key(self.raw.as_slice());
        let key = key.map_err(|_| Problem::internal("aead import"))?;
        Ok(self.imported.get_or_init(|| key))
    }
}
