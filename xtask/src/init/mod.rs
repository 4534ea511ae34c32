//! `cargo xtask init`: asks for the merchant's data, fills in wrangler.toml, and makes the secrets.
//!
//! Every answer is checked at once. What the file has already is the default, so a second run
//! changes one thing and keeps the rest. Secrets are printed once and, unless asked, kept nowhere.

pub(crate) mod credential;
mod dialogue;
mod fresh;

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::configuration::api::{Api, Apis};
use crate::configuration::lines::Lines;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{
    API, API_V2_KEY, API_V3_KEY, Kind, MERCHANT_KEY, MERCHANT_SERIAL, SETTINGS, Setting, named,
};
use crate::place;
use credential::Files;
use dialogue::Dialogue;

/// Where answers come from, and where they go.
#[derive(Args)]
pub(crate) struct Options {
    /// Ask nothing: take `NAME=value` lines from this file, and for the rest what is there
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Ask nothing: take this answer; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The file to fill in
    #[arg(long, value_name = "FILE", default_value_os_t = place::root().join("wrangler.toml"))]
    config: PathBuf,
    /// Also write new secrets into .dev.vars beside it, for `wrangler dev`; git ignores that file
    #[arg(long)]
    dev_vars: bool,
    /// Make no secrets: those that are set already go on
    #[arg(long, conflicts_with = "dev_vars")]
    no_secrets: bool,
}

/// Asks, fills in, and says what to do next.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut manifest = Manifest::open(&options.config)?;
    let before = manifest.api();
    let answers = given(options)?;
    let mut files = Files::default();
    if options.answers.is_some() || !options.set.is_empty() {
        without_asking(&mut manifest, &mut files, &answers)?;
    } else {
        by_asking(&mut manifest, &mut files)?;
    }
    let apis = apis(before, &manifest);
    require(&mut manifest, apis);
    manifest.write()?;
    println!("\n已写好 · filled in: {}", options.config.display());
    if apis.v2 && apis.v3 {
        println!("{BOTH}");
    }
    if !options.no_secrets {
        let given = fresh::Given { apis, key: files.key.as_deref() };
        fresh::make(&options.config, &manifest, &given, options.dev_vars)?;
    }
    println!("\n接着 · next: docs/deploy.md; cargo xtask doctor");
    Ok(())
}

/// What a merchant who changes the API may forget.
const BOTH: &str = "原来的 API 的密钥先留着：它下的订单还要查单、退款 · keep the secrets of the API that you had: \
     its orders are still asked about and refunded by it";

/// The API that new orders are placed by, and the one whose secrets the file asked for before.
fn apis(before: Option<Api>, manifest: &Manifest) -> Apis {
    let required = manifest.required_secrets();
    let uses = |api: Api, key: &str| {
        // A file as it was cloned asks for V3's, whatever its merchant has.
        let was_used = before == Some(api) || (before.is_some() && required.contains(&key));
        was_used || manifest.api() == Some(api)
    };
    // Whoever prepares for V3 has its serial number there and still places orders by V2.
    let has_serial = manifest.variable(MERCHANT_SERIAL).is_some_and(|text| !text.is_empty());
    Apis { v2: uses(Api::V2, API_V2_KEY), v3: has_serial || uses(Api::V3, API_V3_KEY) }
}

/// Has wrangler ask for the secrets that these answers make necessary, and for no others.
fn require(manifest: &mut Manifest, apis: Apis) {
    for name in [API_V3_KEY, MERCHANT_KEY, API_V2_KEY] {
        let is_needed = named(name).is_some_and(|setting| setting.is_needed(apis));
        manifest.require(name, is_needed);
    }
    let has_webhook = manifest.variable("WEBHOOK_URL").is_some_and(|url| !url.is_empty());
    manifest.require("WEBHOOK_SECRETS", has_webhook);
}

/// The questions to a merchant of this API.
fn questions(api: Api) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| setting.asked && setting.concerns(Apis::only(api)))
}

