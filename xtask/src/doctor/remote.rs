//! The deployed Worker: what it finds itself, and whether a stranger, as WeChat is one, reaches it.

use std::fs;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::Files;
use super::finding::Finding;
use crate::configuration::api::Api;
use crate::configuration::manifest::Manifest;
use crate::configuration::shape;
use crate::node;

const WORKER: &str = "worker";

/// What to say when no address was named.
pub(super) fn not_asked() -> Finding {
    Finding::manual(
        WORKER,
        "not asked",
        "--url https://… --api-key-file F asks the deployed Worker about its secrets, its clock and WeChat's gateway",
        "部署后加 --url https://… --api-key-file F，由 Worker 检查密钥、时钟和微信网关",
    )
}

/// A notification that nobody signed, and what the Worker's own refusal of it holds.
struct Notification {
    api: Api,
    path: &'static str,
    content_type: &'static str,
    body: &'static str,
    refusal: &'static str,
}

impl Notification {
    const fn v2(path: &'static str) -> Self {
        let (content_type, body) = ("text/xml", "<xml></xml>");
        Self { api: Api::V2, path, content_type, body, refusal: "<return_code>" }
    }
}

const NOTIFICATIONS: [Notification; 3] = [
    Notification {
        api: Api::V3,
        path: "/notify/v3",
        content_type: "application/json",
        body: "{}",
        refusal: "\"FAIL\"",
    },
    Notification::v2("/notify/v2/pay"),
    Notification::v2("/notify/v2/refund"),
];

/// Asks the Worker at this address.
pub(super) fn findings(url: &str, key: &str, files: &Files) -> Result<Vec<Finding>> {
    let url = url.trim_end_matches('/');
    if !shape::address(url) {
        bail!("`{url}`: expected an https address without a path, http on loopback");
    }
    let verify = verify_file(&files.manifest);
    let apis = files.apis();
    let used: Vec<_> = NOTIFICATIONS.iter().filter(|it| apis.has(it.api)).collect();
    let notify: Value = used
        .iter()
        .map(|it| json!({ "path": it.path, "type": it.content_type, "body": it.body }))
        .collect();
    let question = json!({ "url": url, "key": key, "notify": notify, "verify": verify });
    let seen = &node::ask(include_str!("remote.mjs"), &question)?;
    let mut findings = own(&seen["doctor"], url);
    let answers = seen["notify"].as_array().into_iter().flatten();
    findings.extend(used.iter().zip(answers).map(|(it, answer)| notification(it, answer)));
    findings.extend(verify.map(|name| domain(&name, &seen["verify"])));
    Ok(findings)
}

/// The file by which mp.weixin.qq.com knows that a domain is ours, if the assets hold one.
fn verify_file(manifest: &Manifest) -> Option<String> {
    let entries = fs::read_dir(manifest.assets()?).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.into_iter().find(|name| name.starts_with("MP_verify_") && name.ends_with(".txt"))
}

/// The Worker's own findings.
fn own(answer: &Value, url: &str) -> Vec<Finding> {
    let refused = |detail: String, en: &str, zh: &str| {
        vec![Finding::failure(WORKER, format!("{url}/v1/doctor {detail}"), en, zh)]
    };
    match status(answer) {
        Ok(200) => {}
        Ok(401) => {
            return refused(
                "knows no such key".to_owned(),
                "take a key whose line stands in SHOP_API_KEYS: docs/keys.md",
                "用 SHOP_API_KEYS 里登记过的钥匙，见 docs/keys.md",
            );
        }
        Ok(403) => {
            return refused(
                "wants a key with the scope `doctor`, or something in front of it refuses"
                    .to_owned(),
                "cargo xtask key operator doctor",
                "cargo xtask key operator doctor 做一把",
            );
        }
        Ok(status) => {
            return refused(
                format!("answered {status}: {}", first_line(answer)),
                "deploy this version there: npx wrangler deploy",
                "把这个版本部署上去：npx wrangler deploy",
            );
        }
        Err(reason) => {
            return refused(
                format!("is not reached ({reason})"),
                "look at DNS, the certificate and the route to the Worker: docs/domains.md",
                "检查 DNS、证书和 Worker 的路由，见 docs/domains.md",
            );
        }
    }
    let body: Value = answer["body"]
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let list = body.get("findings").and_then(Value::as_array);
    let findings: Vec<Finding> =
        list.into_iter().flatten().filter_map(Finding::from_worker).collect();
    if findings.is_empty() {
        return refused(
            "answered 200 without findings".to_owned(),
            "something else answers in the Worker's place: look at the route and at assets",
            "回答的不是这个 Worker：检查路由和静态文件",
        );
    }
    findings
}

