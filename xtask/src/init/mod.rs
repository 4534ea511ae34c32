//! `cargo xtask init`: asks for the merchant's data, fills in wrangler.toml, and makes the secrets.
//!
//! Every answer is checked at once. What the file has already is the default, so a second run
//! changes one thing and keeps the rest. Secrets are printed once and, unless asked, kept nowhere.

mod dialogue;
mod fresh;

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::configuration::lines::Lines;
use crate::configuration::manifest::Manifest;
use crate::configuration::settings::{Kind, SETTINGS, Setting, named};
use crate::place;
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
    let answers = given(options)?;
    let asked = || SETTINGS.iter().filter(|setting| setting.asked);
    if options.answers.is_some() || !options.set.is_empty() {
        for setting in asked() {
            let answer = without_asking(setting, &answers, manifest.value(setting).as_deref())?;
            manifest.fill(setting, &answer)?;
        }
    } else {
        let mut dialogue = Dialogue::new(io::stdin().lock(), io::stdout());
        dialogue.greet(asked().count())?;
        for setting in asked() {
            let answer = dialogue.ask(setting, manifest.value(setting).as_deref())?;
            manifest.fill(setting, &answer)?;
        }
    }
    manifest.write()?;
    println!("\n已写好 · filled in: {}", options.config.display());
    if !options.no_secrets {
        fresh::make(&options.config, &manifest, options.dev_vars)?;
    }
    println!("\n接着 · next: docs/deploy.md; cargo xtask doctor");
    Ok(())
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
            Some(Setting { kind: Kind::Secret, .. }) => {
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

fn without_asking(setting: &Setting, answers: &Lines, there: Option<&str>) -> Result<String> {
    let answer = answers.value(setting.name).or(there).unwrap_or_default().trim();
    check(setting, answer).with_context(|| setting.name)?;
    Ok(answer.to_owned())
}

/// Whether this may stand in the file.
fn check(setting: &Setting, answer: &str) -> Result<()> {
    let fits = if answer.is_empty() { !setting.needed } else { (setting.fits)(answer) };
    if !fits {
        bail!("{} · {}", setting.rule.zh, setting.rule.en);
    }
    Ok(())
}
