//! What API V3 is configured with: is each key the one that belongs there?
//!
//! Merchants get four things that look alike: their own certificate and key, WeChat Pay's public key
//! with its ID, and a key of 32 characters beside the one of V2. Each stands in the others' places
//! in somebody's configuration.

use super::certificate::older_form;
use super::finding::Finding;
use super::{Files, Papers};
use crate::configuration::settings::{
    API_V2_KEY, API_V3_KEY, MERCHANT_KEY, MERCHANT_SERIAL, PUBLIC_KEYS,
};
use crate::configuration::shape;
use crate::pem::{Kind, Seen};

/// A remedy, in English and Chinese.
type Remedy = (&'static str, &'static str);

const TAKE_THE_KEY: Remedy = (
    "npx wrangler secret put WXPAY_MERCHANT_KEY < apiclient_key.pem, the file from pay.weixin.qq.com > Account Centre > API Security > API Certificate",
    "npx wrangler secret put WXPAY_MERCHANT_KEY < apiclient_key.pem，文件来自 pay.weixin.qq.com → 账户中心 → API安全 → 商户API证书",
);
const TAKE_THE_PUBLIC_KEY: Remedy = (
    "download pub_key.pem and copy its ID: pay.weixin.qq.com > Account Centre > API Security > WeChat Pay Public Key",
    "在 pay.weixin.qq.com → 账户中心 → API安全 → 微信支付公钥 下载 pub_key.pem，并复制公钥ID",
);
const TAKE_THE_SERIAL: Remedy = (
    "cargo xtask init --no-secrets --set WXPAY_MERCHANT_SERIAL=apiclient_cert.pem takes it out of the certificate",
    "用 cargo xtask init --no-secrets --set WXPAY_MERCHANT_SERIAL=apiclient_cert.pem 从证书读出",
);

/// Shorter ones WeChat does not issue.
const RSA_BITS: u64 = 2048;

pub(super) fn findings(papers: &Papers, files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(files.given(MERCHANT_SERIAL).and_then(|serial| wrong_serial(&serial)));
    findings.extend(papers.merchant_key.as_ref().map(merchant_key));
    findings.extend(
        papers
            .public_keys
            .iter()
            .map(|(id, key)| wrong_id(id).unwrap_or_else(|| public_key(id, key, papers))),
    );
    findings.extend(mode(files));
    findings.extend(same_key(files));
    findings
}

/// What the serial number is instead, where that can be told.
fn wrong_serial(serial: &str) -> Option<Finding> {
    let bare = serial.replace(':', "");
    let detail = if serial.starts_with(shape::PUBLIC_KEY_ID) {
        "the ID of WeChat Pay's public key, where the serial number of your own certificate belongs"
    } else if bare != serial && shape::serial(&bare) {
        "right but for the colons"
    } else {
        return None;
    };
    Some(failure(MERCHANT_SERIAL, detail, TAKE_THE_SERIAL))
}

fn merchant_key(key: &Seen) -> Finding {
    match &key.kind {
        Kind::PrivateKey => match key.rsa_bits {
            Some(bits) if bits >= RSA_BITS => {
                Finding::ok(MERCHANT_KEY, format!("an RSA key of {bits} bits"))
            }
            Some(bits) => {
                failure(MERCHANT_KEY, format!("an RSA key of {bits} bits only"), TAKE_THE_KEY)
            }
            None => failure(MERCHANT_KEY, "no RSA key", TAKE_THE_KEY),
        },
        Kind::RsaPrivateKey => older_form(MERCHANT_KEY),
        kind => failure(MERCHANT_KEY, format!("{kind}, where a PRIVATE KEY belongs"), TAKE_THE_KEY),
    }
}

fn wrong_id(id: &str) -> Option<Finding> {
    let detail = if shape::public_key_id(id) {
        return None;
    } else if shape::serial(id) {
        "a certificate's serial number, where the ID of a public key belongs"
    } else {
        "no ID of a public key, which begins with PUB_KEY_ID_ and is written with that"
    };
    Some(failure(PUBLIC_KEYS, format!("`{id}`: {detail}"), TAKE_THE_PUBLIC_KEY))
}

fn public_key(id: &str, key: &Seen, papers: &Papers) -> Finding {
    let own = [&papers.certificate, &papers.key, &papers.merchant_key];
    let is_own = own.into_iter().flatten().any(|own| own.belongs_to(key));
    let is_platforms = key.certificate.as_ref().is_some_and(|it| it.is_platforms());
    let what = match &key.kind {
        Kind::PrivateKey | Kind::RsaPrivateKey => {
            return failure(
                PUBLIC_KEYS,
                format!(
                    "{id}: a PRIVATE KEY, in a file that everybody sees who has the repository"
                ),
                (
                    "take it out, revoke its certificate at pay.weixin.qq.com > Account Centre > API Security, and apply for another",
                    "从文件里删掉，到 pay.weixin.qq.com → 账户中心 → API安全 作废对应的证书并重新申请",
                ),
            );
        }
        Kind::Certificate if is_platforms => {
            return failure(
                PUBLIC_KEYS,
                format!("{id}: a platform certificate, where WeChat Pay's public key belongs"),
                (
                    "the Worker fetches platform certificates itself: leave this empty, or WXPAY_CERTIFICATES = \"download\" beside a public key",
                    "平台证书由 Worker 自己下载：这里留空，或在公钥之外设 WXPAY_CERTIFICATES = \"download\"",
                ),
            );
        }
        Kind::PublicKey if !is_own => {
            return Finding::ok(PUBLIC_KEYS, format!("{id}: a public key"));
        }
        Kind::Certificate => "the merchant's certificate".to_owned(),
        _ if is_own => "the merchant's own public key".to_owned(),
        kind => kind.to_string(),
    };
    let detail = format!("{id}: {what}, where WeChat Pay's PUBLIC KEY belongs");
    failure(PUBLIC_KEYS, detail, TAKE_THE_PUBLIC_KEY)
}

