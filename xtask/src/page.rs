//! `cargo xtask pkg`: the Rust crate `wxpay-h5` → WebAssembly → the npm package in pkg/dist.

use std::fs;

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

/// What any browser with WebAssembly of 2020 or later understands.
const WASM_FEATURES: [&str; 4] = [
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];

/// Builds the package, unless it is already that of these sources.
pub(crate) fn build() -> Result<()> {
    let stamp = Stamp::of(&place::root(), &INPUTS)?;
    let kept = place::root().join("pkg/dist/.stamp");
    if stamp.matches(&kept) {
        println!("pkg: dist is up to date");
        return Ok(());
    }
    setup::packages()?;
    compile()?;
    let mut npm = process::command(setup::npm_program()?);
    npm.args(["run", "build", "--workspace", "pkg", "--loglevel=error"]);
    process::run(npm.env("PATH", setup::node_path()?))?;
    stamp.write(&kept)
}

/// The crate as pkg/build.mjs takes it: pkg/generated/wxpay_h5_bg.{wasm,js} and its types.
fn compile() -> Result<()> {
    setup::rust()?;
    let target = "wasm32-unknown-unknown";
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--package", "wxpay-h5", "--profile", "page", "--target", target]);
    process::run(&mut cargo)?;

    let generated = place::root().join("pkg/generated");
    fs::create_dir_all(&generated)
        .with_context(|| format!("cannot create {}", generated.display()))?;
    let mut bindgen = process::command(setup::wasm_bindgen()?);
    bindgen.arg(place::target().join(target).join("page/wxpay_h5.wasm"));
    // `bundler` has the least glue: who loads the bytes, and when, is for pkg/src/entry to say.
    bindgen.args(["--target", "bundler", "--out-name", "wxpay_h5", "--out-dir"]).arg(&generated);
    process::run(&mut bindgen)?;

    let wasm = generated.join("wxpay_h5_bg.wasm");
    let mut optimise = process::command(setup::node()?);
    optimise.arg(place::root().join("node_modules/.bin/wasm-opt")).arg(&wasm);
    optimise.arg("-Oz").args(WASM_FEATURES).arg("-o").arg(&wasm);
    process::run(&mut optimise)
}
