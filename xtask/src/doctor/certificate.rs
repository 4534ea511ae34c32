//! The merchant's certificate (商户API证书) and its key: are they what WeChat asks for?

use super::finding::Finding;
use super::{Files, Papers};
use crate::configuration::settings::MERCHANT_SERIAL;
use crate::init::credential::TO_PKCS8;
use crate::pem::{Certificate, Kind, Seen};

const CERTIFICATE: &str = "certificate";
const KEY: &str = "certificate key";

const DAY: i64 = 86_400;

/// Where both are from.
const APPLY: (&str, &str) = (
    "take apiclient_cert.pem and apiclient_key.pem out of the archive that pay.weixin.qq.com > Account Centre > API Security gave",
    "用 pay.weixin.qq.com → 账户中心 → API安全 下载的压缩包里的 apiclient_cert.pem 和 apiclient_key.pem",
);

/// What the configuration says that the certificate must agree with.
struct Wanted {
    mchid: String,
    /// `WXPAY_MERCHANT_SERIAL`.
    serial: Option<String>,
    /// Whether API V3 is used, whose Worker reads the key itself.
    is_v3: bool,
}

/// Judges the files that were named.
pub(super) fn findings(papers: &Papers, files: &Files, now: i64) -> Vec<Finding> {
    let wanted = Wanted {
        mchid: files.given("WXPAY_MCHID").unwrap_or_default(),
        serial: files.given(MERCHANT_SERIAL),
        is_v3: files.apis().v3,
    };
    judge(papers, &wanted, now)
}

fn judge(papers: &Papers, wanted: &Wanted, now: i64) -> Vec<Finding> {
    let Some(certificate) = &papers.certificate else { return vec![not_shown()] };
    let mut findings = Vec::new();
    match &certificate.certificate {
        Some(contents) => {
            findings.push(owner(contents, &wanted.mchid));
            findings.push(dates(contents, now));
            findings.extend(wanted.serial.as_deref().map(|serial| same_serial(contents, serial)));
        }
        None => findings.push(instead(CERTIFICATE, &certificate.kind, "a CERTIFICATE")),
    }
    findings.extend(papers.key.as_ref().map(|key| named_key(key, certificate, wanted)));
    if papers.key.is_none() {
        let set = papers.merchant_key.as_ref().filter(|key| key.pair.is_some());
        findings.extend(set.map(|key| agreement(key, certificate)));
    }
    if [Some(certificate), papers.key.as_ref()].into_iter().flatten().any(is_mended) {
        findings.push(Finding::warning(
            "PEM",
            "readable, but not in lines as PEM has them: wrangler may refuse it",
            "upload the files as they were downloaded",
            "上传时请用原始下载的文件",
        ));
    }
    findings
}

/// What to say when no files were named.
fn not_shown() -> Finding {
    Finding::manual(
        CERTIFICATE,
        "not looked at",
        "--cert apiclient_cert.pem --key apiclient_key.pem checks kind, number, serial, dates and key; the files stay here",
        "加 --cert apiclient_cert.pem --key apiclient_key.pem 检查种类、商户号、序列号、有效期和私钥；文件不会离开本机",
    )
}

fn is_mended(seen: &Seen) -> bool {
    seen.pair.is_some() && !seen.in_lines
}

/// What stands where something else belongs.
fn instead(check: &str, kind: &Kind, wanted: &str) -> Finding {
    let detail = match kind {
        Kind::Binary => "binary: apiclient_cert.p12 holds both; take the .pem files".to_owned(),
        Kind::PublicKey | Kind::RsaPublicKey => format!("a public key, where {wanted} belongs"),
        Kind::Certificate | Kind::PrivateKey | Kind::RsaPrivateKey => {
            format!("{kind}, where {wanted} belongs: are the two swapped?")
        }
        kind => kind.to_string(),
    };
    Finding::failure(check, detail, APPLY.0, APPLY.1)
}

