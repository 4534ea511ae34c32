//! Licences and sources of what is compiled in, by the list in deny.toml.
//!
//! `cargo deny check` knows more (advisories above all) and takes minutes to install; this
//! takes a second, so it runs with every test.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Finding;
use crate::{place, process};

const SECTION: &str = "Where a line lives";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn findings() -> Result<Vec<Finding>> {
    let deny =
        fs::read_to_string(place::root().join("deny.toml")).context("cannot read deny.toml")?;
    let allowed = allowed(&deny);
    let question = ["metadata", "--format-version", "1"];
    let metadata: Value =
        serde_json::from_str(&process::output(process::command("cargo").args(question))?)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let packages = packages.context("`cargo metadata` lists no packages")?;
    Ok(packages.iter().filter_map(|package| finding(package, &allowed)).collect())
}

fn finding(package: &Value, allowed: &[&str]) -> Option<Finding> {
    let field = |name: &str| package.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, licence, source) = (field("name"), field("license"), field("source"));
    let what = if !source.is_empty() && source != CRATES_IO {
        format!("`{name}` is from {source}, not from crates.io")
    } else if !is_permitted(licence, allowed) {
        format!("the licence `{licence}` of `{name}` is not in deny.toml")
    } else {
        return None;
    };
    Some(Finding::failure("Cargo.lock", what, SECTION))
}

/// The quoted names in deny.toml's list `allow`.
fn allowed(deny: &str) -> Vec<&str> {
    let list = deny.split_once("\nallow = [").and_then(|(_, rest)| rest.split_once(']'));
    list.map(|(names, _)| names.split('"').skip(1).step_by(2).collect()).unwrap_or_default()
}

/// Whether an SPDX expression leaves a choice that is allowed.
///
/// Reads every AND as the outermost operator: for `A OR (B AND C)` that asks for too much, never
/// for too little.
fn is_permitted(expression: &str, allowed: &[&str]) -> bool {
    // "MIT/Apache-2.0" is how old crates write OR.
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression
        .split(" AND ")
        .all(|part| part.split(" OR ").any(|one| allowed.contains(&one.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0", "Unicode-3.0"];

    #[test]
    fn a_choice_needs_one_allowed_licence_and_a_sum_needs_all() {
        assert!(is_permitted("MIT", &ALLOWED));
        assert!(is_permitted("MIT/Apache-2.0", &ALLOWED));
        assert!(is_permitted("MIT OR Apache-2.0 OR LGPL-2.1-or-later", &ALLOWED));
        assert!(is_permitted("(MIT OR Apache-2.0) AND Unicode-3.0", &ALLOWED));
        assert!(!is_permitted("MIT AND GPL-3.0", &ALLOWED));
        assert!(!is_permitted("MIT OR (Apache-2.0 AND GPL-3.0)", &ALLOWED));
        assert!(!is_permitted("", &ALLOWED));
    }

    #[test]
    fn the_allowed_names_are_those_between_quotes() {
        let deny =
            "[licenses]\nallow = [\n    \"MIT\", # why\n    \"ISC\",\n]\nunused = \"deny\"\n";
        assert_eq!(allowed(deny), ["MIT", "ISC"]);
    }

    #[test]
    fn a_crate_from_elsewhere_is_a_failure() {
        let package = serde_json::json!({ "name": "x", "license": "MIT", "source": "git+https://example.com" });
        assert!(finding(&package, &ALLOWED).is_some_and(|found| found.what.contains("not from")));
    }
}
