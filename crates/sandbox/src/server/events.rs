//! `GET /sandbox/events`: what changes, as it changes (实时事件), in server-sent events.
//!
//! Source: HTML Standard, "Server-sent events": a line per field, an empty line ends an event, a
//! line that begins with a colon says nothing, and a browser that comes back names the last `id`.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use http_body::Frame;
use serde::Serialize;
use tokio::{
    sync::{broadcast, mpsc},
    time,
};

use super::{Change, Shared, control, exchange};
use crate::{ledger::Message, message::Request, query};

/// Events on their way to one listener; the rest waits in the channel of changes.
const ON_THE_WAY: usize = 64;

/// After so much silence, in real time, a line says that the listener is still listened to: so a
/// proxy in between does not hang up, and a listener that is gone is found out.
const SILENCE: Duration = Duration::from_secs(15);

/// Starts telling; kept messages behind the one that the listener knows come first.
pub(super) fn open(shared: &Arc<Shared>, request: &Request) -> Response {
    let after = query::value(&request.query, "after").parse().ok();
    let known = request.header("last-event-id").and_then(|id| id.parse().ok()).or(after);
    let newest = shared.gateway().ledger().last_seq();
    // A number from the future was told by a sandbox before this one: all is news to who knows it.
    let known = known.map_or(newest, |known| if known > newest { 0 } else { known });
    let (sender, events) = mpsc::channel(ON_THE_WAY);
    let listener = Listener {
        // Before anything is read, so that nothing falls between what was and what comes.
        changes: shared.changes.subscribe(),
        known,
        shared: Arc::clone(shared),
        events: sender,
    };
    tokio::spawn(listener.serve());
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    let mut response = (headers, Body::new(Events(events))).into_response();
    exchange::open_to_all(&mut response);
    response
}

/// The body of the answer, which ends with the listener.
struct Events(mpsc::Receiver<Bytes>);

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

/// The listener has hung up.
struct Gone;

struct Listener {
    shared: Arc<Shared>,
    changes: broadcast::Receiver<Change>,
    /// The newest message that was told.
    known: u64,
    events: mpsc::Sender<Bytes>,
}

impl Listener {
    async fn serve(mut self) {
        // What comes back is only that nobody listens any more.
        let Err(Gone) = self.tell_everything().await;
    }

    async fn tell_everything(&mut self) -> Result<Infallible, Gone> {
        self.tell(&Change::State).await?;
        self.tell_kept().await?;
        loop {
            tokio::select! {
                change = self.changes.recv() => match change {
                    Ok(change) => self.tell(&change).await?,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(broadcast::error::RecvError::Closed) => return Err(Gone),
                },
                () = self.events.closed() => return Err(Gone),
                () = time::sleep(SILENCE) => self.send(": \n\n".to_owned()).await?,
            }
        }
    }

    /// So much changed at once that some of it was not heard: the listener has to look again.
    async fn catch_up(&mut self) -> Result<(), Gone> {
        self.send("event: missed\ndata: {}\n\n".to_owned()).await?;
        self.tell_kept().await?;
        self.tell(&Change::State).await
    }

    async fn tell(&mut self, change: &Change) -> Result<(), Gone> {
        let event = match change {
            Change::State => event("state", None, control::settings(&self.shared)),
            Change::Order(out_trade_no) => {
                let now = self.shared.clock.now();
                let Some(order) = self.shared.gateway().order_summary(now, out_trade_no) else {
                    return Ok(());
                };
                event("order", None, order)
            }
            Change::Message(seq) if *seq <= self.known => return Ok(()),
            Change::Message(seq) => {
                self.known = *seq;
                let told = self.messages(|message| message.seq == *seq);
                return self.send_all(told).await;
            }
        };
        self.send(event).await
    }

    /// Every message that is still kept and was not told.
    async fn tell_kept(&mut self) -> Result<(), Gone> {
        let (known, newest) = (self.known, self.shared.gateway().ledger().last_seq());
        let told = self
            .messages(|message| (known..=newest).contains(&message.seq) && message.seq != known);
        self.known = newest;
        self.send_all(told).await
    }

