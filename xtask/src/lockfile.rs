//! Versions that `Cargo.lock` has chosen. A tool must match its library, so the lock file decides.

use std::fs;

use anyhow::{Context as _, Result};

use crate::place;

/// The locked version of a package, e.g. of `wasm-bindgen`.
pub(crate) fn version(package: &str) -> Result<String> {
    let path = place::root().join("Cargo.lock");
    let text = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}: restore it with git", path.display()))?;
    find(&text, package).map(str::to_owned).with_context(|| {
        format!(
            "`{package}` is not in Cargo.lock: run `cargo metadata >/dev/null` to write it anew"
        )
    })
}

fn find<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    lock.split("[[package]]").skip(1).find_map(|entry| {
        let field = |name: &str| {
            entry
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        (field("name") == Some(package)).then(|| field("version"))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
version = 4

[[package]]
name = \"wasm-bindgen-shared\"
version = \"0.2.131\"

[[package]]
name = \"wasm-bindgen\"
version = \"0.2.130\"
source = \"registry+https://github.com/rust-lang/crates.io-index\"
dependencies = [
 \"cfg-if\",
]
";

    #[test]
    fn the_locked_version_is_that_of_the_exact_name() {
        assert_eq!(find(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(find(LOCK, "wasm-bindgen-shared"), Some("0.2.131"));
    }

    #[test]
    fn a_package_that_is_not_locked_has_no_version() {
        assert_eq!(find(LOCK, "wasm"), None);
        assert_eq!(find("", "wasm-bindgen"), None);
    }
}
