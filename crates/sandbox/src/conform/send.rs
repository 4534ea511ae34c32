//! How a case reaches the endpoint, and a listener for what an endpoint must never ask for.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinSet},
    time,
};

use crate::ack::{ACK_SECONDS, Ack};

/// More than any ack; a longer answer is none.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What stands in a corpus for the address of the [`Canary`].
pub(super) const CANARY: &str = "http://canary.invalid";

/// One request as it leaves: `POST`.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What came back for one letter, and after how long.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) ack: Ack,
    pub(super) took: Duration,
}

/// A listener that no endpoint has any reason to call: whoever does has let an XML document name an
/// address and went there (XXE).
pub(super) struct Canary {
    address: String,
    calls: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Canary {
    pub(super) async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let task = tokio::spawn(async move {
            // Closing the connection is answer enough.
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(Self { address, calls, task: task.abort_handle() })
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends to one endpoint after the other.
pub(super) struct Sender {
    http: Client<HttpConnector, Body>,
    pub(super) canary: Canary,
}

impl Sender {
    pub(super) async fn new() -> io::Result<Self> {
        // A connection for each: one that a hostile request has spoilt says nothing of the next.
        let mut connector = HttpConnector::new();
        // Headers and body leave in two pieces, and the second would wait for the first's receipt.
        connector.set_nodelay(true);
        let http = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { http, canary: Canary::listen().await? })
    }

    /// Sends all at the same time; the answers come back in the order of the letters.
    pub(super) async fn send_all(&self, url: &str, letters: Vec<Letter>) -> Vec<Answer> {
        let mut tasks = JoinSet::new();
        for (place, letter) in letters.into_iter().enumerate() {
            let sending = self.sending(url, letter);
            tasks.spawn(async move { (place, sending.await) });
        }
        let mut answers = tasks.join_all().await;
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    fn sending(&self, url: &str, letter: Letter) -> impl Future<Output = Answer> + use<> {
        let (http, url) = (self.http.clone(), url.to_owned());
        let body = match String::from_utf8(letter.body) {
            Ok(text) => text.replace(CANARY, &self.canary.address).into_bytes(),
            Err(error) => error.into_bytes(),
        };
        async move {
            let began = Instant::now();
            let asking = post(&http, &url, letter.headers, body);
            let ack = time::timeout(Duration::from_secs(ACK_SECONDS), asking)
                .await
                .unwrap_or(Ok(Ack::Timeout))
                .unwrap_or_else(Ack::Unreachable);
            Answer { ack, took: began.elapsed() }
        }
    }
}

async fn post(
    http: &Client<HttpConnector, Body>,
    url: &str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Result<Ack, String> {
    let mut request = Request::post(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
    let response = http.request(request).await.map_err(|error| whole(&error))?;
    let status = response.status().as_u16();
    let body = to_bytes(Body::new(response.into_body()), ANSWER_BYTES).await;
    Ok(Ack::Answer { status, body: body.map_err(|error| error.to_string())?.to_vec() })
}

/// An error with its causes: the first alone says `client error`.
fn whole(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
