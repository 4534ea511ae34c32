//! Certificates of the sandbox's own authority (CA): the merchant's and WeChat Pay's.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyUsagePurpose, SerialNumber,
    date_time_ymd,
};
use serde::{Deserialize, Serialize};

use super::{
    pem,
    test_key::{AUTHORITY, TestKey},
};
use crate::time::UnixSeconds;

const LABEL: &str = "CERTIFICATE";

/// UNCONFIRMED: the names; nobody reads them.
const AUTHORITY_NAME: &str = "wxpay-sandbox test CA";

/// 2020-01-01 to 2060-01-01 in Beijing.
const AUTHORITY_LIFE: Life = Life { effective_at: 1_577_808_000, expires_at: 2_840_112_000 };

/// From when till when a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) effective_at: UnixSeconds,
    pub(crate) expires_at: UnixSeconds,
}

/// The authority's own certificate, in PEM.
pub(crate) fn authority() -> String {
    issued(authority_params().self_signed(&AUTHORITY.for_certificates()))
}

/// A certificate of `key`, in PEM; the same arguments give the same bytes.
pub(crate) fn issue(name: &str, serial: &str, life: Life, key: &TestKey) -> String {
    let mut params = params(name, life);
    params.serial_number = Some(SerialNumber::from(from_hex(serial)));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    // Source: RFC 5280, 4.2.1.1: every certificate names the key that signed it, but the authority's.
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::new(authority_params(), AUTHORITY.for_certificates());
    issued(params.signed_by(&key.for_certificates(), &issuer))
}

fn authority_params() -> CertificateParams {
    let mut params = params(AUTHORITY_NAME, AUTHORITY_LIFE);
    params.serial_number = Some(SerialNumber::from(vec![1]));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

#[expect(clippy::arithmetic_side_effects, reason = "the latest time is in a calendar")]
fn params(name: &str, life: Life) -> CertificateParams {
    let epoch = date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "wxpay-sandbox");
    params.not_before = epoch + since_1970(life.effective_at);
    params.not_after = epoch + since_1970(life.expires_at);
    params
}

/// A certificate tells of no times before 1970 and after 9999, and neither does this.
fn since_1970(at: UnixSeconds) -> Duration {
    const LATEST: u64 = 253_402_300_799;
    Duration::from_secs(u64::try_from(at).unwrap_or_default().min(LATEST))
}

#[expect(clippy::expect_used, reason = "ring signs with the key it has read already")]
fn issued(certificate: Result<rcgen::Certificate, rcgen::Error>) -> String {
    pem::write(LABEL, certificate.expect("a signed certificate").der())
}

/// The bytes of a serial number.
fn from_hex(text: &str) -> Vec<u8> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    pairs.iter().filter_map(|[high, low]| Some((digit(high)? << 4) | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn a_certificate_is_the_same_each_time_and_names_the_key_that_signed_it() {
        let issued = || issue("test", "0A0B", AUTHORITY_LIFE, &AUTHORITY);
        assert_eq!(issued(), issued());
        let base64: String = issued().lines().filter(|line| !line.starts_with('-')).collect();
        let bytes = STANDARD.decode(base64).unwrap();
        // 2.5.29.35, authorityKeyIdentifier.
        assert!(bytes.windows(5).any(|five| five == [0x06, 0x03, 0x55, 0x1d, 0x23]));
    }
}
