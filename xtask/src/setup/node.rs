//! npm's packages, and a Node that is new enough for wrangler.

use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use super::step;
use crate::{place, process};

/// Source: `engines` in wrangler 4.156.0's package.json.
const WRANGLER_NEEDS: u32 = 22;

/// npm, which comes with Node.
pub(crate) fn npm_program() -> Result<PathBuf> {
    place::program("npm").context(
        "npm is not on PATH: install Node 20 or newer (https://nodejs.org, \
         or `apt-get install nodejs npm`)",
    )
}

/// Makes sure that node_modules is what package-lock.json says.
pub(crate) fn packages() -> Result<()> {
    packages_in(".")
}

/// The same for a folder with a package.json of its own, below the clone's top.
pub(super) fn packages_in(folder: &str) -> Result<()> {
    let npm = npm_program()?;
    let top = place::root().join(folder);
    let lock = fs::read(top.join("package-lock.json"))
        .with_context(|| format!("cannot read {folder}/package-lock.json: restore it with git"))?;
    // npm removes node_modules first, so this copy exists only after a complete installation.
    let installed = top.join("node_modules/.installed-package-lock.json");
    if fs::read(&installed).is_ok_and(|bytes| bytes == lock) {
        return Ok(());
    }
    step(&format!("npm ci --prefix {folder}"), || {
        let flags = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
        process::run(process::command(npm).args(flags).current_dir(&top))
    })?;
    fs::write(&installed, lock).with_context(|| format!("cannot write {}", installed.display()))
}

/// The Node that runs wrangler and our scripts: npm's, or the machine's where npm has none.
pub(crate) fn node() -> Result<PathBuf> {
    let from_npm = bin().join("node");
    if from_npm.exists() {
        return Ok(from_npm);
    }
    let Some(of_machine) = place::program("node") else {
        bail!("node is not on PATH: install Node {WRANGLER_NEEDS} or newer (https://nodejs.org)");
    };
    let version = process::output(process::command(&of_machine).arg("--version"))?;
    match major(&version) {
        Some(major) if major >= WRANGLER_NEEDS => Ok(of_machine),
        _ => bail!(
            "Node {} is too old for wrangler: install Node {WRANGLER_NEEDS} or newer \
             (https://nodejs.org)",
            version.trim_end()
        ),
    }
}

/// PATH with npm's programs first, so that a script's `node` is the Node above.
pub(crate) fn node_path() -> Result<OsString> {
    let own = [Some(bin()), node()?.parent().map(PathBuf::from)].into_iter().flatten();
    let inherited = env::var_os("PATH").unwrap_or_default();
    env::join_paths(own.chain(env::split_paths(&inherited)))
        .context("the clone's path must not contain a colon: move it")
}

fn bin() -> PathBuf {
    place::root().join("node_modules/.bin")
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(major("v22.23.2\n"), Some(22));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("22.23.2"), None);
        assert_eq!(major(""), None);
    }
}
