//! What a login gives its site (网页授权): `/sns/userinfo`, `/sns/oauth2/refresh_token`, `/sns/auth`.
//!
//! Source: developers.weixin.qq.com 网页授权; 全局返回码.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Refused, refused, reply};
use crate::{
    gateway::Gateway,
    message::{Request, Response},
    query,
    time::UnixSeconds,
};

/// Source: 网页授权: `expires_in` 7200, and thirty days for the `refresh_token`.
const TOKEN_SECONDS: i64 = 7200;
const REFRESH_SECONDS: i64 = 30 * 24 * 60 * 60;

/// Logins kept; the oldest go first.
const KEPT: usize = 1_000;

/// Who has logged in where a code was exchanged, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Logins(VecDeque<Login>);

#[derive(Clone, Serialize, Deserialize)]
struct Login {
    user: User,
    access_token: String,
    access_ends_at: UnixSeconds,
    refresh_token: String,
    refresh_ends_at: UnixSeconds,
}

/// A WeChat user as a page knows them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) openid: String,
    pub(crate) name: String,
    pub(crate) scope: String,
    /// 快照页: the openid is virtual, new for each visit.
    pub(crate) snapshot: bool,
}

/// What the exchange of a code says.
pub(crate) fn begin(gateway: &mut Gateway, now: UnixSeconds, user: User) -> Value {
    let login = Login {
        user,
        access_token: gateway.random.letters(110),
        access_ends_at: now.saturating_add(TOKEN_SECONDS),
        refresh_token: gateway.random.letters(110),
        refresh_ends_at: now.saturating_add(REFRESH_SECONDS),
    };
    let said = told(&login);
    let logins = &mut gateway.tokens.logins.0;
    if logins.len() >= KEPT {
        logins.pop_front();
    }
    logins.push_back(login);
    gateway.tokens.count();
    said
}

fn told(login: &Login) -> Value {
    let mut said = json!({
        "access_token": login.access_token,
        "expires_in": TOKEN_SECONDS,
        "refresh_token": login.refresh_token,
        "openid": login.user.openid,
        "scope": login.user.scope,
    });
    if let Some(fields) = said.as_object_mut().filter(|_| login.user.snapshot) {
        fields.insert("is_snapshotuser".to_owned(), 1.into());
    }
    said
}

/// `GET /sns/oauth2/refresh_token`
pub(crate) fn refresh(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let answer = renewed(gateway, now, &request.query);
    reply(gateway, answer)
}

/// UNCONFIRMED: that the access token changes and the refresh token stays.
fn renewed(gateway: &mut Gateway, now: UnixSeconds, text: &str) -> Result<Value, Refused> {
    let appid = query::value(text, "appid");
    if appid.is_empty() {
        return Err(refused(41_002, "appid missing"));
    }
    if !gateway.account.knows_appid(&appid) {
        return Err(refused(40_013, "invalid appid"));
    }
    if query::value(text, "grant_type") != "refresh_token" {
        return Err(refused(40_002, "invalid grant_type"));
    }
    let token = query::value(text, "refresh_token");
    if token.is_empty() {
        return Err(refused(41_003, "refresh_token missing"));
    }
    let access_token = gateway.random.letters(110);
    gateway.tokens.count();
    let mut logins = gateway.tokens.logins.0.iter_mut();
    let login = logins.find(|login| login.refresh_token == token);
    let login = login.ok_or_else(|| refused(40_030, "invalid refresh_token"))?;
    if now >= login.refresh_ends_at {
        return Err(refused(42_002, "refresh_token expired"));
    }
    login.access_token = access_token;
    login.access_ends_at = now.saturating_add(TOKEN_SECONDS);
    Ok(told(login))
}

/// Whose `access_token` and `openid` these are.
fn user<'a>(gateway: &'a Gateway, now: UnixSeconds, text: &str) -> Result<&'a User, Refused> {
    let token = query::value(text, "access_token");
    if token.is_empty() {
        return Err(refused(41_001, "access_token missing"));
    }
    let login = gateway.tokens.logins.0.iter().find(|login| login.access_token == token);
    let login = login.ok_or_else(|| {
        refused(40_001, "invalid credential, access_token is invalid or not latest")
    })?;
    if now >= login.access_ends_at {
        return Err(refused(42_001, "access_token expired"));
    }
    if query::value(text, "openid") != login.user.openid {
        return Err(refused(40_003, "invalid openid"));
    }
    Ok(&login.user)
}

/// `GET /sns/auth`
pub(crate) fn auth(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let answer =
        user(gateway, now, &request.query).map(|_| json!({ "errcode": 0, "errmsg": "ok" }));
    reply(gateway, answer)
}

