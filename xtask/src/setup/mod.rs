//! What a machine with only rustup and Node 20 lacks, fetched once.
//!
//! Every other command calls the part it needs, so nobody has to run `cargo xtask setup` first.
//! Each step first looks whether there is anything to do; only then it prints and takes time.

mod chromium;
mod interop;
mod node;
mod python;
mod rust;
mod tool;

use std::time::Instant;

use anyhow::Result;

pub(crate) use chromium::show_chromium;
pub(crate) use interop::show_sdks;
pub(crate) use node::{node, node_path, npm_program, packages};
pub(crate) use python::python;
pub(crate) use rust::rust;
pub(crate) use tool::{cargo_fuzz, wasm_bindgen, worker_build};

/// `cargo xtask setup`: all of it, so that later commands need no network.
pub(crate) fn everything() -> Result<()> {
    rust()?;
    packages()?;
    println!("node          {}", node()?.display());
    println!("wasm-bindgen  {}", wasm_bindgen()?.display());
    println!("worker-build  {}", worker_build()?.display());
    println!("chromium      {}", chromium::chromium()?.display());
    if let Some(shell) = chromium::quick_chromium() {
        println!("its shell     {}", shell.display());
    }
    println!("python        {}", python()?.display());
    println!("SDKs          {}", interop::sdks()?.rust.display());
    Ok(())
}

/// Does one step that takes time, and says what it is and how long it took.
fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("setup: {what} ...");
    let start = Instant::now();
    let done = work()?;
    println!("setup: {what}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(done)
}

/// Whether Debian's package manager may be used without asking anybody.
fn is_root_on_debian() -> bool {
    rustix::process::geteuid().is_root() && std::path::Path::new("/etc/debian_version").exists()
}

/// Installs Debian packages; only for root, so it never asks for a password.
fn apt_install(packages: &[&str]) -> Result<()> {
    let apt = || {
        let mut command = crate::process::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
        command
    };
    crate::process::run(apt().arg("update"))?;
    crate::process::run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}
