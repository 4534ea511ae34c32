//! The merchant's certificate (商户API证书) and its key: are they what the refund API asks for?

use std::path::{Path, absolute};

use anyhow::Result;
use serde_json::{Value, json};

use super::finding::Finding;
use crate::node;

const CERTIFICATE: &str = "certificate";
const KEY: &str = "certificate key";

const DAY: i64 = 86_400;

/// Whoever is warned has this long to apply for the next one.
const DAYS_AHEAD: i64 = 30;

/// Where both are from.
const APPLY: (&str, &str) = (
    "take apiclient_cert.pem and apiclient_key.pem out of the archive that pay.weixin.qq.com > Account Centre > API Security gave",
    "用 pay.weixin.qq.com → 账户中心 → API安全 下载的压缩包里的 apiclient_cert.pem 和 apiclient_key.pem",
);

/// What to say when no files were named.
pub(super) fn not_shown() -> Finding {
    Finding::manual(
        CERTIFICATE,
        "not looked at",
        "--cert apiclient_cert.pem --key apiclient_key.pem checks kind, number, dates and key; the files stay here",
        "加 --cert apiclient_cert.pem --key apiclient_key.pem 检查种类、商户号、有效期和私钥；文件不会离开本机",
    )
}

/// Reads both files, on this machine only, and judges them.
pub(super) fn findings(cert: &Path, key: &Path, mchid: &str, now: i64) -> Result<Vec<Finding>> {
    // Node runs in the clone's top folder, not where the names were typed.
    let question = json!({ "cert": absolute(cert)?, "key": absolute(key)? });
    let seen = node::ask(include_str!("certificate.mjs"), &question)?;
    Ok(judge(&seen, mchid, now))
}

fn judge(seen: &Value, mchid: &str, now: i64) -> Vec<Finding> {
    let (certificate, key) = (&seen["certificate"], &seen["key"]);
    let mut findings = Vec::new();
    match wrong_kind(certificate, "CERTIFICATE") {
        Some(what) => findings.push(Finding::failure(CERTIFICATE, what, APPLY.0, APPLY.1)),
        None => {
            findings.push(owner(certificate, mchid));
            findings.push(dates(certificate, now));
        }
    }
    match wrong_kind(key, "PRIVATE KEY") {
        Some(what) => findings.push(Finding::failure(KEY, what, APPLY.0, APPLY.1)),
        None => findings.extend(agreement(seen["agree"].as_bool())),
    }
    if certificate["strict"] == json!(false) || key["strict"] == json!(false) {
        findings.push(Finding::warning(
            "PEM",
            "readable, but not in lines as PEM has them: wrangler may refuse it",
            "upload the files as they were downloaded",
            "上传时请用原始下载的文件",
        ));
    }
    findings
}

/// What a file is, if it is not what was asked for.
fn wrong_kind(file: &Value, wanted: &str) -> Option<String> {
    if let Some(error) = file["error"].as_str() {
        return Some(match error {
            "ENOENT" => "the file does not exist".to_owned(),
            error => format!("cannot be read ({error})"),
        });
    }
    let label = file["label"].as_str().unwrap_or("none");
    match label {
        _ if label.ends_with(wanted) => None,
        "binary" => Some("binary: apiclient_cert.p12 holds both; take the .pem files".to_owned()),
        "none" => Some("no PEM, and no base64 either".to_owned()),
        "PUBLIC KEY" => Some("a public key, which belongs to API V3".to_owned()),
        label => Some(format!("a {label}, where a {wanted} belongs: are the two swapped?")),
    }
}

/// Whether it is this merchant's, and not WeChat's own.
///
/// Source: a merchant certificate's subject is `CN=<mchid>`, `O=微信商户系统`, its issuer
/// `CN=Tenpay.com Root CA`, as public logs of real ones show, read 2026-11.
/// UNCONFIRMED: that a platform certificate's subject begins with `Tenpay.com`, from memory.
fn owner(certificate: &Value, mchid: &str) -> Finding {
    let name = |whose: &str, part: &str| {
        certificate.pointer(&format!("/{whose}/{part}")).and_then(Value::as_str).unwrap_or_default()
    };
    let common = name("subject", "CN");
    if common.starts_with("Tenpay.com") || name("subject", "O") == "Tenpay.com" {
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
    if !name("issuer", "CN").starts_with("Tenpay.com") {
        return Finding::warning(
            CERTIFICATE,
            format!("issued by `{}`, not by Tenpay.com Root CA", name("issuer", "CN")),
            "WeChat accepts only certificates that its console issued",
            "微信只接受商户平台签发的证书",
        );
    }
    Finding::ok(
        CERTIFICATE,
        format!("of merchant {common}, serial {}", text(certificate, "serial")),
    )
}

fn text<'value>(value: &'value Value, name: &str) -> &'value str {
    value[name].as_str().unwrap_or_default()
}

