//! Secrets that this project's operators need and nobody else gives them: made here, shown once.

use std::fs::File;
use std::io::Read as _;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// What a key of the shop's backend may be allowed; `all` is every one of them.
pub(crate) const SCOPES: [&str; 5] = ["orders", "refunds", "events", "reports", "doctor"];

/// A key of the shop's backend and the line of `SHOP_API_KEYS` by which the Worker knows it.
pub(crate) struct ShopApiKey {
    /// `wes_` and 256 random bits; what the backend sends as `Authorization: Bearer …`.
    pub(crate) key: String,
    /// `<name> <scopes> <SHA-256 of the key, hex>`; not a secret, but of no use to others.
    pub(crate) line: String,
}

impl ShopApiKey {
    /// Makes a new key. `scopes` is `all` or some of [`SCOPES`], separated by commas.
    pub(crate) fn new(name: &str, scopes: &str) -> Result<Self> {
        if !is_name(name) {
            bail!("`{name}`: expected 1 to 32 letters, digits, `-`, `_` or `.`");
        }
        if !are_scopes(scopes) {
            bail!("`{scopes}`: expected `all`, or some of {} with commas", SCOPES.join(", "));
        }
        let key = format!("wes_{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
        let line = line(name, scopes, &key);
        Ok(Self { key, line })
    }
}

/// The entry of `SHOP_API_KEYS` for a key.
pub(crate) fn line(name: &str, scopes: &str, key: &str) -> String {
    format!("{name} {scopes} {}", hex(&Sha256::digest(key)))
}

/// Whether a key may be called so.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=32).contains(&name.len()) && name.bytes().all(fits)
}

/// Whether these are scopes the Worker knows.
pub(crate) fn are_scopes(scopes: &str) -> bool {
    scopes == "all" || scopes.split(',').all(|scope| SCOPES.contains(&scope))
}

/// `TOKEN_KEY` and `CART_KEY`: 256 random bits as 64 hex digits.
pub(crate) fn hex_key() -> Result<String> {
    Ok(hex(&random::<32>()?))
}

/// One of `WEBHOOK_SECRETS`, in the form that Standard Webhooks' libraries take.
pub(crate) fn webhook_secret() -> Result<String> {
    Ok(format!("whsec_{}", STANDARD.encode(random::<32>()?)))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let device = "/dev/urandom";
    let mut file = File::open(device).with_context(|| format!("cannot open {device}"))?;
    file.read_exact(&mut bytes).with_context(|| format!("cannot read {device}"))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_new_each_time_and_known_by_its_hash_only() -> Result<()> {
        let one = ShopApiKey::new("shop", "orders,refunds")?;
        assert_eq!((one.key.len(), one.key.starts_with("wes_")), (47, true));
        assert_ne!(one.key, ShopApiKey::new("shop", "orders,refunds")?.key);
        let hash = one.line.strip_prefix("shop orders,refunds ").context("name and scopes")?;
        assert!(hash.len() == 64 && !one.line.contains(&one.key), "{}", one.line);
        Ok(())
    }

    #[test]
    fn the_hash_is_sha_256_as_other_tools_print_it() {
        // Source: FIPS 180-2, the example "abc".
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&Sha256::digest("abc")), known);
    }

    #[test]
    fn a_name_or_scope_that_the_worker_would_not_read_is_refused() {
        for (name, scopes) in [("", "all"), ("the shop", "all"), ("shop", ""), ("shop", "order")] {
            assert!(ShopApiKey::new(name, scopes).is_err(), "{name} {scopes}");
        }
    }

    #[test]
    fn webhook_secrets_have_the_length_that_standard_webhooks_asks_for() -> Result<()> {
        let secret = webhook_secret()?;
        let text = secret.strip_prefix("whsec_").context("prefix")?;
        let bytes = STANDARD.decode(text).map_err(|_| anyhow::anyhow!("not base64: {text}"))?;
        assert!((24..=64).contains(&bytes.len()));
        assert_eq!(hex_key()?.len(), 64);
        Ok(())
    }
}
