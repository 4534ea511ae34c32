//! `wxpay-sandbox listen`: brings every notification to a shop under development, and its answer back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::time::timeout;
use wxpay_sandbox::ACK_SECONDS;

use super::{
    receiver,
    sandbox::{self, Sandbox},
};

/// Hands every notification of the sandbox to one address, also those whose notify_url is a public
/// one that nothing on this machine answers; the shop's answer is the ack. Ctrl-C ends it, and
/// notifications go to their own notify_url again.
///
/// 把沙箱的所有通知转到一个地址，应答原样带回。
#[derive(Args)]
pub(crate) struct Flags {
    /// The shop's notify address, http 商户的通知地址
    #[arg(long, value_name = "URL", value_parser = sandbox::http_address)]
    forward_to: Uri,
    /// Only these; the others go to their own notify_url
    #[arg(long, value_enum, value_delimiter = ',', value_name = "EVENT")]
    events: Vec<Event>,
    #[command(flatten)]
    sandbox: sandbox::Address,
}

#[derive(Clone, Copy, ValueEnum)]
enum Event {
    Payment,
    Refund,
}

impl Event {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
        }
    }
}

/// Forwards until it is stopped.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let sandbox = Arc::new(Sandbox::from(&flags.sandbox));
    let (forwarder, to) = (Arc::clone(&sandbox), flags.forward_to.clone());
    let ear = receiver::open(move |request| {
        // Whoever waits too long hangs up; the line about it is printed all the same.
        let forwarding = tokio::spawn(forward(Arc::clone(&forwarder), to.clone(), request));
        async { forwarding.await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response()) }
    })
    .await?;
    let events: Vec<_> = flags.events.iter().map(|event| event.as_str()).collect();
    sandbox.post("forward", &json!({ "url": ear, "events": events })).await?;
    println!("转发 forwarding {} → {}   Ctrl-C 停止 stops", sandbox.base, flags.forward_to);
    sandbox::stopped().await?;
    sandbox.post("forward", &json!({ "url": null })).await.context("forwarding goes on")?;
    Ok(())
}

/// Hands one notification on, byte by byte, and prints a line about it.
async fn forward(sandbox: Arc<Sandbox>, to: Uri, request: Request) -> Response {
    let began = Instant::now();
    let (mut parts, body) = request.into_parts();
    let mut told = |name| match parts.headers.remove(name) {
        Some(value) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        None => String::new(),
    };
    let (number, notify_url) = (told("x-sandbox-number"), told("x-sandbox-notify-url"));
    // The host is the receiver's, and the connection is another one.
    parts.headers.remove(header::HOST);
    parts.uri = to;
    let request = Request::from_parts(parts, body);
    let answered = async { sandbox::text(sandbox.send(request).await?).await };
    let answer = timeout(Duration::from_secs(ACK_SECONDS), answered).await;
    let answer = answer.unwrap_or_else(|_| Err(anyhow!("no answer within {ACK_SECONDS} s")));
    let took = began.elapsed().as_millis();
    match answer {
        Ok((status, body)) => {
            let brief: String = body.split_whitespace().collect::<Vec<_>>().join(" ");
            println!("{number}  ({notify_url})  → {status}  {took} ms  {brief}");
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, Body::from(body)).into_response()
        }
        Err(error) => {
            println!("{number}  ({notify_url})  ✗ {error:#}");
            (StatusCode::BAD_GATEWAY, error.to_string()).into_response()
        }
    }
}
