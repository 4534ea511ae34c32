//! The settings one by one: is it there, does it look right, does it agree with the others.

use crate::configuration::lines::Lines;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{CERTIFICATE_ID, Kind, SETTINGS, Setting};
use crate::configuration::shape;

use super::finding::Finding;

/// Whoever is warned has this long to act.
const DAYS_AHEAD: i64 = 30;

/// Names that point the Worker at another WeChat.
const FOR_TESTS: [&str; 3] = ["GATEWAY_URL", "API_URL", "OPEN_URL"];

pub(super) fn findings(manifest: &Manifest, secrets: &Lines, now: i64) -> Vec<Finding> {
    let has_secrets = secrets.names().next().is_some();
    let mut findings: Vec<Finding> = SETTINGS
        .iter()
        .filter_map(|setting| match setting.kind {
            Kind::Secret if has_secrets => secret(setting, secrets.value(setting.name)),
            Kind::Secret => None,
            Kind::Variable | Kind::Certificate => variable(setting, manifest.value(setting)),
        })
        .collect();
    if !has_secrets {
        findings.push(Finding::manual(
            "secrets",
            "not on this machine, as it should be",
            "`npx wrangler secret list` names those that are set; --url asks the Worker about them",
            "`npx wrangler secret list` 列出已设的；加 --url 由 Worker 自己检查",
        ));
    }
    findings.extend(exposed(manifest));
    findings.extend(together(manifest, secrets, has_secrets));
    findings.extend(sandboxed(manifest));
    findings.extend(secrets.value("SHOP_API_KEYS").into_iter().flat_map(|keys| ends(keys, now)));
    findings
}

fn variable(setting: &Setting, value: Option<&str>) -> Option<Finding> {
    let name = setting.name;
    match value {
        Some(value) if (setting.fits)(value) => Some(Finding::ok(name, one_line(value))),
        Some(value) => Some(misfit(setting, one_line(value))),
        None if setting.needed => Some(missing(setting)),
        None if name == CERTIFICATE_ID => Some(Finding::warning(
            name,
            "no certificate is bound: refunds and fund-flow bills answer `certificate_missing`",
            setting.what.en,
            setting.what.zh,
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

fn secret(setting: &Setting, value: Option<&str>) -> Option<Finding> {
    match value.filter(|value| !value.is_empty()) {
        Some(value) if (setting.fits)(value) => Some(Finding::ok(setting.name, "looks right")),
        Some(_) => Some(misfit(setting, "another shape than expected".to_owned())),
        None if setting.needed => Some(missing(setting)),
        None => None,
    }
}

fn misfit(setting: &Setting, seen: String) -> Finding {
    Finding::failure(setting.name, seen, setting.rule.en, setting.rule.zh)
}

fn missing(setting: &Setting) -> Finding {
    Finding::failure(setting.name, "not set", setting.what.en, setting.what.zh)
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
fn together(manifest: &Manifest, secrets: &Lines, has_secrets: bool) -> Vec<Finding> {
    let given = |name: &str| manifest.variable(name).is_some_and(|value| !value.is_empty());
    let secret = |name: &str| secrets.value(name).is_some_and(|value| !value.is_empty());
    let mut findings = Vec::new();
    if has_secrets && given("WEBHOOK_URL") != secret("WEBHOOK_SECRETS") {
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
    let host = manifest.variable("PUBLIC_URL").and_then(shape::authority).map(|(host, _)| host);
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

fn sandboxed(manifest: &Manifest) -> Vec<Finding> {
    let set = FOR_TESTS.iter().filter(|name| manifest.variable(name).is_some());
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
