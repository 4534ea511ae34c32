//! What was found, and what to do about it.

use std::fmt;

use serde_json::Value;

/// How bad it is; the worst is printed last, where a person looks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Ok,
    /// Nobody but a person can look it up, in a console of WeChat's.
    Manual,
    /// It works, or will for some time.
    Warning,
    /// Payments or refunds do not work like this.
    Failure,
}

/// One finding. `GET /v1/doctor` answers with the same fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What was looked at, for example `WXPAY_MCHID`.
    pub(crate) check: String,
    pub(crate) verdict: Verdict,
    /// What was seen; never a secret.
    pub(crate) detail: String,
    pub(crate) remedy: String,
    pub(crate) remedy_zh: String,
}

impl Finding {
    /// Nothing to do.
    pub(crate) fn ok(check: &str, detail: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, check, detail, "", "")
    }

    pub(crate) fn manual(check: &str, detail: impl Into<String>, en: &str, zh: &str) -> Self {
        Self::new(Verdict::Manual, check, detail, en, zh)
    }

    pub(crate) fn warning(check: &str, detail: impl Into<String>, en: &str, zh: &str) -> Self {
        Self::new(Verdict::Warning, check, detail, en, zh)
    }

    pub(crate) fn failure(check: &str, detail: impl Into<String>, en: &str, zh: &str) -> Self {
        Self::new(Verdict::Failure, check, detail, en, zh)
    }

    fn new(
        verdict: Verdict,
        check: &str,
        detail: impl Into<String>,
        remedy: &str,
        remedy_zh: &str,
    ) -> Self {
        Self {
            check: check.to_owned(),
            verdict,
            detail: detail.into(),
            remedy: remedy.to_owned(),
            remedy_zh: remedy_zh.to_owned(),
        }
    }

    /// One finding of the Worker's own. A word that is not known counts as a warning, so that a
    /// newer Worker is never read as a healthy one.
    pub(super) fn from_worker(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let verdict = match text("result")? {
            "ok" => Verdict::Ok,
            "manual" => Verdict::Manual,
            "failure" => Verdict::Failure,
            _ => Verdict::Warning,
        };
        let detail = text("detail").unwrap_or_default();
        let remedy = text("remedy").unwrap_or_default();
        let remedy_zh = text("remedy_zh").unwrap_or_default();
        let check = match verdict {
            Verdict::Manual => text("check")?.to_owned(),
            // What is deployed may be otherwise than what stands in the files here.
            _ => format!("deployed {}", text("check")?),
        };
        Some(Self::new(verdict, &check, detail, remedy, remedy_zh))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            Verdict::Ok => "ok     ",
            Verdict::Manual => "manual ",
            Verdict::Warning => "warning",
            Verdict::Failure => "failure",
        };
        write!(out, "{word}  {}: {}", self.check, self.detail)?;
        for remedy in [&self.remedy_zh, &self.remedy].into_iter().filter(|text| !text.is_empty()) {
            write!(out, "\n           → {remedy}")?;
        }
        Ok(())
    }
}
