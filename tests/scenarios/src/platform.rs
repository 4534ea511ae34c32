//! What API V3 leaves to the platform: RSA and AES-GCM, with the sandbox's test keys.
use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    rand::SystemRandom,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use wxpay_core::{
    Appid, Mchid, NonceStr, SerialNo, UnixSeconds,
    v3::{Claim, Merchant, Request, Resource, SignedRequest, Verdict},
};
use wxpay_sandbox::{Account, Addresses, Gateway};

/// A shop's keys, and those of WeChat's that it knows.
pub(crate) struct Platform {
    pub(crate) merchant: Merchant,
    signer: RsaKeyPair,
    wechat: Vec<(SerialNo, UnparsedPublicKey<Vec<u8>>)>,
    seal: LessSafeKey,
}

/// The same for every world, and read once: reading takes longer than a story.
pub(crate) static PLATFORM: LazyLock<Platform> = LazyLock::new(Platform::new);

/// Bytes of an AES-GCM nonce.
const NONCE: usize = 12;
/// Bytes before the key itself in the SubjectPublicKeyInfo of an RSA key of 2048 bits.
const SPKI_HEAD: usize = 24;

impl Platform {
    fn new() -> Self {
        let keys = Gateway::new(Account::default(), Addresses::default(), 0).keys();
        let merchant = &keys.merchant[0];
        let serial = |text: &str| SerialNo::new(text).unwrap();
        let public_keys = keys.platform.iter().filter(|key| key.kind == "public_key");
        let wechat = public_keys.map(|key| {
            let spki = der(&key.pem);
            let public_key = spki[SPKI_HEAD..].to_vec();
            let verifier = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key);
            (serial(&key.serial), verifier)
        });
        Self {
            merchant: Merchant {
                appid: Appid::new(&keys.appid).unwrap(),
                mchid: Mchid::new(&keys.mchid).unwrap(),
                serial_no: serial(&merchant.serial),
                wechatpay_serial: None,
            },
            signer: RsaKeyPair::from_pkcs8(&der(&merchant.private_key_pem)).unwrap(),
            wechat: wechat.collect(),
            seal: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, keys.v3_key.as_bytes()).unwrap()),
        }
    }

    /// Signs a request.
    pub(crate) fn sign(
        &self,
        request: Request,
        now: UnixSeconds,
        nonce: NonceStr,
    ) -> SignedRequest {
        let to_sign = request.to_sign(now, nonce);
        let mut signature = vec![0; self.signer.public().modulus_len()];
        let text = to_sign.text();
        let random = SystemRandom::new();
        self.signer.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
        to_sign.signed(&self.merchant, &signature)
    }

    /// What the key that a claim names says of its signature.
    pub(crate) fn check(&self, claim: &Claim) -> Verdict {
        match self.wechat.iter().find(|(serial, _)| serial == claim.serial()) {
            None => Verdict::UnknownSerial,
            Some((_, key)) => match key.verify(claim.message(), claim.signature()) {
                Ok(()) => Verdict::Right,
                Err(_) => Verdict::Wrong,
            },
        }
    }

    /// Opens what was sealed under the APIv3 key.
    pub(crate) fn open(&self, sealed: &Resource) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.sealed().split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = ciphertext.to_vec();
        let aad = Aad::from(sealed.associated_data());
        self.seal.open_in_place(nonce, aad, &mut bytes).ok().map(|plain| plain.to_vec())
    }
}

/// What stands between the two lines of a PEM.
fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(base64).unwrap()
}
