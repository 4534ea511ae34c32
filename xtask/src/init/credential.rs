//! Answers that are the path of a file: the merchant's certificate and key, WeChat Pay's public key.
//!
//! Each file is looked at before its answer is taken, so that a mistake is met where it is made.

use std::path::{Path, PathBuf, absolute};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

use crate::configuration::settings::{MERCHANT_KEY, MERCHANT_SERIAL, PUBLIC_KEYS};
use crate::configuration::shape;
use crate::pem::{self, Kind, Seen, Source};

/// What the answers before told.
#[derive(Default)]
pub(super) struct Files {
    /// The certificate whose serial number was taken.
    certificate: Option<Seen>,
    /// Where the merchant's private key is.
    pub(super) key: Option<PathBuf>,
}

impl Files {
    /// Whether the answer to this question may be a path.
    pub(super) fn may_answer(name: &str) -> bool {
        [MERCHANT_SERIAL, MERCHANT_KEY, PUBLIC_KEYS].contains(&name)
    }

    /// The value that stands in the file named by the answer; the key has none that may be kept.
    pub(super) fn value(&mut self, name: &str, answer: &str, mchid: &str) -> Result<String> {
        match name {
            MERCHANT_SERIAL => self.serial(answer, mchid),
            MERCHANT_KEY => self.key(answer).map(|()| String::new()),
            _ => self.public_keys(answer),
        }
    }

    fn serial(&mut self, path: &str, mchid: &str) -> Result<String> {
        let seen = one(path)?;
        let Some(certificate) = &seen.certificate else {
            bail!("{path} is {}, where apiclient_cert.pem belongs", seen.kind);
        };
        let common = &certificate.subject.common;
        if certificate.is_platforms() {
            bail!("{path} is WeChat's platform certificate, not the merchant's");
        }
        if common != mchid {
            bail!("{path} was issued to `{common}`, while WXPAY_MCHID is `{mchid}`");
        }
        let serial = certificate.serial.clone();
        if !shape::serial(&serial) {
            bail!("{path} has the serial number {serial}, while WeChat's have 40 digits");
        }
        self.certificate = Some(seen);
        Ok(serial)
    }

    fn key(&mut self, path: &str) -> Result<()> {
        let seen = one(path)?;
        match &seen.kind {
            Kind::PrivateKey => {}
            Kind::RsaPrivateKey => bail!("{path} is {}: {}", seen.kind, TO_PKCS8),
            kind => bail!("{path} is {kind}, where apiclient_key.pem belongs"),
        }
        if self.certificate.as_ref().is_some_and(|certificate| !certificate.belongs_to(&seen)) {
            bail!("{path} belongs to another certificate: take both from the same archive");
        }
        self.key = Some(absolute(path)?);
        Ok(())
    }

    /// `ID path`, several with commas, as the JSON that the setting is.
    fn public_keys(&self, answer: &str) -> Result<String> {
        let mut keys = Map::new();
        for pair in answer.split(',').map(str::trim) {
            let (id, path) = pair
                .split_once(char::is_whitespace)
                .context("expected an ID and a path, a blank between")?;
            if !shape::public_key_id(id) {
                bail!("`{id}` is no ID, which begins with {}", shape::PUBLIC_KEY_ID);
            }
            let path = path.trim();
            let seen = one(path)?;
            let Some(pem) = &seen.pem else {
                bail!("{path} is {}, where pub_key.pem belongs", seen.kind);
            };
            if self.certificate.as_ref().is_some_and(|certificate| certificate.belongs_to(&seen)) {
                bail!("{path} is the merchant's own public key, where WeChat Pay's belongs");
            }
            keys.insert(id.to_owned(), Value::from(pem.as_str()));
        }
        Ok(Value::Object(keys).to_string())
    }
}

/// What makes a key of the older form one that the Worker can read.
pub(crate) const TO_PKCS8: &str =
    "openssl pkcs8 -topk8 -nocrypt -in apiclient_key.pem -out pkcs8_key.pem";

/// Looks at a file. What is no file's name is not repeated: somebody may have pasted the key itself.
fn one(path: &str) -> Result<Seen> {
    let path = Path::new(path);
    if !path.is_file() {
        bail!("there is no such file, and what a file holds is not asked for");
    }
    pem::look(&[Source::File(path)])?.into_iter().next().context("node answered nothing")
}
