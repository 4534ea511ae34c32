//! The pinned compiler's WebAssembly target, and the sources of its standard library.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::step;
use crate::{place, process};

const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that the page and the Worker can be compiled.
///
/// rust-toolchain.toml lists both parts, and rustup adds them by itself where that is not switched
/// off (`RUSTUP_AUTO_INSTALL=0`). The compiler is asked, not rustup: a distribution's Rust is fine.
pub(crate) fn rust() -> Result<()> {
    if !ask(&["--print", "target-libdir", "--target", TARGET])?.exists() {
        add("target", TARGET)?;
    }
    // `cargo -Zbuild-std` reads this file first of all.
    let library = ask(&["--print", "sysroot"])?.join("lib/rustlib/src/rust/library/Cargo.lock");
    if !library.exists() {
        add("component", "rust-src")?;
    }
    Ok(())
}

fn ask(question: &[&str]) -> Result<PathBuf> {
    let answer = process::output(process::command("rustc").args(question))
        .context("rustc does not answer: install Rust with https://rustup.rs")?;
    Ok(PathBuf::from(answer.trim_end()))
}

fn add(kind: &str, name: &str) -> Result<()> {
    if place::program("rustup").is_none() {
        bail!(
            "this Rust has no {name}: install rustup (https://rustup.rs), or your system's package"
        );
    }
    step(&format!("rustup {kind} add {name}"), || {
        process::run(process::command("rustup").args([kind, "add", name]))
    })
}
