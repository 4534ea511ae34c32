//! Why a signature is wrong (验签失败的原因), by either API: what is told, and how it is kept. How it is
//! found out is in `v2/diagnosis.rs` and `v3/diagnosis.rs`.

use serde::Serialize;

use crate::{gateway::Gateway, ledger::Api, message::Request, time::UnixSeconds};

/// Diagnoses kept for reading; the oldest go first.
const KEPT: usize = 50;

/// What was wrong with one request's signature, as far as can be told.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// When the request came, by this machine's clock.
    pub at: UnixSeconds,
    /// By which API it was made.
    pub api: Api,
    /// Its method.
    pub method: String,
    /// Its path and query as they were on the wire.
    pub url: String,
    /// What the caller did, in words.
    pub mistake: String,
    /// Where what should be signed and what was signed part, counted in bytes from 0; `None` if
    /// what was signed is not known, or is the same.
    pub offset: Option<usize>,
    /// What should be signed. A key in it is named and not shown.
    pub expected: String,
    /// The same with every line feed shown as `⏎`, and everything else that cannot be seen escaped.
    pub expected_visible: String,
    /// How many bytes that is.
    pub expected_length: usize,
    /// What was signed instead, shown in the same way.
    pub signed_visible: Option<String>,
}

impl Diagnosis {
    pub(crate) fn new(
        api: Api,
        at: UnixSeconds,
        request: &Request,
        mistake: String,
        expected: &[u8],
        signed: Option<&[u8]>,
    ) -> Self {
        let parts = |signed: &&[u8]| expected != *signed;
        let offset = signed.filter(parts).map(|signed| {
            let same = expected.iter().zip(signed).take_while(|(ours, theirs)| ours == theirs);
            same.count()
        });
        Self {
            at,
            api,
            method: request.method.clone(),
            url: request.path_and_query(),
            mistake,
            offset,
            expected: String::from_utf8_lossy(expected).into_owned(),
            expected_visible: visible(expected),
            expected_length: expected.len(),
            signed_visible: signed.map(visible),
        }
    }

    /// In one line, for the record.
    pub(crate) fn note(&self) -> String {
        let Self { mistake, expected_length, expected_visible, .. } = self;
        let parted = match (self.offset, &self.signed_visible) {
            (Some(offset), Some(signed)) => {
                format!("; the strings part at byte {offset}; signed was: {signed}")
            }
            _ => String::new(),
        };
        format!("{mistake}; expected {expected_length} bytes: {expected_visible}{parted}")
    }
}

/// Line feeds as `⏎`, other control characters escaped.
fn visible(text: &[u8]) -> String {
    let shown = |letter: char| match letter {
        '\n' => "⏎".to_owned(),
        letter if letter.is_control() => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    String::from_utf8_lossy(text).chars().map(shown).collect()
}

impl Gateway {
    /// Why signatures were wrong, oldest first; the newest fifty.
    #[must_use]
    pub fn diagnoses(&self) -> &[Diagnosis] {
        &self.diagnoses
    }

    /// Keeps a diagnosis, and returns it in one line.
    pub(crate) fn diagnose(&mut self, diagnosis: Diagnosis) -> String {
        let note = diagnosis.note();
        self.diagnoses.push(diagnosis);
        let old = self.diagnoses.len().saturating_sub(KEPT);
        self.diagnoses.drain(..old);
        note
    }
}
