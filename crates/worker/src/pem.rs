//! PEM as merchants paste it: whole, in one line, with `\n` written out, or the base64 alone.
//!
//! What kind of key it is, is read from its first bytes, for the usual mistake is to give another of
//! the four files: each then gets told which one it is.
use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

/// What a PEM holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `apiclient_key.pem`: an RSA private key, PKCS#8.
    PrivateKey,
    /// The same in its older form, PKCS#1, which WebCrypto does not read.
    Pkcs1,
    /// `pub_key.pem`: an RSA public key, SubjectPublicKeyInfo.
    PublicKey,
    /// `apiclient_cert.pem`, or a platform certificate: X.509.
    Certificate,
}

/// The AlgorithmIdentifier of rsaEncryption, 1.2.840.113549.1.1.1 with NULL. Source: RFC 8017, A.1.
const RSA: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// INTEGER 0, the version of PKCS#8 and of PKCS#1. Source: RFC 5208, 5; RFC 8017, A.1.2.
const VERSION_0: [u8; 3] = [0x02, 0x01, 0x00];
/// The beginning of SEQUENCE and of INTEGER, of as many bytes as the next two say.
const SEQUENCE: [u8; 2] = [0x30, 0x82];
const INTEGER: [u8; 2] = [0x02, 0x82];

/// The DER in a PEM, and its kind; `None` if it is nothing of the four, or RSA of less than 1024 bits.
pub(crate) fn read(text: &str) -> Option<(Kind, Zeroizing<Vec<u8>>)> {
    let body = Zeroizing::new(text.replace("\\n", "\n"));
    let body = match body.split_once("-----BEGIN ") {
        Some((_, rest)) => rest.split_once("-----")?.1.split("-----").next()?,
        None => body.as_str(),
    };
    let base64: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|letter| !letter.is_whitespace()).collect());
    let der = Zeroizing::new(BASE64_STANDARD.decode(base64.as_bytes()).ok()?);
    Some((kind(&der)?, der))
}

fn kind(der: &[u8]) -> Option<Kind> {
    let inside = inside(der, SEQUENCE)?;
    if inside.starts_with(&RSA) {
        return Some(Kind::PublicKey);
    }
    if let Some(rest) = inside.strip_prefix(&VERSION_0) {
        return match rest.starts_with(&RSA) {
            true => Some(Kind::PrivateKey),
            false => rest.starts_with(&INTEGER).then_some(Kind::Pkcs1),
        };
    }
    inside.starts_with(&SEQUENCE).then_some(Kind::Certificate)
}

/// What is inside an element that fills the whole text.
fn inside(der: &[u8], tag: [u8; 2]) -> Option<&[u8]> {
    let [high, low, inside @ ..] = der.strip_prefix(&tag)? else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    (inside.len() == length).then_some(inside)
}
