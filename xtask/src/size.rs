//! `cargo xtask size`: what a page loads and what the edge starts, in bytes, against budgets.
//!
//! Measures what is built: run `cargo xtask pkg` and `cargo xtask worker` first.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::worker::Variant;
use crate::{place, process};

/// Everything of the package that a page with the custom element loads, as a phone downloads it.
const PACKAGE_GZIP: u64 = 20_000;

/// The Worker's code. It starts within a request, so its size is part of a buyer's waiting.
const WORKER_RAW: u64 = 500_000;

/// One file and its two sizes.
struct Size {
    name: String,
    raw: u64,
    gzip: u64,
}

/// Prints all sizes, and fails if a budget is exceeded.
pub(crate) fn check() -> Result<()> {
    let package = modules(&place::root().join("pkg/dist"))?;
    let worker = Variant::Shipped.output();
    let wasm = measure(&worker.join("index_bg.wasm"))?;

    println!("{:<44} {:>10} {:>10}", "", "bytes", "gzip -9");
    for size in &package {
        print(size);
    }
    let whole = Size {
        name: "npm package, all modules".to_owned(),
        raw: package.iter().map(|size| size.raw).sum(),
        gzip: package.iter().map(|size| size.gzip).sum(),
    };
    print(&whole);
    print(&wasm);
    print(&measure(&worker.join("index.js"))?);

    within("the npm package's modules, gzip -9", whole.gzip, PACKAGE_GZIP)?;
    within("the Worker's WebAssembly", wasm.raw, WORKER_RAW)
}

fn modules(dist: &Path) -> Result<Vec<Size>> {
    let entries = fs::read_dir(dist)
        .with_context(|| format!("{} is not built: run `cargo xtask pkg`", dist.display()))?;
    let mut files = Vec::<PathBuf>::new();
    for entry in entries {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension() == Some(OsStr::new("mjs")));
    files.sort();
    files.iter().map(|file| measure(file)).collect()
}

fn measure(file: &Path) -> Result<Size> {
    let raw = fs::metadata(file)
        .with_context(|| format!("{} is not built: run `cargo xtask worker`", file.display()))?
        .len();
    // The program, not a crate: another deflate would give other numbers than anybody's `gzip -9`.
    let gzip = process::command("gzip").args(["-9", "-n", "-c"]).arg(file).output();
    let gzip = gzip.context("cannot start gzip: install the package `gzip`")?.stdout.len();
    let name = file.strip_prefix(place::root()).unwrap_or(file).display().to_string();
    Ok(Size { name, raw, gzip: u64::try_from(gzip)? })
}

fn print(size: &Size) {
    println!("{:<44} {:>10} {:>10}", size.name, size.raw, size.gzip);
}

fn within(what: &str, bytes: u64, budget: u64) -> Result<()> {
    if bytes > budget {
        bail!("{what}: {bytes} bytes, more than the {budget} agreed on in xtask/src/size.rs");
    }
    println!("{what}: {bytes} of {budget} bytes");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_over_its_budget_is_a_failure_that_names_both_numbers() {
        assert!(within("code", 500, 500).is_ok());
        let error = within("code", 501, 500).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.starts_with("code: 501 bytes, more than the 500")));
    }
}
