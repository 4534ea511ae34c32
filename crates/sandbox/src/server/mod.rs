//! The sockets around [`Gateway`]: four ports on this machine, and no other.

mod changes;
mod control;
mod courier;
mod events;
mod exchange;
mod forward;
mod line;
mod proxy;
#[cfg(test)]
mod tests;
mod v3;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{net::TcpListener, sync, task::JoinSet};

use self::changes::{Change, Held};
use self::forward::Forward;

use crate::{
    account::{Account, Addresses},
    client::ClientKind,
    clock::{Clock, ClockStart, Motion},
    gateway::Gateway,
    ledger::Store,
    merchant::Merchant,
    message::{Request, Response as Reply},
    v3::KeysReport,
};

/// How long a fault `timeout` holds the line, in real seconds, before it gives up itself.
const SILENCE_SECONDS: u64 = 60;

/// What to start.
pub struct Options {
    /// The merchant.
    pub account: Account,
    /// Ports of gateway, WeChat, phone and desktop; 0 takes any free one.
    pub ports: [u16; 4],
    /// The merchant's site, an `http://` address on this machine.
    pub site: String,
    /// Seed of all chance; a file goes on where it ended instead.
    pub seed: u64,
    /// What the clock shows; a file goes on from where it ended.
    pub clock: ClockStart,
    /// The file that keeps everything over a restart; without one it is forgotten at the end.
    pub data: Option<PathBuf>,
}

impl Default for Options {
    /// The test merchant on free ports, its site where `wrangler dev` puts one, chance from seed 1.
    fn default() -> Self {
        Self {
            account: Account::default(),
            ports: [0; 4],
            site: "http://127.0.0.1:8787".to_owned(),
            seed: 1,
            clock: ClockStart::default(),
            data: None,
        }
    }
}

/// A started sandbox; dropping it closes its ports.
pub struct Running {
    addresses: Addresses,
    shared: Arc<Shared>,
    tasks: JoinSet<std::io::Result<()>>,
}

impl Running {
    /// Where everything is, with the ports that were really taken.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// All keys of API V3.
    #[must_use]
    pub fn keys(&self) -> KeysReport {
        self.shared.gateway().keys()
    }

    /// What the test merchant is given.
    #[must_use]
    pub fn merchant(&self) -> Merchant {
        self.shared.gateway().merchant()
    }

    /// Runs until a port fails.
    ///
    /// # Errors
    /// What the failing port said.
    pub async fn wait(mut self) -> std::io::Result<()> {
        match self.tasks.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(broken)) => Err(std::io::Error::other(broken)),
            None => Ok(()),
        }
    }
}

/// What every port shares.
pub(crate) struct Shared {
    gateway: Mutex<Gateway>,
    clock: Clock,
    /// How the clock went when that was written last.
    written_clock: Mutex<Option<Motion>>,
    site: Mutex<String>,
    forward: Mutex<Forward>,
    http: HttpClient<HttpConnector, Body>,
    /// Rings when a notification may have become due.
    bell: sync::Notify,
    /// Where it is told that the store is broken.
    failures: sync::mpsc::UnboundedSender<anyhow::Error>,
    /// Where everything that changes is told.
    changes: sync::broadcast::Sender<Change>,
    /// Read by deliveries on their way, written by whoever moves the clock: time stands still
    /// while a message travels, and no message leaves while time is being moved.
    travel: Arc<sync::RwLock<()>>,
}

