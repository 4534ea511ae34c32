//! What the doctor can say by looking at the configuration: each finding with its remedy.
//!
//! What takes a call is in `routes/doctor.rs`; what only a person can look up is in `by_hand`.
//! `cargo xtask doctor` prints these findings beside its own and knows the checks by their names.
use std::borrow::Cow;

use serde::Serialize;
use wxpay_core::{BeijingDay, UnixSeconds};

use crate::{
    config::{Complaint, Config},
    http::origin::Origin,
    v3::V3,
};

pub(crate) mod by_hand;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    /// Nobody but a person can look it up, in a console of WeChat's.
    Manual,
    /// It works, or will for some time.
    Warning,
    /// Payments or refunds do not work like this.
    Failure,
}

/// What was found, and what to do about it; both remedies are empty where there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) result: Verdict,
    /// What was seen; never a secret, never anybody's data.
    pub(crate) detail: String,
    pub(crate) remedy: Cow<'static, str>,
    pub(crate) remedy_zh: Cow<'static, str>,
}

impl Finding {
    pub(crate) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, check, detail, ["", ""])
    }

    /// `remedies`: English, Chinese.
    pub(crate) fn warning(
        check: &'static str,
        detail: impl Into<String>,
        remedies: [&'static str; 2],
    ) -> Self {
        Self::new(Verdict::Warning, check, detail, remedies)
    }

    pub(crate) fn failure(
        check: &'static str,
        detail: impl Into<String>,
        remedies: [&'static str; 2],
    ) -> Self {
        Self::new(Verdict::Failure, check, detail, remedies)
    }

    pub(crate) fn manual(
        check: &'static str,
        detail: impl Into<String>,
        remedies: [&'static str; 2],
    ) -> Self {
        Self::new(Verdict::Manual, check, detail, remedies)
    }

    fn new(
        result: Verdict,
        check: &'static str,
        detail: impl Into<String>,
        [remedy, remedy_zh]: [&'static str; 2],
    ) -> Self {
        let (remedy, remedy_zh) = (remedy.into(), remedy_zh.into());
        Self { check, result, detail: detail.into(), remedy, remedy_zh }
    }
}

/// A variable that is missing or wrong.
impl From<Complaint> for Finding {
    fn from(Complaint { variable, remedy }: Complaint) -> Self {
        let remedy_zh = format!("重新设置 {variable}，格式见 wrangler.toml 和 docs/keys.md").into();
        let detail = "missing or malformed".to_owned();
        Self { check: variable, result: Verdict::Failure, detail, remedy, remedy_zh }
    }
}

/// Everything that a configuration which can be read still may have wrong. `asked` is the origin
/// under which the doctor itself was called.
pub(crate) fn findings(config: &Config, asked: Option<&Origin>, now: UnixSeconds) -> Vec<Finding> {
    let mut findings = vec![
        Finding::ok("configuration", "every variable and secret can be read"),
        public_url(&config.public_url, config.is_real_gateway()),
        own_origin(config, asked),
        Finding::ok("notify_url", format!("{}", config.shop.notify_url)),
        h5_domain(config),
        gateway(config),
    ];
    if let Some(v2) = &config.v2 {
        findings.push(certificate(config.certificate.is_some(), config.lacks_certificate()));
        findings.extend(v2.second().map(|_| second_key(config.signs_by_second_key())));
    }
    if let Some(v3) = &config.v3 {
        findings.push(platform_keys(v3));
    }
    findings.extend(config.shop_keys.ends().filter_map(|(name, day)| key_end(name, day, now)));
    if config.limits.is_none() {
        let remedies = ["set RATE_LIMIT, or limit in front", "设置 RATE_LIMIT，或在前面限流"];
        findings.push(Finding::warning("RATE_LIMIT", "off", remedies));
    }
    findings
}

fn public_url(url: &Origin, is_real: bool) -> Finding {
    const CHECK: &str = "PUBLIC_URL";
    let text = url.to_string();
    if is_real && !url.is_https() {
        let remedies =
            ["set an https address that WeChat can reach", "改成微信能访问的 https 地址"];
        return Finding::failure(CHECK, text, remedies);
    }
    if text.ends_with(".workers.dev") {
        let remedies = [
            "use a domain of your own: WeChat registers none of workers.dev, and it is not reached from mainland China",
            "换成自己的域名：workers.dev 无法在微信登记，大陆也访问不到",
        ];
        return Finding::warning(CHECK, text, remedies);
    }
    Finding::ok(CHECK, text)
}

/// Pages of an origin that is not listed may not call; the one we were asked by is that of the
/// pages which this Worker serves itself.
fn own_origin(config: &Config, asked: Option<&Origin>) -> Finding {
    const CHECK: &str = "ALLOWED_ORIGINS";
    let listed =
        |origin: &Origin| *origin == config.public_url || config.allowed_origins.contains(origin);
    match asked.filter(|origin| !listed(origin)) {
        None => {
            Finding::ok(CHECK, format!("{} and the Worker's own", config.allowed_origins.len()))
        }
        Some(origin) => Finding::warning(
            CHECK,
            format!("{origin} reaches this Worker too, and is neither PUBLIC_URL nor listed"),
            [
                "if buyers see pages there, add it to ALLOWED_ORIGINS and register it at WeChat; else take that route away",
                "如果用户会打开这个地址，加进 ALLOWED_ORIGINS 并在微信登记，否则撤掉这条路由",
            ],
        ),
    }
}

fn h5_domain(config: &Config) -> Finding {
    const CHECK: &str = "H5_DOMAIN";
    let site = Origin::of(&config.shop.wap_url);
    let is_known = site
        .is_some_and(|site| site == config.public_url || config.allowed_origins.contains(&site));
    match is_known {
        true => Finding::ok(CHECK, config.shop.wap_url.clone()),
        false => Finding::warning(
            CHECK,
            format!("{} is neither PUBLIC_URL nor among ALLOWED_ORIGINS", config.shop.wap_url),
            [
                "the page that opens the H5 cashier must be on the domain registered for it",
                "跳转 H5 收银台的页面必须在登记过的域名上",
            ],
        ),
    }
}

fn gateway(config: &Config) -> Finding {
    const CHECK: &str = "GATEWAY_URL";
    match config.is_real_gateway() {
        true => Finding::ok(CHECK, "WeChat Pay"),
        false => Finding::warning(
            CHECK,
            "not WeChat Pay: no money moves",
            ["unset GATEWAY_URL, API_URL and OPEN_URL", "去掉 GATEWAY_URL、API_URL 和 OPEN_URL"],
        ),
    }
}

fn certificate(is_bound: bool, is_missing: bool) -> Finding {
    const CHECK: &str = "WXPAY_CERT";
    match (is_bound, is_missing) {
        (true, _) => Finding::ok(CHECK, "bound"),
        (false, false) => Finding::ok(CHECK, "not bound; a sandbox asks for none"),
        (false, true) => Finding::warning(
            CHECK,
            "not bound: refunds and fund flow bills answer `certificate_missing`",
            [
                "upload the merchant's API certificate and bind it as WXPAY_CERT: docs/keys.md",
                "上传商户 API 证书并绑定为 WXPAY_CERT，见 docs/keys.md",
            ],
        ),
    }
}

/// By which of WeChat's keys its messages are checked.
fn platform_keys(v3: &V3) -> Finding {
    const CHECK: &str = "WXPAY_PUBLIC_KEYS";
    let public_keys = v3.ring.public_keys();
    let detail = format!("{public_keys} public key(s)");
    match (public_keys, v3.ring.downloads()) {
        (0, _) => Finding::warning(
            CHECK,
            "none: platform certificates are downloaded",
            [
                "apply for a public key in the merchant platform and set it here: docs/moving-to-v3.md",
                "在商户平台申请微信支付公钥并设置在这里，见 docs/moving-to-v3.md",
            ],
        ),
        (_, None) => Finding::ok(CHECK, detail),
        (_, Some(_)) => Finding::warning(
            CHECK,
            detail + ", and platform certificates are downloaded",
            [
                "once WeChat has moved everything to the public key, take WXPAY_CERTIFICATES away: docs/moving-to-v3.md",
                "微信全部切换到公钥后，去掉 WXPAY_CERTIFICATES，见 docs/moving-to-v3.md",
            ],
        ),
    }
}

/// When a platform certificate ends. Its successor is downloaded by itself, if WeChat has one.
pub(crate) fn certificate_end(expires_at: UnixSeconds, now: UnixSeconds) -> Finding {
    const CHECK: &str = "WXPAY_CERTIFICATES";
    let days = expires_at.since(now) / 86_400;
    let detail = format!("one ends in {days} day(s)");
    match days {
        31.. => Finding::ok(CHECK, detail),
        _ => Finding::warning(
            CHECK,
            detail,
            [
                "look whether another one is listed here; if none is, switch to the public key: docs/moving-to-v3.md",
                "看是否已有新证书；如果没有，请切换到微信支付公钥，见 docs/moving-to-v3.md",
            ],
        ),
    }
}

fn second_key(is_in_use: bool) -> Finding {
    let which = if is_in_use { "WXPAY_API_V2_KEY_2" } else { "WXPAY_API_V2_KEY" };
    Finding::warning(
        "WXPAY_API_V2_KEY_2",
        format!("two keys are accepted; WeChat was last seen to have {which}"),
        [
            "once WeChat has the new one, set it as WXPAY_API_V2_KEY and take the other away: docs/keys.md",
            "微信启用新密钥后，把它设为 WXPAY_API_V2_KEY，去掉另一把，见 docs/keys.md",
        ],
    )
}

/// Whoever is warned has this long to act.
const AHEAD_SECONDS: u64 = 30 * 86_400;

fn key_end(name: &str, day: BeijingDay, now: UnixSeconds) -> Option<Finding> {
    let over = day.next().starts_at();
    if now >= over {
        let detail = format!("the key `{name}` ended with {day}");
        let remedies = ["take its line out", "删掉这一行"];
        return Some(Finding::warning("SHOP_API_KEYS", detail, remedies));
    }
    (over.since(now) <= AHEAD_SECONDS).then(|| {
        let detail = format!("the key `{name}` ends with {day}");
        let remedies = [
            "make another (`cargo xtask key`), add its line, move the program that uses it",
            "用 `cargo xtask key` 做一把新的，加上它的行，再换掉程序里的旧钥匙",
        ];
        Finding::warning("SHOP_API_KEYS", detail, remedies)
    })
}

/// How far our clock is from WeChat's, both in seconds.
pub(crate) fn clock(ours: u64, theirs: Option<u64>) -> Finding {
    const CHECK: &str = "clock";
    let Some(theirs) = theirs else {
        let remedies = ["look at the clock of this machine", "请检查本机时钟"];
        return Finding::manual(CHECK, "the gateway's answer has no date", remedies);
    };
    let detail = format!("{} s from the gateway's", ours.abs_diff(theirs));
    let remedies = [
        "set the clock by NTP: `time_expire` and webhook timestamps go wrong with it",
        "用 NTP 校准时钟：订单的失效时间和 webhook 时间戳都依赖它",
    ];
    match ours.abs_diff(theirs) {
        0..=30 => Finding::ok(CHECK, detail),
        31..=120 => Finding::warning(CHECK, detail, remedies),
        _ => Finding::failure(CHECK, detail, remedies),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::of(text).unwrap()
    }

    #[test]
    fn the_public_address_is_https_and_a_domain_of_the_shops() {
        let verdict = |url: &str, is_real| public_url(&origin(url), is_real).result;
        assert_eq!(verdict("https://pay.example.com", true), Verdict::Ok);
        assert_eq!(verdict("https://shop.me.workers.dev", true), Verdict::Warning);
        assert_eq!(verdict("http://localhost:8787", true), Verdict::Failure);
        assert_eq!(verdict("http://localhost:8787", false), Verdict::Ok);
    }

    #[test]
    fn a_key_is_spoken_of_a_month_before_it_ends_and_after() {
        let day = BeijingDay::parse("2026-11-30").unwrap();
        let over = day.next().starts_at();
        let at = |seconds: u64| key_end("old", day, UnixSeconds::new(seconds));
        assert_eq!(at(over.seconds() - AHEAD_SECONDS - 1), None);
        assert!(
            at(over.seconds() - AHEAD_SECONDS).unwrap().detail.contains("ends with 2026-11-30")
        );
        assert!(at(over.seconds()).unwrap().detail.contains("ended with 2026-11-30"));
    }

    #[test]
    fn the_clock_may_be_half_a_minute_off_either_way() {
        for (theirs, verdict) in [
            (Some(1000), Verdict::Ok),
            (Some(970), Verdict::Ok),
            (Some(1031), Verdict::Warning),
            (Some(879), Verdict::Failure),
            (None, Verdict::Manual),
        ] {
            assert_eq!(clock(1000, theirs).result, verdict, "{theirs:?}");
        }
    }

    #[test]
    fn the_certificate_is_missed_where_wechat_asks_for_it() {
        assert_eq!(certificate(true, false).result, Verdict::Ok);
        assert_eq!(certificate(false, false).result, Verdict::Ok);
        assert_eq!(certificate(false, true).result, Verdict::Warning);
    }

    #[test]
    fn whatever_is_not_well_has_a_remedy_in_both_languages() {
        let complaint = Complaint { variable: "TOKEN_KEY", remedy: "set it".into() };
        let bad = [Finding::from(complaint), second_key(true), clock(0, Some(9999))];
        for finding in bad.iter().chain(&by_hand::findings()) {
            assert!(!finding.remedy.is_empty() && finding.remedy.is_ascii(), "{finding:?}");
            assert!(!finding.remedy_zh.is_ascii(), "{finding:?}");
        }
    }
}
