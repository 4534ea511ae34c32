//! The committed test keys (测试密钥): RSA-2048, the same in every sandbox, so that a server configured
//! once stays configured. They protect nothing, and every file says so.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use num_bigint::BigUint;
use rcgen::PublicKeyData;
use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{self, RsaEncoding, RsaKeyPair, UnparsedPublicKey},
};

use super::pem;

const PRIVATE: &str = "PRIVATE KEY";

/// A key pair from one of the files beside this one.
pub(crate) struct TestKey {
    der: Vec<u8>,
    pair: RsaKeyPair,
}

/// Signs the certificates.
pub(crate) static AUTHORITY: Key = LazyLock::new(|| TestKey::read(include_str!("authority.pem")));
/// Platform certificates, in the order in which they come out.
pub(crate) static CERTIFICATES: [Key; 3] = [
    LazyLock::new(|| TestKey::read(include_str!("certificate_1.pem"))),
    LazyLock::new(|| TestKey::read(include_str!("certificate_2.pem"))),
    LazyLock::new(|| TestKey::read(include_str!("certificate_3.pem"))),
];
/// WeChat Pay public keys, in the order in which they come out.
pub(crate) static PUBLIC_KEYS: [Key; 2] = [
    LazyLock::new(|| TestKey::read(include_str!("public_key_1.pem"))),
    LazyLock::new(|| TestKey::read(include_str!("public_key_2.pem"))),
];
/// The merchant's API certificates, in the order in which they come out.
pub(crate) static MERCHANTS: [Key; 2] = [
    LazyLock::new(|| TestKey::read(include_str!("merchant_1.pem"))),
    LazyLock::new(|| TestKey::read(include_str!("merchant_2.pem"))),
];
/// Nobody's: what faults sign with.
pub(crate) static STRANGER: Key = LazyLock::new(|| TestKey::read(include_str!("stranger.pem")));

/// Read when it is first needed: that takes a millisecond.
pub(crate) type Key = LazyLock<TestKey>;

impl PartialEq for TestKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for TestKey {}

impl TestKey {
    #[expect(
        clippy::expect_used,
        reason = "the files are part of the program, and a test reads all"
    )]
    fn read(text: &str) -> Self {
        let der = pem::read(PRIVATE, text).expect("a committed test key");
        Self::from_pkcs8(der).expect("a committed test key")
    }

    /// A key from the inside of `apiclient_key.pem`; `None` if that is not one.
    pub(crate) fn from_pkcs8(der: Vec<u8>) -> Option<Self> {
        let pair = RsaKeyPair::from_pkcs8(&der).ok()?;
        Some(Self { der, pair })
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 over `text`, in base64.
    pub(crate) fn sign(&self, text: &[u8]) -> String {
        self.sign_by(&signature::RSA_PKCS1_SHA256, text)
    }

    /// The same by another digest or padding, none of which WeChat uses.
    pub(crate) fn sign_by(&self, how: &'static dyn RsaEncoding, text: &[u8]) -> String {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let signed = self.pair.sign(how, &SystemRandom::new(), text, &mut signature);
        // It fails for buffers of another length only; an empty signature verifies nothing.
        signed.map_or_else(|_| String::new(), |()| STANDARD.encode(&signature))
    }

    /// Whether `signature`, in base64, is this key's over `text`.
    pub(crate) fn verifies(&self, text: &[u8], signature: &str) -> bool {
        verifies(self.pair.public().as_ref(), text, signature)
    }

    /// Opens `signature`, which need not be right: RSA shows the digest that was signed to everybody
    /// who has the public key.
    ///
    /// Source: RFC 8017 section 9.2: 00 01 FF … FF 00, and then who digested, and the digest.
    pub(crate) fn open(&self, signature: &[u8]) -> Opened {
        // Source: the same section, note 1: what stands before a digest by SHA-256.
        const SHA256: [u8; 19] = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ];
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        let [signature, e, n] = [signature, &e, &n].map(BigUint::from_bytes_be);
        // The leading 00 is no part of the number.
        let block = signature.modpow(&e, &n).to_bytes_be();
        let padded = block.strip_prefix(&[0x01]).unwrap_or_default();
        let mut pieces = padded.splitn(2, |byte| *byte != 0xff);
        let (Some([0xff, ..]), Some(info)) = (pieces.next(), pieces.next()) else {
            return Opened::Nothing;
        };
        match info {
            info if info.starts_with(&SHA256) => Opened::Sha256,
            [0x30, ..] => Opened::OtherDigest,
            _ => Opened::Nothing,
        }
    }

    /// `apiclient_key.pem`: PKCS#8.
    pub(crate) fn private_pem(&self) -> String {
        pem::write(PRIVATE, &self.der)
    }

    /// `pub_key.pem`: SubjectPublicKeyInfo.
    pub(crate) fn public_pem(&self) -> String {
        pem::write("PUBLIC KEY", &self.for_certificates().subject_public_key_info())
    }

    #[expect(clippy::expect_used, reason = "`read` has read the same bytes")]
    pub(super) fn for_certificates(&self) -> rcgen::KeyPair {
        let der = self.der.as_slice().into();
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256)
            .expect("a committed test key")
    }
}

/// What is found when a signature is opened with a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A digest by SHA-256: the key is right, whatever was signed.
    Sha256,
    /// A digest by something else: the key is right, the algorithm is not.
    OtherDigest,
    /// Nothing that RSASSA-PKCS1-v1_5 writes: another key, or another padding.
    Nothing,
}

/// Whether `signature`, in base64, is over `text` and by the owner of `public_key` (PKCS#1).
pub(crate) fn verifies(public_key: &[u8], text: &[u8], signature: &str) -> bool {
    let key = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, public_key);
    STANDARD.decode(signature).is_ok_and(|signature| key.verify(text, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_committed_key_signs_what_only_itself_verifies() {
        let keys: Vec<&TestKey> = [&AUTHORITY, &STRANGER]
            .into_iter()
            .chain(&CERTIFICATES)
            .chain(&PUBLIC_KEYS)
            .chain(&MERCHANTS)
            .map(|key| &**key)
            .collect();
        for (place, key) in keys.iter().enumerate() {
            let signature = key.sign(b"text");
            for (other, judge) in keys.iter().enumerate() {
                assert_eq!(judge.verifies(b"text", &signature), place == other);
            }
            assert!(!key.verifies(b"texts", &signature));
            assert!(!key.verifies(b"text", "WECHATPAY/SIGNTEST/"));
            assert!(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjAN"));
        }
    }

    #[test]
    fn every_key_file_says_that_it_is_a_test_key() {
        for text in [include_str!("authority.pem"), include_str!("merchant_1.pem")] {
            assert!(text.starts_with("A test key of wxpay-sandbox."));
        }
    }
}
