//! API V3: JSON, signed by our key; an answer counts once its own signature has been checked.
use std::rc::Rc;

use web_sys::ReadableStream;
use wxpay_core::{
    Error, Outcome, Refusal, SerialNo, UnixSeconds, Unverified, Verified, Why,
    v3::{
        Ask, Certificates, Headers, Listed, RawReply, Reply, ReplyClaim, Request, SignedRequest,
        Verdict,
    },
};

use super::{
    NO_NOTE, Note,
    call::{Call, Sent},
};
use crate::{
    border, clock,
    config::Config,
    http::body,
    object::certificates::Certificate,
    outbound::{self, Patience},
    rsa::Verifier,
    v3::V3,
};

/// Signs a question, sends it and reads the reply.
pub(crate) async fn ask<Q: Ask>(
    config: &Config,
    by: &V3,
    question: &Q,
    note: Note<'_>,
) -> Outcome<Q::Answer> {
    let reply = exchange(config, by, question.to_request(&by.merchant), note).await;
    question.read_reply(&by.merchant, reply)
}

/// Signs a request, sends it and verifies the reply. Where WeChat only tried whether we check
/// (签名探测), the same is asked once more.
async fn exchange(
    config: &Config,
    by: &V3,
    request: Request,
    note: Note<'_>,
) -> Outcome<Verified<Reply>> {
    let first = Call::begin(request.name());
    let outcome = exchange_once(first, config, by, request.clone(), note).await;
    match outcome {
        Outcome::Unknown(why) if why.is_probe() => {
            exchange_once(Call::repeat(request.name()), config, by, request, note).await
        }
        outcome => outcome,
    }
}

async fn exchange_once(
    mut call: Call,
    config: &Config,
    by: &V3,
    request: Request,
    note: Note<'_>,
) -> Outcome<Verified<Reply>> {
    let outcome = match claim(&mut call, config, by, request, note).await {
        Ok(claim) => {
            let verdict = by.ring.check(claim.claim()).await;
            claim.proven(verdict)
        }
        Err(why) => Outcome::Unknown(why),
    };
    match &outcome {
        Outcome::Unknown(why) => call.log(Some(why)),
        Outcome::Known(reply) => match reply.get() {
            Reply::Refused(refusal) => call.log_refusal(refusal),
            Reply::Success(_) => call.log(None),
        },
    }
    outcome
}

async fn claim(
    call: &mut Call,
    config: &Config,
    by: &V3,
    request: Request,
    note: Note<'_>,
) -> Result<ReplyClaim, Why> {
    let request = sign(call, by, request).await?;
    let headers = headers(&request);
    let patience = Patience::of(outbound::EXCHANGE_MILLIS)?;
    let response = call.send(config, sent(&request, &headers), &patience).await?;
    note(call, &response);
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let (status, request_id) = (response.status(), header("request-id"));
    let signed = Headers::read(header);
    let body = body::read(&response, body::MAX_BYTES).await.map_err(|_| patience.lost())?;
    RawReply { status, headers: signed, request_id, body }.claim(clock::now())
}

/// Nothing was sent where our own key cannot sign; the log has which step that was.
async fn sign(call: &mut Call, by: &V3, request: Request) -> Result<SignedRequest, Why> {
    by.sign(request).await.map_err(|problem| {
        call.place = problem.place;
        Why::Transport
    })
}

fn headers(request: &SignedRequest) -> String {
    let mut headers = format!(
        "accept:application/json\nuser-agent:wxpay-edge\nauthorization:{}",
        request.authorization()
    );
    if let Some(serial) = request.wechatpay_serial() {
        headers.push_str(&format!("\nwechatpay-serial:{serial}"));
    }
    if request.body().is_some() {
        headers.push_str("\ncontent-type:application/json");
    }
    headers
}