/// Whether a notification gets through to the Worker, which refuses this one in WeChat's own form.
fn notification(Notification { path, refusal, .. }: &Notification, answer: &Value) -> Finding {
    let body = answer["body"].as_str().unwrap_or_default();
    if body.contains(refusal) {
        return Finding::ok(path, "reached from here, and the Worker itself answers");
    }
    let seen = match status(answer) {
        Ok(status) => format!("answered {status}, not the Worker: {}", first_line(answer)),
        Err(reason) => format!("is not reached ({reason})"),
    };
    Finding::failure(
        path,
        seen,
        "exempt /notify/* from WAF, bot and login rules, and from redirects: docs/domains.md",
        "让 /notify/* 不经过 WAF、机器人验证、登录和跳转，见 docs/domains.md",
    )
}

/// Source: mp.weixin.qq.com gives `MP_verify_<16 letters or digits>.txt`, which holds what stands
/// between, as public code has it, read 2026-11. UNCONFIRMED: that it checks the contents so.
fn domain(name: &str, answer: &Value) -> Finding {
    let inside = name.strip_prefix("MP_verify_").and_then(|rest| rest.strip_suffix(".txt"));
    let body = answer["body"].as_str().map(str::trim);
    if status(answer) == Ok(200) && body == inside {
        return Finding::ok("MP_verify", format!("/{name} is served as mp.weixin.qq.com wants it"));
    }
    Finding::failure(
        "MP_verify",
        format!("/{name} is not served with its own contents"),
        "put the file unchanged at the top of the site's folder, and deploy",
        "把文件原样放在站点根目录，重新部署",
    )
}

fn status(answer: &Value) -> Result<u64, &str> {
    answer["status"].as_u64().ok_or(answer["error"].as_str().unwrap_or("no answer"))
}

fn first_line(answer: &Value) -> String {
    let body = answer["body"].as_str().unwrap_or_default();
    body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    const URL: &str = "https://pay.example.com";

    fn answered(status: u16, body: &str) -> Value {
        json!({ "status": status, "type": "", "body": body })
    }

    #[test]
    fn the_workers_findings_are_taken_over_and_a_new_word_is_a_warning() {
        let body = r#"{"findings":[
            {"check":"clock","result":"ok","detail":"0 s","remedy":"","remedy_zh":""},
            {"check":"x","result":"worse","detail":"?","remedy":"do","remedy_zh":"做"}]}"#;
        let found = own(&answered(200, body), URL);
        assert_eq!(
            found.iter().map(|it| it.verdict).collect::<Vec<_>>(),
            [Verdict::Ok, Verdict::Warning]
        );
        assert_eq!(found.last().map(|it| it.remedy_zh.as_str()), Some("做"));
    }

    #[test]
    fn no_answer_and_other_answers_are_failures_with_a_remedy() {
        for (answer, said) in [
            (answered(401, "{}"), "knows no such key"),
            (answered(403, "{}"), "scope `doctor`"),
            (answered(404, "not found"), "answered 404: not found"),
            (answered(200, "<html>"), "without findings"),
            (json!({ "error": "ENOTFOUND" }), "is not reached (ENOTFOUND)"),
        ] {
            let found = own(&answer, URL);
            let [finding] = found.as_slice() else { panic!("{found:?}") };
            assert!(finding.verdict == Verdict::Failure && !finding.remedy.is_empty());
            assert!(finding.detail.contains(said), "{finding}");
        }
    }

    #[test]
    fn a_notification_that_meets_a_login_page_is_a_failure_even_with_200() {
        let v2 = answered(200, "<xml><return_code><![CDATA[FAIL]]></return_code></xml>");
        let v3 = answered(401, r#"{"code":"FAIL","message":"missing header"}"#);
        for it in &NOTIFICATIONS {
            let (own, other) = if it.api == Api::V2 { (&v2, &v3) } else { (&v3, &v2) };
            assert_eq!(notification(it, own).verdict, Verdict::Ok);
            for wrong in
                [other, &answered(200, "<html>Just a moment"), &answered(301, ""), &json!({})]
            {
                assert_eq!(notification(it, wrong).verdict, Verdict::Failure);
            }
        }
    }

    #[test]
    fn the_verification_file_must_hold_what_its_name_says() {
        let name = "MP_verify_0123456789abcdef.txt";
        assert_eq!(domain(name, &answered(200, "0123456789abcdef\n")).verdict, Verdict::Ok);
        assert_eq!(domain(name, &answered(200, "<html>")).verdict, Verdict::Failure);
        assert_eq!(domain(name, &answered(404, "")).verdict, Verdict::Failure);
    }
}
