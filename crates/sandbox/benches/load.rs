//! How many orders a second, in how much memory, and how long until ready: a shop with many buyers
//! at once against the real program. Each order is made, paid, notified and queried; every second
//! one by API V3.
//!
//! ```text
//! cargo bench --profile native -p wxpay-sandbox --bench load -- --orders 100000
//! ```
#![allow(clippy::print_stdout, reason = "a command speaks by printing")]

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::Request,
    routing::post,
};
use clap::Parser;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::timeout};
use wxpay_sandbox::{Merchant, V3Signer};

/// Longer than any notification takes, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of the table.
const LINES: u64 = 10;

#[derive(Parser)]
struct Flags {
    /// Orders in all
    #[arg(long, default_value_t = 2_000)]
    orders: u64,
    /// Buyers at once
    #[arg(long, default_value_t = 16)]
    buyers: u64,
    /// File of the sandbox, as its own flag; without one it is temporary
    #[arg(long)]
    data: Option<PathBuf>,
    /// Only this API, v2 or v3, instead of both in turns
    #[arg(long, value_parser = ["v2", "v3"])]
    api: Option<String>,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who waits for the notification of which order.
type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>;

struct Shop {
    http: Client<HttpConnector, Body>,
    gateway: String,
    merchant: Merchant,
    signer: V3Signer,
    notify_url: String,
    waiting: Waiting,
    api: Option<String>,
}

impl Shop {
    async fn call(
        &self,
        request: axum::http::request::Builder,
        body: String,
    ) -> anyhow::Result<String> {
        let reply = self.http.request(request.body(Body::from(body))?).await?;
        let status = reply.status();
        let body = to_bytes(Body::new(reply.into_body()), usize::MAX).await?;
        let text = String::from_utf8(body.to_vec())?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(text)
    }

    async fn v2(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let body = self.merchant.v2_body("5K8264ILTKCH16CQ2502SI8ZNMTM67VS", fields);
        self.call(Request::post(format!("{}{path}", self.gateway)), body).await
    }

    async fn v3(&self, method: &str, path: &str, body: Value) -> anyhow::Result<String> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
        let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
        let signed = self.signer.authorization((method, path), (&at, nonce), &body);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.gateway))
            .header("authorization", signed)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("user-agent", "load");
        self.call(request, body).await
    }

    async fn buy(&self, number: u64) -> anyhow::Result<()> {
        let no = format!("LOAD-{number:09}");
        let by_v3 = self.api.as_ref().map_or(number.is_multiple_of(2), |api| api == "v3");
        let (told, news) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(no.clone(), told);
        let notify_url = format!("{}/{}/{no}", self.notify_url, if by_v3 { "v3" } else { "v2" });
        let made = if by_v3 {
            let body = json!({
                "appid": self.merchant.appid, "mchid": self.merchant.mchid, "description": "茶叶",
                "out_trade_no": no, "notify_url": notify_url, "amount": { "total": 990 },
            });
            self.v3("POST", "/v3/pay/transactions/native", body).await?
        } else {
            let terms = [
                ("body", "茶叶"),
                ("out_trade_no", &no),
                ("total_fee", "990"),
                ("spbill_create_ip", "203.0.113.7"),
                ("notify_url", &notify_url),
                ("trade_type", "NATIVE"),
                ("product_id", "tea"),
            ];
            self.v2("/pay/unifiedorder", &terms).await?
        };
        ensure!(made.contains("weixin://"), "not ordered: {made}");
        self.call(
            Request::post(format!("{}/sandbox/orders/{no}/pay", self.gateway)),
            String::new(),
        )
        .await?;
        timeout(PATIENCE, news).await.context("no notification")??;
        let paid = if by_v3 {
            let mchid = &self.merchant.mchid;
            let path = format!("/v3/pay/transactions/out-trade-no/{no}?mchid={mchid}");
            self.v3("GET", &path, Value::Null).await?
        } else {
            self.v2("/pay/orderquery", &[("out_trade_no", &no)]).await?
        };
        ensure!(paid.contains("SUCCESS") && paid.contains("4200"), "not paid: {paid}");
        Ok(())
    }
}

