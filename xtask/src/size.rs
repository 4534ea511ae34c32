//! `cargo xtask size`: what a page loads and what the edge starts, in bytes, against budgets.
//!
//! tests/size/size.mjs measures: only a bundler knows what reaches a page. Its budgets stand there.

use anyhow::{Result, bail};

use crate::worker::Variant;
use crate::{place, process, setup};

/// Prints all sizes, and fails if a budget is exceeded.
pub(crate) fn check() -> Result<()> {
    let worker = Variant::Shipped.output();
    let package = place::root().join("pkg/dist/production/index.mjs");
    for (file, command) in [(package, "pkg"), (worker.join("index_bg.wasm"), "worker")] {
        if !file.exists() {
            bail!("{} is not built: run `cargo xtask {command}`", file.display());
        }
    }
    setup::packages()?;
    let mut node = process::command(setup::node()?);
    process::run(node.arg("tests/size/size.mjs").arg(worker))
}