/// Whether it is this merchant's, and not WeChat's own.
///
/// Source: a merchant certificate's subject is `CN=<mchid>`, `O=微信商户系统`, its issuer
/// `CN=Tenpay.com Root CA`, as public logs of real ones show, read 2026-11.
fn owner(certificate: &Certificate, mchid: &str) -> Finding {
    let common = &certificate.subject.common;
    if certificate.is_platforms() {
        return Finding::failure(
            CERTIFICATE,
            format!("`{common}`: WeChat's platform certificate, not the merchant's"),
            APPLY.0,
            APPLY.1,
        );
    }
    if common != mchid {
        return Finding::failure(
            CERTIFICATE,
            format!("issued to `{common}`, while WXPAY_MCHID is `{mchid}`"),
            "take the certificate of this merchant number, or mend WXPAY_MCHID",
            "换成这个商户号的证书，或改正 WXPAY_MCHID",
        );
    }
    if !certificate.issuer.common.starts_with("Tenpay.com") {
        return Finding::warning(
            CERTIFICATE,
            format!("issued by `{}`, not by Tenpay.com Root CA", certificate.issuer.common),
            "WeChat accepts only certificates that its console issued",
            "微信只接受商户平台签发的证书",
        );
    }
    Finding::ok(CERTIFICATE, format!("of merchant {common}, serial {}", certificate.serial))
}

/// A month, a week and a day ahead; on the last day it is a failure, for whoever asks nightly.
fn dates(certificate: &Certificate, now: i64) -> Finding {
    let check = "certificate dates";
    let left = certificate.until.saturating_sub(now).div_euclid(DAY);
    let (en, zh) = (
        "apply for the next one and change over: docs/keys.md",
        "申请新证书并更换，见 docs/keys.md",
    );
    if now < certificate.from {
        let (en, zh) = ("look at this machine's clock", "看看本机时间是否正确");
        return Finding::failure(check, "not valid yet", en, zh);
    }
    match left {
        ..0 => Finding::failure(check, "expired", en, zh),
        0 => Finding::failure(check, "expires within a day", en, zh),
        1..7 => Finding::warning(check, format!("expires this week, in {left} days"), en, zh),
        7..30 => Finding::warning(check, format!("expires in {left} days"), en, zh),
        _ => Finding::ok(check, format!("valid for another {left} days")),
    }
}

fn same_serial(certificate: &Certificate, serial: &str) -> Finding {
    if certificate.serial.eq_ignore_ascii_case(serial) {
        return Finding::ok(MERCHANT_SERIAL, "is the certificate's");
    }
    Finding::failure(
        MERCHANT_SERIAL,
        format!("is not the certificate's, which is {}", certificate.serial),
        "cargo xtask init --no-secrets --set WXPAY_MERCHANT_SERIAL=apiclient_cert.pem takes it over",
        "用 cargo xtask init --no-secrets --set WXPAY_MERCHANT_SERIAL=apiclient_cert.pem 重新读取",
    )
}

fn named_key(key: &Seen, certificate: &Seen, wanted: &Wanted) -> Finding {
    match key.kind {
        Kind::RsaPrivateKey if wanted.is_v3 => older_form(KEY),
        Kind::PrivateKey | Kind::RsaPrivateKey => agreement(key, certificate),
        ref kind => instead(KEY, kind, "a PRIVATE KEY"),
    }
}

/// The Worker reads no PKCS#1.
pub(super) fn older_form(check: &str) -> Finding {
    let zh = format!("Worker 读不了 PKCS#1，先转换：{TO_PKCS8}");
    let detail = "an RSA PRIVATE KEY (PKCS#1), where PKCS#8 belongs";
    Finding::failure(check, detail, &format!("convert it: {TO_PKCS8}"), &zh)
}

