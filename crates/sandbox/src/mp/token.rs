//! `access_token` (接口调用凭据): `GET /cgi-bin/token` and `POST /cgi-bin/stable_token`.
//!
//! DIFFERENCE: `/cgi-bin/token` has no daily limit here.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Refused, credentials, login::Logins, refused, reply, ticket::Ticket};
use crate::{
    gateway::Gateway,
    message::{Request, Response},
    query,
    time::UnixSeconds,
};

/// Source: 获取 Access token: "有效期目前为2个小时".
pub(super) const TOKEN_SECONDS: i64 = 7200;

/// Source: both pages: for five minutes the old token and the new one are good together.
const OVERLAP_SECONDS: i64 = 5 * 60;

/// Source: 获取稳定版接口调用凭据: `force_refresh` 20 times a day, 30 seconds apart.
const FORCED_A_DAY: usize = 20;
const FORCED_APART_SECONDS: i64 = 30;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Tokens kept, so that an old one can be told from an unknown one.
const KEPT: usize = 100;

/// Everything that was handed out, newest last.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    ordinary: Vec<Token>,
    stable: Vec<Token>,
    /// When refreshing was forced.
    forced: Vec<UnixSeconds>,
    pub(super) tickets: Vec<Ticket>,
    #[serde(default)]
    pub(super) logins: Logins,
    /// How often anything was handed out.
    #[serde(skip)]
    pub(crate) issued: u64,
}

#[derive(Serialize, Deserialize)]
struct Token {
    appid: String,
    value: String,
    ends_at: UnixSeconds,
    /// A newer one ended it before its time.
    replaced: bool,
}

/// Ends what `appid` holds at `ends_at`, unless it ends sooner, and adds a new token.
fn issue(
    tokens: &mut Vec<Token>,
    now: UnixSeconds,
    appid: &str,
    value: String,
    old_ends_at: Option<UnixSeconds>,
) {
    if let Some(ends_at) = old_ends_at {
        for old in tokens.iter_mut().filter(|old| old.appid == appid && old.ends_at > ends_at) {
            old.ends_at = ends_at;
            old.replaced = true;
        }
    }
    if tokens.len() >= KEPT {
        tokens.remove(0);
    }
    let ends_at = now.saturating_add(TOKEN_SECONDS);
    tokens.push(Token { appid: appid.to_owned(), value, ends_at, replaced: false });
}

impl Tokens {
    pub(crate) fn clear(&mut self) {
        *self = Self { issued: self.issued.wrapping_add(1), ..Self::default() };
    }

    pub(super) const fn count(&mut self) {
        self.issued = self.issued.wrapping_add(1);
    }

    /// Whose token this is.
    ///
    /// UNCONFIRMED: that a token nobody was handed is 40001, as one that is not the newest is.
    pub(super) fn owner(&self, now: UnixSeconds, value: &str) -> Result<String, Refused> {
        if value.is_empty() {
            return Err(refused(41_001, "access_token missing"));
        }
        let known = self.ordinary.iter().chain(&self.stable).find(|token| token.value == value);
        match known {
            Some(token) if now < token.ends_at => Ok(token.appid.clone()),
            Some(token) if !token.replaced => Err(refused(42_001, "access_token expired")),
            _ => Err(refused(40_001, "invalid credential, access_token is invalid or not latest")),
        }
    }
}

