//! The whole of WeChat as one value: state and rules, no socket and no clock.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, Addresses},
    bridge,
    buyers::Buyers,
    cashier::{self, Session},
    client::{Client, ClientKind, Clients, Device, inject},
    console,
    diagnosis::Diagnosis,
    fault::{self, FaultChanges, Faults},
    ladder::plan,
    ledger::{Ledger, Order, Payment, Unpayable},
    message::{Request, Response},
    middle_page, mp, notify,
    oauth::{self, Code},
    platform::PlatformSettings,
    random::Random,
    recent::Recent,
    scan,
    time::{UnixSeconds, beijing_format},
    v2,
    v3::{self, Keys, Offer},
};

/// A local WeChat (本地微信): tell it the time and what arrived, and it says what WeChat would.
///
/// ```
/// use wxpay_sandbox::{Account, Addresses, Gateway, Request};
///
/// let mut gateway = Gateway::new(Account::default(), Addresses::default(), 1);
/// let reply = gateway.handle(1_700_000_000, &Request::post("/pay/orderquery", "<xml></xml>"));
/// assert!(reply.is_some_and(|reply| reply.text().contains("签名错误")));
/// ```
pub struct Gateway {
    pub(crate) account: Account,
    /// What the merchant has set since, in the platforms.
    pub(crate) platform: PlatformSettings,
    pub(crate) addresses: Addresses,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    /// What the call being answered asks for by its header or its amount.
    pub(crate) asked: FaultChanges,
    pub(crate) clients: Clients,
    pub(crate) buyers: Buyers,
    pub(crate) random: Random,
    pub(crate) codes: Recent<Code>,
    pub(crate) sessions: Recent<Session>,
    /// Credentials of the service account (access_token, jsapi_ticket).
    pub(crate) tokens: mp::Tokens,
    /// Tables (账单) that can be fetched by API V3, by their tokens.
    pub(crate) offers: BTreeMap<String, Offer>,
    pub(crate) deliveries: u64,
    pub(crate) in_flight: BTreeMap<u64, notify::InFlight>,
    pub(crate) keys: Keys,
    /// How far this clock is ahead of everybody else's.
    ahead_seconds: i64,
    /// Why signatures were wrong, oldest first.
    pub(crate) diagnoses: Vec<Diagnosis>,
}

/// What a tester turns: faults, clients, keys, the platforms.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    faults: Faults,
    clients: Clients,
    /// How often a buyer changed; they are kept by themselves.
    #[serde(skip)]
    pub(crate) buyers: u64,
    platform: PlatformSettings,
    keys: Keys,
}

/// Who opened a page of WeChat's.
pub(crate) struct Visitor {
    pub(crate) ip: IpAddr,
    pub(crate) user_agent: String,
    /// Which fake client's device it is, if it is one.
    pub(crate) device: Option<Device>,
    pub(crate) openid: String,
    /// WeChat's base address as this visitor reaches it.
    pub(crate) pages: String,
}

impl Visitor {
    /// 企业微信 names WeChat in its user agent and is none: it knows no service account's users.
    pub(crate) fn in_wechat(&self) -> bool {
        let user_agent = self.user_agent.to_ascii_lowercase();
        user_agent.contains("micromessenger") && !user_agent.contains("wxwork")
    }

    /// The address that WeChat goes by: on iOS the one the page was entered by (落地页), elsewhere
    /// the current one.
    pub(crate) fn address<'a>(&self, current: &'a str, landing: &'a str) -> &'a str {
        if self.device.is_some_and(Device::goes_by_landing) { landing } else { current }
    }

    pub(crate) fn on_ios(&self) -> bool {
        self.user_agent.contains("iPhone")
    }

    pub(crate) fn on_android(&self) -> bool {
        self.user_agent.contains("Android")
    }
}

impl Gateway {
    /// A WeChat that knows one merchant and no orders. One `seed` gives one sequence of prepay ids,
    /// codes and nonces.
    #[must_use]
    pub fn new(account: Account, addresses: Addresses, seed: u64) -> Self {
        Self {
            keys: Keys::new(account.v3_keys),
            diagnoses: Vec::new(),
            ahead_seconds: 0,
            platform: account.platform.clone(),
            tokens: mp::Tokens::default(),
            account,
            addresses,
            ledger: Ledger::default(),
            faults: Faults::default(),
            asked: FaultChanges::default(),
            clients: Clients::default(),
            buyers: Buyers::default(),
            random: Random::from_seed(seed),
            codes: Recent::default(),
            sessions: Recent::default(),
            offers: BTreeMap::new(),
            deliveries: 0,
            in_flight: BTreeMap::new(),
        }
    }

