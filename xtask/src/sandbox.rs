//! `cargo xtask sandbox`: the local WeChat, a native program, and the npm package around it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::{place, process};

/// Builds it and returns the program's path.
pub(crate) fn build() -> Result<PathBuf> {
    process::run(process::command("cargo").args(["build", "--package", "wxpay-sandbox"]))?;
    Ok(program())
}

/// Where the build is put.
pub(crate) fn program() -> PathBuf {
    place::target().join("debug/wxpay-sandbox")
}

/// What the npm package's program runs on.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Puts the program for every Linux, README and licences into crates/sandbox/npm, from where
/// `npm publish` takes them.
pub(crate) fn package() -> Result<()> {
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--package", "wxpay-sandbox", "--profile", "native", "--target", TRIPLE]);
    // Static, the C library too: an older glibc or none at all is no hindrance.
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static -C strip=symbols");
    process::run(&mut cargo)?;
    let top = place::root();
    let package = top.join("crates/sandbox/npm");
    let built = place::target().join(TRIPLE).join("native/wxpay-sandbox");
    for (from, to) in [
        (built, "bin/wxpay-sandbox"),
        (top.join("crates/sandbox/README.md"), "README.md"),
        (top.join("LICENSE-MIT"), "LICENSE-MIT"),
        (top.join("LICENSE-APACHE"), "LICENSE-APACHE"),
    ] {
        let to = package.join(to);
        fs::copy(&from, &to).with_context(|| format!("cannot copy to {}", to.display()))?;
    }
    println!("npm publish {}", package.display());
    Ok(())
}
