//! `wxpay-sandbox env`: what a merchant is given (商户资料), for any shell, program or SDK.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use wxpay_sandbox::{Account, Addresses, Gateway, Merchant};

use super::sandbox::Sandbox;

/// Prints the merchant's data: 商户资料.
#[derive(Args)]
pub(crate) struct Flags {
    /// `export NAME='value'` for shells, `NAME=value` for .env files, or one JSON object
    #[arg(long, value_enum, default_value_t = Format::Env)]
    format: Format,
    /// Also writes keys and certificates as the files that SDKs read, and names them in `…_FILE`
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Asks this running sandbox; without it, prints what every sandbox started without flags has
    #[arg(long, env = "WXPAY_SANDBOX", value_name = "URL")]
    sandbox: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Env,
    Json,
    Dotenv,
}

/// Prints what it is asked for; nothing has to run for it.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let merchant = match &flags.sandbox {
        Some(base) => Sandbox::new(base).merchant().await?,
        None => Gateway::new(Account::default(), Addresses::default(), 0).merchant(),
    };
    let mut variables = merchant.variables();
    if let Some(directory) = &flags.write {
        variables.extend(write(&merchant, directory)?);
    }
    match flags.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&variables)?),
        Format::Dotenv => print!("{}", lines(&variables, |name, value| format!("{name}={value}"))),
        Format::Env => print!("{}", lines(&variables, exported)),
    }
    Ok(())
}

/// Writes the PEM files, and returns the variables that name them.
fn write(merchant: &Merchant, directory: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let complaint = || format!("cannot write to {}", directory.display());
    std::fs::create_dir_all(directory).with_context(complaint)?;
    let directory = directory.canonicalize().with_context(complaint)?;
    let mut written = Vec::new();
    for (variable, file, pem) in merchant.files() {
        let path = directory.join(file);
        std::fs::write(&path, pem).with_context(complaint)?;
        written.push((format!("{variable}_FILE"), path.display().to_string()));
    }
    Ok(written)
}

fn lines<'a>(
    variables: impl IntoIterator<Item = (&'a String, &'a String)>,
    line: impl Fn(&str, &str) -> String,
) -> String {
    variables.into_iter().map(|(name, value)| line(name, value) + "\n").collect()
}

/// Between single quotes a shell changes nothing; a quote itself has to stand outside.
fn exported(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}