    /// Answers one request at `now`; `None` means that WeChat keeps silent (fault `timeout`).
    pub fn handle(&mut self, now: UnixSeconds, request: &Request) -> Option<Response> {
        self.asked = match request.header(fault::HEADER).map(FaultChanges::read).transpose() {
            Ok(asked) => asked.unwrap_or_default(),
            Err(reason) => {
                let text = format!("{}: {reason}", fault::HEADER);
                return Some(Response::new(400, "text/plain; charset=utf-8", text));
            }
        };
        let reply = self.answer(now, request);
        self.asked = FaultChanges::default();
        reply
    }

    fn answer(&mut self, now: UnixSeconds, request: &Request) -> Option<Response> {
        if let Some(refused) = self.refused_by_name(request) {
            return Some(refused);
        }
        let page = match request.path.as_str() {
            path if path.starts_with("/pay/") || path.starts_with("/secapi/") => {
                let reply = v2::answer(self, now, request);
                return reply.map(|reply| self.on_the_line(reply));
            }
            path if path.starts_with("/v3/") => {
                let reply = v3::answer(self, now, request);
                return reply.map(|reply| self.on_the_line(reply));
            }
            "/cgi-bin/token" => mp::ordinary(self, now, request),
            "/cgi-bin/stable_token" => mp::stable(self, now, request),
            "/cgi-bin/ticket/getticket" => mp::ticket(self, now, request),
            "/sns/oauth2/refresh_token" => mp::refresh(self, now, request),
            "/sns/userinfo" => mp::userinfo(self, now, request),
            "/sns/auth" => mp::auth(self, now, request),
            "/sns/oauth2/access_token" => oauth::exchange(self, now, request),
            "/connect/oauth2/authorize" => oauth::authorize(self, now, request),
            "/cgi-bin/mmpayweb-bin/checkmweb" => middle_page::open(self, now, request),
            "/scan" => scan::open(self, now, request),
            "/cashier" => cashier::open(self, now, request),
            "/cashier/pay" => cashier::pay(self, now, request),
            "/cashier/buyer" => cashier::hand_over(self, request),
            "/cashier/cancel" => cashier::cancel(self, request),
            "/sandbox/bridge" => bridge::answer(self, now, request),
            "/sandbox/bridge/config" => mp::config(self, now, request),
            "/sandbox/client.js" => inject::script(self, request),
            "/" => console::page(),
            "/favicon.ico" => Response::new(204, "image/x-icon", ""),
            _ => Response::new(404, "text/plain; charset=utf-8", "no such page in this sandbox"),
        };
        Some(page)
    }

    /// Pays an order without a page, as `openid`.
    ///
    /// # Errors
    /// When money cannot move, with the reason.
    pub fn pay(
        &mut self,
        now: UnixSeconds,
        out_trade_no: &str,
        openid: &str,
    ) -> Result<(), Unpayable> {
        let order = self.ledger.order(out_trade_no).ok_or(Unpayable::Unknown)?;
        let total_fee = order.total_fee;
        let fault = self.in_force(Some(order)).notify;
        // Source: transaction ids in public logs: `4200`, six digits, the day, ten digits.
        let transaction_id = format!(
            "4200{}{}{}",
            self.random.digits(6),
            beijing_format(now, "%Y%m%d"),
            self.random.digits(10)
        );
        let payment = Payment { transaction_id, openid: openid.to_owned(), paid_at: now };
        self.ledger.order(out_trade_no).ok_or(Unpayable::Unknown)?.payable(now)?;
        if self.balance(now, openid).is_some_and(|fen| fen < total_fee) {
            return Err(Unpayable::NoMoney);
        }
        self.spend(openid, out_trade_no, total_fee);
        let due_at = self.first_due(now, fault);
        self.ledger.change(out_trade_no, |order| {
            order.payment = Some(payment);
            plan(&mut order.notices, due_at);
        });
        Ok(())
    }

