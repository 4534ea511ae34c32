//! Python with what the tests need of it, in an environment outside the clone for each purpose.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{apt_install, is_root_on_debian, step};
use crate::stamp::Stamp;
use crate::{place, process};

/// A virtual environment.
pub(super) struct Environment {
    /// Its folder's name.
    pub(super) name: &'static str,
    /// What it is for, by its first package.
    pub(super) package: &'static str,
    /// Every package with its version and its files' digests: nothing else is installed.
    pub(super) requirements: &'static str,
}

/// What asks the running Worker for what openapi.yaml promises.
const CONTRACT: Environment = Environment {
    name: "contract",
    package: "schemathesis",
    requirements: "tests/contract/requirements.txt",
};

/// Fails unless this Python can run schemathesis, which asks for more than the others, and make an
/// environment. Source: `Requires-Python` of schemathesis 4.32.5. Debian has `ensurepip` in a package
/// of its own.
const FITS: &str = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))";

/// The Python with schemathesis.
pub(crate) fn python() -> Result<PathBuf> {
    python_of(&CONTRACT)
}

/// The Python of a virtual environment outside the clone, with everything that it requires.
pub(super) fn python_of(environment: &Environment) -> Result<PathBuf> {
    let Environment { name, package, requirements } = environment;
    let tools = place::tools()?;
    let folder = tools.join(name);
    let (python, kept) = (folder.join("bin/python"), folder.join(".stamp"));
    let stamp = Stamp::of(&place::root(), &[requirements])?;
    fs::create_dir_all(&tools)
        .with_context(|| format!("cannot create {}: check its owner", tools.display()))?;
    // Two commands at once would install into each other's; the lock ends with the file's handle.
    let lock = File::create(tools.join(format!("{name}.lock")))?;
    lock.lock()?;
    if !stamp.matches(&kept) {
        let of_machine = of_machine()?;
        let what = format!("pip install {package}");
        step(&what, || install(&of_machine, &folder, requirements))?;
        stamp.write(&kept)?;
    }
    Ok(python)
}

/// The machine's own Python, if it is new enough and whole.
fn of_machine() -> Result<PathBuf> {
    if let Some(python) = fitting() {
        return Ok(python);
    }
    if is_root_on_debian() {
        let packages = ["python3", "python3-venv"];
        step("apt-get install python3 python3-venv", || apt_install(&packages))?;
    }
    match fitting() {
        Some(python) => Ok(python),
        None => bail!(
            "Python 3.11 or newer with `venv` is needed: `sudo apt-get install python3 python3-venv` \
             (Debian, Ubuntu), `sudo dnf install python3` (Fedora) or `brew install python` (macOS)"
        ),
    }
}

fn fitting() -> Option<PathBuf> {
    let python = place::program("python3")?;
    let mut asked = process::command(&python);
    asked.args(["-c", FITS]).stderr(std::process::Stdio::null());
    asked.status().is_ok_and(|status| status.success()).then_some(python)
}

fn install(python: &Path, folder: &Path, requirements: &str) -> Result<()> {
    // What an older list installed, or an installation that was broken off, is gone: `--clear`.
    process::run(process::command(python).args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut pip = process::command(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // Wheels only: a package's own build steps are never run.
    pip.args(["--require-hashes", "--only-binary", ":all:", "--requirement", requirements]);
    process::run(&mut pip)
}
