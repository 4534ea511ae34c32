//! API V3 as this Worker speaks it: who we are, our key, WeChat's keys, and the key of the seals.
use wxpay_core::{
    ApiV3Key, Error, Notification, PrepayId, UnixSeconds, Verified,
    request_payment::RequestPayment,
    v3::{
        Headers, Merchant, Request, Resource, SignedRequest, notify::NotificationClaim,
        request_payment::ToSign,
    },
};
use zeroize::Zeroizing;

use crate::{aead::AeadKey, clock, http::problem::Problem, key_ring::KeyRing, random, rsa::Signer};

/// Everything API V3 takes.
pub(crate) struct V3 {
    pub(crate) merchant: Merchant,
    pub(crate) ring: KeyRing,
    signer: Signer,
    /// The APIv3 key; while it is being reset, both.
    seals: Vec<AeadKey>,
}

/// A notification with the nonce it came under.
pub(crate) struct Told {
    pub(crate) news: Verified<Notification>,
    pub(crate) nonce: String,
}

impl V3 {
    pub(crate) fn new(
        merchant: Merchant,
        ring: KeyRing,
        signer: Signer,
        keys: impl Iterator<Item = ApiV3Key>,
    ) -> Self {
        let seal = |key: ApiV3Key| {
            let mut raw = Zeroizing::new([0; 32]);
            raw.copy_from_slice(key.aead_key());
            AeadKey::new(raw)
        };
        Self { merchant, ring, signer, seals: keys.map(seal).collect() }
    }

    /// Signs a request, as of now.
    pub(crate) async fn sign(&self, request: Request) -> Result<SignedRequest, Problem> {
        let to_sign = request.to_sign(clock::now(), random::nonce_str()?);
        let signature = self.signer.sign(&to_sign.text()).await?;
        Ok(to_sign.signed(&self.merchant, &signature))
    }

    /// Signs what raises the cashier inside WeChat.
    pub(crate) async fn sign_payment(
        &self,
        prepay_id: PrepayId,
        now: UnixSeconds,
    ) -> Result<RequestPayment, Problem> {
        let to_sign = ToSign::new(&self.merchant, prepay_id, now, random::nonce_str()?);
        let signature = self.signer.sign(&to_sign.jsapi_text()).await?;
        Ok(to_sign.jsapi(&signature))
    }

    /// Opens what WeChat sealed; `None` if neither key opens it.
    pub(crate) fn open(&self, sealed: &Resource) -> Result<Option<Vec<u8>>, Problem> {
        for key in &self.seals {
            let plain = key.open(sealed.associated_data(), sealed.sealed())?;
            if plain.is_some() {
                return Ok(plain);
            }
        }
        Ok(None)
    }

    /// Verifies, opens and reads a notification, in that order. A problem is ours.
    pub(crate) async fn notification(
        &self,
        headers: Headers,
        body: &[u8],
    ) -> Result<Result<Told, Error>, Problem> {
        let claim = match NotificationClaim::new(headers, body, clock::now()) {
            Ok(claim) => claim,
            Err(error) => return Ok(Err(error)),
        };
        let verdict = self.ring.check(claim.claim()).await;
        let sealed = match claim.proven(verdict) {
            Ok(sealed) => sealed,
            Err(error) => return Ok(Err(error)),
        };
        let nonce = sealed.nonce().to_owned();
        let plain = self.open(sealed.resource())?;
        Ok(sealed.open(&self.merchant, plain).map(|news| Told { news, nonce }))
    }
}
