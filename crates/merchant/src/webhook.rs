//! Webhooks to the shop's backend, in the form of Standard Webhooks.
//!
//! Source: the Standard Webhooks specification 1.0: headers, signature `v1`, secrets `whsec_…` of 24
//! to 64 bytes, several signatures during a rotation, 410 ends it, and the schedule; read 2026-11.
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wxpay_core::{Error, UnixSeconds};

/// The secrets that sign webhooks: one, or two while the shop changes over.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<Hmac<Sha256>>);

impl WebhookSecrets {
    /// Reads one or two `whsec_…`, with a blank between, the newest first.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rule = Error::Invalid {
            what: "webhook secrets",
            rule: "expected one or two of `whsec_` and base64 of 24 to 64 bytes",
        };
        let secrets: Option<Vec<_>> = text.split_whitespace().map(read).collect();
        match secrets {
            Some(secrets) if (1..=2).contains(&secrets.len()) => Ok(Self(secrets)),
            _ => Err(rule),
        }
    }

    /// One secret, as bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(secret).into_iter().collect())
    }

    /// The header `webhook-signature`: a signature by each secret.
    pub fn sign(&self, id: &str, timestamp: UnixSeconds, body: &str) -> String {
        let signed = |secret: &Hmac<Sha256>| {
            let mac = [id, ".", &timestamp.to_string(), ".", body]
                .iter()
                .fold(secret.clone(), |mac, part| mac.chain_update(part));
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.0.iter().map(signed).collect::<Vec<_>>().join(" ")
    }
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecrets(redacted)")
    }
}

fn read(secret: &str) -> Option<Hmac<Sha256>> {
    let bytes =
        STANDARD_NO_PAD.decode(secret.strip_prefix("whsec_")?.trim_end_matches('=')).ok()?;
    (24..=64).contains(&bytes.len()).then(|| Hmac::new_from_slice(&bytes).ok())?
}

/// Seconds between one try at delivery and the next.
const WAITS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// When a delivery that failed `tries` times is tried again; `None` once it is given up.
pub fn try_again_at(tries: u32, now: UnixSeconds) -> Option<UnixSeconds> {
    let wait = WAITS.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    Some(now.plus(*wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the example of the Standard Webhooks specification and its libraries' tests.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"; // test key, published
    const NOW: UnixSeconds = UnixSeconds::new(1_614_265_330);

    #[test]
    fn the_published_example_is_signed_as_published() {
        let secrets = WebhookSecrets::parse(SECRET).unwrap();
        let signature =
            secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn during_a_rotation_both_secrets_sign() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32])); // test key
        let both = WebhookSecrets::parse(&format!("{other} {SECRET}")).unwrap();
        let alone = WebhookSecrets::parse(SECRET).unwrap().sign("m", NOW, "{}");
        let signature = both.sign("m", NOW, "{}");
        assert_eq!(signature.split(' ').count(), 2);
        assert!(signature.ends_with(&alone));
    }

    #[test]
    fn a_short_a_long_and_a_bare_secret_are_refused() {
        let secret = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![1; bytes])); // test key
        for bad in
            [secret(23), secret(65), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(), String::new()]
        {
            assert!(WebhookSecrets::parse(&bad).is_err(), "{bad}");
        }
        assert!(WebhookSecrets::parse(&[secret(24), secret(64)].join(" ")).is_ok());
        assert!(WebhookSecrets::parse(&vec![secret(24); 3].join(" ")).is_err());
    }

    #[test]
    fn ten_tries_in_three_days_and_then_no_more() {
        let mut now = NOW;
        for tries in 1..=9 {
            now = try_again_at(tries, now).unwrap();
        }
        assert_eq!(now.since(NOW), 272_105);
        assert_eq!(try_again_at(10, now), None);
        assert_eq!(try_again_at(0, now), None);
    }
}
