//! `cargo xtask fuzz`: bytes that nobody meant, by libFuzzer. What it is given is in tests/fuzz/src.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{place, process, setup};

/// Every target; tests/fuzz/src/lib.rs has a function of each name.
const TARGETS: [&str; 4] = ["xml", "json", "headers", "query"];

/// What `cargo xtask fuzz` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// Which; without a name all, one after the other
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    targets: Vec<String>,
    /// How long each is tried, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// One input may take this long; more is a hang.
const HANG: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &Options) -> Result<()> {
    let cargo_fuzz = setup::cargo_fuzz()?;
    let all = || TARGETS.map(str::to_owned).to_vec();
    let targets = if options.targets.is_empty() { all() } else { options.targets.clone() };
    let folder = place::root().join("tests/fuzz");
    for target in targets {
        // What is found goes here and not into the corpus, which is kept small by hand.
        let found = place::target().join("fuzz").join(&target);
        fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
        let mut command = process::command(&cargo_fuzz);
        // The pinned compiler, which needs leave for the coverage that it only has unstably.
        // Without a sanitizer: there is no unsafe code of ours, and it is slower with one.
        command.env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "run", "--sanitizer", "none"]);
        command.arg("--fuzz-dir").arg(&folder).arg(&target).arg(&found);
        command.arg(folder.join("corpus").join(&target)).arg("--");
        command.arg(format!("-dict={}/dictionaries/{target}.dict", folder.display()));
        command.arg(format!("-max_total_time={}", options.seconds));
        command.arg(format!("-timeout={}", HANG.as_secs()));
        command.args(["-max_len=4096", "-print_final_stats=1"]);
        process::run(&mut command).with_context(|| {
            format!(
                "a crash of `{target}`: put the file named above into tests/fuzz/corpus/{target}"
            )
        })?;
    }
    Ok(())
}
