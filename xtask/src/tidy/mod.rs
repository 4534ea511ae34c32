//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy checks.
//!
//! Also an ordinary test, so `cargo test` cannot pass over them. Each failure names the place, the
//! rule, and the section of CONTRIBUTING.md that gives the reason.

mod arrows;
mod documents;
mod licences;
mod text;
mod vectors;

use std::fmt;

use anyhow::{Result, bail};

use crate::{place, process};

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `file` or `file:line`.
    place: String,
    what: String,
    /// The section of CONTRIBUTING.md.
    section: &'static str,
    severity: Severity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Warning,
    Failure,
}

impl Finding {
    fn failure(place: impl Into<String>, what: impl Into<String>, section: &'static str) -> Self {
        Self { place: place.into(), what: what.into(), section, severity: Severity::Failure }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, section, severity } = self;
        let word = match severity {
            Severity::Warning => "warning",
            Severity::Failure => "failure",
        };
        write!(out, "{word}: {place}: {what} (CONTRIBUTING.md, \"{section}\")")
    }
}

/// Prints what is untidy; a failure among it is an error.
pub(crate) fn check() -> Result<()> {
    let findings = findings()?;
    for finding in &findings {
        println!("{finding}");
    }
    let failures = findings.iter().filter(|finding| finding.severity == Severity::Failure).count();
    if failures > 0 {
        bail!("{failures} rules are broken");
    }
    println!("tidy");
    Ok(())
}

fn findings() -> Result<Vec<Finding>> {
    let files = files()?;
    let mut findings = arrows::findings()?;
    findings.extend(licences::findings()?);
    findings.extend(vectors::findings(&files));
    findings.extend(documents::findings(&files)?);
    findings.extend(text::findings(&files)?);
    Ok(findings)
}

/// Every file of the clone that git does not ignore, relative to its top.
pub(crate) fn files() -> Result<Vec<String>> {
    let question = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let answer = process::output(process::command("git").args(question))?;
    let names = answer.split('\0').filter(|name| !name.is_empty());
    // A file removed but not yet committed is still in git's list.
    let exists = |name: &&str| place::root().join(name).is_file();
    Ok(names.filter(exists).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() -> Result<()> {
        let findings = findings()?;
        let failures = findings.iter().filter(|finding| finding.severity == Severity::Failure);
        let failures: Vec<String> = failures.map(Finding::to_string).collect();
        assert!(failures.is_empty(), "\n{}", failures.join("\n"));
        Ok(())
    }
}