/// Without a public key the Worker fetches certificates, which merchants since 2024 do not have.
fn mode(files: &Files) -> Option<Finding> {
    if files.given(PUBLIC_KEYS).is_some() {
        return None;
    }
    Some(Finding::manual(
        PUBLIC_KEYS,
        "平台证书模式: none is set, so platform certificates are downloaded",
        "right for older merchants; with RESOURCE_NOT_EXISTS in the log, or 微信支付公钥 shown under Account Centre > API Security, set the public key",
        "老商户这样是对的；日志里有 RESOURCE_NOT_EXISTS，或 账户中心 → API安全 里有微信支付公钥，就要填公钥",
    ))
}

/// One text for both is allowed, and hardly ever meant.
fn same_key(files: &Files) -> Option<Finding> {
    let v3 = files.given(API_V3_KEY)?;
    (files.given(API_V2_KEY)? == v3).then(|| {
        Finding::warning(
            API_V3_KEY,
            "the same as WXPAY_API_V2_KEY: was the APIv2 key pasted? Then no notification can be opened",
            "set it to the APIv3 key, which has a line of its own at pay.weixin.qq.com > Account Centre > API Security",
            "改成 APIv3 密钥：pay.weixin.qq.com → 账户中心 → API安全 里另有一行",
        )
    })
}

fn failure(check: &str, detail: impl Into<String>, (en, zh): Remedy) -> Finding {
    Finding::failure(check, detail, en, zh)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;
    use crate::pem::{Certificate, Name};

    const ID: &str = "PUB_KEY_ID_0114232134912410000000000000";

    fn seen(kind: Kind, pair: &str) -> Seen {
        Seen {
            kind,
            in_lines: false,
            rsa_bits: Some(2048),
            pair: Some(pair.to_owned()),
            certificate: None,
            pem: None,
        }
    }

    fn certificate_of(common: &str) -> Seen {
        let name = Name { common: common.to_owned(), organisation: String::new() };
        let certificate = Certificate {
            serial: String::new(),
            subject: name.clone(),
            issuer: name,
            from: 0,
            until: 0,
        };
        Seen { certificate: Some(certificate), ..seen(Kind::Certificate, "theirs") }
    }

    #[test]
    fn what_stands_in_the_place_of_the_private_key_is_named() {
        assert_eq!(merchant_key(&seen(Kind::PrivateKey, "a")).verdict, Verdict::Ok);
        let short = Seen { rsa_bits: Some(1024), ..seen(Kind::PrivateKey, "a") };
        let elliptic = Seen { rsa_bits: None, ..seen(Kind::PrivateKey, "a") };
        for (key, said) in [
            (short, "1024 bits only"),
            (elliptic, "no RSA key"),
            (seen(Kind::RsaPrivateKey, "a"), "PKCS#1"),
            (seen(Kind::Certificate, "a"), "a CERTIFICATE, where a PRIVATE KEY belongs"),
            (seen(Kind::PublicKey, "a"), "a PUBLIC KEY, where a PRIVATE KEY belongs"),
            (seen(Kind::NoPem, "a"), "no PEM"),
        ] {
            let finding = merchant_key(&key);
            assert_eq!(finding.verdict, Verdict::Failure, "{said}");
            assert!(finding.detail.contains(said), "{said}: {finding}");
        }
    }

    #[test]
    fn what_stands_in_the_place_of_wechats_public_key_is_named() {
        let own =
            Papers { merchant_key: Some(seen(Kind::PrivateKey, "ours")), ..Papers::default() };
        let judged = |key: &Seen| public_key(ID, key, &own);
        assert_eq!(judged(&seen(Kind::PublicKey, "theirs")).verdict, Verdict::Ok);
        for (key, said) in [
            (seen(Kind::PublicKey, "ours"), "the merchant's own public key"),
            (seen(Kind::RsaPublicKey, "theirs"), "RSA PUBLIC KEY (PKCS#1)"),
            (seen(Kind::PrivateKey, "ours"), "everybody"),
            (certificate_of("1900000109"), "the merchant's certificate"),
            (certificate_of("Tenpay.com sign"), "a platform certificate"),
            (seen(Kind::NoPem, ""), "no PEM"),
        ] {
            let finding = judged(&key);
            assert_eq!(finding.verdict, Verdict::Failure, "{said}");
            assert!(finding.detail.contains(said), "{said}: {finding}");
        }
    }

    #[test]
    fn ids_and_serial_numbers_are_not_taken_for_each_other() {
        let serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
        let said = |finding: Option<Finding>| finding.map(|it| it.detail).unwrap_or_default();
        assert!(wrong_serial(serial).is_none() && wrong_id(ID).is_none());
        assert!(said(wrong_serial(ID)).contains("the ID of WeChat Pay's public key"));
        assert!(said(wrong_serial(&format!("{}:E1", &serial[..38]))).contains("colons"));
        assert!(said(wrong_id(serial)).contains("a certificate's serial number"));
        assert!(said(wrong_id("0114232134912410000000000000")).contains("begins with PUB_KEY_ID_"));
    }
}
