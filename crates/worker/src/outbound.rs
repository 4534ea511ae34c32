//! Calls to WeChat over the runtime's `fetch`: five seconds, no redirect followed, 64 KB read.
//!
//! Whatever goes wrong on the way tells nothing about what WeChat did, so the only error is `Why`
//! nothing is known.
use js_sys::futures::JsFuture;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortSignal, RequestInit, RequestRedirect, Response, WorkerGlobalScope};
use wxpay_core::Why;

use crate::http::body;

/// Longer than a healthy gateway needs, shorter than a buyer's patience and WeChat's own
/// five-second limit on us when a notification waits behind.
const TIMEOUT_MILLIS: u32 = 5_000;

/// POST of an XML body; the reply's bytes.
pub(crate) async fn post_xml(url: &str, xml: &str) -> Result<Vec<u8>, Why> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(xml));
    let headers = web_sys::Headers::new().map_err(|_| Why::Transport)?;
    headers.set("content-type", "text/xml; charset=utf-8").map_err(|_| Why::Transport)?;
    init.set_headers(&headers);
    send(url, &init).await
}

/// GET; the reply's bytes.
pub(crate) async fn get(url: &str) -> Result<Vec<u8>, Why> {
    send(url, &RequestInit::new()).await
}

async fn send(url: &str, init: &RequestInit) -> Result<Vec<u8>, Why> {
    let signal = AbortSignal::timeout_with_u32(TIMEOUT_MILLIS);
    init.set_signal(Some(&signal));
    init.set_redirect(RequestRedirect::Manual);
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let lost = |signal: &AbortSignal| match signal.aborted() {
        true => Why::Timeout,
        false => Why::Transport,
    };
    let response = JsFuture::from(scope.fetch_with_str_and_init(url, init)).await;
    let response: Response = response.map_err(|_| lost(&signal))?.unchecked_into();
    // WeChat answers 200 even when it refuses; anything else comes from something in between.
    if response.status() != 200 {
        return Err(Why::Transport);
    }
    body::read(response.body(), body::MAX_BYTES).await.map_err(|_| lost(&signal))
}