/// The sandbox, which dies with the measurement.
struct Sandbox {
    process: Child,
    gateway: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Sandbox {
    fn start(data: Option<PathBuf>) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxpay-sandbox"));
        for port in ["--port", "--wechat-port", "--phone-port", "--desktop-port"] {
            command.args([port, "0"]);
        }
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        let mut process = command.arg("--json").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let addresses: Value = serde_json::from_str(&line)?;
        let gateway = addresses.get("gateway").and_then(Value::as_str);
        let gateway = gateway.context("no address")?.to_owned();
        Ok(Self { process, gateway })
    }

    /// Memory that the process holds (RSS), in MiB; `None` where there is no /proc.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_div(1024)
    }
}

/// Takes notifications, and wakes who waits for them.
async fn notify_site(waiting: Waiting) -> anyhow::Result<String> {
    let take = async |State(waiting): State<Waiting>, Path((api, no)): Path<(String, String)>| {
        if let Some(told) = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&no) {
            let _ = told.send(());
        }
        match api.as_str() {
            "v2" => "<xml><return_code>SUCCESS</return_code></xml>",
            _ => r#"{"code":"SUCCESS"}"#,
        }
    };
    let router = Router::new().route("/notify/{api}/{no}", post(take)).with_state(waiting);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}/notify"))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Flags { orders, buyers, data, api, bench: _ } = Flags::parse();
    let started = Instant::now();
    let sandbox = Sandbox::start(data)?;
    let http = Client::builder(TokioExecutor::new()).build_http();
    let env = http.get(format!("{}/sandbox/env", sandbox.gateway).parse()?).await?;
    println!("ready after {} ms", started.elapsed().as_millis());
    let merchant: Merchant =
        serde_json::from_slice(&to_bytes(Body::new(env.into_body()), usize::MAX).await?)?;
    let signer = merchant.v3_signer().context("no merchant key")?;
    let waiting = Waiting::default();
    let shop = Arc::new(Shop {
        http,
        gateway: sandbox.gateway.clone(),
        merchant,
        signer,
        notify_url: notify_site(Arc::clone(&waiting)).await?,
        waiting,
        api,
    });
    let (next, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut crowd = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..buyers {
        let (shop, next, done) = (Arc::clone(&shop), Arc::clone(&next), Arc::clone(&done));
        crowd.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= orders {
                    return anyhow::Ok(());
                }
                shop.buy(number).await.with_context(|| format!("order {number}"))?;
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    println!("{:>9} {:>9} {:>9}", "orders", "a second", "MiB");
    let mut told = (0, begun);
    for line in 1..=LINES {
        let until = orders.saturating_mul(line).checked_div(LINES).unwrap_or_default();
        while done.load(Ordering::Relaxed) < until {
            if let Ok(Some(ended)) = timeout(Duration::from_millis(20), crowd.join_next()).await {
                ended??;
            }
        }
        let (count, now) = (done.load(Ordering::Relaxed), Instant::now());
        let rate = per_second(count.saturating_sub(told.0), now.duration_since(told.1));
        let memory = sandbox.memory().map_or("?".to_owned(), |mib| mib.to_string());
        println!("{count:>9} {rate:>9} {memory:>9}");
        told = (count, now);
    }
    while let Some(ended) = crowd.join_next().await {
        ended??;
    }
    println!("{} orders a second in all", per_second(orders, begun.elapsed()));
    if done.load(Ordering::Relaxed) != orders {
        bail!("some orders are missing");
    }
    Ok(())
}

fn per_second(count: u64, time: Duration) -> u128 {
    u128::from(count).saturating_mul(1_000).checked_div(time.as_millis()).unwrap_or_default()
}
