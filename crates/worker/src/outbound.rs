//! Calls to WeChat over the runtime's `fetch`: five seconds, no redirect followed, 64 KB read. A
//! bill, which may be larger than the memory there is, comes as a stream.
//!
//! Whatever goes wrong on the way tells nothing about what WeChat did, so the only error is `Why`
//! nothing is known.
use js_sys::{Function, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use web_sys::{AbortController, AbortSignal, Response};
use wxpay_core::Why;

use crate::{border, http::body};

/// Longer than a healthy gateway needs, shorter than a buyer's patience and WeChat's own
/// five-second limit on us when a notification waits behind.
pub(crate) const EXCHANGE_MILLIS: u32 = 5_000;

#[wasm_bindgen]
extern "C" {
    /// A binding that has a `fetch` of its own, here one that shows the merchant's certificate.
    #[derive(Clone)]
    pub(crate) type Fetcher;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, millis: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Nothing came that WeChat said. Whether for want of time, the signal knows.
pub(crate) struct NoAnswer;

/// What is asked, and by which headers.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: &'a str,
    /// A line each: name, colon, value.
    pub(crate) headers: &'a str,
    pub(crate) body: Option<&'a str>,
}

/// Sends a request through a binding or over the runtime's own `fetch`.
pub(crate) async fn send(
    through: Option<&Fetcher>,
    Request { method, url, headers, body }: Request<'_>,
    signal: &AbortSignal,
) -> Result<Response, NoAnswer> {
    let response = border::send(through, method, url, headers, body, signal);
    let response = JsFuture::from(response).await.map_err(|_| NoAnswer)?;
    let response: Response = response.unchecked_into();
    // A host out of reach: Cloudflare's `fetch` then answers 52x instead of failing.
    // Source: Cloudflare's page "Cloudflare 5xx errors", 521 to 530, read 2026-11.
    if (520..=530).contains(&response.status()) { Err(NoAnswer) } else { Ok(response) }
}

/// GET; the reply's bytes.
pub(crate) async fn get(url: &str) -> Result<Vec<u8>, Why> {
    let patience = Patience::of(EXCHANGE_MILLIS)?;
    let request = Request { method: "GET", url, headers: "accept:application/json", body: None };
    let response = send(None, request, &patience.signal()).await;
    let response = response.map_err(|NoAnswer| patience.lost())?;
    // It answers 200 even where it refuses; anything else comes from something in between.
    if response.status() != 200 {
        return Err(Why::Transport);
    }
    body::read(&response, body::MAX_BYTES).await.map_err(|_| patience.lost())
}

/// How long something outside may take. It ends when this is dropped: a timer left running would
/// keep a Durable Object awake, and its owner paying, for nothing.
pub(crate) struct Patience {
    controller: AbortController,
    timer: JsValue,
}

impl Patience {
    pub(crate) fn of(millis: u32) -> Result<Self, Why> {
        let controller = AbortController::new().map_err(|_| Why::Transport)?;
        let abort = js_sys::Reflect::get(&controller, &"abort".into());
        let abort: Function = abort.map_err(|_| Why::Transport)?.unchecked_into();
        let timer = set_timeout(&abort.bind0(&controller), millis);
        Ok(Self { controller, timer })
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    /// Why there is no answer, or no more of it.
    pub(crate) fn lost(&self) -> Why {
        match self.signal().aborted() {
            true => Why::Timeout,
            false => Why::Transport,
        }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}
