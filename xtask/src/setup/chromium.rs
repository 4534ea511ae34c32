//! A browser for the tests and for `demo --once`. A person's demo uses the person's own.
//!
//! Beside it, where Debian has it, Chromium's headless shell: the same engine without a desktop
//! browser's windows, for a third of the processor time. It does not keep pages that are left, so
//! tests/e2e/harness/browser.mjs takes the whole browser where that matters.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{apt_install, is_root_on_debian, step};
use crate::place;

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const ON_MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The shell's program, and Debian's package of it.
const SHELL: &str = "chromium-headless-shell";

/// Tells a command where the browsers are. One that `CHROMIUM` names is used for everything.
pub(crate) fn show_chromium(command: &mut Command) -> Result<()> {
    command.env("CHROMIUM", chromium()?);
    if let Some(shell) = shell() {
        command.env("CHROMIUM_SHELL", shell);
    }
    Ok(())
}

/// The browser named by `CHROMIUM`, or an installed one, or (as root on Debian) a new one.
pub(super) fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").map(PathBuf::from) {
        if named.exists() {
            return Ok(named);
        }
        bail!("CHROMIUM names `{}`, which does not exist", named.display());
    }
    if let Some(installed) = installed() {
        return Ok(installed);
    }
    if is_root_on_debian() {
        // The CJK font: the pages are Chinese, and tests look at their layout.
        let packages = ["chromium", "fonts-noto-cjk"];
        step("apt-get install chromium fonts-noto-cjk", || apt_install(&packages))?;
    }
    installed().context(
        "no Chromium or Chrome found: `sudo apt-get install chromium` (Debian), \
         `sudo snap install chromium` (Ubuntu), `brew install --cask chromium` (macOS), \
         or set CHROMIUM to a browser's path",
    )
}

/// The headless shell, which is fetched where nobody has to be asked; the tests do without it too.
pub(super) fn quick_chromium() -> Option<PathBuf> {
    if !is_named()
        && shell().is_none()
        && is_root_on_debian()
        && let Err(error) = step(&format!("apt-get install {SHELL}"), || apt_install(&[SHELL]))
    {
        println!("setup: no {SHELL}, the tests take longer: {error:#}");
    }
    shell()
}

fn shell() -> Option<PathBuf> {
    if is_named() { None } else { place::program(SHELL) }
}

fn is_named() -> bool {
    env::var_os("CHROMIUM").is_some()
}

fn installed() -> Option<PathBuf> {
    let mut on_macos = ON_MACOS.iter().map(PathBuf::from);
    NAMES.iter().find_map(|name| place::program(name)).or_else(|| on_macos.find(|app| app.exists()))
}
