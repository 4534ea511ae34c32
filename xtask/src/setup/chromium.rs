//! A browser for the tests and for `demo --once`. A person's demo uses the person's own.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::{apt_install, is_root_on_debian, step};
use crate::place;

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const ON_MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser named by `CHROMIUM`, or an installed one, or (as root on Debian) a new one.
pub(crate) fn chromium() -> Result<PathBuf> {
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

fn installed() -> Option<PathBuf> {
    let mut on_macos = ON_MACOS.iter().map(PathBuf::from);
    NAMES.iter().find_map(|name| place::program(name)).or_else(|| on_macos.find(|app| app.exists()))
}
