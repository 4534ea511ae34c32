//! Calls to WeChat over the runtime's `fetch`: five seconds, no redirect followed, 64 KB read. A
//! bill, which may be larger than the memory there is, comes as a stream.
//!
//! Whatever goes wrong on the way tells nothing about what WeChat did, so the only error is `Why`
//! nothing is known.
use std::{cell::Cell, rc::Rc, time::Duration};

use js_sys::{
    Promise,
    futures::{JsFuture, spawn_local},
};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use web_sys::{
    AbortController, AbortSignal, RequestInit, RequestRedirect, Response, WorkerGlobalScope,
};
use wxpay_core::Why;

use crate::http::body;

/// Longer than a healthy gateway needs, shorter than a buyer's patience and WeChat's own
/// five-second limit on us when a notification waits behind.
const TIMEOUT_MILLIS: u32 = 5_000;

/// A bill of a large day takes WeChat a while to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(30);

#[wasm_bindgen]
extern "C" {
    /// A binding that has a `fetch` of its own, here one that shows the merchant's certificate.
    #[derive(Clone)]
    pub(crate) type Fetcher;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Fetcher, url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

/// Nothing came that WeChat said. Whether for want of time, the signal knows.
pub(crate) struct NoAnswer;

/// Sends a request, through a binding or over the runtime's own `fetch`.
pub(crate) async fn send(
    through: Option<&Fetcher>,
    url: &str,
    init: &RequestInit,
) -> Result<Response, NoAnswer> {
    let promise = match through {
        Some(binding) => binding.fetch(url, init).map_err(|_| NoAnswer)?,
        None => js_sys::global()
            .unchecked_into::<WorkerGlobalScope>()
            .fetch_with_str_and_init(url, init),
    };
    let response = JsFuture::from(promise).await.map_err(|_| NoAnswer)?;
    let response: Response = response.unchecked_into();
    // WeChat answers 200 even when it refuses; anything else comes from something in between. So
    // does a host out of reach: Cloudflare's `fetch` then answers 52x instead of failing.
    // Source: Cloudflare's page "Cloudflare 5xx errors", 521 to 530, read 2026-11.
    if response.status() == 200 { Ok(response) } else { Err(NoAnswer) }
}

/// GET; the reply's bytes.
pub(crate) async fn get(url: &str) -> Result<Vec<u8>, Why> {
    let signal = limit();
    let response = send(None, url, &init(&signal)).await.map_err(|NoAnswer| lost(&signal))?;
    let read = body::read(response.body(), body::MAX_BYTES).await;
    read.map_err(|_| lost(&signal))
}

/// A POST of an XML body. It may be sent more than once.
pub(crate) fn post_xml(xml: &str, signal: &AbortSignal) -> Result<RequestInit, Why> {
    let init = init(signal);
    init.set_method("POST");
    init.set_body(&JsValue::from_str(xml));
    let headers = web_sys::Headers::new().map_err(|_| Why::Transport)?;
    headers.set("content-type", "text/xml; charset=utf-8").map_err(|_| Why::Transport)?;
    init.set_headers(&headers);
    Ok(init)
}

fn init(signal: &AbortSignal) -> RequestInit {
    let init = RequestInit::new();
    init.set_signal(Some(signal));
    init.set_redirect(RequestRedirect::Manual);
    init
}

/// The time that a whole exchange may take.
pub(crate) fn limit() -> AbortSignal {
    AbortSignal::timeout_with_u32(TIMEOUT_MILLIS)
}

/// Why there is no answer, or no more of it.
pub(crate) fn lost(signal: &AbortSignal) -> Why {
    match signal.aborted() {
        true => Why::Timeout,
        false => Why::Transport,
    }
}

/// A limit on how long an answer takes to begin; how long the rest takes is up to whoever reads it.
/// It ends when this is dropped.
pub(crate) struct Patience {
    controller: AbortController,
    over: Rc<Cell<bool>>,
}

impl Patience {
    pub(crate) fn for_a_bill() -> Result<Self, Why> {
        let controller = AbortController::new().map_err(|_| Why::Transport)?;
        let over = Rc::new(Cell::new(false));
        let (watched, aborting) = (Rc::clone(&over), controller.clone());
        spawn_local(async move {
            worker::Delay::from(BEGINS_WITHIN).await;
            if !watched.get() {
                aborting.abort();
            }
        });
        Ok(Self { controller, over })
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        self.over.set(true);
    }
}
