//! RSA-2048 with SHA-256 by WebCrypto: native, at constant time, and none in the bundle.
//!
//! Keys are imported when first used and kept for the isolate's life. A private key is imported so
//! that nothing can read it back.
use std::cell::OnceCell;

use js_sys::{Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue};
use wxpay_core::{SerialNo, v3::Claim};
use zeroize::Zeroizing;

use crate::{border, http::problem::Problem};

/// The merchant's own key.
pub(crate) struct Signer {
    pkcs8: Zeroizing<Vec<u8>>,
    imported: OnceCell<JsValue>,
}

impl Signer {
    pub(crate) fn new(pkcs8: Zeroizing<Vec<u8>>) -> Self {
        Self { pkcs8, imported: OnceCell::new() }
    }

    /// RSASSA-PKCS1-v1_5 over a text.
    pub(crate) async fn sign(&self, text: &str) -> Result<Vec<u8>, Problem> {
        let failed = |_| Problem::internal("signing by WXPAY_MERCHANT_KEY");
        let key = match self.imported.get() {
            Some(key) => key,
            None => {
                let key = JsFuture::from(border::signer(&self.pkcs8)).await.map_err(failed)?;
                self.imported.get_or_init(|| key)
            }
        };
        let signature = JsFuture::from(border::sign(key, text)).await.map_err(failed)?;
        Ok(signature.unchecked_into::<Uint8Array>().to_vec())
    }
}

/// One of WeChat's keys.
pub(crate) struct Verifier {
    pub(crate) serial_no: SerialNo,
    spki: Vec<u8>,
    imported: OnceCell<JsValue>,
}

impl Verifier {
    pub(crate) fn new(serial_no: SerialNo, spki: Vec<u8>) -> Self {
        Self { serial_no, spki, imported: OnceCell::new() }
    }

    /// Whether the claim's signature is this key's. A key that cannot be read has signed nothing.
    pub(crate) async fn verify(&self, claim: &Claim) -> bool {
        let key = match self.imported.get() {
            Some(key) => key,
            None => match JsFuture::from(border::verifier(&self.spki)).await {
                Ok(key) => self.imported.get_or_init(|| key),
                Err(_) => return false,
            },
        };
        let right = JsFuture::from(border::verify(key, claim.signature(), claim.message())).await;
        right.is_ok_and(|right| right.is_truthy())
    }
}