    /// Says how far `now` is ahead of everybody else's clock.
    ///
    /// DIFFERENCE: the clock of the real one is not moved. Signatures of API V3 are good for five
    /// minutes, and whoever sends and checks them goes by the time of this machine; so only they
    /// keep it while the clock is moved.
    pub const fn set_ahead_seconds(&mut self, ahead_seconds: i64) {
        self.ahead_seconds = ahead_seconds;
    }

    /// The time that signatures tell and are checked by.
    pub(crate) const fn signing_time(&self, now: UnixSeconds) -> UnixSeconds {
        now.saturating_sub(self.ahead_seconds)
    }

    /// Orders and messages.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The merchant.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Where everything is.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What the merchant has set in the platforms.
    #[must_use]
    pub const fn platform(&self) -> &PlatformSettings {
        &self.platform
    }

    /// Changes what the merchant has set.
    pub fn set_platform(&mut self, platform: PlatformSettings) {
        self.platform = platform;
    }

    /// The faults in force.
    #[must_use]
    pub const fn faults(&self) -> Faults {
        self.faults
    }

    /// Changes the faults in force.
    pub const fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            faults: self.faults,
            clients: self.clients.clone(),
            buyers: self.buyers.changes(),
            platform: self.platform.clone(),
            keys: self.keys.clone(),
        }
    }

    /// The faults in force for what is being answered or told, about `order` if it is about one.
    pub(crate) fn in_force(&self, order: Option<&Order>) -> Faults {
        let kept = order.map_or_else(FaultChanges::default, |order| order.faults);
        self.asked.or(kept).apply(self.faults)
    }

    fn on_the_line(&self, reply: Response) -> Response {
        Response { wire: self.in_force(None).on_the_line(), ..reply }
    }

    /// Puts into force what the amount of a new order stands for, unless the call says otherwise.
    pub(crate) fn ask_by_amount(&mut self, out_trade_no: Option<&str>, total_fee: Option<u64>) {
        let known = out_trade_no.is_some_and(|number| self.ledger.order(number).is_some());
        if let Some(total_fee) = total_fee.filter(|_| !known) {
            self.asked = self.asked.or(FaultChanges::of_amount(total_fee));
        }
    }

    pub(crate) fn set_settings(&mut self, settings: Settings) {
        let Settings { faults, clients, buyers: _, platform, keys } = settings;
        (self.faults, self.platform, self.keys) = (faults, platform, keys);
        self.clients = clients.with_user_agents();
    }

    /// The fake clients.
    #[must_use]
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Moves a client to another address, or signs another WeChat user in.
    pub fn set_client(&mut self, kind: ClientKind, ip: Option<IpAddr>, openid: Option<String>) {
        let client = self.clients.one_mut(kind);
        client.ip = ip.unwrap_or(client.ip);
        if let Some(openid) = openid {
            self.buyers.meet(&openid);
            client.openid = openid;
        }
    }

    /// Puts another device into the buyer's hands; the client that it is becomes it.
    pub const fn set_device(&mut self, device: Device) {
        let client = self.clients.one_mut(device.kind());
        client.device = device;
        client.user_agent = device.user_agent();
    }

    /// Forgets orders, codes, cashiers and faults, and puts the clients and the keys back. The sequence of
    /// chance goes on, so that ids handed out before do not come again.
    pub fn reset(&mut self) {
        self.ledger.clear();
        self.faults = Faults::default();
        self.clients = Clients::default();
        self.platform = self.account.platform.clone();
        self.buyers.clear();
        self.tokens.clear();
        self.codes.clear();
        self.sessions.clear();
        self.offers.clear();
        self.in_flight.clear();
        self.keys = Keys::new(self.account.v3_keys);
        self.diagnoses.clear();
    }

    pub(crate) fn visitor(&self, request: &Request) -> Visitor {
        let Some(kind) = request.client else {
            return Visitor {
                ip: request.peer,
                user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
                device: None,
                openid: Client::new(ClientKind::Phone).openid,
                pages: self.addresses.gateway.clone(),
            };
        };
        let client = self.clients.one(kind);
        let (_, pages) = self.addresses.of(kind);
        Visitor {
            ip: client.ip,
            user_agent: client.user_agent.to_owned(),
            device: Some(client.device),
            openid: client.openid.clone(),
            pages: pages.to_owned(),
        }
    }

    /// Whether an absolute web address is on the merchant's registered host.
    pub(crate) fn is_registered(&self, address: &str) -> bool {
        url::Url::parse(address).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(&self.account.host))
        })
    }
}