fn agreement(key: &Seen, certificate: &Seen) -> Finding {
    if key.belongs_to(certificate) {
        return Finding::ok(KEY, "belongs to the certificate");
    }
    Finding::failure(
        KEY,
        "belongs to another certificate",
        "take both files from the same archive; an old key does not fit a new certificate",
        "两个文件要出自同一次申请；旧私钥配不上新证书",
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;
    use crate::pem::Name;

    const NOW: i64 = 1_795_392_000;
    const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

    fn seen(kind: Kind) -> Seen {
        Seen {
            kind,
            in_lines: true,
            rsa_bits: Some(2048),
            pair: Some("ab".to_owned()),
            certificate: None,
            pem: None,
        }
    }

    fn contents() -> Certificate {
        let name = |common: &str, organisation: &str| Name {
            common: common.to_owned(),
            organisation: organisation.to_owned(),
        };
        Certificate {
            serial: SERIAL.to_owned(),
            subject: name("1900000109", "微信商户系统"),
            issuer: name("Tenpay.com Root CA", "Tenpay.com"),
            from: NOW - DAY,
            until: NOW + 1000 * DAY,
        }
    }

    /// A good pair with one thing changed.
    fn worst(change: impl FnOnce(&mut Seen, &mut Certificate, &mut Seen)) -> Finding {
        let (mut certificate, mut contents) = (seen(Kind::Certificate), contents());
        let mut key = seen(Kind::PrivateKey);
        change(&mut certificate, &mut contents, &mut key);
        certificate.certificate = (certificate.kind == Kind::Certificate).then_some(contents);
        let papers = Papers { certificate: Some(certificate), key: Some(key), ..Papers::default() };
        let wanted =
            Wanted { mchid: "1900000109".to_owned(), serial: Some(SERIAL.to_owned()), is_v3: true };
        let findings = judge(&papers, &wanted, NOW);
        findings.into_iter().max_by_key(|finding| finding.verdict).unwrap()
    }

    #[test]
    fn a_good_pair_is_good() {
        assert_eq!(worst(|_, _, _| {}).verdict, Verdict::Ok);
    }

    #[test]
    fn each_mistake_is_named() {
        let cases: Vec<(Finding, &str)> = vec![
            (worst(|_, _, key| key.pair = None), "belongs to another certificate"),
            (
                worst(|_, it, _| it.subject.common = "1900000110".to_owned()),
                "while WXPAY_MCHID is `1900000109`",
            ),
            (
                worst(|_, it, _| it.subject.common = "Tenpay.com sign".to_owned()),
                "platform certificate",
            ),
            (worst(|_, it, _| it.until = NOW - 1), "expired"),
            (worst(|_, it, _| it.from = NOW + 60), "not valid yet"),
            (
                worst(|_, it, _| it.serial = "01".to_owned()),
                "is not the certificate's, which is 01",
            ),
            (worst(|it, _, _| it.kind = Kind::PrivateKey), "are the two swapped?"),
            (worst(|it, _, _| it.kind = Kind::Binary), "apiclient_cert.p12"),
            (worst(|_, _, key| key.kind = Kind::PublicKey), "a public key"),
            (worst(|_, _, key| key.kind = Kind::RsaPrivateKey), "PKCS#1"),
            (worst(|_, _, key| key.kind = Kind::Absent("ENOENT".to_owned())), "does not exist"),
        ];
        for (finding, said) in cases {
            assert_eq!(finding.verdict, Verdict::Failure, "{said}");
            assert!(finding.detail.contains(said), "{said}: {finding}");
            assert!(!finding.remedy.is_empty() && !finding.remedy_zh.is_empty(), "{said}");
        }
    }

    #[test]
    fn the_end_of_a_certificate_is_told_a_month_a_week_and_a_day_ahead() {
        let ends = |seconds: i64| {
            let finding = worst(|_, it, _| it.until = NOW + seconds);
            (finding.verdict, finding.detail)
        };
        assert_eq!(ends(30 * DAY).0, Verdict::Ok);
        assert_eq!(ends(30 * DAY - 1), (Verdict::Warning, "expires in 29 days".to_owned()));
        let this_week = "expires this week, in 6 days".to_owned();
        assert_eq!(ends(7 * DAY - 1), (Verdict::Warning, this_week));
        assert_eq!(ends(DAY - 1), (Verdict::Failure, "expires within a day".to_owned()));
    }

    #[test]
    fn what_had_to_be_mended_or_was_made_at_home_is_a_warning() {
        assert_eq!(worst(|it, _, _| it.in_lines = false).verdict, Verdict::Warning);
        let own = worst(|_, it, _| it.issuer.common = "1900000109".to_owned());
        assert_eq!(own.verdict, Verdict::Warning);
    }
}
