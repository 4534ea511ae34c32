//! WeChat's keys by their serials: public keys (微信支付公钥), which the operator sets, beside platform
//! certificates (平台证书), which are downloaded. Whichever a message names checks it, so a merchant
//! goes from the one to the other, and from an old key to a new one, without a moment in between.
//!
//! Where only public keys are set, nobody ever asks for certificates.
use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use worker::Env;
use wxpay_core::{
    Mchid, SerialNo, UnixSeconds,
    v3::{Claim, Verdict},
};

use crate::{clock, object::certificates, rsa::Verifier};

/// Serials remembered to be nobody's. A flood of others pushes these out, and costs one letter to
/// our own object a minute.
const STRANGERS: usize = 64;
/// Seconds for which they are remembered.
const STRANGE_SECONDS: u64 = 600;
/// The object is asked for certificates at most this often. Seconds.
const ASK_EVERY: u64 = 60;

/// Every key of WeChat's that this isolate knows.
pub(crate) struct KeyRing {
    public_keys: Vec<Rc<Verifier>>,
    /// Where certificates come from, where they are used at all.
    downloads: Option<Downloads>,
}

struct Downloads {
    /// Whose certificates: the object's name.
    mchid: Mchid,
    /// The way to the object.
    env: Option<Env>,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    certificates: Vec<(Rc<Verifier>, UnixSeconds)>,
    asked_at: Option<UnixSeconds>,
    strangers: VecDeque<(SerialNo, UnixSeconds)>,
}

impl KeyRing {
    /// `downloads`: for whom certificates are to be had, if they are used.
    pub(crate) fn new(public_keys: Vec<Verifier>, downloads: Option<Mchid>) -> Self {
        let public_keys = public_keys.into_iter().map(Rc::new).collect();
        let downloads =
            downloads.map(|mchid| Downloads { mchid, env: None, known: RefCell::default() });
        Self { public_keys, downloads }
    }

    /// Through which bindings certificates are reached.
    pub(crate) fn reach_by(&mut self, env: &Env) {
        if let Some(downloads) = &mut self.downloads {
            downloads.env = Some(env.clone());
        }
    }

    /// Which key answers shall be signed by: the first public key, if there is one.
    pub(crate) fn preferred(&self) -> Option<&SerialNo> {
        self.public_keys.first().map(|key| &key.serial_no)
    }

    pub(crate) fn public_keys(&self) -> usize {
        self.public_keys.len()
    }

    /// The merchant whose certificates are downloaded.
    pub(crate) fn downloads(&self) -> Option<&Mchid> {
        self.downloads.as_ref().map(|downloads| &downloads.mchid)
    }

    /// What the key that the claim names says of its signature.
    pub(crate) async fn check(&self, claim: &Claim) -> Verdict {
        match self.find(claim.serial()).await {
            None => Verdict::UnknownSerial,
            Some(key) if key.verify(claim).await => Verdict::Right,
            Some(_) => Verdict::Wrong,
        }
    }

    async fn find(&self, serial: &SerialNo) -> Option<Rc<Verifier>> {
        if let Some(key) = self.public_keys.iter().find(|key| key.serial_no == *serial) {
            return Some(Rc::clone(key));
        }
        let downloads = self.downloads.as_ref().filter(|_| !serial.is_public_key())?;
        let now = clock::now();
        if let Some(key) = downloads.known.borrow().certificate(serial, now) {
            return Some(key);
        }
        let env = downloads.env.as_ref()?;
        if !downloads.known.borrow_mut().may_ask(serial, now) {
            return None;
        }
        // An object out of reach leaves us with what we have.
        let listed = certificates::ask(env, &downloads.mchid, Some(serial)).await;
        let mut known = downloads.known.borrow_mut();
        if let Ok(listed) = listed {
            known.learn(listed, now);
        }
        let found = known.certificate(serial, now);
        if found.is_none() {
            known.is_strange(serial, now);
        }
        found
    }
}

impl Known {
    fn certificate(&self, serial: &SerialNo, now: UnixSeconds) -> Option<Rc<Verifier>> {
        let mut valid = self.certificates.iter().filter(|(_, expires_at)| now < *expires_at);
        valid.find(|(key, _)| key.serial_no == *serial).map(|(key, _)| Rc::clone(key))
    }

    /// Whether the object may know more: it was not asked a moment ago, and not about this one.
    fn may_ask(&mut self, serial: &SerialNo, now: UnixSeconds) -> bool {
        self.strangers.retain(|(_, since)| now.since(*since) < STRANGE_SECONDS);
        let lately = self.asked_at.is_some_and(|at| now.since(at) < ASK_EVERY);
        !lately && self.strangers.iter().all(|(stranger, _)| stranger != serial)
    }

    /// Keys known already keep their place, and stay imported; none is forgotten before its end.
    fn learn(&mut self, listed: Vec<certificates::Certificate>, now: UnixSeconds) {
        self.asked_at = Some(now);
        self.certificates.retain(|(_, expires_at)| now < *expires_at);
        for certificate in listed {
            let is_new =
                self.certificates.iter().all(|(known, _)| known.serial_no != certificate.serial_no);
            if is_new {
                let key = Verifier::new(certificate.serial_no, certificate.spki);
                self.certificates.push((Rc::new(key), certificate.expires_at));
            }
        }
    }

    fn is_strange(&mut self, serial: &SerialNo, now: UnixSeconds) {
        if self.strangers.len() >= STRANGERS {
            self.strangers.pop_front();
        }
        self.strangers.push_back((serial.clone(), now));
    }
}
