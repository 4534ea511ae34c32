//! `cargo xtask worker`: the Rust crate `wxpay-worker` → WebAssembly and its JavaScript.
//!
//! worker-build does the work; this file gives it the pinned compiler and the pinned tools.
//! Without panic=unwind a panic would end every request of the isolate that is under way, and a
//! cancelled request would keep its memory and its locks unless run to completion.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::stamp::Stamp;
use crate::{place, process, setup};

/// Which build of the Worker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// What is deployed.
    Shipped,
    /// With cargo's feature `fault-injection`: only tests use it.
    Faults,
}

/// Everything that the built Worker depends on.
const INPUTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "package-lock.json",
    "rust-toolchain.toml",
    "crates/core",
    "crates/merchant",
    "crates/worker/Cargo.toml",
    "crates/worker/src",
    "xtask/src/worker.rs",
];

/// What rustc's WebAssembly may use. Never `--all-features`: binaryen then writes encodings
/// that workerd does not read yet.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

impl Variant {
    fn folder(self) -> &'static str {
        match self {
            Self::Shipped => "build",
            Self::Faults => "build-faults",
        }
    }

    fn cargo_flags(self) -> &'static [&'static str] {
        match self {
            Self::Shipped => &[],
            Self::Faults => &["--features", "fault-injection"],
        }
    }

    /// The folder that wrangler or a test loads.
    pub(crate) fn output(self) -> PathBuf {
        place::root().join("crates/worker").join(self.folder())
    }
}

/// Builds the variant, unless it is already that of these sources.
pub(crate) fn build(variant: Variant) -> Result<()> {
    let work = place::target().join("worker");
    fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
    // wrangler's watcher and a person may build at the same time; the lock ends with the handle.
    let lock = File::create(work.join("build.lock"))?;
    lock.lock()?;

    let output = variant.output();
    let stamp = Stamp::of(&place::root(), &INPUTS)?;
    if stamp.matches(&output.join(".stamp")) {
        println!("worker: {} is up to date", variant.folder());
        return Ok(());
    }
    compile(variant, &work)?;
    optimise(&output.join("index_bg.wasm"))?;
    stamp.write(&output.join(".stamp"))
}

fn compile(variant: Variant, work: &Path) -> Result<()> {
    setup::rust()?;
    setup::packages()?;
    let wasm_bindgen = setup::wasm_bindgen()?;
    let shims = write_shims(&work.join("shims"))?;
    let npm = place::root().join("node_modules/.bin");
    let path =
        env::join_paths(std::iter::once(shims).chain(env::split_paths(&setup::node_path()?)))?;

    let mut build = process::command(setup::worker_build()?);
    build.args(["--release", "--panic-unwind", "--no-opt", "--out-dir", variant.folder()]);
    // The crate first: what follows it goes to cargo.
    build.arg("crates/worker").arg("--target-dir").arg(work).args(variant.cargo_flags());
    // The standard library is built anyway, so it can be the small one.
    build.arg("-Zbuild-std-features=optimize_for_size");
    // Where in the source a panic happened: 18 KB of paths of whoever built it. What happened stays.
    build.env("RUSTFLAGS", "-Zlocation-detail=none");
    build.env("PATH", path).env("RUSTC_BOOTSTRAP", "1").env("RUN_TO_COMPLETION", "1");
    // If it fails, cargo's message is the one to read, not where worker-build was at that moment.
    build.env("RUST_BACKTRACE", "0");
    // Named, so that worker-build downloads nothing.
    build.env("WASM_BINDGEN_BIN", wasm_bindgen);
    build.env("ESBUILD_BIN", npm.join("esbuild")).env("WASM_OPT_BIN", npm.join("wasm-opt"));
    process::run(&mut build).context("the Worker was not built")
}

/// Smaller code and no function names: names are a fifth of the file, and only help in traces.
fn optimise(wasm: &Path) -> Result<()> {
    let smaller = wasm.with_extension("smaller");
    let mut command = process::command(setup::node()?);
    command.arg(place::root().join("node_modules/.bin/wasm-opt"));
    command.arg(wasm).arg("-Oz").args(WASM_FEATURES).arg("-o").arg(&smaller);
    process::run(&mut command)?;
    fs::rename(&smaller, wasm).with_context(|| format!("cannot replace {}", wasm.display()))
}

/// Writes programs that stand between worker-build and the Rust on PATH; returns their folder.
///
/// For `--panic-unwind` worker-build asks for `cargo +nightly -Zbuild-std`. A floating nightly would
/// mean a second compiler that changes by the day, under a program that handles money. The pinned
/// compiler can do the same when `RUSTC_BOOTSTRAP=1` lets it: so `+nightly` is dropped, and the
/// question whether nightly has rust-src is answered for the pinned one (`setup::rust` saw to it).
fn write_shims(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for name in ["cargo", "rustc"] {
        let real = place::program(name).with_context(|| format!("`{name}` is not on PATH"))?;
        write_script(&folder.join(name), &shim(&real))?;
    }
    write_script(&folder.join("rustup"), "#!/bin/sh\necho 'rust-src (installed)'\n")?;
    Ok(folder.to_path_buf())
}

fn shim(real: &Path) -> String {
    let real = real.display().to_string().replace('\'', r"'\''");
    format!("#!/bin/sh\n[ \"$1\" = +nightly ] && shift\nexec '{real}' \"$@\"\n")
}

fn write_script(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shim_drops_the_request_for_nightly_and_passes_everything_else() -> Result<()> {
        let folder = env::temp_dir().join(format!("wxpay-edge-shim-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("it's cargo");
        write_script(&file, &shim(Path::new("/bin/echo")))?;
        let said = |words: &[&str]| process::output(process::command(&file).args(words));
        assert_eq!(said(&["+nightly", "build", "a b"])?, "build a b\n");
        assert_eq!(said(&["build", "+nightly"])?, "build +nightly\n");
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
