//! Build tools that have to be compiled. Kept outside the clone by version, for the next clone too.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{apt_install, is_root_on_debian, step};
use crate::{lockfile, place, process};

/// A program that `cargo install` makes.
struct Tool {
    package: &'static str,
    program: &'static str,
    version: String,
    /// Whether the versions in the package's own lock file can be used.
    locked: bool,
}

/// `worker-build`, which makes a Worker of a crate.
pub(crate) fn worker_build() -> Result<PathBuf> {
    // The version whose steps crates/worker and xtask/src/worker.rs were written for.
    let version = "0.8.7".to_owned();
    let tool = Tool { package: "worker-build", program: "worker-build", version, locked: true };
    tool.ensure(openssl_headers)
}

/// `wasm-bindgen`, whose output format must be exactly that of the library in Cargo.lock.
pub(crate) fn wasm_bindgen() -> Result<PathBuf> {
    let version = lockfile::version("wasm-bindgen")?;
    // Its own lock file names a crate version that was withdrawn from the registry.
    let tool =
        Tool { package: "wasm-bindgen-cli", program: "wasm-bindgen", version, locked: false };
    tool.ensure(|| Ok(()))
}

/// `cargo-fuzz`, which builds with coverage and drives libFuzzer. Not part of `cargo xtask setup`:
/// only `cargo xtask fuzz` needs it.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    let version = "0.13.2".to_owned();
    let tool = Tool { package: "cargo-fuzz", program: "cargo-fuzz", version, locked: true };
    tool.ensure(|| Ok(()))
}

impl Tool {
    fn ensure(&self, prerequisite: fn() -> Result<()>) -> Result<PathBuf> {
        let tools = place::tools()?;
        let folder = tools.join(format!("{}-{}", self.package, self.version));
        let program = folder.join("bin").join(self.program);
        if program.exists() {
            return Ok(program);
        }
        fs::create_dir_all(&tools)
            .with_context(|| format!("cannot create {}: check its owner", tools.display()))?;
        // Two commands at once would compile it twice; the lock ends with the file's handle.
        let lock = File::create(tools.join(format!("{}.lock", self.package)))?;
        lock.lock()?;
        if !program.exists() {
            prerequisite()?;
            let what = format!("cargo install {} {}", self.package, self.version);
            step(&what, || self.install(&folder))?;
        }
        Ok(program)
    }

    fn install(&self, folder: &Path) -> Result<()> {
        let mut cargo = process::command("cargo");
        cargo.arg("install").arg(self.package).args(["--version", &self.version]);
        cargo.args(["--bin", self.program]);
        cargo.arg("--root").arg(folder);
        if self.locked {
            cargo.arg("--locked");
        }
        // These run for a second or two per build: compiling them quickly is worth more than speed.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
        cargo.env("CARGO_PROFILE_RELEASE_DEBUG", "false");
        // Flags meant for the project have no business in its tools.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
        process::run(&mut cargo)
    }
}

/// worker-build links the system's OpenSSL (for downloads that we never let it make).
fn openssl_headers() -> Result<()> {
    let found = || {
        process::command("pkg-config")
            .args(["--exists", "openssl"])
            .status()
            .is_ok_and(|s| s.success())
    };
    if !cfg!(target_os = "linux") || found() {
        return Ok(());
    }
    if is_root_on_debian() {
        let packages = ["pkg-config", "libssl-dev"];
        return step("apt-get install pkg-config libssl-dev", || apt_install(&packages));
    }
    bail!(
        "worker-build needs OpenSSL's headers: `sudo apt-get install pkg-config libssl-dev` \
         (Debian, Ubuntu) or `sudo dnf install pkgconf openssl-devel` (Fedora)"
    )
}
