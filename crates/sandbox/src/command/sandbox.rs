//! The running sandbox that a command talks to, by its control API.

use anyhow::{Context, bail};
use axum::{
    body::Body,
    http::{Request, Response},
};
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use wxpay_sandbox::Merchant;

/// A sandbox that runs.
pub(crate) struct Sandbox {
    base: String,
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
    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = Request::get(format!("{}/sandbox/{path}", self.base));
        self.ask(request.body(Body::empty())?).await
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

    /// Sends any request to the sandbox's port.
    ///
    /// # Errors
    /// When nobody answers there.
    async fn send(&self, request: Request<Body>) -> anyhow::Result<Response<Body>> {
        let answer = self.http.request(request).await.with_context(|| {
            format!("no sandbox at {}; start one with `wxpay-sandbox`", self.base)
        })?;
        Ok(answer.map(Body::new))
    }
}

/// Status and body of an answer.
///
/// # Errors
/// When it breaks off.
async fn text(answer: Response<Body>) -> anyhow::Result<(u16, String)> {
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
