//! Drivers of two Rust SDKs: a line of JSON in, a line of JSON out, as `../driver.mjs` speaks.

mod rswxpay;
mod wxpay_rs;

use std::collections::HashMap;
use std::io::{self, BufRead as _, Write as _};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};

/// What `open` is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opening {
    gateway: String,
    merchant: Merchant,
    platform: Platform,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merchant {
    appid: String,
    mchid: String,
    serial: String,
    private_key: String,
    api_v3_key: String,
}

/// By what replies are verified.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Platform {
    /// Whether certificates are to be downloaded.
    certificates: bool,
    #[serde(default)]
    public_keys: HashMap<String, String>,
}

/// WeChat said no; its code is all that both SDKs tell of it.
#[derive(Debug)]
struct WeChatSaidNo(String);

impl std::fmt::Display for WeChatSaidNo {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for WeChatSaidNo {}

/// One client of either SDK.
enum Client {
    WxpayRs(Box<wxpay_rs::Client>),
    Rswxpay(Box<rswxpay::Client>),
}

impl Client {
    async fn open(sdk: &str, opening: Opening) -> Result<Self> {
        match sdk {
            "wxpay-rs" => Ok(Self::WxpayRs(Box::new(wxpay_rs::Client::open(opening).await?))),
            "rswxpay" => Ok(Self::Rswxpay(Box::new(rswxpay::Client::open(opening).await?))),
            _ => bail!("there is no driver of `{sdk}`"),
        }
    }

    /// The SDK's answer; `None` if it has no such call.
    async fn call(&self, call: &str, args: &Value) -> Result<Option<Value>> {
        match self {
            Self::WxpayRs(client) => client.call(call, args).await,
            Self::Rswxpay(client) => client.call(call, args).await,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    client: String,
    call: String,
    args: Value,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let sdk = std::env::args().nth(1).context("which SDK?")?;
    let mut clients = HashMap::new();
    for line in io::stdin().lock().lines() {
        let Line { client, call, args } = serde_json::from_str(&line?)?;
        let result = if call == "open" {
            open(&sdk, args).await.map(|opened| {
                clients.insert(client, opened);
                Some(json!({}))
            })
        } else {
            match clients.get(&client) {
                Some(client) => client.call(&call, &args).await,
                None => Err(anyhow!("not open")),
            }
        };
        let answer = match result {
            Ok(Some(value)) => json!({ "ok": value }),
            Ok(None) => json!({ "none": true }),
            Err(error) => match error.downcast::<WeChatSaidNo>() {
                Ok(WeChatSaidNo(code)) => json!({ "no": { "code": code } }),
                Err(error) => json!({ "sdk": format!("{error:#}") }),
            },
        };
        writeln!(io::stdout(), "{answer}")?;
    }
    Ok(())
}

async fn open(sdk: &str, args: Value) -> Result<Client> {
    Client::open(sdk, serde_json::from_value(args)?).await
}

/// What a request's signature is made of.
fn to_sign(args: &Value) -> [String; 5] {
    ["/method", "/url", "/timestamp", "/nonce", "/body"].map(|pointer| text(args, pointer))
}

/// What is signed for a page.
fn page_to_sign(args: &Value) -> String {
    let lines = ["/appId", "/timeStamp", "/nonceStr", "/package"];
    lines.map(|pointer| text(args, pointer) + "\n").concat()
}

/// The text at a JSON pointer; empty if there is none.
fn text(args: &Value, pointer: &str) -> String {
    args.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The number of fen at a JSON pointer; 0 if there is none.
fn fen(args: &Value, pointer: &str) -> u64 {
    args.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}
