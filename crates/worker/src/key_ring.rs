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

/// Serials remembered to be nobody's. A flood of others pushes these out; it costs letters to our own
/// object while WeChat is being asked, once a minute.
const STRANGERS: usize = 64;
/// Seconds for which they are remembered.
const STRANGE_SECONDS: u64 = 300;

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
    /// When WeChat was last asked, by whichever isolate.
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

    /// Which key answers shall be signed by: the newest public key, if there is one.
    /// UNCONFIRMED: an id holds the day it was made, so that the newest is the last.
    pub(crate) fn preferred(&self) -> Option<&SerialNo> {
        self.public_keys.iter().map(|key| &key.serial_no).max()
    }

    pub(crate) fn public_keys(&self) -> usize {
        self.public_keys.len()
    }

    /// The merchant whose certificates are downloaded.
    pub(crate) fn downloads(&self) -> Option<&Mchid> {
        self.downloads.as_ref().map(|downloads| &downloads.mchid)
    }

    /// The public key of this name.
    pub(crate) fn public_key(&self, serial: &SerialNo) -> Option<Rc<Verifier>> {
        self.public_keys.iter().find(|key| key.serial_no == *serial).map(Rc::clone)
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
        if let Some(key) = self.public_key(serial) {
            return Some(key);
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
        let listed = certificates::ask(env, &downloads.mchid, Some(serial)).await.ok()?;
        let mut known = downloads.known.borrow_mut();
        known.learn(listed, serial, now);
        known.certificate(serial, now)
    }
}

impl Known {
    fn certificate(&self, serial: &SerialNo, now: UnixSeconds) -> Option<Rc<Verifier>> {
        let mut valid = self.certificates.iter().filter(|(_, expires_at)| now < *expires_at);
        valid.find(|(key, _)| key.serial_no == *serial).map(|(key, _)| Rc::clone(key))
    }

    /// Whether the object may find more: WeChat was not asked a moment ago, and not about this one.
    fn may_ask(&mut self, serial: &SerialNo, now: UnixSeconds) -> bool {
        self.strangers.retain(|(_, since)| now.since(*since) < STRANGE_SECONDS);
        let lately = self.asked_at.is_some_and(|at| now.since(at) < certificates::ASK_EVERY);
        !lately && self.strangers.iter().all(|(stranger, _)| stranger != serial)
    }

    /// Keys known already keep their place, and stay imported; what WeChat withdrew goes. If it
    /// answered just now, and the one that was `wanted` is not on its list, it is nobody's.
    fn learn(&mut self, listed: certificates::Listed, wanted: &SerialNo, now: UnixSeconds) {
        self.asked_at = listed.asked_at;
        let is_listed =
            |key: &Verifier| listed.certificates.iter().any(|it| it.serial_no == key.serial_no);
        self.certificates.retain(|(key, _)| is_listed(key));
        for certificate in listed.certificates {
            let is_new =
                self.certificates.iter().all(|(known, _)| known.serial_no != certificate.serial_no);
            if is_new {
                let key = Verifier::new(certificate.serial_no, certificate.spki);
                self.certificates.push((Rc::new(key), certificate.expires_at));
            }
        }
        if listed.is_fresh && self.certificate(wanted, now).is_none() {
            if self.strangers.len() >= STRANGERS {
                self.strangers.pop_front();
            }
            self.strangers.push_back((wanted.clone(), now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

    fn at(seconds: u64) -> UnixSeconds {
        UnixSeconds::new(1_795_000_000).plus(seconds)
    }

    fn serial(text: &str) -> SerialNo {
        SerialNo::new(text).unwrap()
    }

    fn listed(serials: &[&str], asked_at: u64, is_fresh: bool) -> certificates::Listed {
        let certificate = |text: &&str| certificates::Certificate {
            serial_no: serial(text),
            spki: Vec::new(),
            expires_at: at(10_000),
        };
        let certificates = serials.iter().map(certificate).collect();
        certificates::Listed { certificates, asked_at: Some(at(asked_at)), is_fresh }
    }

    #[test]
    fn a_new_certificate_that_another_isolate_asked_too_early_for_is_asked_for_again() {
        let (mut known, new) = (Known::default(), serial(NEW));
        assert!(known.may_ask(&new, at(30)));
        known.learn(listed(&["A0"], 0, false), &new, at(30));
        assert!(!known.may_ask(&new, at(59)), "WeChat was asked less than a minute ago");
        assert!(known.may_ask(&new, at(60)), "nobody has said that it is nobody's");
        known.learn(listed(&["A0", NEW], 60, true), &new, at(60));
        assert!(known.certificate(&new, at(61)).is_some());
    }

    #[test]
    fn a_certificate_that_wechat_withdrew_vouches_for_nothing() {
        let (mut known, new) = (Known::default(), serial(NEW));
        known.learn(listed(&["A0"], 0, true), &new, at(0));
        assert!(known.certificate(&serial("A0"), at(1)).is_some());
        known.learn(listed(&[NEW], 60, true), &new, at(60));
        assert!(known.certificate(&serial("A0"), at(61)).is_none());
        assert!(known.certificate(&new, at(61)).is_some());
    }

    #[test]
    fn what_wechat_does_not_know_is_asked_for_once_in_five_minutes() {
        let (mut known, new) = (Known::default(), serial(NEW));
        known.learn(listed(&["A0"], 0, true), &new, at(0));
        assert!(!known.may_ask(&new, at(299)) && known.may_ask(&new, at(300)));
        assert!(known.may_ask(&serial("B0"), at(60)), "another one may be new");
    }

    #[test]
    fn no_flood_of_strangers_pushes_a_certificate_out() {
        let mut known = Known::default();
        for n in 0..10_000_u64 {
            let stranger = serial(&format!("{n:X}"));
            known.learn(listed(&["A0A0A0"], n, true), &stranger, at(n.min(9_999)));
        }
        assert_eq!((known.strangers.len(), known.certificates.len()), (STRANGERS, 1));
        assert!(known.certificate(&serial("A0A0A0"), at(9_999)).is_some());
        assert!(known.certificate(&serial("A0A0A0"), at(10_000)).is_none(), "its end");
    }

    #[test]
    fn answers_are_wanted_under_the_newest_public_key() {
        let key = |id: &str| Verifier::new(serial(id), Vec::new());
        let ring = KeyRing::new(
            vec![
                key("PUB_KEY_ID_0119000001092026112300000001"),
                key("PUB_KEY_ID_0119000001092025010100000001"),
            ],
            None,
        );
        assert_eq!(ring.preferred(), Some(&serial("PUB_KEY_ID_0119000001092026112300000001")));
    }
}
