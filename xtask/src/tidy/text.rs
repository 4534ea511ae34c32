//! Rules about the text of files: their length, their size, and what is left for later.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Finding, Severity};
use crate::place;

/// Lines without tests. A longer file has become a default place.
const WARN_LINES: usize = 400;
const FAIL_LINES: usize = 600;

/// Bytes. Whatever is larger is built, downloaded or a picture, and belongs elsewhere.
const FAIL_BYTES: u64 = 200_000;

const LOCK_FILES: [&str; 2] = ["Cargo.lock", "package-lock.json"];
const LANGUAGES: [&str; 7] = ["css", "html", "js", "mjs", "rs", "sh", "ts"];
/// Looked up by rule or by element, not read from the top: length is no fault there.
const MAY_BE_LONG: [&str; 2] = [".css", ".html"];

/// Words for "later", in two halves so that this file does not mean itself.
const LATER: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

pub(super) fn findings(files: &[String]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files {
        if LOCK_FILES.contains(&file.as_str()) {
            continue;
        }
        let path = place::root().join(file);
        let bytes = fs::metadata(&path).with_context(|| format!("cannot read {file}"))?.len();
        if bytes > FAIL_BYTES {
            let what = format!("{bytes} bytes, at most {FAIL_BYTES}");
            findings.push(Finding::failure(file, what, "Files"));
        }
        if is_source(file) {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
            findings.extend(length(file, &text));
            findings.extend(later(file, &text));
        }
    }
    Ok(findings)
}

fn is_source(file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| LANGUAGES.contains(&extension))
}

fn length(file: &str, text: &str) -> Option<Finding> {
    if is_test(file) || MAY_BE_LONG.iter().any(|end| file.ends_with(end)) {
        return None;
    }
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
    if lines <= WARN_LINES {
        return None;
    }
    let severity = if lines <= FAIL_LINES { Severity::Warning } else { Severity::Failure };
    let what =
        format!("{lines} lines without tests; {WARN_LINES} are good, {FAIL_LINES} the limit");
    Some(Finding { place: file.to_owned(), what, section: "Files", severity })
}

/// Files that hold nothing but tests may be as long as there are cases.
fn is_test(file: &str) -> bool {
    let names = ["tests.rs", ".test.mjs", ".test.ts"];
    names.iter().any(|name| file.ends_with(name))
        || (file.ends_with(".rs") && file.contains("/tests/"))
}

fn later(file: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().zip(1_usize..);
    let left = lines.filter(|(line, _)| {
        LATER.iter().any(|word| {
            // With an issue's number it is a promise that can be looked up.
            line.split_once(word).is_some_and(|(_, rest)| !rest.starts_with("(#"))
        })
    });
    left.map(|(_, number)| {
        let what = "left for later without an issue: finish it, or add `(#number)`";
        Finding::failure(format!("{file}:{number}"), what, "Files")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(file: &str, lines: usize, test_lines: usize) -> Option<Severity> {
        let tests = format!("#[cfg(test)]\n{}", "x\n".repeat(test_lines));
        length(file, &format!("{}{tests}", "x\n".repeat(lines))).map(|finding| finding.severity)
    }

    #[test]
    fn the_length_of_a_file_is_counted_without_its_tests() {
        assert_eq!(severity("crates/core/src/id.rs", 400, 1000), None);
        assert_eq!(severity("crates/core/src/id.rs", 401, 0), Some(Severity::Warning));
        assert_eq!(severity("crates/core/src/id.rs", 601, 0), Some(Severity::Failure));
        assert_eq!(severity("crates/merchant/tests/order.rs", 2000, 0), None);
    }

    #[test]
    fn what_is_left_for_later_needs_an_issue_number() {
        let [word, ..] = LATER;
        let text = format!("one\n// {word} two\n// {word}(#7) three\n");
        let places: Vec<_> = later("a.rs", &text).into_iter().map(|found| found.place).collect();
        assert_eq!(places, ["a.rs:2"]);
    }
}