/// UNCONFIRMED: that the caller's address is looked at after its secret.
///
/// DIFFERENCE: the real list admits nobody until somebody is on it; here an empty one admits all.
fn admit(gateway: &Gateway, peer: IpAddr) -> Result<(), Refused> {
    let listed = &gateway.platform.ip_whitelist;
    let peer = peer.to_canonical();
    if listed.is_empty() || listed.iter().any(|ip| ip.to_canonical() == peer) {
        return Ok(());
    }
    // Source: `errmsg` in developers' reports; the second address is the same in IPv6.
    let mapped = match peer {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    Err((40_164, format!("invalid ip {peer} ipv6 {mapped}, not in whitelist")))
}

/// `GET /cgi-bin/token`
pub(crate) fn ordinary(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let value = |name| query::value(&request.query, name);
    let answer =
        new_token(gateway, now, request, [value("grant_type"), value("appid"), value("secret")]);
    reply(gateway, answer)
}

fn new_token(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    [grant_type, appid, secret]: [String; 3],
) -> Result<Value, Refused> {
    entitled(gateway, request, &grant_type, &appid, &secret)?;
    let value = gateway.random.letters(136);
    let old_ends_at = Some(now.saturating_add(OVERLAP_SECONDS));
    gateway.tokens.count();
    issue(&mut gateway.tokens.ordinary, now, &appid, value.clone(), old_ends_at);
    Ok(json!({ "access_token": value, "expires_in": TOKEN_SECONDS }))
}

fn entitled(
    gateway: &Gateway,
    request: &Request,
    grant_type: &str,
    appid: &str,
    secret: &str,
) -> Result<(), Refused> {
    if grant_type != "client_credential" {
        return Err(refused(40_002, "invalid grant_type"));
    }
    credentials(gateway, appid, secret)?;
    admit(gateway, request.peer)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

/// `POST /cgi-bin/stable_token`
pub(crate) fn stable(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let answer = stable_token(gateway, now, request);
    reply(gateway, answer)
}

fn stable_token(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
) -> Result<Value, Refused> {
    let asked: Asked =
        serde_json::from_slice(&request.body).map_err(|_| refused(47_001, "data format error"))?;
    let Asked { grant_type, appid, secret, force_refresh } = asked;
    entitled(gateway, request, &grant_type, &appid, &secret)?;
    let tokens = &mut gateway.tokens;
    if force_refresh {
        note_forced(&mut tokens.forced, now)?;
    } else if let Some(good) = tokens.stable.iter().rfind(|token| token.appid == appid) {
        let left = good.ends_at.saturating_sub(now);
        if left > OVERLAP_SECONDS {
            return Ok(json!({ "access_token": good.value, "expires_in": left }));
        }
    }
    let value = gateway.random.letters(136);
    // Source: forcing ends the last token at once; otherwise it lives out its last five minutes.
    let old_ends_at = force_refresh.then_some(now);
    gateway.tokens.count();
    issue(&mut gateway.tokens.stable, now, &appid, value.clone(), old_ends_at);
    Ok(json!({ "access_token": value, "expires_in": TOKEN_SECONDS }))
}

/// UNCONFIRMED: which code says that the thirty seconds are not over.
fn note_forced(forced: &mut Vec<UnixSeconds>, now: UnixSeconds) -> Result<(), Refused> {
    forced.retain(|at| now < at.saturating_add(DAY_SECONDS));
    if forced.last().is_some_and(|at| now < at.saturating_add(FORCED_APART_SECONDS)) {
        return Err(refused(
            45_011,
            "api minute-quota reach limit, must slower, retry next minute",
        ));
    }
    if forced.len() >= FORCED_A_DAY {
        return Err(refused(45_009, "reach max api daily quota limit"));
    }
    forced.push(now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::{NOW, Shop};

    const SECRET: &str = "sandbox_test_secret_0123456789ab";

    fn get(shop: &mut Shop, path: &str) -> Value {
        let reply = shop.gateway.handle(shop.now, &Request::get(path)).unwrap();
        assert_eq!(reply.status, 200);
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn token(shop: &mut Shop) -> Value {
        let grant = "/cgi-bin/token?grant_type=client_credential&appid=wx2421b1c4370ec43b";
        get(shop, &format!("{grant}&secret={SECRET}"))
    }

    fn stable(shop: &mut Shop, force_refresh: bool) -> Value {
        let body = json!({
            "grant_type": "client_credential", "appid": "wx2421b1c4370ec43b", "secret": SECRET,
            "force_refresh": force_refresh,
        });
        let request = Request::post("/cgi-bin/stable_token", body.to_string());
        let reply = shop.gateway.handle(shop.now, &request).unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// The `errcode` that a ticket is answered with for this token.
    fn use_it(shop: &mut Shop, token: &Value) -> i64 {
        let token = token["access_token"].as_str().unwrap();
        let ask = format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi");
        get(shop, &ask)["errcode"].as_i64().unwrap()
    }

    #[test]
    fn a_new_token_ends_the_old_one_after_five_minutes() {
        let mut shop = Shop::open();
        let (old, new) = (token(&mut shop), token(&mut shop));
        assert_eq!(old["expires_in"], 7200);
        assert_ne!(old["access_token"], new["access_token"]);
        shop.now = NOW + 299;
        assert_eq!((use_it(&mut shop, &old), use_it(&mut shop, &new)), (0, 0));
        shop.now = NOW + 300;
        assert_eq!((use_it(&mut shop, &old), use_it(&mut shop, &new)), (40_001, 0));
        shop.now = NOW + 7200;
        assert_eq!(use_it(&mut shop, &new), 42_001);
    }

    #[test]
    fn a_stable_token_stays_the_same_until_its_last_five_minutes_and_knows_nothing_of_the_other() {
        let mut shop = Shop::open();
        let first = stable(&mut shop, false);
        token(&mut shop);
        shop.now = NOW + 6000;
        let again = stable(&mut shop, false);
        assert_eq!(again, json!({ "access_token": first["access_token"], "expires_in": 1200 }));
        shop.now = NOW + 6900;
        let second = stable(&mut shop, false);
        assert_ne!(second["access_token"], first["access_token"]);
        assert_eq!((use_it(&mut shop, &first), use_it(&mut shop, &second)), (0, 0));
        shop.now = NOW + 7200;
        assert_eq!((use_it(&mut shop, &first), use_it(&mut shop, &second)), (42_001, 0));
    }

    #[test]
    fn a_forced_stable_token_ends_the_last_at_once_and_is_not_for_every_call() {
        let mut shop = Shop::open();
        let first = stable(&mut shop, false);
        let second = stable(&mut shop, true);
        assert_eq!((use_it(&mut shop, &first), use_it(&mut shop, &second)), (40_001, 0));
        shop.now = NOW + 29;
        assert_eq!(stable(&mut shop, true)["errcode"], 45_011);
        for _ in 1..20 {
            shop.now += 30;
            assert!(stable(&mut shop, true)["access_token"].is_string());
        }
        shop.now += 30;
        assert_eq!(stable(&mut shop, true)["errcode"], 45_009);
        shop.now = NOW + DAY_SECONDS;
        assert!(stable(&mut shop, true)["access_token"].is_string());
    }

    #[test]
    fn each_wrong_parameter_has_its_number() {
        let mut shop = Shop::open();
        let right = format!(
            "/cgi-bin/token?grant_type=client_credential&appid=wx2421b1c4370ec43b&secret={SECRET}"
        );
        for (from, to, errcode) in [
            ("client_credential", "authorization_code", 40_002),
            ("appid=wx2421b1c4370ec43b", "appid=", 41_002),
            (SECRET, "", 41_004),
            ("wx2421", "wx0000", 40_013),
            (SECRET, "wrong", 40_125),
        ] {
            assert_eq!(get(&mut shop, &right.replace(from, to))["errcode"], errcode, "{to}");
        }
        let ticket = |rest: &str| format!("/cgi-bin/ticket/getticket?{rest}");
        assert_eq!(get(&mut shop, &ticket("type=jsapi"))["errcode"], 41_001);
        assert_eq!(get(&mut shop, &ticket("access_token=x&type=jsapi"))["errcode"], 40_001);
        let good = token(&mut shop)["access_token"].as_str().unwrap().to_owned();
        let other = get(&mut shop, &ticket(&format!("access_token={good}&type=wx_card")));
        assert_eq!(other["errcode"], 40_097);
        let nonsense = Request::post("/cgi-bin/stable_token", "grant_type=client_credential");
        assert!(shop.gateway.handle(NOW, &nonsense).unwrap().text().contains("47001"));
    }

    #[test]
    fn an_address_off_the_whitelist_is_named_and_refused() {
        let mut shop = Shop::open();
        let listed = |ip: &str| vec![ip.parse().unwrap()];
        let mut settings = shop.gateway.platform().clone();
        settings.ip_whitelist = listed("198.51.100.4");
        shop.gateway.set_platform(settings.clone());
        let refused = token(&mut shop);
        assert_eq!(refused["errcode"], 40_164);
        let text = "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist, rid: ";
        assert!(refused["errmsg"].as_str().unwrap().starts_with(text), "{refused}");
        assert_eq!(stable(&mut shop, false)["errcode"], 40_164);
        settings.ip_whitelist = listed("::ffff:127.0.0.1");
        shop.gateway.set_platform(settings);
        assert_eq!(token(&mut shop)["expires_in"], 7200);
        shop.gateway.reset();
        assert!(shop.gateway.platform().ip_whitelist.is_empty());
    }

    #[test]
    fn one_ticket_is_good_for_two_hours_whatever_becomes_of_its_token() {
        let mut shop = Shop::open();
        let ticket = |shop: &mut Shop| {
            let token = token(shop)["access_token"].as_str().unwrap().to_owned();
            get(shop, &format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"))
        };
        let first = ticket(&mut shop);
        shop.now = NOW + 7000;
        let again = ticket(&mut shop);
        assert_eq!((&again["ticket"], &again["expires_in"]), (&first["ticket"], &json!(200)));
        shop.now = NOW + 7200;
        assert_ne!(ticket(&mut shop)["ticket"], first["ticket"]);
    }
}
