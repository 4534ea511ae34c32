//! AES-256-GCM through the runtime's WebCrypto: native speed, and no cipher in the bundle.
use std::cell::OnceCell;

use js_sys::{Array, Object, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AesGcmParams, CryptoKey};
use zeroize::Zeroizing;

use crate::{http::problem::Problem, random};

/// The nonce's length in bytes. Source: NIST SP 800-38D, section 5.2.1.1 (96 bits recommended).
const NONCE_BYTES: usize = 12;

/// A key, imported into WebCrypto when first used and kept for the isolate's life.
/// A `CryptoKey` is not bound to the request that imported it, so sharing it is safe.
pub(crate) struct AeadKey {
    raw: Zeroizing<[u8; 32]>,
    imported: OnceCell<CryptoKey>,
}

impl AeadKey {
    pub(crate) fn new(raw: Zeroizing<[u8; 32]>) -> Self {
        Self { raw, imported: OnceCell::new() }
    }

    /// Nonce and ciphertext. `context` is bound but not contained: another context will not open it.
    ///
    /// Nonces are random: up to 2³² messages under one key are safe (NIST SP 800-38D, section 8.3).
    pub(crate) async fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Problem> {
        let nonce = random::bytes::<NONCE_BYTES>()?;
        let sealed = random::crypto()?
            .subtle()
            .encrypt_with_object_and_js_u8_array(
                &parameters(&nonce, context),
                &self.imported().await?,
                &Uint8Array::from(plain),
            )
            .map_err(|_| Problem::internal("aead seal"))?;
        let sealed = JsFuture::from(sealed).await.map_err(|_| Problem::internal("aead seal"))?;
        let mut bytes = nonce.to_vec();
        bytes.extend(Uint8Array::new(&sealed).to_vec());
        Ok(bytes)
    }

    /// What was sealed under this context; `None` if a single bit is not ours.
    pub(crate) async fn open(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, Problem> {
        let Some((nonce, ciphertext)) = sealed.split_at_checked(NONCE_BYTES) else {
            return Ok(None);
        };
        let opened = random::crypto()?.subtle().decrypt_with_object_and_js_u8_array(
            &parameters(nonce, context),
            &self.imported().await?,
            &Uint8Array::from(ciphertext),
        );
        let opened = opened.map_err(|_| Problem::internal("aead open"))?;
        // WebCrypto rejects the promise with OperationError when the tag does not fit.
        Ok(JsFuture::from(opened).await.ok().map(|plain| Uint8Array::new(&plain).to_vec()))
    }

    async fn imported(&self) -> Result<CryptoKey, Problem> {
        if let Some(key) = self.imported.get() {
            return Ok(key.clone());
        }
        let usages: Array = ["encrypt", "decrypt"].into_iter().map(JsValue::from_str).collect();
        let raw: Object = Uint8Array::from(self.raw.as_slice()).unchecked_into();
        let key = random::crypto()?
            .subtle()
            .import_key_with_str("raw", &raw, "AES-GCM", false, &usages)
            .map_err(|_| Problem::internal("aead import"))?;
        let key = JsFuture::from(key).await.map_err(|_| Problem::internal("aead import"))?;
        let key: CryptoKey = key.unchecked_into();
        // Another request may have been quicker; either key is the same key.
        Ok(self.imported.get_or_init(|| key).clone())
    }
}

fn parameters(nonce: &[u8], context: &[u8]) -> AesGcmParams {
    let parameters = AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(nonce));
    parameters.set_additional_data_u8_array(&Uint8Array::from(context));
    parameters
}