fn sent<'a>(request: &'a SignedRequest, headers: &'a str) -> Sent<'a> {
    Sent {
        through: None,
        method: request.method(),
        target: request.target(),
        headers,
        body: request.body(),
        // Source: protocol page "错误码": 502 and 503 ask for the other host, read 2026-11.
        is_answer: |status| !matches!(status, 502..=504),
    }
}

/// Asks for a bill's bytes; the reply as it comes, which nobody signs.
pub(crate) async fn open(
    config: &Config,
    by: &V3,
    download: Request,
) -> Result<ReadableStream, Why> {
    let mut call = Call::begin(download.name());
    let request = sign(&mut call, by, download).await.inspect_err(|why| call.log(Some(why)))?;
    super::open(call, config, sent(&request, &headers(&request))).await
}

/// Downloads WeChat's certificates (平台证书); `None` where it did not list them.
///
/// The reply is signed by one of them, which may be new to us: so they are opened first, which only
/// whoever has the APIv3 key could have sealed, and the reply is verified by them. While a merchant
/// goes over to public keys (公钥切换), the reply is signed by the one that requests name.
pub(crate) async fn certificates(config: &Config, by: &V3) -> Option<Vec<Certificate>> {
    let answer = match list(config, by).await {
        Err(why) if why.is_probe() => list(config, by).await,
        answer => answer,
    };
    answer.ok()?.ok()
}

/// WeChat's list, or its signed no.
type Answer = Result<Vec<Certificate>, Refusal>;

async fn list(config: &Config, by: &V3) -> Result<Answer, Why> {
    let mut call = Call::begin(Certificates.to_request().name());
    let answer = list_once(&mut call, config, by).await;
    match &answer {
        Ok(Ok(_)) => call.log(None),
        Ok(Err(refusal)) => call.log_refusal(refusal),
        Err(why) => call.log(Some(why)),
    }
    answer
}

async fn list_once(call: &mut Call, config: &Config, by: &V3) -> Result<Answer, Why> {
    let claim = claim(call, config, by, Certificates.to_request(), NO_NOTE).await?;
    let listed = Certificates::read(&claim).map_err(Why::Distrusted)?;
    let opened = listed.iter().map(|listed| open_certificate(by, listed));
    let certificates: Vec<_> = opened.collect::<Result<_, _>>().map_err(Why::Distrusted)?;
    let signed_by = claim.claim().serial();
    let listed = certificates.iter().find(|certificate| certificate.serial_no == *signed_by);
    let listed = listed.map(|it| Rc::new(Verifier::new(it.serial_no.clone(), it.spki.clone())));
    let verdict = match listed.or_else(|| by.ring.public_key(signed_by)) {
        Some(key) if key.verify(claim.claim()).await => Verdict::Right,
        Some(_) => Verdict::Wrong,
        None => Verdict::UnknownSerial,
    };
    match claim.proven(verdict) {
        Outcome::Unknown(why) => Err(why),
        Outcome::Known(reply) => Ok(match reply.into_inner() {
            Reply::Success(_) => Ok(certificates),
            Reply::Refused(refusal) => Err(refusal),
        }),
    }
}

fn open_certificate(by: &V3, listed: &Listed) -> Result<Certificate, Error> {
    let sealed = Error::from(Unverified::Sealed);
    let plain = by.open(&listed.certificate).map_err(|_| sealed.clone())?.ok_or(sealed)?;
    read_certificate(&plain)
        .filter(|certificate| certificate.serial_no == listed.serial_no)
        .ok_or(Error::from(Unverified::UnknownSerial))
}

/// A certificate's own serial, end and key: what the list says of it is not taken for it.
fn read_certificate(pem: &[u8]) -> Option<Certificate> {
    let parts = border::certificate(std::str::from_utf8(pem).ok()?).ok()?;
    let serial = parts.get(0).as_string()?;
    Some(Certificate {
        serial_no: SerialNo::new(&serial).ok()?.canonical(),
        expires_at: UnixSeconds::new(parts.get(1).as_f64()? as u64 / 1000),
        spki: js_sys::Uint8Array::new(&parts.get(2)).to_vec(),
    })
}
