//! The SDKs of other people that tests/interop tries: npm's, Python's, and Rust's, with the programs
//! that drive them.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{node, python, step};
use crate::stamp::Stamp;
use crate::{place, process};

const FOLDER: &str = "tests/interop";

const PYTHON: python::Environment = python::Environment {
    name: "interop",
    package: "wechatpayv3",
    requirements: "tests/interop/requirements.txt",
};

/// The workspace of the Rust SDKs.
const RUST: &str = "tests/interop/rust";

/// What runs the drivers that Node does not.
pub(super) struct Sdks {
    /// A Python that has its SDK.
    python: PathBuf,
    /// The driver of the Rust SDKs.
    pub(super) rust: PathBuf,
}

/// Makes sure that every SDK is there.
pub(super) fn sdks() -> Result<Sdks> {
    node::packages_in(FOLDER)?;
    Ok(Sdks { python: python::python_of(&PYTHON)?, rust: rust()? })
}

/// Tells tests/interop/harness/sdks.mjs where they are.
pub(crate) fn show_sdks(command: &mut Command) -> Result<()> {
    let Sdks { python, rust } = sdks()?;
    command.env("WXPAY_INTEROP_PYTHON", python).env("WXPAY_INTEROP_RUST", rust);
    Ok(())
}

/// The driver, compiled outside the clone: 280 packages take minutes, and the next clone has them too.
fn rust() -> Result<PathBuf> {
    let tools = place::tools()?;
    let target = tools.join("interop-rust");
    let (program, kept) = (target.join("debug/wxpay-interop"), target.join(".stamp"));
    let stamp = Stamp::of(&place::root(), &[RUST])?;
    fs::create_dir_all(&target)
        .with_context(|| format!("cannot create {}: check its owner", target.display()))?;
    let lock = File::create(tools.join("interop-rust.lock"))?;
    lock.lock()?;
    if !(stamp.matches(&kept) && program.exists()) {
        step("cargo build of two SDKs", || {
            let mut cargo = process::command("cargo");
            cargo.args(["build", "--locked", "--quiet", "--manifest-path"]);
            cargo.arg(format!("{RUST}/Cargo.toml")).arg("--target-dir").arg(&target);
            // Flags meant for the project have no business in its tools.
            process::run(cargo.env_remove("RUSTFLAGS"))
        })?;
        stamp.write(&kept)?;
    }
    Ok(program)
}
