//! API V2: XML, signed by one of two keys while the key is being changed.
use web_sys::ReadableStream;
use wxpay_core::{
    Outcome, Why,
    v2::{Ask, Credential, SignedRequest},
};

use super::{
    Note,
    call::{Call, Sent},
};
use crate::{
    config::Config,
    http::body,
    outbound::{self, Patience},
    random,
};

/// Asks, and if WeChat refuses our signature and there is a second key, asks again under that one.
pub(super) async fn ask<Q: Ask>(
    config: &Config,
    question: &Q,
    note: Note<'_>,
) -> Outcome<Q::Answer> {
    let by_second = config.signs_by_second_key();
    let (Ok(nonce), Some(signer)) = (random::nonce_str(), config.signer_by(by_second)) else {
        return Outcome::Unknown(Why::Transport);
    };
    let request = question.to_request(&signer, &nonce);
    let answered = exchange(config, &request, by_second, note).await;
    let outcome = answered.read(|bytes| question.read_response(&signer, bytes));
    let Some(other) = other_key(&outcome, &signer) else { return outcome };
    let request = question.to_request(&other, &nonce);
    let answered = exchange(config, &request, !by_second, note).await;
    let again = answered.read(|bytes| question.read_response(&other, bytes));
    // Both refused: neither is the key. Not known: neither is proven wrong.
    if let Outcome::Known(_) = &again {
        config.sign_by_second_key(!by_second);
    }
    again
}

fn other_key<T>(outcome: &Outcome<T>, signer: &Credential) -> Option<Credential> {
    match outcome {
        Outcome::Unknown(why) if why.is_about_our_signature() => signer.second(),
        _ => None,
    }
}

/// A call that is over, and the bytes that came back.
struct Answered {
    call: Call,
    bytes: Result<Vec<u8>, Why>,
}

impl Answered {
    /// Reads the answer, and writes its line to the log.
    fn read<T>(self, read: impl FnOnce(&[u8]) -> Outcome<T>) -> Outcome<T> {
        let outcome = match self.bytes {
            Ok(bytes) => read(&bytes),
            Err(why) => Outcome::Unknown(why),
        };
        self.call.log(match &outcome {
            Outcome::Known(_) => None,
            Outcome::Unknown(why) => Some(why),
        });
        outcome
    }
}

/// The same for every question, so that it is compiled once.
async fn exchange(
    config: &Config,
    request: &SignedRequest,
    by_second: bool,
    note: Note<'_>,
) -> Answered {
    let mut call = Call::begin(request.path());
    call.second_key = by_second.then_some(true);
    let bytes = bytes(&mut call, config, request, note).await;
    Answered { call, bytes }
}

async fn bytes(
    call: &mut Call,
    config: &Config,
    request: &SignedRequest,
    note: Note<'_>,
) -> Result<Vec<u8>, Why> {
    if lacks_certificate(config, request) {
        call.host = Some("none");
        return Err(Why::Transport);
    }
    let patience = Patience::of(outbound::EXCHANGE_MILLIS)?;
    let response = call.send(config, sent(config, request), &patience).await?;
    note(call, &response);
    let read = body::read(&response, body::MAX_BYTES).await;
    read.map_err(|_| patience.lost())
}

fn sent<'a>(config: &'a Config, request: &'a SignedRequest) -> Sent<'a> {
    Sent {
        through: config.certificate.as_ref().filter(|_| request.needs_certificate()),
        method: "POST",
        target: request.path(),
        headers: "content-type:text/xml; charset=utf-8",
        body: Some(request.body()),
        // WeChat answers 200 even when it refuses.
        is_answer: |status| status == 200,
    }
}

/// Asks for a bill; the reply as it comes.
pub(crate) async fn open(config: &Config, request: &SignedRequest) -> Result<ReadableStream, Why> {
    super::open(Call::begin(request.path()), config, sent(config, request)).await
}

/// Whether a request can be sent at all: some need the merchant's certificate.
pub(crate) fn lacks_certificate(config: &Config, request: &SignedRequest) -> bool {
    request.needs_certificate() && config.lacks_certificate()
}
