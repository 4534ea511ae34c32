//! `cargo xtask doctor`: what is configured wrongly, here and at the deployed Worker, and what to do.
//!
//! Four parts make one list: the files of this clone, the merchant's certificate, the Worker itself
//! (`GET /v1/doctor`, and what a stranger sees of it), and what only a person can look up.

mod api_v3;
mod bindings;
mod by_hand;
mod certificate;
mod finding;
mod remote;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::configuration::api::{Api, Apis};
use crate::configuration::lines::Lines;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{
    API, API_V2_KEY, API_V3_KEY, Kind, MERCHANT_KEY, MERCHANT_SERIAL, PUBLIC_KEYS, SETTINGS,
    Setting,
};
use crate::configuration::shape;
use crate::pem::{self, Seen, Source};
use crate::place;
use finding::{Finding, Verdict};

/// The variable that may hold the key for the remote half.
const API_KEY: &str = "WXPAY_EDGE_API_KEY";

/// What is looked at.
#[derive(Args)]
pub(crate) struct Options {
    /// The file to look at
    #[arg(long, value_name = "FILE", default_value_os_t = place::root().join("wrangler.toml"))]
    config: PathBuf,
    /// Secrets, and variables that override the config's, as NAME=value lines, like the env file of
    /// a self-hosted Worker [default: .dev.vars beside the config]
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
    /// The merchant's certificate, apiclient_cert.pem
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its private key, apiclient_key.pem [default: WXPAY_MERCHANT_KEY, if the secrets are here]
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The deployed Worker, like https://pay.example.com
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with a key that has the scope `doctor` [default: the variable WXPAY_EDGE_API_KEY]
    #[arg(long, value_name = "FILE", requires = "url")]
    api_key_file: Option<PathBuf>,
}

/// Prints every finding; a failure among them is a failure.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let mut findings = findings(options)?;
    findings.sort_by_key(|finding| finding.verdict);
    for finding in &findings {
        println!("{finding}");
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let failures = count(Verdict::Failure);
    println!(
        "\n{failures} failures, {} warnings, {} to look up by hand, {} ok",
        count(Verdict::Warning),
        count(Verdict::Manual),
        count(Verdict::Ok),
    );
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is set, by the two files that set it.
struct Files {
    manifest: Manifest,
    env: Lines,
}

impl Files {
    fn read(options: &Options) -> Result<Self> {
        let env = match &options.env {
            Some(file) if !file.exists() => bail!("{} does not exist", file.display()),
            Some(file) => file.clone(),
            None => options.config.with_file_name(".dev.vars"),
        };
        Ok(Self { manifest: Manifest::open(&options.config)?, env: Lines::read(&env)? })
    }

    /// A setting as the Worker would read it.
    fn value(&self, setting: &Setting) -> Option<String> {
        match self.env.value(setting.name) {
            Some(value) => Some(value.to_owned()).filter(|value| !value.is_empty()),
            None => self.manifest.value(setting),
        }
    }

    /// Whether the Worker's secrets are on this machine.
    fn has_secrets(&self) -> bool {
        let mut secrets = SETTINGS.iter().filter(|setting| setting.kind == Kind::Secret);
        secrets.any(|setting| self.value(setting).is_some())
    }

    /// Which APIs the merchant uses, by the secrets if they are here, else by their names.
    fn apis(&self) -> Apis {
        let api = self.given(API).and_then(|text| Api::parse(&text)).or(self.manifest.api());
        let required = self.manifest.required_secrets();
        let has = |name: &str| match self.has_secrets() {
            true => self.given(name).is_some(),
            false => required.contains(&name),
        };
        let v2 = api == Some(Api::V2) || has(API_V2_KEY);
        let has_v3 = has(API_V3_KEY) || has(MERCHANT_KEY) || self.given(MERCHANT_SERIAL).is_some();
        // Whoever has neither yet is a new merchant.
        Apis { v2, v3: api == Some(Api::V3) || has_v3 || !v2 }
    }

    /// A variable's text, whatever it is called; never an empty one.
    fn given(&self, name: &str) -> Option<String> {
        let text = self.env.value(name).map(str::to_owned);
        let text = text.or_else(|| self.manifest.variable(name));
        text.filter(|text| !text.is_empty())
    }
}

/// Every certificate and key that can be looked at here.
#[derive(Default)]
struct Papers {
    /// `--cert`.
    certificate: Option<Seen>,
    /// `--key`.
    key: Option<Seen>,
    /// `WXPAY_MERCHANT_KEY`.
    merchant_key: Option<Seen>,
    /// `WXPAY_PUBLIC_KEYS`, by their IDs.
    public_keys: Vec<(String, Seen)>,
}

impl Papers {
    fn look(files: &Files, cert: Option<&Path>, key: Option<&Path>) -> Result<Self> {
        let merchant_key = files.given(MERCHANT_KEY);
        let public_keys = files.given(PUBLIC_KEYS).and_then(|text| shape::texts(&text));
        let public_keys = public_keys.unwrap_or_default();
        let single = [
            cert.map(Source::File),
            key.map(Source::File),
            merchant_key.as_deref().map(Source::Text),
        ];
        let several = public_keys.iter().map(|(_, key)| Source::Text(key));
        let sources: Vec<_> = single.into_iter().flatten().chain(several).collect();
        let mut seen = pem::look(&sources)?.into_iter();
        let mut next = |source: Option<Source<'_>>| source.and_then(|_| seen.next());
        let [certificate, key, merchant_key] = single.map(&mut next);
        let ids = public_keys.iter().map(|(id, _)| id.clone());
        Ok(Self { certificate, key, merchant_key, public_keys: ids.zip(seen).collect() })
    }
}

fn findings(options: &Options) -> Result<Vec<Finding>> {
    let files = Files::read(options)?;
    let now = seconds_now()?;

    let apis = files.apis();
    let mut findings = values::findings(&files, now);
    findings.extend(bindings::findings(&files.manifest, apis));
    let papers = Papers::look(&files, options.cert.as_deref(), options.key.as_deref())?;
    findings.extend(certificate::findings(&papers, &files, now));
    if apis.v3 {
        findings.extend(api_v3::findings(&papers, &files));
    }
    let by_hand = by_hand::findings(&files);
    match &options.url {
        Some(url) => {
            let mut deployed = remote::findings(url, &api_key(options)?, &files)?;
            // The Worker has such a list too, for who asks it alone; ours names the shop's hosts.
            deployed.retain(|other| !by_hand.iter().any(|ours| ours.check == other.check));
            findings.extend(deployed);
        }
        None => findings.push(remote::not_asked()),
    }
    findings.extend(by_hand);
    Ok(findings)
}

fn api_key(options: &Options) -> Result<String> {
    let key = match &options.api_key_file {
        Some(file) => {
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
        }
        None => env::var(API_KEY)
            .with_context(|| format!("--url needs --api-key-file, or the variable {API_KEY}"))?,
    };
    Ok(key.trim().to_owned())
}

fn seconds_now() -> Result<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.context("this machine's clock is before 1970")?.as_secs();
    i64::try_from(seconds).context("this machine's clock is wrong")
}
