//! `cargo xtask pkg`: the Rust crate `wxpay-h5` → the npm package in pkg/dist → demo/vendor.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::stamp::Stamp;
use crate::{place, process, setup};

/// Everything that the built package depends on.
const INPUTS: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "package-lock.json",
    "rust-toolchain.toml",
    "crates/core",
    "crates/h5",
    "pkg",
    "xtask/src/page.rs",
];

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the package, unless it is already that of these sources.
pub(crate) fn build() -> Result<()> {
    let top = place::root();
    let stamp = Stamp::of(&top, &INPUTS)?;
    // Neither in dist, which is published, nor in demo, which is served.
    let kept = top.join("pkg/generated/.stamp");
    let results = ["pkg/dist/index.mjs", "demo/vendor/wxpay-h5/qr.mjs"];
    if results.iter().all(|file| top.join(file).exists()) && stamp.matches(&kept) {
        println!("pkg: dist is up to date");
        return Ok(());
    }
    setup::rust()?;
    setup::packages()?;
    compile()?;
    let mut npm = process::command(setup::npm_program()?);
    npm.args(["run", "build", "--workspace", "pkg", "--loglevel=error"]);
    process::run(npm.env("PATH", setup::node_path()?))?;
    vendor(&top)?;
    stamp.write(&kept)
}

/// crates/h5 → pkg/generated; pkg/build.mjs makes it small and bundles it.
fn compile() -> Result<()> {
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--package", "wxpay-h5", "--profile", "page", "--target", TARGET]);
    process::run(&mut cargo)?;

    let mut bindgen = process::command(setup::wasm_bindgen()?);
    bindgen.arg(place::target().join(TARGET).join("page/wxpay_h5.wasm"));
    // `bundler` has the least glue: who loads the bytes, and when, is decided in pkg/src/engine.
    bindgen.args(["--target", "bundler", "--out-dir", "pkg/generated"]);
    process::run(&mut bindgen)
}

/// Copies what the demo shop loads, as it is published: the demo has no build step of its own.
fn vendor(top: &Path) -> Result<()> {
    let vendor = top.join("demo/vendor");
    if vendor.exists() {
        fs::remove_dir_all(&vendor)?;
    }
    fs::create_dir_all(vendor.join("wxpay-h5"))?;
    let copy = |from: &Path, to: &Path| {
        let copied = fs::copy(from, to).map(|_| ());
        copied.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
    };
    let packages = top.join("node_modules");
    copy(&packages.join("weui/dist/style/weui.min.css"), &vendor.join("weui.min.css"))?;
    for entry in fs::read_dir(top.join("pkg/dist"))? {
        let module = entry?.path();
        if let (Some(name), Some("mjs")) =
            (module.file_name(), module.extension().and_then(OsStr::to_str))
        {
            copy(&module, &vendor.join("wxpay-h5").join(name))?;
        }
    }
    Ok(())
}
