//! `wxpay-sandbox tail`: every message between shop and WeChat as it goes by.

use std::io::{ErrorKind, Write, stdout};

use anyhow::{Context, bail};
use axum::{body::Body, http::Request};
use clap::Args;
use http_body_util::BodyExt;
use serde_json::Value;

use super::{
    message::Shown,
    sandbox::{self, Sandbox},
};

/// Prints every message between the shop and WeChat as it goes by, until Ctrl-C.
///
/// 实时显示商户与微信之间的每一条报文；`--json` 的输出可以用 `replay` 重放。
#[derive(Args)]
pub(crate) struct Flags {
    /// One JSON object a line: a recording that `replay` reads
    #[arg(long)]
    json: bool,
    /// Only of this order 商户订单号
    #[arg(long, value_name = "NO")]
    order: Option<String>,
    /// Begins with the messages that came after this one; 0 is every message still known
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    #[command(flatten)]
    sandbox: sandbox::Address,
}

/// Prints until it is stopped, the sandbox ends, or nobody reads any more.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let sandbox = Sandbox::from(&flags.sandbox);
    let query = flags.after.map(|seq| format!("?after={seq}")).unwrap_or_default();
    let request = Request::get(format!("{}/sandbox/events{query}", sandbox.base));
    let answer = sandbox.send(request.body(Body::empty())?).await?;
    if answer.status() != 200 {
        bail!("{} tells no events: it answered {}", sandbox.base, answer.status());
    }
    tokio::select! {
        printed = print(&flags, answer.into_body()) => printed,
        stopped = sandbox::stopped() => stopped,
    }
}

async fn print(flags: &Flags, mut body: Body) -> anyhow::Result<()> {
    let mut events = Events::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the sandbox has ended")?;
        for text in events.messages(frame.data_ref().map_or(&[], |data| data)) {
            let message: Value = serde_json::from_str(&text)?;
            let order = message.get("out_trade_no").and_then(Value::as_str);
            if flags.order.is_some() && flags.order.as_deref() != order {
                continue;
            }
            let shown = if flags.json { text } else { format!("{}\n", Shown(&message)) };
            match writeln!(stdout(), "{shown}") {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                printed => printed?,
            }
        }
    }
    bail!("the sandbox has ended")
}

/// Reads server-sent events, however they are cut into pieces.
///
/// Source: HTML Living Standard, server-sent events; the sandbox ends its lines with line feeds.
#[derive(Default)]
struct Events {
    rest: Vec<u8>,
    name: String,
    text: String,
}

impl Events {
    /// What the events named `message` say that end in this piece.
    fn messages(&mut self, piece: &[u8]) -> Vec<String> {
        let mut messages = Vec::new();
        self.rest.extend_from_slice(piece);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            match line.trim_end().split_once(':') {
                Some(("event", name)) => name.trim().clone_into(&mut self.name),
                Some(("data", text)) => self.text.push_str(text.trim_start()),
                Some(_) => {}
                None => {
                    let text = std::mem::take(&mut self.text);
                    if std::mem::take(&mut self.name) == "message" && !text.is_empty() {
                        messages.push(text);
                    }
                }
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_wherever_they_are_cut() {
        let stream = ": hello\n\nevent: state\ndata: {}\n\nid: 7\nevent: message\ndata: {\"body\":\"茶\"}\n\n";
        for cut in 0..stream.len() {
            let (first, second) = stream.as_bytes().split_at(cut);
            let mut events = Events::default();
            let mut messages = events.messages(first);
            messages.extend(events.messages(second));
            assert_eq!(messages, ["{\"body\":\"茶\"}"], "cut at {cut}");
        }
    }
}
