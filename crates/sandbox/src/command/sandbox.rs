//! The running sandbox that a command talks to, by its control API.

use anyhow::{Context, bail};
use axum::{
    body::Body,
    http::{Request, Response, Uri},
};
use clap::Args;
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use wxpay_sandbox::Merchant;

/// Which sandbox.
#[derive(Args)]
pub(crate) struct Address {
    /// The running sandbox 运行中的沙箱
    #[arg(
        long,
        env = "WXPAY_SANDBOX",
        default_value = "http://127.0.0.1:8990",
        value_name = "URL"
    )]
    sandbox: String,
}

/// A connection to it.
pub(crate) struct Sandbox {
    pub(crate) base: String,
    http: Client<HttpConnector, Body>,
}

impl Sandbox {
    pub(crate) fn new(base: &str) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { base: base.trim_end_matches('/').to_owned(), http }
    }

    /// Asks the control API.
    ///
    /// # Errors
    /// When nobody answers there, or the answer is a refusal, which is told in its own words.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = Request::get(format!("{}/sandbox/{path}", self.base));
        self.ask(request.body(Body::empty())?).await
    }

    /// Tells the control API.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = Request::post(format!("{}/sandbox/{path}", self.base));
        self.ask(request.body(body.to_string().into())?).await
    }

    /// Who trades there.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn merchant(&self) -> anyhow::Result<Merchant> {
        Ok(serde_json::from_value(self.get("env").await?)?)
    }

    async fn ask(&self, request: Request<Body>) -> anyhow::Result<Value> {
        let (status, body) = text(self.send(request).await?).await?;
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        if status == 200 {
            return Ok(answer);
        }
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => bail!("{error}"),
            None => bail!("{} is no sandbox: it answered {status}", self.base),
        }
    }

    /// Sends any request to any address.
    ///
    /// # Errors
    /// When nobody answers there.
    pub(crate) async fn send(&self, request: Request<Body>) -> anyhow::Result<Response<Body>> {
        let to = request.uri().to_string();
        let answer = self.http.request(request).await;
        let answer = answer.with_context(|| match to.starts_with(&self.base) {
            true => format!("no sandbox at {}; start one with `wxpay-sandbox`", self.base),
            false => format!("nobody answers at {to}"),
        })?;
        Ok(answer.map(Body::new))
    }
}

/// An address that this program can send to.
///
/// # Errors
/// When it is not `http://`: there is no TLS here.
pub(crate) fn http_address(text: &str) -> anyhow::Result<Uri> {
    let address: Uri = text.parse().with_context(|| format!("`{text}` is no address"))?;
    if address.scheme_str() != Some("http") || address.host().is_none() {
        bail!("expected an http:// address, found `{text}`");
    }
    Ok(address)
}

/// Returns when the user, or whoever runs this program, has had enough.
///
/// # Errors
/// When the machine has no signals.
pub(crate) async fn stopped() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = ctrl_c() => interrupted?,
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    ctrl_c().await?;
    Ok(())
}

impl From<&Address> for Sandbox {
    fn from(flags: &Address) -> Self {
        Self::new(&flags.sandbox)
    }
}

/// Status and body of an answer.
///
/// # Errors
/// When it breaks off.
pub(crate) async fn text(answer: Response<Body>) -> anyhow::Result<(u16, String)> {
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
