//! `cargo xtask sandbox`: the local WeChat, a native program.

use std::path::PathBuf;

use anyhow::Result;

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
