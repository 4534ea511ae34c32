//! Randomness from the runtime's `crypto.getRandomValues`.
use std::fmt::Write as _;

use wxpay_core::NonceStr;

use crate::{border, http::problem::Problem};

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0_u8; N];
    border::randomise(&mut bytes).map_err(|_| Problem::internal("getRandomValues failed"))?;
    Ok(bytes)
}

/// 32 random hex digits, as WeChat's `nonce_str` wants them.
pub(crate) fn nonce_str() -> Result<NonceStr, Problem> {
    NonceStr::new(&hex(&bytes::<16>()?)).map_err(|_| Problem::internal("nonce_str broke its rule"))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
