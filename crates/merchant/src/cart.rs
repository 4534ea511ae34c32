//! The cart token: a price the shop's backend signed, carried by the page.
//!
//! A JWT (RFC 7519) signed HS256 (RFC 7515) under a key the shop and the Worker share; the backend
//! makes it with any JWT library and calls nobody. Only this algorithm is read, whatever the header
//! asks for beside it; `none` and every other are refused.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use wxpay_core::{Attach, Body, Error, Fen, OutTradeNo, UnixSeconds};

use crate::Terms;

/// The key of cart tokens: at least 32 bytes. Whoever has it sets prices.
#[derive(Clone)]
pub struct CartKey(Hmac<Sha256>);

impl CartKey {
    /// Takes the shared secret's bytes as they are.
    pub fn new(secret: &[u8]) -> Result<Self, Error> {
        let rule = Error::Invalid { what: "cart key", rule: "expected at least 32 bytes" };
        if secret.len() < 32 {
            return Err(rule);
        }
        Hmac::new_from_slice(secret).map(Self).map_err(|_| rule)
    }
}

impl std::fmt::Debug for CartKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CartKey(redacted)")
    }
}

/// Why a cart token is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// Not signed HS256 with our key: altered, or made by somebody else.
    #[error("the cart token's signature does not check")]
    Tampered,
    /// Signed, but its `exp` is past or further away than 24 hours.
    #[error("the cart token has expired")]
    Expired,
    /// Signed, but a claim is missing or breaks a rule.
    #[error("the cart token's claims do not fit: {0}")]
    Claims(String),
}

/// A price signed for longer than this is a mistake. Self-set limit, seconds.
const VALID_FOR_MAX: u64 = 86_400;

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    out_trade_no: OutTradeNo,
    amount: Fen,
    description: Body,
    attach: Option<Attach>,
    expires_in: Option<u64>,
    exp: u64,
}

impl CartKey {
    /// The order that a cart token stands for. Checks the signature in constant time, then the
    /// time, then the claims: `out_trade_no`, `amount` (fen), `description`, `exp`, and optionally
    /// `attach`, `expires_in` (seconds; else the given one).
    pub fn verify(
        &self,
        token: &str,
        now: UnixSeconds,
        expires_in: u64,
    ) -> Result<Terms, CartError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(CartError::Tampered)?;
        let (header, claims) = signed.split_once('.').ok_or(CartError::Tampered)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| CartError::Tampered);
        // JSON is read from text, as everywhere: a second kind of reader would cost the Worker 30 KB.
        let text = |part: &str| String::from_utf8(decode(part)?).map_err(|_| CartError::Tampered);
        let header: Header =
            serde_json::from_str(&text(header)?).map_err(|_| CartError::Tampered)?;
        if header.alg != "HS256" {
            return Err(CartError::Tampered);
        }
        let mac = self.0.clone().chain_update(signed.as_bytes());
        mac.verify_slice(&decode(signature)?).map_err(|_| CartError::Tampered)?;

        let claims: Claims = serde_json::from_str(&text(claims)?)
            .map_err(|error| CartError::Claims(error.to_string()))?;
        if claims.exp <= now.seconds() || claims.exp > now.plus(VALID_FOR_MAX).seconds() {
            return Err(CartError::Expired);
        }
        let expires_in = claims.expires_in.unwrap_or(expires_in);
        let Claims { out_trade_no, amount, description, attach, .. } = claims;
        Terms::new(out_trade_no, amount, description, attach, expires_in)
            .map_err(|error| CartError::Claims(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"test key of the cart tokens, 32+";
    const NOW: UnixSeconds = UnixSeconds::new(1_767_240_000);

    fn token(header: &str, claims: &str) -> String {
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update(&signed);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn verify(token: &str) -> Result<Terms, CartError> {
        CartKey::new(SECRET).unwrap().verify(token, NOW, 1800)
    }

    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
    const CLAIMS: &str =
        r#"{"out_trade_no":"CART0001","amount":1990,"description":"茶","exp":1767240600}"#;

    /// Source: RFC 7515 appendix A.1, its key and its token, which must check here too.
    #[test]
    fn the_rfcs_own_example_checks_and_fails_only_at_its_claims() {
        let key = URL_SAFE_NO_PAD // test key, printed in the RFC
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let verify = |token: &str| CartKey::new(&key).unwrap().verify(token, NOW, 1800);
        assert!(matches!(verify(token), Err(CartError::Claims(_))));
        assert_eq!(verify(&token.replace("dBjf", "dBjg")), Err(CartError::Tampered));
    }

    #[test]
    fn a_signed_price_becomes_terms() {
        let terms = verify(&token(HEADER, CLAIMS)).unwrap();
        assert_eq!(terms.amount(), Fen::new(1990));
        assert_eq!(terms.out_trade_no().as_str(), "CART0001");
    }

    #[test]
    fn an_altered_price_none_and_another_algorithm_are_tampering() {
        let good = token(HEADER, CLAIMS);
        let cheap = URL_SAFE_NO_PAD.encode(CLAIMS.replace("1990", "1"));
        let parts: Vec<&str> = good.split('.').collect();
        assert_eq!(verify(&format!("{}.{cheap}.{}", parts[0], parts[2])), Err(CartError::Tampered));
        assert_eq!(verify(&token(r#"{"alg":"none"}"#, CLAIMS)), Err(CartError::Tampered));
        assert_eq!(verify(&format!("{}.{}.", parts[0], parts[1])), Err(CartError::Tampered));
        assert_eq!(verify("a.b"), Err(CartError::Tampered));
        assert_eq!(verify(""), Err(CartError::Tampered));
    }

    #[test]
    fn an_old_and_an_everlasting_price_are_refused() {
        for exp in ["1767240000", "1767239999", "1767326401"] {
            let token = token(HEADER, &CLAIMS.replace("1767240600", exp));
            assert_eq!(verify(&token), Err(CartError::Expired), "{exp}");
        }
    }

    #[test]
    fn an_amount_that_is_not_whole_fen_is_refused() {
        for amount in ["19.9", "-1", "\"1990\"", "0", "null", "4294967296"] {
            let token = token(HEADER, &CLAIMS.replace("1990", amount));
            assert!(matches!(verify(&token), Err(CartError::Claims(_))), "{amount}");
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(CartKey::new(b"test key").is_err());
    }
}