impl Shared {
    fn gateway(&self) -> Held<'_> {
        let mut gateway = self.gateway.lock().unwrap_or_else(PoisonError::into_inner);
        gateway.set_ahead_seconds(self.clock.offset_seconds());
        Held::new(self, gateway)
    }

    /// Ends the sandbox: it cannot keep what it is told.
    fn fail(&self, error: anyhow::Error) {
        drop(self.failures.send(error));
    }

    /// Tells whoever listens; nobody has to.
    fn tell(&self, change: Change) {
        drop(self.changes.send(change));
    }

    fn site(&self) -> String {
        self.site.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forward(&self) -> Forward {
        self.forward.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_forward(&self, forward: Forward) {
        *self.forward.lock().unwrap_or_else(PoisonError::into_inner) = forward;
        self.tell(Change::State);
    }

    fn set_site(&self, site: &str) {
        site.trim_end_matches('/')
            .clone_into(&mut self.site.lock().unwrap_or_else(PoisonError::into_inner));
        self.tell(Change::State);
    }
}

/// Opens the ports and returns once all of them take connections.
///
/// # Errors
/// When a port is taken, or when the file of [`Options::data`] is not one that can be used.
pub async fn start(options: Options) -> std::io::Result<Running> {
    let mut listeners = Vec::new();
    let mut ports = [0; 4];
    let kinds =
        [None, Some(ClientKind::Wechat), Some(ClientKind::Phone), Some(ClientKind::Desktop)];
    for ((wanted, port), kind) in options.ports.into_iter().zip(&mut ports).zip(kinds) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await?;
        *port = listener.local_addr()?.port();
        listeners.push((listener, kind));
        // `localhost` may mean ::1. A machine without IPv6 does without.
        if let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, *port)).await {
            listeners.push((listener, kind));
        }
    }
    let [gateway, wechat, phone, desktop] = ports;
    let addresses = Addresses::at_ports(gateway, wechat, phone, desktop);
    let clock = Clock::new(options.clock);
    let mut gateway = Gateway::new(options.account, addresses.clone(), options.seed);
    take_over(options.data.as_deref(), &clock, &mut gateway).map_err(std::io::Error::other)?;
    let (failures, mut failed) = sync::mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        gateway: Mutex::new(gateway),
        clock,
        written_clock: Mutex::default(),
        site: Mutex::new(String::new()),
        forward: Mutex::default(),
        http: HttpClient::builder(TokioExecutor::new()).build_http(),
        bell: sync::Notify::new(),
        failures,
        changes: changes::channel(),
        travel: Arc::default(),
    });
    shared.set_site(&options.site);
    let mut tasks = JoinSet::new();
    for (listener, kind) in listeners {
        let router = Router::new().fallback(answer).with_state((Arc::clone(&shared), kind));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move { axum::serve(listener, service).await });
    }
    tasks.spawn(courier::run(Arc::clone(&shared)));
    tasks.spawn(
        async move { failed.recv().await.map_or(Ok(()), |it| Err(std::io::Error::other(it))) },
    );
    Ok(Running { addresses, shared, tasks })
}

/// Opens the store, and goes on from where it ended.
fn take_over(file: Option<&Path>, clock: &Clock, gateway: &mut Gateway) -> anyhow::Result<()> {
    let store = Store::open(file)?;
    if let Some(motion) = store.part(changes::CLOCK)? {
        clock.resume(motion);
    }
    gateway.keep_in(store, clock.now())
}

type Door = (Arc<Shared>, Option<ClientKind>);

/// One request on any port: the merchant's site, the control API, or WeChat itself.
async fn answer(
    State((shared, kind)): State<Door>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: axum::extract::Request,
) -> Response {
    let host = host_name(&request);
    let site_host = host == "localhost" || host == shared.gateway().account().host;
    let wechat_host = host == "127.0.0.1" || host == "[::1]";
    match kind {
        Some(kind) if site_host => return proxy::forward(&shared, kind, request).await,
        _ if site_host || wechat_host => {}
        // A page of some other site must not reach in by pointing its own name at this machine.
        _ => return (StatusCode::MISDIRECTED_REQUEST, "unknown host name").into_response(),
    }
    let open = request.uri().path().starts_with("/sandbox/");
    if open && is_foreign(&request, &shared.gateway().account().host) {
        let rule = "only pages of this machine and of the merchant's site reach in";
        return (StatusCode::FORBIDDEN, rule).into_response();
    }
    let request = match exchange::read(request, kind, peer.ip()).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    if request.method == "GET" && request.path == "/sandbox/events" {
        return events::open(&shared, &request);
    }
    // Who hangs up does not stop what was begun: a notification on its way would never come back.
    let asked = tokio::spawn(reply_to(Arc::clone(&shared), request));
    let Ok(reply) = asked.await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    match reply {
        Some(reply) => exchange::write(reply, open),
        None => {
            tokio::time::sleep(std::time::Duration::from_secs(SILENCE_SECONDS)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}

/// What the control API says, or else WeChat; `None` keeps silent.
async fn reply_to(shared: Arc<Shared>, request: Request) -> Option<Reply> {
    let reply = match control::answer(&shared, &request).await {
        Some(reply) => {
            // What was turned beside the gateway, such as the clock, is written as well.
            drop(shared.gateway());
            Some(reply)
        }
        None => shared.gateway().handle(shared.clock.now(), &request),
    };
    shared.bell.notify_one();
    reply
}

fn host_name(request: &axum::extract::Request) -> String {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let host = host.unwrap_or_default();
    // `[::1]:8990` has colons of its own; only what follows the last one may be a port.
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
    .to_ascii_lowercase()
}

/// Whether a page of some other site asks. What the control API tells would let it read whatever
/// listens on this machine, by a notification sent there; so it is not told. `null` may be any page.
fn is_foreign(request: &axum::extract::Request, site: &str) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return false };
    let Some(url) = origin.to_str().ok().and_then(|text| url::Url::parse(text).ok()) else {
        return true;
    };
    !is_loopback(&url) && !url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(site))
}

/// The sandbox talks to this machine only.
pub(crate) fn is_local(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url))
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
