//! `wxpay-sandbox replay`: sends recorded notifications once more, byte by byte.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use axum::{
    body::Body,
    http::{Request, Uri},
};
use clap::Args;
use serde::Deserialize;
use serde_json::{Deserializer, Value};

use super::sandbox::{self, Sandbox};

/// Sends the notifications of an order, or of a recording, once more, one after the other, each with
/// the same bytes and headers. The sandbox notes nothing of it.
///
/// V3 signs the time, and a shop refuses what is older than five minutes: an old recording shows
/// whether it does.
///
/// 按录制的原样重发通知。
#[derive(Args)]
pub(crate) struct Flags {
    /// An order of the running sandbox, or a file that `tail --json` wrote
    #[arg(value_name = "OUT_TRADE_NO|FILE")]
    recording: String,
    /// Instead of the address that each notification had
    #[arg(long, value_name = "URL", value_parser = sandbox::http_address)]
    to: Option<Uri>,
    #[command(flatten)]
    sandbox: sandbox::Address,
}

/// What is needed of a message to send it again.
#[derive(Deserialize)]
struct Sent {
    direction: String,
    what: String,
    out_trade_no: Option<String>,
    /// Requests have one, answers have none.
    method: Option<String>,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
}

/// Sends all, and says what was answered.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let sandbox = Sandbox::from(&flags.sandbox);
    let notifications = if Path::new(&flags.recording).is_file() {
        let text = std::fs::read_to_string(&flags.recording)?;
        recorded(&text).with_context(|| format!("{} is no recording", flags.recording))?
    } else {
        of_order(&sandbox, &flags.recording).await?
    };
    if notifications.is_empty() {
        bail!("no notification of {} was recorded", flags.recording);
    }
    let mut lost = 0_usize;
    for sent in notifications {
        let to = match &flags.to {
            Some(to) => to.clone(),
            None => sandbox::http_address(&sent.url).context("name another address with --to")?,
        };
        let about = format!("{} {}", sent.what, sent.out_trade_no.as_deref().unwrap_or("-"));
        match again(&sandbox, sent, &to).await {
            Ok((status, body)) => {
                let brief = body.split_whitespace().collect::<Vec<_>>().join(" ");
                println!("{about} → {to} {status} {brief}");
            }
            Err(error) => {
                lost = lost.saturating_add(1);
                println!("{about} ✗ {error:#}");
            }
        }
    }
    match lost {
        0 => Ok(()),
        lost => bail!("{lost} of the notifications did not arrive"),
    }
}

async fn again(sandbox: &Sandbox, sent: Sent, to: &Uri) -> anyhow::Result<(u16, String)> {
    let mut request = Request::post(to);
    for (name, value) in sent.headers.iter().filter(|(name, _)| *name != "host") {
        request = request.header(name, value);
    }
    sandbox::text(sandbox.send(request.body(Body::from(sent.body))?).await?).await
}

async fn of_order(sandbox: &Sandbox, number: &str) -> anyhow::Result<Vec<Sent>> {
    let order = sandbox.get(&format!("orders/{number}")).await;
    let order = order.with_context(|| format!("`{number}` is no file either"))?;
    notifications([order])
}

/// One object after the other, as `tail --json` writes them, or all of them in one list or order.
fn recorded(text: &str) -> anyhow::Result<Vec<Sent>> {
    let values: Vec<Value> = Deserializer::from_str(text).into_iter().collect::<Result<_, _>>()?;
    notifications(values)
}

fn notifications(values: impl IntoIterator<Item = Value>) -> anyhow::Result<Vec<Sent>> {
    let mut found = Vec::new();
    for value in values {
        let messages = match value {
            Value::Array(messages) => messages,
            Value::Object(mut order) if order.contains_key("messages") => {
                match order.remove("messages") {
                    Some(Value::Array(messages)) => messages,
                    _ => bail!("`messages` is no list"),
                }
            }
            message => vec![message],
        };
        for message in messages {
            let sent: Sent = serde_json::from_value(message)?;
            // Of what WeChat says, only its notifications are requests.
            if sent.direction == "out" && sent.method.is_some() {
                found.push(sent);
            }
        }
    }
    Ok(found)
}