/// `GET /sns/userinfo`
///
/// Source: since 2021 sex and place are blank. DIFFERENCE: nobody has a picture.
pub(crate) fn userinfo(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let answer = user(gateway, now, &request.query).and_then(|user| {
        if user.scope != "snsapi_userinfo" {
            return Err(refused(48_001, "api unauthorized"));
        }
        Ok(json!({
            "openid": user.openid, "nickname": user.name, "sex": 0, "language": "", "city": "",
            "province": "", "country": "", "headimgurl": "", "privilege": [],
        }))
    });
    reply(gateway, answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::{BUYER, ClientKind},
        shop::{NOW, Shop},
    };

    const SNAPSHOT: &str = "oSandboxBuyer_0000000000003C";

    fn get(shop: &mut Shop, path: &str) -> Value {
        let reply = shop.gateway.handle(shop.now, &Request::get(path)).unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// Logs the WeChat user in, who allows it where that is asked.
    fn log_in(shop: &mut Shop, scope: &str, more: &str) -> Value {
        let ask = format!(
            "/connect/oauth2/authorize?appid=wx2421b1c4370ec43b&redirect_uri=http%3A%2F%2Flocalhost%3A8991%2Fb&response_type=code&scope={scope}&state=s{more}"
        );
        let mut reply = shop.get(ClientKind::Wechat, &ask);
        if reply.status == 200 {
            let allowed = Request::post(&ask, "").through(ClientKind::Wechat);
            reply = shop.gateway.handle(shop.now, &allowed).unwrap();
        }
        let location = reply.header("location").expect("a code").to_owned();
        let code = query::value(location.split_once('?').unwrap().1, "code");
        get(
            shop,
            &format!(
                "/sns/oauth2/access_token?appid=wx2421b1c4370ec43b&secret=sandbox_test_secret_0123456789ab&code={code}&grant_type=authorization_code"
            ),
        )
    }

    fn userinfo(shop: &mut Shop, token: &Value, openid: &Value) -> Value {
        let (token, openid) = (token.as_str().unwrap(), openid.as_str().unwrap());
        get(shop, &format!("/sns/userinfo?access_token={token}&openid={openid}&lang=zh_CN"))
    }

    #[test]
    fn who_allowed_it_is_known_by_name_until_the_token_ends() {
        let mut shop = Shop::open();
        let login = log_in(&mut shop, "snsapi_userinfo", "");
        let (token, openid) = (&login["access_token"], &login["openid"]);
        assert_eq!(userinfo(&mut shop, token, openid)["nickname"], "小明");
        assert_eq!(userinfo(&mut shop, token, &json!("oElse"))["errcode"], 40_003);
        assert_eq!(userinfo(&mut shop, &json!("none"), openid)["errcode"], 40_001);
        shop.now = NOW + 7200;
        assert_eq!(userinfo(&mut shop, token, openid)["errcode"], 42_001);
        let base = log_in(&mut shop, "snsapi_base", "");
        assert_eq!(userinfo(&mut shop, &base["access_token"], openid)["errcode"], 48_001);
        let auth = format!(
            "/sns/auth?access_token={}&openid={BUYER}",
            base["access_token"].as_str().unwrap()
        );
        assert_eq!(get(&mut shop, &auth)["errcode"], 0);
    }

    #[test]
    fn a_login_is_refreshed_for_thirty_days() {
        let mut shop = Shop::open();
        let login = log_in(&mut shop, "snsapi_base", "");
        let refresh = |token: &str| {
            format!(
                "/sns/oauth2/refresh_token?appid=wx2421b1c4370ec43b&grant_type=refresh_token&refresh_token={token}"
            )
        };
        let known = refresh(login["refresh_token"].as_str().unwrap());
        shop.now = NOW + REFRESH_SECONDS - 1;
        let renewed = get(&mut shop, &known);
        assert_eq!(renewed["openid"], BUYER);
        assert_ne!(renewed["access_token"], login["access_token"]);
        shop.now += 1;
        assert_eq!(get(&mut shop, &known)["errcode"], 42_002);
        assert_eq!(get(&mut shop, &refresh("none"))["errcode"], 40_030);
        assert_eq!(get(&mut shop, &refresh(""))["errcode"], 41_003);
    }

    #[test]
    fn a_snapshot_has_a_virtual_openid_each_time_and_asks_nobody() {
        let mut shop = Shop::open();
        shop.gateway.set_client(ClientKind::Wechat, None, Some(SNAPSHOT.to_owned()));
        let first = log_in(&mut shop, "snsapi_userinfo", "");
        let second = log_in(&mut shop, "snsapi_userinfo", "");
        assert_eq!((&first["is_snapshotuser"], &second["is_snapshotuser"]), (&json!(1), &json!(1)));
        assert_ne!(first["openid"], second["openid"]);
        assert_ne!(first["openid"], SNAPSHOT);
        assert_eq!(log_in(&mut shop, "snsapi_base", "")["openid"], SNAPSHOT);

        let mut shop = Shop::open();
        assert_eq!(log_in(&mut shop, "snsapi_userinfo", "").get("is_snapshotuser"), None);
        let forced = log_in(&mut shop, "snsapi_userinfo", "&forceSnapShot=true");
        assert_eq!(forced["is_snapshotuser"], 1);
    }
}
