//! One call on its way: which host, how long, what came of it.
use web_sys::Response;
use wxpay_core::{Refusal, Why};

use crate::{
    clock,
    config::Config,
    log::{Kind, Line, Severity},
    outbound::{self, Fetcher, NoAnswer, Patience, Request},
};

/// The word in the log for WeChat's other host.
const BACKUP: &str = "backup";

pub(crate) struct Call {
    name: &'static str,
    began: u64,
    /// It asks once more what an earlier call asked, which may have been done.
    is_repeat: bool,
    pub(super) host: Option<&'static str>,
    pub(super) second_key: Option<bool>,
    /// Which step of ours failed before anything was sent.
    pub(super) place: Option<&'static str>,
}

/// What is sent, wherever it goes.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    /// The way that shows the merchant's certificate, where it has to be shown.
    pub(super) through: Option<&'a Fetcher>,
    pub(super) method: &'static str,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) headers: &'a str,
    pub(super) body: Option<&'a str>,
    /// Whether a status is WeChat's, and not of something in between.
    pub(super) is_answer: fn(u16) -> bool,
}

impl Call {
    /// `name`: the path, for the log.
    pub(super) fn begin(name: &'static str) -> Self {
        let began = clock::now_millis();
        Self { name, began, is_repeat: false, host: None, second_key: None, place: None }
    }

    /// The same, once more.
    pub(super) fn repeat(name: &'static str) -> Self {
        Self { is_repeat: true, ..Self::begin(name) }
    }

    /// Whether the same was sent before and may have been done: to the first host, say, before the
    /// other one answered.
    pub(super) fn is_second(&self) -> bool {
        self.is_repeat || self.host == Some(BACKUP)
    }

    /// To the first host, and if that cannot be reached, the same bytes to the other. Both within
    /// one limit: whoever waits does not wait twice.
    pub(super) async fn send(
        &mut self,
        config: &Config,
        sent: Sent<'_>,
        patience: &Patience,
    ) -> Result<Response, Why> {
        let signal = &patience.signal();
        let reply = send_to(&config.gateway_url, sent, signal).await;
        match (reply, &config.gateway_backup_url) {
            (Err(NoAnswer), Some(backup)) if !signal.aborted() => {
                self.host = Some(BACKUP);
                send_to(backup, sent, signal).await
            }
            (reply, _) => reply,
        }
        .map_err(|NoAnswer| patience.lost())
    }

    pub(super) fn log(&self, why: Option<&Why>) {
        let distrust;
        let (outcome, said) = match why {
            None => ("ok", None),
            Some(Why::Timeout) => ("timeout", None),
            Some(Why::Transport) => ("transport", None),
            Some(Why::Busy) => ("busy", None),
            Some(Why::UnsignedRefusal(said)) => ("unsigned_refusal", Some(said.as_str())),
            Some(Why::Distrusted(error)) => {
                distrust = error.to_string();
                ("distrusted", Some(distrust.as_str()))
            }
        };
        let severity = if why.is_none() { Severity::Info } else { Severity::Warning };
        self.write(outcome, said, severity);
    }

    /// A signed no, with the name that WeChat's support asks for.
    pub(super) fn log_refusal(&self, refusal: &Refusal) {
        let id = refusal.request_id.as_ref();
        let [name, meaning] = [id.map(|id| id.as_str()), id.and_then(|id| id.meaning())];
        let words = [Some(refusal.code.as_str()), name, meaning];
        let said = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.write("refused", Some(&said), Severity::Info);
    }

    fn write(&self, outcome: &str, said: Option<&str>, severity: Severity) {
        let line = Line {
            kind: Kind::Gateway,
            name: self.name,
            outcome,
            took_ms: clock::now_millis().saturating_sub(self.began),
            host: self.host,
            second_key: self.second_key,
            place: self.place,
            said,
            ..Line::default()
        };
        line.write(severity);
    }
}

async fn send_to(
    host: &str,
    Sent { through, method, target, headers, body, is_answer }: Sent<'_>,
    signal: &web_sys::AbortSignal,
) -> Result<Response, NoAnswer> {
    let url = format!("{host}{target}");
    let request = Request { method, url: &url, headers, body };
    let response = outbound::send(through, request, signal).await?;
    if is_answer(response.status()) { Ok(response) } else { Err(NoAnswer) }
}
