//! Certificates and keys as WeChat's consoles give them and as people paste them: what each is, and
//! which belong together.
//!
//! Node reads them: it has the parsers within it, and what it answers holds nothing of a private key.

use std::fmt;
use std::path::{Path, absolute};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::node;

/// Where one stands.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    File(&'a Path),
    Text(&'a str),
}

/// What one turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    /// Whether its lines are those of the downloaded file: what others than the Worker ask for.
    pub(crate) in_lines: bool,
    /// The length of an RSA key in bits.
    pub(crate) rsa_bits: Option<u64>,
    /// The SHA-256 of its public key: two that belong together have the same.
    pub(crate) pair: Option<String>,
    /// Of a certificate.
    pub(crate) certificate: Option<Certificate>,
    /// A public key in the lines of PEM, however it was pasted.
    pub(crate) pem: Option<String>,
}

/// What the bytes hold, whatever was written above them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Certificate,
    /// PKCS#8, as WeChat's tool writes it.
    PrivateKey,
    /// PKCS#1, as older tools write it; a browser's and the Worker's cryptography reads none.
    RsaPrivateKey,
    PublicKey,
    /// PKCS#1 too.
    RsaPublicKey,
    /// DER or PKCS#12.
    Binary,
    /// Neither PEM nor base64.
    NoPem,
    /// There is no such file, or it cannot be read: the error's name.
    Absent(String),
    /// Another kind, by the word for it.
    Other(String),
}

/// A certificate's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Hex digits in capitals.
    pub(crate) serial: String,
    pub(crate) subject: Name,
    pub(crate) issuer: Name,
    /// Unix seconds.
    pub(crate) from: i64,
    /// Unix seconds.
    pub(crate) until: i64,
}

/// Two parts of a distinguished name; empty where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) common: String,
    pub(crate) organisation: String,
}

/// Looks at all of them, in their order.
pub(crate) fn look(sources: &[Source<'_>]) -> Result<Vec<Seen>> {
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let question = sources.iter().map(|source| {
        Ok(match source {
            // Node runs in the clone's top folder, not where the name was typed.
            Source::File(file) => json!({ "file": absolute(file)? }),
            Source::Text(text) => json!({ "text": text }),
        })
    });
    let answer = node::ask(include_str!("look.mjs"), &question.collect::<Result<Value>>()?)?;
    let answer = answer.as_array().filter(|seen| seen.len() == sources.len());
    Ok(answer.context("node did not answer for each")?.iter().map(Seen::from_json).collect())
}

impl Seen {
    fn from_json(value: &Value) -> Self {
        let owned = |name: &str| value[name].as_str().map(str::to_owned);
        Self {
            kind: Kind::from_json(value),
            in_lines: value["inLines"].as_bool().unwrap_or_default(),
            rsa_bits: value["rsaBits"].as_u64(),
            pair: owned("pair"),
            certificate: Certificate::from_json(&value["certificate"]),
            pem: owned("pem"),
        }
    }

    /// Whether both have the same public key.
    pub(crate) fn belongs_to(&self, other: &Self) -> bool {
        self.pair.is_some() && self.pair == other.pair
    }
}

impl Kind {
    fn from_json(value: &Value) -> Self {
        match value["kind"].as_str().unwrap_or_default() {
            "CERTIFICATE" => Self::Certificate,
            "PRIVATE KEY" => Self::PrivateKey,
            "RSA PRIVATE KEY" => Self::RsaPrivateKey,
            "PUBLIC KEY" => Self::PublicKey,
            "RSA PUBLIC KEY" => Self::RsaPublicKey,
            "binary" => Self::Binary,
            "none" => Self::NoPem,
            "absent" => Self::Absent(value["error"].as_str().unwrap_or_default().to_owned()),
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate => out.write_str("a CERTIFICATE"),
            Self::PrivateKey => out.write_str("a PRIVATE KEY"),
            Self::RsaPrivateKey => out.write_str("an RSA PRIVATE KEY (PKCS#1)"),
            Self::PublicKey => out.write_str("a PUBLIC KEY"),
            Self::RsaPublicKey => out.write_str("an RSA PUBLIC KEY (PKCS#1)"),
            Self::Binary => out.write_str("binary, as apiclient_cert.p12 is"),
            Self::NoPem => out.write_str("no PEM, and no base64 either"),
            Self::Absent(error) if error == "ENOENT" => out.write_str("a file that does not exist"),
            Self::Absent(error) => write!(out, "a file that cannot be read ({error})"),
            Self::Other(other) if other == "unreadable" => {
                out.write_str("neither a certificate nor a key, or cut off")
            }
            Self::Other(other) => write!(out, "an {other}"),
        }
    }
}

impl Certificate {
    fn from_json(value: &Value) -> Option<Self> {
        let name = |whose: &str| {
            let whole = &value[whose];
            let part = |part: &str| whole[part].as_str().unwrap_or_default().to_owned();
            Name { common: part("CN"), organisation: part("O") }
        };
        Some(Self {
            serial: value["serial"].as_str()?.to_owned(),
            subject: name("subject"),
            issuer: name("issuer"),
            from: value["from"].as_i64()?,
            until: value["until"].as_i64()?,
        })
    }

    /// Whether it is WeChat's own (微信支付平台证书), which it signs its answers with.
    ///
    /// UNCONFIRMED: that a platform certificate's subject begins with `Tenpay.com`, from memory.
    pub(crate) fn is_platforms(&self) -> bool {
        self.subject.common.starts_with("Tenpay.com") || self.subject.organisation == "Tenpay.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_node_answers_is_read_and_a_new_word_is_kept() {
        let seen = Seen::from_json(&json!({
            "kind": "CERTIFICATE", "inLines": true, "rsaBits": 2048, "pair": "ab", "pem": null,
            "certificate": {
                "serial": "01", "subject": { "CN": "1900000109" }, "issuer": { "O": "Tenpay.com" },
                "from": 1, "until": 2,
            },
        }));
        let certificate = seen.certificate.as_ref().unwrap();
        assert_eq!((seen.kind.clone(), seen.rsa_bits), (Kind::Certificate, Some(2048)));
        assert_eq!(certificate.subject.common, "1900000109");
        assert_eq!(certificate.issuer.organisation, "Tenpay.com");
        let other = Seen::from_json(&json!({ "kind": "EC PRIVATE KEY", "pair": null }));
        assert_eq!(other.kind.to_string(), "an EC PRIVATE KEY");
        assert!(seen.belongs_to(&seen) && !other.belongs_to(&other) && !seen.belongs_to(&other));
    }
}
