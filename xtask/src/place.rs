//! Where things are: the clone, its build output, and the tools kept outside it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The clone's top folder.
pub(crate) fn root() -> PathBuf {
    // Cargo sets this when it compiles us, and xtask lives one level below the top.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo's target directory.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// Where compiled tools are kept between clones, one folder per tool and version.
pub(crate) fn tools() -> Result<PathBuf> {
    tools_below(env::var_os("XDG_CACHE_HOME").map(PathBuf::from), env::home_dir())
        .context("no home directory: set XDG_CACHE_HOME to a folder that may hold 700 MB")
}

fn tools_below(cache: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    // Source: XDG Base Directory Specification 0.8, a relative path is to be ignored.
    let cache = cache.filter(|path| path.is_absolute());
    let cache = cache.or_else(|| home.map(|home| home.join(".cache")))?;
    Some(cache.join("wxpay-edge").join("tools"))
}

/// The first program of this name on PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_live_in_the_users_cache_outside_the_clone() {
        let home = Some(PathBuf::from("/home/lin"));
        let by_default = Some(PathBuf::from("/home/lin/.cache/wxpay-edge/tools"));
        assert_eq!(tools_below(None, home.clone()), by_default);
        assert_eq!(tools_below(Some("relative".into()), home.clone()), by_default);
        assert_eq!(
            tools_below(Some("/var/cache".into()), home),
            Some(PathBuf::from("/var/cache/wxpay-edge/tools"))
        );
        assert_eq!(tools_below(None, None), None);
    }

    #[test]
    fn a_program_is_found_on_path_only_if_it_can_be_run() {
        assert!(program("sh").is_some());
        assert_eq!(program("no-program-has-this-name"), None);
        assert!(!is_executable(&root().join("Cargo.toml")));
    }
}
