//! The settings one by one: is it there, does it look right, does it agree with the others.

use crate::configuration::api::Apis;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{CERTIFICATE_ID, FOR_TESTS, Kind, SETTINGS, Setting};
use crate::configuration::shape;

use super::Files;
use super::finding::Finding;

/// Whoever is warned has this long to act.
const DAYS_AHEAD: i64 = 30;

pub(super) fn findings(files: &Files, now: i64) -> Vec<Finding> {
    let (apis, has_secrets) = (files.apis(), files.has_secrets());
    let mut findings: Vec<Finding> = SETTINGS
        .iter()
        .filter(|setting| has_secrets || setting.kind != Kind::Secret)
        .filter_map(|setting| one(setting, files.value(setting).as_deref(), apis))
        .collect();
    if !has_secrets {
        findings.push(Finding::manual(
            "secrets",
            "not on this machine, as it should be",
            "`npx wrangler secret list` names those that are set; --url asks the Worker about them",
            "`npx wrangler secret list` 列出已设的；加 --url 由 Worker 自己检查",
        ));
    }
    findings.extend(exposed(&files.manifest));
    findings.extend(together(files, has_secrets));
    findings.extend(sandboxed(files));
    findings.extend(files.given("SHOP_API_KEYS").into_iter().flat_map(|keys| ends(&keys, now)));
    findings
}

fn one(setting: &Setting, value: Option<&str>, apis: Apis) -> Option<Finding> {
    let Setting { name, what, rule, .. } = setting;
    match value {
        Some(value) => {
            let shown = one_line(&setting.shown(value));
            Some(match (setting.fits)(value) {
                true => Finding::ok(name, shown),
                false => Finding::failure(name, shown, rule.en, rule.zh),
            })
        }
        None if setting.is_needed(apis) => {
            Some(Finding::failure(name, "not set", what.en, what.zh))
        }
        None if *name == CERTIFICATE_ID && apis.v2 => Some(Finding::warning(
            name,
            "no certificate is bound: API V2's refunds and fund-flow bills answer `certificate_missing`",
            what.en,
            what.zh,
        )),
        None => None,
    }
}

/// A value in one short line; a catalogue has many.
fn one_line(value: &str) -> String {
    let words = value.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(60) {
        Some((end, _)) => format!("{} …", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

/// Secrets in a file that is committed.
fn exposed(manifest: &Manifest) -> Vec<Finding> {
    let secrets = SETTINGS.iter().filter(|setting| setting.kind == Kind::Secret);
    let here = secrets.filter(|setting| manifest.variable(setting.name).is_some());
    here.map(|setting| {
        Finding::failure(
            setting.name,
            "stands under [vars] of wrangler.toml, for everybody who sees the repository",
            "take it out, make a new one, and give that to `npx wrangler secret put`",
            "从文件里删掉，换一个新的，用 `npx wrangler secret put` 设置",
        )
    })
    .collect()
}

/// Settings that mean nothing without each other.
fn together(files: &Files, has_secrets: bool) -> Vec<Finding> {
    let given = |name| files.given(name).is_some();
    let mut findings = Vec::new();
    if has_secrets && given("WEBHOOK_URL") != given("WEBHOOK_SECRETS") {
        findings.push(Finding::failure(
            "webhook",
            "WEBHOOK_URL and WEBHOOK_SECRETS: one is set without the other",
            "set both, or neither: then events are kept and can be listed, and none is sent",
            "两个都设，或都不设；都不设时事件只保存、可查询，不推送",
        ));
    }
    if given("WXPAY_SUB_APPID") && !given("WXPAY_SUB_MCHID") {
        findings.push(Finding::failure(
            "WXPAY_SUB_MCHID",
            "not set, while WXPAY_SUB_APPID is",
            "set the sub-merchant's number too, or neither",
            "特约商户号也要设，或两个都不设",
        ));
    }
    if given("WXPAY_SUB_MCHID") && files.apis().v3 {
        findings.push(Finding::failure(
            "WXPAY_SUB_MCHID",
            "set, while API V3 is configured: service providers are served by V2 alone, for now",
            "take it out, or take V3's secrets out and set WXPAY_API = \"v2\"",
            "服务商目前只支持 V2：删掉它，或删掉 V3 的密钥并设 WXPAY_API = \"v2\"",
        ));
    }
    let public_url = files.given("PUBLIC_URL").unwrap_or_default();
    let host = shape::authority(&public_url).map(|(host, _)| host);
    if host.is_some_and(|host| host.ends_with(".workers.dev")) {
        findings.push(Finding::warning(
            "PUBLIC_URL",
            "a workers.dev address cannot be registered at WeChat, nor reached from all of China",
            "give the Worker a domain of your own: docs/domains.md",
            "给 Worker 绑定自己的域名，见 docs/domains.md",
        ));
    }
    findings
}

fn sandboxed(files: &Files) -> Vec<Finding> {
    let set = FOR_TESTS.iter().filter(|name| files.given(name).is_some());
    set.map(|name| {
        Finding::warning(
            name,
            "set: the Worker talks to another WeChat than the real one",
            "take it out before you take money",
            "收真钱之前删掉",
        )
    })
    .collect()
}

/// Keys of the shop that have ended, or soon will.
fn ends(keys: &str, now: i64) -> Vec<Finding> {
    let today = now.saturating_add(8 * 3600).div_euclid(86_400);
    let keys = shape::shop_api_keys(keys).unwrap_or_default();
    let dated = keys.into_iter().filter_map(|(name, until)| Some((name, until?)));
    dated
        .filter_map(|(name, until)| {
            let left = shape::days(until)?.saturating_sub(today);
            let detail = format!("the key `{name}` works until {until}, {left} days from now");
            let (en, zh) = ("make the next one: docs/keys.md", "换一把新的，见 docs/keys.md");
            match left {
                ..0 => Some(Finding::failure("SHOP_API_KEYS", detail, en, zh)),
                0..=DAYS_AHEAD => Some(Finding::warning("SHOP_API_KEYS", detail, en, zh)),
                _ => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_shops_key_is_warned_of_for_thirty_days_and_failed_when_it_has_ended() {
        let hash = "a".repeat(64);
        let noon = shape::days("2026-11-23").unwrap() * 86_400 + 4 * 3600;
        let verdict = |until: &str| {
            let found = ends(&format!("shop all {hash} until {until}"), noon);
            found.first().map(|finding| finding.verdict)
        };
        assert_eq!(verdict("2026-11-22"), Some(Verdict::Failure));
        assert_eq!(verdict("2026-11-23"), Some(Verdict::Warning));
        assert_eq!(verdict("2026-12-23"), Some(Verdict::Warning));
        assert_eq!(verdict("2026-12-24"), None);
    }
}
