//! The way to the WeChat Pay gateway. Only a signed request can take it, and only core can read
//! what comes back.
//!
//! One call is one request, but for two cases in which WeChat did nothing: its host cannot be
//! reached (then the same bytes go to the other one), and the key we signed with is not, or not
//! yet, the one that WeChat has (then the same call goes out under the other key).
use std::cell::{Cell, RefCell};

use web_sys::{ReadableStream, Response};
use wxpay_core::{
    Outcome, Why,
    v2::{Credential, SignedRequest},
};

use crate::{
    clock,
    config::Config,
    http::body,
    log::{Kind, Line, Severity},
    outbound::{self, NoAnswer, Patience},
};

/// Signs a call, sends it and reads the reply.
pub(crate) async fn ask<T>(
    config: &Config,
    sign: impl Fn(&Credential) -> SignedRequest,
    read: impl Fn(&Credential, &[u8]) -> Outcome<T>,
) -> Outcome<T> {
    ask_noting(config, sign, read, &|_, _| {}).await
}

/// The same, and whether WeChat's other host answered, after the first gave no answer. The first may
/// have done what was asked for all that, so a no of the other says nothing of it.
pub(crate) async fn ask_naming_host<T>(
    config: &Config,
    sign: impl Fn(&Credential) -> SignedRequest,
    read: impl Fn(&Credential, &[u8]) -> Outcome<T>,
) -> (Outcome<T>, bool) {
    let by_backup = Cell::new(false);
    let note = |call: &Call, _: &Response| by_backup.set(by_backup.get() || call.is_by_backup());
    let outcome = ask_noting(config, sign, read, &note).await;
    (outcome, by_backup.get())
}

/// The same; `note` sees each answer before it is read.
async fn ask_noting<T>(
    config: &Config,
    sign: impl Fn(&Credential) -> SignedRequest,
    read: impl Fn(&Credential, &[u8]) -> Outcome<T>,
    note: &dyn Fn(&Call, &Response),
) -> Outcome<T> {
    let by_second = config.signs_by_second_key();
    let signer = config.signer_by(by_second);
    let request = sign(&signer);
    let outcome = exchange(config, &request, by_second, |bytes| read(&signer, bytes), note).await;
    let Some(other) = other_key(&outcome, &signer) else { return outcome };
    let request = sign(&other);
    let again = exchange(config, &request, !by_second, |bytes| read(&other, bytes), note).await;
    // Both refused: neither is the key. Not known: neither is proven wrong.
    if let Outcome::Known(_) = &again {
        config.sign_by_second_key(!by_second);
    }
    again
}

/// One call for the doctor, who also wants to know what time it is there: the `Date` of the answer.
pub(crate) async fn probe<T>(
    config: &Config,
    sign: impl Fn(&Credential) -> SignedRequest,
    read: impl Fn(&Credential, &[u8]) -> Outcome<T>,
) -> (Outcome<T>, Option<String>) {
    let date = RefCell::new(None);
    let note = |_: &Call, response: &Response| {
        date.replace(response.headers().get("date").ok().flatten());
    };
    let outcome = ask_noting(config, sign, read, &note).await;
    (outcome, date.take())
}

fn other_key<T>(outcome: &Outcome<T>, signer: &Credential) -> Option<Credential> {
    match outcome {
        Outcome::Unknown(why) if why.is_about_our_signature() => signer.second(),
        _ => None,
    }
}

async fn exchange<T>(
    config: &Config,
    request: &SignedRequest,
    by_second: bool,
    read: impl FnOnce(&[u8]) -> Outcome<T>,
    note: &dyn Fn(&Call, &Response),
) -> Outcome<T> {
    let mut call = Call::begin(request);
    call.second_key = by_second.then_some(true);
    let outcome = match call.bytes(config, request, note).await {
        Ok(bytes) => read(&bytes),
        Err(why) => Outcome::Unknown(why),
    };
    call.log(match &outcome {
        Outcome::Known(_) => None,
        Outcome::Unknown(why) => Some(why),
    });
    outcome
}

/// A bill of a large day takes WeChat a while to begin. How long the rest takes is its reader's.
const BILL_BEGINS_MILLIS: u32 = 30_000;

/// Asks for a bill; the reply as it comes.
pub(crate) async fn open(config: &Config, request: &SignedRequest) -> Result<ReadableStream, Why> {
    let mut call = Call::begin(request);
    let patience = Patience::of(BILL_BEGINS_MILLIS)?;
    let response = call.send(config, request, &patience).await;
    let opened = response.and_then(|response| response.body().ok_or(Why::Transport));
    call.log(opened.as_ref().err());
    opened
}

/// Says in the log that a bill, once begun, did not come to its end.
pub(crate) fn broke_off(path: &'static str, why: &Why) {
    Call { path, began: clock::now_millis(), host: None, second_key: None }.log(Some(why));
}

/// Whether a request can be sent at all: some need the merchant's certificate.
pub(crate) fn lacks_certificate(config: &Config, request: &SignedRequest) -> bool {
    request.needs_certificate() && config.lacks_certificate()
}

/// The word in the log for WeChat's other host.
const BACKUP: &str = "backup";

/// One call on its way, for the log.
struct Call {
    path: &'static str,
    began: u64,
    host: Option<&'static str>,
    second_key: Option<bool>,
}

impl Call {
    fn begin(request: &SignedRequest) -> Self {
        let (path, began) = (request.path(), clock::now_millis());
        Self { path, began, host: None, second_key: None }
    }

    fn is_by_backup(&self) -> bool {
        self.host == Some(BACKUP)
    }

    async fn bytes(
        &mut self,
        config: &Config,
        request: &SignedRequest,
        note: &dyn Fn(&Call, &Response),
    ) -> Result<Vec<u8>, Why> {
        let patience = Patience::of(outbound::EXCHANGE_MILLIS)?;
        let response = self.send(config, request, &patience).await?;
        note(self, &response);
        let read = body::read(&response, body::MAX_BYTES).await;
        read.map_err(|_| patience.lost())
    }

    /// To the first host, and if that cannot be reached, the same bytes to the other. Both within
    /// one limit: whoever waits does not wait twice.
    async fn send(
        &mut self,
        config: &Config,
        request: &SignedRequest,
        patience: &Patience,
    ) -> Result<Response, Why> {
        if lacks_certificate(config, request) {
            self.host = Some("none");
            return Err(Why::Transport);
        }
        let through = config.certificate.as_ref().filter(|_| request.needs_certificate());
        let (xml, signal) = (Some(request.body()), &patience.signal());
        let url = |host: &str| format!("{host}{}", request.path());
        let reply = outbound::send(through, &url(&config.gateway_url), xml, signal).await;
        match (reply, &config.gateway_backup_url) {
            (Err(NoAnswer), Some(backup)) if !signal.aborted() => {
                self.host = Some(BACKUP);
                outbound::send(through, &url(backup), xml, signal).await
            }
            (reply, _) => reply,
        }
        .map_err(|NoAnswer| patience.lost())
    }

    fn log(&self, why: Option<&Why>) {
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
        let line = Line {
            kind: Kind::Gateway,
            name: self.path,
            outcome,
            took_ms: clock::now_millis().saturating_sub(self.began),
            host: self.host,
            second_key: self.second_key,
            said,
            ..Line::default()
        };
        line.write(if why.is_none() { Severity::Info } else { Severity::Warning });
    }
}