fn dates(certificate: &Value, now: i64) -> Finding {
    let check = "certificate dates";
    let seconds = |name: &str| certificate[name].as_i64().unwrap_or_default();
    let left = seconds("until").saturating_sub(now).div_euclid(DAY);
    let (en, zh) = (
        "apply for the next one and change over: docs/keys.md",
        "申请新证书并更换，见 docs/keys.md",
    );
    if now < seconds("from") {
        let (en, zh) = ("look at this machine's clock", "看看本机时间是否正确");
        return Finding::failure(check, "not valid yet", en, zh);
    }
    match left {
        ..0 => Finding::failure(check, "expired", en, zh),
        0..DAYS_AHEAD => Finding::warning(check, format!("expires in {left} days"), en, zh),
        _ => Finding::ok(check, format!("valid for another {left} days")),
    }
}

fn agreement(agree: Option<bool>) -> Option<Finding> {
    Some(match agree? {
        true => Finding::ok(KEY, "belongs to the certificate"),
        false => Finding::failure(
            KEY,
            "belongs to another certificate",
            "take both files from the same archive; an old key does not fit a new certificate",
            "两个文件要出自同一次申请；旧私钥配不上新证书",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    const NOW: i64 = 1_795_392_000;

    /// A good pair as Node describes it, with one part changed.
    fn seen(pointer: &str, value: Value) -> Value {
        let mut seen = json!({
            "certificate": {
                "label": "CERTIFICATE", "strict": true, "serial": "01",
                "subject": { "CN": "1900000109", "O": "微信商户系统" },
                "issuer": { "CN": "Tenpay.com Root CA", "O": "Tenpay.com" },
                "from": NOW - DAY, "until": NOW + 1000 * DAY,
            },
            "key": { "label": "PRIVATE KEY", "strict": true },
            "agree": true,
        });
        *seen.pointer_mut(pointer).unwrap() = value;
        seen
    }

    fn worst(pointer: &str, value: Value) -> Finding {
        let findings = judge(&seen(pointer, value), "1900000109", NOW);
        findings.into_iter().max_by_key(|finding| finding.verdict).unwrap()
    }

    #[test]
    fn a_good_pair_is_good() {
        assert_eq!(worst("/agree", json!(true)).verdict, Verdict::Ok);
    }

    #[test]
    fn each_mistake_is_named() {
        for (pointer, value, said) in [
            ("/agree", json!(false), "belongs to another certificate"),
            ("/certificate/subject/CN", json!("1900000110"), "while WXPAY_MCHID is `1900000109`"),
            ("/certificate/subject/CN", json!("Tenpay.com sign"), "platform certificate"),
            ("/certificate/until", json!(NOW - 1), "expired"),
            ("/certificate/from", json!(NOW + 60), "not valid yet"),
            ("/certificate/label", json!("PRIVATE KEY"), "are the two swapped?"),
            ("/certificate/label", json!("binary"), "apiclient_cert.p12"),
            ("/key/label", json!("PUBLIC KEY"), "API V3"),
            ("/key", json!({ "error": "ENOENT" }), "does not exist"),
        ] {
            let finding = worst(pointer, value);
            assert_eq!(finding.verdict, Verdict::Failure, "{pointer}");
            assert!(finding.detail.contains(said), "{pointer}: {finding}");
        }
    }

    #[test]
    fn thirty_days_before_its_end_a_certificate_is_warned_of() {
        let on_the_day = worst("/certificate/until", json!(NOW + 30 * DAY - 1));
        assert_eq!(on_the_day.verdict, Verdict::Warning);
        assert_eq!(worst("/certificate/until", json!(NOW + 30 * DAY)).verdict, Verdict::Ok);
    }

    #[test]
    fn what_had_to_be_mended_or_was_made_at_home_is_a_warning() {
        assert_eq!(worst("/certificate/strict", json!(false)).verdict, Verdict::Warning);
        assert_eq!(worst("/certificate/issuer/CN", json!("1900000109")).verdict, Verdict::Warning);
    }
}