/// A merchant who says nothing has what new merchants have.
fn api(manifest: &Manifest) -> Api {
    manifest.api().unwrap_or(Api::V3)
}

fn by_asking(manifest: &mut Manifest, files: &mut Files) -> Result<()> {
    let mut dialogue = Dialogue::new(io::stdin().lock(), io::stdout());
    dialogue.greet()?;
    for setting in SETTINGS.iter().filter(|setting| setting.asked) {
        // The first answer decides which of the others are asked for.
        let api = api(manifest);
        if !questions(api).any(|question| question.name == setting.name) {
            continue;
        }
        dialogue.expect(questions(api).count());
        let there = there(manifest, setting);
        let mchid = manifest.variable("WXPAY_MCHID").unwrap_or_default();
        let value = dialogue
            .ask(setting, there.as_deref(), |answer| accept(setting, answer, api, files, &mchid))?;
        fill(manifest, setting, &value)?;
    }
    Ok(())
}

fn without_asking(manifest: &mut Manifest, files: &mut Files, answers: &Lines) -> Result<()> {
    for setting in SETTINGS.iter().filter(|setting| setting.asked) {
        let api = api(manifest);
        let there = there(manifest, setting);
        let answer = answers.value(setting.name).or(there.as_deref()).unwrap_or_default();
        let mchid = manifest.variable("WXPAY_MCHID").unwrap_or_default();
        let value = accept(setting, answer.trim(), api, files, &mchid);
        fill(manifest, setting, &value.with_context(|| setting.name)?)?;
    }
    Ok(())
}

/// The value that the file has, or the one that goes without saying.
fn there(manifest: &Manifest, setting: &Setting) -> Option<String> {
    let usual = || (setting.name == API).then(|| api(manifest).name().to_owned());
    manifest.value(setting).or_else(usual)
}

fn fill(manifest: &mut Manifest, setting: &Setting, value: &str) -> Result<()> {
    match setting.kind {
        // Its file was looked at; the secret itself belongs in no file of ours.
        Kind::Secret => Ok(()),
        Kind::Variable | Kind::Certificate => manifest.fill(setting, value),
    }
}

/// What the answer puts into the file, or the rule that it breaks.
fn accept(
    setting: &Setting,
    answer: &str,
    api: Api,
    files: &mut Files,
    mchid: &str,
) -> Result<String> {
    let rule = || format!("{} · {}", setting.rule.zh, setting.rule.en);
    let is_secret = setting.kind == Kind::Secret;
    if answer.is_empty() {
        let may_be_left = is_secret || !setting.is_needed(Apis::only(api));
        return if may_be_left { Ok(String::new()) } else { bail!(rule()) };
    }
    if !is_secret && (setting.fits)(answer) {
        return Ok(answer.to_owned());
    }
    if Files::may_answer(setting.name) {
        return files.value(setting.name, answer, mchid).with_context(rule);
    }
    bail!(rule())
}

/// The answers that files and flags give, all of them to questions that are asked.
fn given(options: &Options) -> Result<Lines> {
    let mut answers = match &options.answers {
        Some(file) if !file.exists() => bail!("{} does not exist", file.display()),
        Some(file) => Lines::read(file)?,
        None => Lines::default(),
    };
    for flag in &options.set {
        let (name, value) = flag.split_once('=').context("--set takes NAME=VALUE")?;
        answers.push(name, value);
    }
    for name in answers.names() {
        match named(name) {
            Some(Setting { kind: Kind::Secret, asked: false, .. }) => {
                bail!("{name} is a secret: give it to `npx wrangler secret put {name}` instead")
            }
            Some(setting) if setting.asked => {}
            _ => bail!("`{name}` is not asked for; these are: {}", question_names()),
        }
    }
    Ok(answers)
}

fn question_names() -> String {
    let asked = SETTINGS.iter().filter(|setting| setting.asked);
    asked.map(|setting| setting.name).collect::<Vec<_>>().join(", ")
}