    fn messages(&self, wanted: impl Fn(&Message) -> bool) -> Vec<String> {
        let gateway = self.shared.gateway();
        let told = gateway.ledger().messages().filter(|message| wanted(message));
        told.map(|message| event("message", Some(message.seq), gateway.message_report(message)))
            .collect()
    }

    async fn send_all(&self, events: Vec<String>) -> Result<(), Gone> {
        for event in events {
            self.send(event).await?;
        }
        Ok(())
    }

    async fn send(&self, event: String) -> Result<(), Gone> {
        self.events.send(event.into()).await.map_err(|_| Gone)
    }
}

fn event(name: &str, id: Option<u64>, report: impl Serialize) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // Compact JSON has no line breaks, so it is one `data` line.
    let data = serde_json::to_string(&report).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Options,
        server::{
            start,
            tests::{send, tell},
        },
        shop::{NO, Shop},
    };

    /// A listener, event by event: name, id, data.
    struct Ear {
        body: Body,
        heard: String,
    }

    impl Ear {
        async fn open(url: String) -> Self {
            let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
            let request = axum::http::Request::get(url).body(Body::empty()).unwrap();
            let response = client.request(request).await.unwrap();
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            Self { body: Body::new(response.into_body()), heard: String::new() }
        }

        async fn next(&mut self) -> (String, Option<u64>, Value) {
            while !self.heard.contains("\n\n") {
                let frame = self.body.frame().await.unwrap().unwrap();
                self.heard.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
            }
            let (event, rest) = self.heard.split_once("\n\n").unwrap();
            let field = |name| event.lines().find_map(|line| line.strip_prefix(name));
            let told = (
                field("event: ").unwrap().to_owned(),
                field("id: ").map(|id| id.parse().unwrap()),
                serde_json::from_str(field("data: ").unwrap()).unwrap(),
            );
            self.heard = rest.to_owned();
            told
        }
    }

    #[tokio::test]
    async fn what_changes_is_told_as_it_changes_and_again_to_who_comes_back() {
        let running = start(Options::default()).await.unwrap();
        let gateway = &running.addresses().gateway;
        let mut ear = Ear::open(format!("{gateway}/sandbox/events")).await;
        let (name, _, state) = ear.next().await;
        assert_eq!((name.as_str(), &state["clock_mode"]), ("state", &json!("run")));
        assert!(state.get("orders").is_none());

        let order = Body::from(Shop::open().signed(&Shop::terms("NATIVE")));
        let url = format!("{gateway}/pay/unifiedorder");
        send(axum::http::Request::post(url).body(order).unwrap()).await;
        let (name, _, order) = ear.next().await;
        assert_eq!((name.as_str(), &order["out_trade_no"]), ("order", &json!(NO)));
        let (name, id, called) = ear.next().await;
        assert_eq!((name.as_str(), id), ("message", Some(1)));
        assert_eq!(called["decoded"]["total_fee"], "990");
        assert_eq!(ear.next().await.1, Some(2), "the answer");

        tell(format!("{gateway}/sandbox/clock"), json!({ "mode": "freeze" })).await;
        let (name, _, state) = ear.next().await;
        assert_eq!((name.as_str(), &state["clock_mode"]), ("state", &json!("freeze")));

        let mut again = Ear::open(format!("{gateway}/sandbox/events?after=1")).await;
        assert_eq!(again.next().await.0, "state");
        assert_eq!(again.next().await.1, Some(2), "what it had not heard, and only that");
        tell(format!("{gateway}/sandbox/faults"), json!({ "notify": "lost" })).await;
        assert_eq!(again.next().await.2["faults"]["notify"], "lost");

        let mut stranger = Ear::open(format!("{gateway}/sandbox/events?after=9000")).await;
        assert_eq!(stranger.next().await.0, "state");
        assert_eq!(stranger.next().await.1, Some(1), "it heard a sandbox that is gone");
    }
}
