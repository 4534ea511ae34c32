//! Tokens: what a page may carry for us without being able to read or change it.
//!
//! AES-256-GCM; the kind is bound as additional data, so a return token never opens as a session.
//! The instant of expiry is inside. Without a table of handed-out tokens there is nothing to look
//! up and nothing to clean; what must happen once is remembered by the order, not by a token.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use wxpay_core::UnixSeconds;
use zeroize::Zeroizing;

use crate::{
    aead::AeadKey,
    http::{problem::Problem, problem_code::Code},
    json, random,
};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Lets a page pay one order; from `POST /v1/orders`.
    Checkout,
    /// Lets a page, in any browser, ask how one order stands.
    Return,
    /// Ties a WeChat login to the page it returns to.
    State,
    /// The buyer's openid together with the appid it belongs to.
    Session,
}

impl Kind {
    /// The name in problem details; also what keeps the kinds apart.
    const fn field(self) -> &'static str {
        match self {
            Self::Checkout => "checkout_token",
            Self::Return => "return_token",
            Self::State => "state",
            Self::Session => "session",
        }
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            // WeChat echoes letters and digits only.
            // Source: official accounts' page "网页授权", state `[a-zA-Z0-9]`, read 2026-11.
            Self::State => random::hex(bytes),
            Self::Checkout | Self::Return | Self::Session => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::State => unhex(text),
            Self::Checkout | Self::Return | Self::Session => URL_SAFE_NO_PAD.decode(text).ok(),
        }
    }
}

/// TOKEN_KEY and what is derived from it: one key per purpose, so no two can be confused.
pub(crate) struct TokenKey {
    root: Zeroizing<[u8; 32]>,
    aead: AeadKey,
}

impl TokenKey {
    /// Reads 32 bytes written as 64 hex digits or as base64, in either alphabet.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = Zeroizing::new(match text.len() {
            64 => unhex(text)?,
            _ => {
                let url_safe = Zeroizing::new(text.replace('+', "-").replace('/', "_"));
                URL_SAFE_NO_PAD.decode(url_safe.trim_end_matches('=')).ok()?
            }
        });
        let root = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
        let aead = AeadKey::new(derive(&root, b"wxpay-edge token v1"));
        Some(Self { root, aead })
    }

    /// A value that only we can compute, the same for the same input: for names that must repeat.
    pub(crate) fn fingerprint(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        *derive(&derive(&self.root, purpose.as_bytes()), input)
    }

    /// Seals `claims` until `expires_at`.
    pub(crate) fn seal<T: Serialize>(
        &self,
        kind: Kind,
        claims: &T,
        expires_at: UnixSeconds,
    ) -> Result<String, Problem> {
        let claims = serde_json::to_vec(claims).map_err(|_| Problem::internal("token claims"))?;
        self.seal_bytes(kind, &claims, expires_at)
    }

    /// Opens a token of this kind. `tampered` and `expired` are different problems.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        kind: Kind,
        text: &str,
        now: UnixSeconds,
    ) -> Result<T, Problem> {
        let claims = self.open_bytes(kind, text, now)?;
        // Sealed by an older version of ourselves at worst: the buyer needs a new one.
        json::read(&claims).map_err(|_| problem(Code::TokenExpired, kind))
    }

    pub(crate) fn seal_bytes(
        &self,
        kind: Kind,
        claims: &[u8],
        expires_at: UnixSeconds,
    ) -> Result<String, Problem> {
        let mut plain = expires_at.seconds().to_be_bytes().to_vec();
        plain.extend_from_slice(claims);
        Ok(kind.encode(&self.aead.seal(&context(kind), &plain)?))
    }

    pub(crate) fn open_bytes(
        &self,
        kind: Kind,
        text: &str,
        now: UnixSeconds,
    ) -> Result<Vec<u8>, Problem> {
        let tampered = || problem(Code::TokenTampered, kind);
        let sealed = kind.decode(text).ok_or_else(tampered)?;
        let plain = self.aead.open(&context(kind), &sealed)?.ok_or_else(tampered)?;
        let (expires_at, claims) = plain.split_first_chunk().ok_or_else(tampered)?;
        match now < UnixSeconds::new(u64::from_be_bytes(*expires_at)) {
            true => Ok(claims.to_vec()),
            false => Err(problem(Code::TokenExpired, kind)),
        }
    }
}

fn context(kind: Kind) -> Vec<u8> {
    format!("wxpay-edge v1 {}", kind.field()).into_bytes()
}

fn problem(code: Code, kind: Kind) -> Problem {
    Problem::with_detail(code, format!("`{}`", kind.field()))
}

fn derive(key: &[u8; 32], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(purpose);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// The bytes of hex digits in either case.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().map(|byte| char::from(byte).to_digit(16));
    let digits = digits.map(|digit| u8::try_from(digit?).ok()).collect::<Option<Vec<u8>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_KEY: &str = "746573742d6b65792d746573742d6b65792d746573742d6b65792d746573742d";

    #[test]
    fn a_key_is_32_bytes_in_hex_or_base64() {
        let bytes = unhex(TEST_KEY).unwrap();
        let base64 = URL_SAFE_NO_PAD.encode(&bytes);
        let texts = [TEST_KEY.to_owned(), TEST_KEY.to_uppercase(), format!("{base64}="), base64];
        for text in texts {
            let key = TokenKey::parse(&text).unwrap();
            assert_eq!(key.root.as_slice(), bytes);
        }
        for bad in
            ["", "short", &TEST_KEY[..62], &format!("{TEST_KEY}00"), &TEST_KEY.replace('7', "x")]
        {
            assert!(TokenKey::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn purposes_do_not_share_a_key() {
        let key = TokenKey::parse(TEST_KEY).unwrap();
        assert_eq!(key.fingerprint("order", b"a"), key.fingerprint("order", b"a"));
        assert_ne!(key.fingerprint("order", b"a"), key.fingerprint("order", b"b"));
        assert_ne!(key.fingerprint("order", b"a"), key.fingerprint("visitor", b"a"));
    }

    #[test]
    fn a_state_is_letters_and_digits_and_fits_wechat() {
        // Nonce, expiry, half a digest, tag.
        let text = Kind::State.encode(&[0xa5; 12 + 8 + 16 + 16]);
        assert!(text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(Kind::State.decode(&text).as_deref(), Some([0xa5; 52].as_slice()));
        assert_eq!(Kind::State.decode("abc"), None);
        assert_eq!(Kind::State.decode("zz"), None);
    }
}
