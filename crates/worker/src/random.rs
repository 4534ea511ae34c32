//! Randomness from the runtime's `crypto.getRandomValues`.
use std::fmt::Write as _;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast as _;
use wxpay_core::NonceStr;

use crate::http::problem::Problem;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0_u8; N];
    let array = Uint8Array::from(bytes.as_slice());
    crypto()?
        .get_random_values_with_js_u8_array(&array)
        .map_err(|_| Problem::internal("getRandomValues failed"))?;
    array.copy_to(&mut bytes);
    Ok(bytes)
}

/// 32 random hex digits, as WeChat's `nonce_str` wants them.
pub(crate) fn nonce_str() -> Result<NonceStr, Problem> {
    NonceStr::new(&hex(&bytes::<16>()?)).map_err(|_| Problem::internal("nonce_str broke its rule"))
}

/// The runtime's WebCrypto.
pub(crate) fn crypto() -> Result<web_sys::Crypto, Problem> {
    js_sys::global()
        .unchecked_into::<web_sys::WorkerGlobalScope>()
        .crypto()
        .map_err(|_| Problem::internal("the runtime has no WebCrypto"))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
