//! Sending one webhook to the shop's backend; what is sent and when again is `object/outbox.rs`.
use js_sys::futures::JsFuture;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect, Response, WorkerGlobalScope};
use wxpay_core::UnixSeconds;
use wxpay_merchant::WebhookSecrets;

use crate::{
    clock,
    http::problem::Problem,
    log::{Kind, Line, Severity},
    object::outbox,
    outbound::Patience,
    random,
};

/// Where webhooks go, and what signs them.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) secrets: WebhookSecrets,
}

/// What the shop's backend did with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 2xx: it is the shop's now.
    Accepted,
    /// 410: it wants no more of this.
    Gone,
    /// Anything else: try again.
    Refused,
    /// Nothing came: try again.
    Silent,
}

/// Source: Standard Webhooks recommends 15 to 30 seconds, read 2026-11.
const TIMEOUT_MILLIS: u32 = 15_000;

/// Sends an event as it was written.
pub(crate) async fn send(endpoint: &Endpoint, id: &str, body: &str) -> Answer {
    let (now, began) = (clock::now(), clock::now_millis());
    let answer = post(endpoint, id, now, &endpoint.secrets.sign(id, now, body), body).await;
    let (outcome, severity) = match answer {
        Answer::Accepted => ("ok", Severity::Info),
        Answer::Gone => ("gone", Severity::Warning),
        Answer::Refused => ("failed", Severity::Warning),
        Answer::Silent => ("no_answer", Severity::Warning),
    };
    let line = Line {
        kind: Kind::Webhook,
        // Every event begins `{"type":"`.
        name: body.split('"').nth(3).unwrap_or_default(),
        outcome,
        took_ms: clock::now_millis().saturating_sub(began),
        ..Line::default()
    };
    line.write(severity);
    answer
}

/// How an endpoint took two trials.
pub(crate) struct Trial {
    pub(crate) signed: Answer,
    pub(crate) forged: Answer,
}

impl Trial {
    /// It took what we signed.
    pub(crate) fn accepted(&self) -> bool {
        self.signed == Answer::Accepted
    }

    /// It said no to what somebody else signed. Silence is no no: it may have taken it all the same.
    pub(crate) fn refuses_forgeries(&self) -> bool {
        matches!(self.forged, Answer::Refused | Answer::Gone)
    }
}

/// Sends the event `endpoint.verify` twice: signed as always, and as somebody without the secret
/// would sign it.
pub(crate) async fn trial(endpoint: &Endpoint) -> Result<Trial, Problem> {
    let now = clock::now();
    let id = format!("try_{}", random::hex(&random::bytes::<8>()?));
    let body = outbox::body("endpoint.verify", now, "{}");
    let signature = endpoint.secrets.sign(&id, now, &body);
    let signed = post(endpoint, &id, now, &signature, &body).await;
    let stranger = WebhookSecrets::new(&random::bytes::<32>()?);
    let forged = post(endpoint, &id, now, &stranger.sign(&id, now, &body), &body).await;
    Ok(Trial { signed, forged })
}

/// Sends one with a signature of the caller's choice.
async fn post(
    endpoint: &Endpoint,
    id: &str,
    now: UnixSeconds,
    signature: &str,
    body: &str,
) -> Answer {
    let Ok(patience) = Patience::of(TIMEOUT_MILLIS) else { return Answer::Silent };
    let response = fetch(endpoint, id, now, signature, body, &patience.signal()).await;
    match response.map(|response| response.status()) {
        Ok(200..=299) => Answer::Accepted,
        Ok(410) => Answer::Gone,
        Ok(_) => Answer::Refused,
        Err(_) => Answer::Silent,
    }
}

async fn fetch(
    endpoint: &Endpoint,
    id: &str,
    now: UnixSeconds,
    signature: &str,
    body: &str,
    signal: &AbortSignal,
) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("webhook-id", id)?;
    headers.set("webhook-timestamp", &now.to_string())?;
    headers.set("webhook-signature", signature)?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(signal));
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(scope.fetch_with_str_and_init(&endpoint.url, &init)).await?;
    let response: Response = response.unchecked_into();
    // Unread, the connection would stay busy.
    if let Some(rest) = response.body() {
        let _ = rest.cancel();
    }
    Ok(response)
}
