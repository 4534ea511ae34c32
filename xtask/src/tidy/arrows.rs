//! Who may depend on whom, and what may be in whose tree: ARCHITECTURE.md, "Arrows", A1 to A7.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Finding;
use crate::process;

const SECTION: &str = "Where a line lives";

/// Our crates and those of ours that each may name in its manifest.
const ARROWS: [(&str, &[&str]); 7] = [
    ("wxpay-core", &[]),
    ("wxpay-merchant", &["wxpay-core"]),
    ("wxpay-worker", &["wxpay-core", "wxpay-merchant"]),
    ("wxpay-h5", &["wxpay-core"]),
    ("wxpay-sandbox", &[]),
    ("wxpay-scenarios", &["wxpay-core", "wxpay-merchant", "wxpay-sandbox"]),
    ("xtask", &[]),
];

/// The protocol is written twice, in core and in the sandbox, and nowhere else (A3).
const PROTOCOL: [&str; 8] =
    ["aes", "aes-gcm", "md-5", "md5", "quick-xml", "ring", "roxmltree", "rsa"];
const PROTOCOL_MAY: [&str; 2] = ["wxpay-core", "wxpay-sandbox"];

/// Core leaves V3's mathematics to the platform (A3). The scenarios stand where the platform stands.
const PLATFORM: [(&str, &str); 1] = [("wxpay-scenarios", "ring")];

/// What a crate without I/O, clock, randomness and JavaScript cannot have below it (A1, A4).
const IMPURE: [&str; 16] = [
    "async-std",
    "chrono",
    "getrandom",
    "hyper",
    "jiff",
    "js-sys",
    "log",
    "rand",
    "reqwest",
    "time",
    "tokio",
    "tracing",
    "ureq",
    "wasm-bindgen",
    "web-sys",
    "worker",
];

/// What would bring a key, a signature or many bytes to the page (A6, A7).
const NOT_FOR_PAGES: [&str; 14] = [
    "aes",
    "aes-gcm",
    "hmac",
    "js-sys",
    "md-5",
    "quick-xml",
    "rsa",
    "serde",
    "serde_json",
    "sha2",
    "url",
    "wxpay-merchant",
    "wxpay-sandbox",
    "zeroize",
];

/// The judge is not on the team (A7); slow or timing-leaky cryptography is not on the edge.
const NOT_FOR_THE_EDGE: [&str; 5] = ["axum", "openssl", "ring", "rsa", "wxpay-sandbox"];

/// Crate, and what must be in its dependency tree at no depth.
const ABSENT: [(&str, &[&str]); 4] = [
    ("wxpay-core", &IMPURE),
    ("wxpay-merchant", &IMPURE),
    ("wxpay-h5", &NOT_FOR_PAGES),
    ("wxpay-worker", &NOT_FOR_THE_EDGE),
];

pub(super) fn findings() -> Result<Vec<Finding>> {
    let question = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata: Value =
        serde_json::from_str(&process::output(process::command("cargo").args(question))?)?;
    let mut findings = manifests(&metadata);
    for (package, absent) in ABSENT {
        findings.extend(absent_from(package, &tree(package)?, absent));
    }
    Ok(findings)
}

/// Checks what the manifests name, for every kind of dependency.
fn manifests(metadata: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in list(metadata, "packages") {
        let name = text(package, "name");
        let manifest = text(package, "manifest_path");
        let Some((_, may)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            let what = format!("`{name}` has no row in xtask/src/tidy/arrows.rs");
            findings.push(Finding::failure(manifest, what, SECTION));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let on = text(dependency, "name");
            let is_ours = ARROWS.iter().any(|(ours, _)| *ours == on);
            if is_ours && !may.contains(&on) {
                let what = format!("no arrow leads from `{name}` to `{on}`");
                findings.push(Finding::failure(manifest, what, SECTION));
            }
            let is_platform = PLATFORM.contains(&(name, on));
            if PROTOCOL.contains(&on) && !PROTOCOL_MAY.contains(&name) && !is_platform {
                let what = format!("`{on}` in `{name}`: the protocol lives in core");
                findings.push(Finding::failure(manifest, what, SECTION));
            }
        }
    }
    findings
}

/// Everything that is compiled into `package` for WebAssembly, one per line, with its version.
fn tree(package: &str) -> Result<String> {
    let mut cargo = process::command("cargo");
    cargo.args(["tree", "--package", package, "--edges", "normal", "--prefix", "none"]);
    cargo.args(["--format", "{p}", "--target", "wasm32-unknown-unknown"]);
    process::output(&mut cargo).with_context(|| format!("the tree of `{package}` is not known"))
}

fn absent_from(package: &str, tree: &str, absent: &[&str]) -> Vec<Finding> {
    let mut found: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    found.sort_unstable();
    found.dedup();
    found.retain(|name| absent.contains(name));
    let finding = |name: &str| {
        let what =
            format!("`{name}` is in the tree of `{package}`: `cargo tree -p {package} -i {name}`");
        Finding::failure("Cargo.lock", what, SECTION)
    };
    found.into_iter().map(finding).collect()
}

fn list<'json>(json: &'json Value, key: &str) -> &'json [Value] {
    json.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'json>(json: &'json Value, key: &str) -> &'json str {
    json.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(name: &str, dependency: &str) -> Vec<String> {
        let dependencies = json!([{ "name": dependency }]);
        let package = json!({ "name": name, "manifest_path": "m", "dependencies": dependencies });
        let findings = manifests(&json!({ "packages": [package] }));
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_a_failure() {
        assert_eq!(said("wxpay-worker", "wxpay-core"), [""; 0]);
        assert_eq!(said("wxpay-worker", "wxpay-sandbox").len(), 1);
        assert_eq!(said("wxpay-sandbox", "wxpay-core").len(), 1);
        assert_eq!(said("wxpay-new", "serde").len(), 1);
    }

    #[test]
    fn xml_outside_core_and_sandbox_is_a_failure() {
        assert_eq!(said("wxpay-sandbox", "roxmltree"), [""; 0]);
        assert_eq!(
            said("wxpay-merchant", "quick-xml"),
            ["`quick-xml` in `wxpay-merchant`: the protocol lives in core"]
        );
        assert_eq!(said("wxpay-scenarios", "ring"), [""; 0]);
        assert_eq!(said("wxpay-scenarios", "rsa").len(), 1);
    }

    #[test]
    fn a_banned_crate_is_found_at_any_depth_but_not_by_half_its_name() {
        let tree = "wxpay-core v0.1.0 (/clone/crates/core)\nsha2 v0.11.0\ntime v0.3.0\nuptime v1.0.0\ntime v0.3.0 (*)\n";
        let findings = absent_from("wxpay-core", tree, &IMPURE);
        assert_eq!(findings.len(), 1);
        assert!(findings.iter().all(|finding| finding.what.starts_with("`time` is in the tree")));
    }
}
