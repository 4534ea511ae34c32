//! What a document tells its reader to run or to open must be there.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use super::Finding;
use crate::place;

const SECTION: &str = "Documents";

pub(super) fn findings(files: &[String]) -> Result<Vec<Finding>> {
    let commands = crate::Arguments::command();
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.ends_with(".md")) {
        let path = place::root().join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        let folder = path.parent().unwrap_or(&path);
        for (line, number) in text.lines().zip(1_usize..) {
            let wrong = commands_of(line).filter_map(|command| unknown(&commands, command));
            let missing = links_of(line).filter_map(|link| missing(folder, link));
            let place = format!("{file}:{number}");
            findings
                .extend(wrong.chain(missing).map(|what| Finding::failure(&place, what, SECTION)));
        }
    }
    Ok(findings)
}

/// What follows each `cargo xtask`, to the end of the code.
fn commands_of(line: &str) -> impl Iterator<Item = &str> {
    line.split("cargo xtask ").skip(1).filter_map(|rest| rest.split(['`', '#', ';', '|']).next())
}

fn unknown(commands: &clap::Command, command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    // `cargo xtask …` speaks of all of them.
    let name = words.next().filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase()))?;
    let Some(known) = commands.find_subcommand(name) else {
        return Some(format!("there is no `cargo xtask {name}`"));
    };
    let options: Vec<&str> = known.get_arguments().filter_map(clap::Arg::get_long).collect();
    let flags = words
        .filter_map(|word| word.strip_prefix("--"))
        .map(|word| word.split_once('=').map_or(word, |(flag, _)| flag));
    let wrong = flags.into_iter().find(|flag| !options.contains(flag))?;
    Some(format!("`cargo xtask {name}` has no option --{wrong}"))
}

/// The targets of `[text](target)`.
fn links_of(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

fn missing(folder: &Path, link: &str) -> Option<String> {
    let (file, _) = link.split_once('#').unwrap_or((link, ""));
    let elsewhere = file.contains("://") || file.starts_with("mailto:");
    (!elsewhere && !folder.join(file).exists())
        .then(|| format!("links to {file}, which is not there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(line: &str) -> Vec<String> {
        let commands = crate::Arguments::command();
        let wrong = commands_of(line).filter_map(|command| unknown(&commands, command));
        wrong.chain(links_of(line).filter_map(|link| missing(&place::root(), link))).collect()
    }

    #[test]
    fn commands_and_files_that_exist_may_be_named() {
        for line in [
            "cargo xtask demo   # 在假微信里买东西 · add --once for a purchase without hands",
            "Run `cargo xtask doctor --url https://pay.example.com --api-key-file F`, then --go.",
            "`cargo xtask init --set SHOP_NAME=茶舍` and [the map](ARCHITECTURE.md#arrows)",
            "[rustup](https://rustup.rs), [above](#above), `cargo xtask …`",
        ] {
            assert_eq!(complaints(line), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        for (line, said) in [
            ("`cargo xtask deploy`", "there is no `cargo xtask deploy`"),
            ("cargo xtask doctor --fix # all", "`cargo xtask doctor` has no option --fix"),
            ("[how](docs/how.md)", "links to docs/how.md, which is not there"),
        ] {
            assert_eq!(complaints(line), [said]);
        }
    }
}
