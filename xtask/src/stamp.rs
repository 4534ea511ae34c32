//! "Is this build still that of these sources?" A fingerprint of every input, kept beside the output.
//!
//! Contents count, not times: a fresh checkout or a touched file does not cause a build.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Build output and dependencies are no inputs, wherever they lie.
const NOT_INPUTS: [&str; 7] =
    ["target", "node_modules", "build", "build-faults", "dist", "generated", "vendor"];

/// The state of a set of inputs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp(String);

impl Stamp {
    /// Reads all inputs: files and whole folders, given relative to `root`.
    pub(crate) fn of(root: &Path, inputs: &[&str]) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        for input in inputs {
            add(&root.join(input), &mut hasher)?;
        }
        Ok(Self(format!("{:016x}\n", hasher.finish())))
    }

    /// Whether `file` was written for the same inputs.
    pub(crate) fn matches(&self, file: &Path) -> bool {
        fs::read_to_string(file).is_ok_and(|text| text == self.0)
    }

    /// Remembers, after a successful build, what it was built from.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        fs::write(file, &self.0).with_context(|| format!("cannot write {}", file.display()))
    }
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    if path.is_dir() {
        for child in children(path)? {
            add(&child, hasher)?;
        }
        return Ok(());
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    path.hash(hasher);
    bytes.hash(hasher);
    Ok(())
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()));
    let mut paths = Vec::new();
    for entry in entries? {
        let entry = entry?;
        if !NOT_INPUTS.iter().any(|name| entry.file_name() == *name) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_the_contents_of_its_inputs_and_with_nothing_else() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("wxpay-edge-stamp-{}", std::process::id()));
        fs::create_dir_all(folder.join("src"))?;
        fs::create_dir_all(folder.join("build"))?;
        let kept = folder.join("build/.stamp");
        fs::write(folder.join("src/lib.rs"), "one")?;

        let first = Stamp::of(&folder, &["."])?;
        assert!(!first.matches(&kept));
        first.write(&kept)?;
        fs::write(folder.join("build/output"), "output is no input")?;
        assert!(Stamp::of(&folder, &["."])?.matches(&kept));

        fs::write(folder.join("src/lib.rs"), "two")?;
        assert!(!Stamp::of(&folder, &["."])?.matches(&kept));
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
