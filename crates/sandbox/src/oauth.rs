//! 网页授权: the authorize page, and the exchange of a code for an openid.
//!
//! Source: developers.weixin.qq.com 网页授权 (authorize parameters, error pages 10003…10016) and
//! 全局返回码 (40029, 40125, 40163, …).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    gateway::{Gateway, Visitor},
    message::{Request, Response},
    mp::{self, Refused, User, refused},
    page, query,
    time::UnixSeconds,
};

/// Source: 网页授权: "code 只能使用一次，5分钟未被使用自动过期".
const CODE_SECONDS: i64 = 5 * 60;

/// Source: 网页授权: `state` is at most 128 bytes.
const STATE_BYTES: usize = 128;

/// A code handed to a page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    user: User,
    issued_at: UnixSeconds,
    used: bool,
}

/// `GET /connect/oauth2/authorize`, and `POST` of the same address when consent was given.
pub(crate) fn authorize(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let visitor = gateway.visitor(request);
    if !visitor.in_wechat() {
        return page::error("请在微信客户端打开链接", "This page opens in the WeChat client only.");
    }
    let asked = match Asked::read(gateway, &request.query) {
        Ok(asked) => asked,
        Err((text, cause)) => return page::error(text, cause),
    };
    let user = user(gateway, &visitor, &asked, &request.query);
    if asked.scope == "snsapi_userinfo" && !user.snapshot && request.method != "POST" {
        return consent(gateway, request, &user.name);
    }
    let code = issue(gateway, now, user);
    Response::redirect(302, &with_code(&asked.redirect_uri, &code, &asked.state))
}

struct Asked {
    redirect_uri: String,
    scope: String,
    state: String,
}

impl Asked {
    /// DIFFERENCE: `#wechat_redirect` never reaches a server, so its absence is not noticed here.
    /// UNCONFIRMED: the wording on the error pages; the numbers are documented.
    fn read(gateway: &Gateway, text: &str) -> Result<Self, (&'static str, &'static str)> {
        let redirect_uri = query::value(text, "redirect_uri");
        let scope = query::value(text, "scope");
        let state = query::value(text, "state");
        let appid = query::value(text, "appid");
        if appid.is_empty() {
            return Err(("appid不能为空，错误码:10012", "`appid` is missing."));
        }
        if !gateway.account.knows_appid(&appid) {
            // UNCONFIRMED: the number for an appid that does not exist.
            return Err(("appid参数错误，错误码:10012", "`appid` is not the merchant's."));
        }
        if redirect_uri.is_empty() {
            return Err(("redirect_uri不能为空，错误码:10011", "`redirect_uri` is missing."));
        }
        if scope.is_empty() {
            return Err(("scope不能为空，错误码:10010", "`scope` is missing."));
        }
        if !matches!(scope.as_str(), "snsapi_base" | "snsapi_userinfo") {
            return Err((
                "该公众号没有这个scope的权限，错误码:10005",
                "`scope` is neither snsapi_base nor snsapi_userinfo.",
            ));
        }
        if query::value(text, "response_type") != "code" {
            return Err(("response_type参数错误", "`response_type` has to be `code`."));
        }
        if state.len() > STATE_BYTES {
            return Err(("state参数过长", "`state` is longer than 128 bytes."));
        }
        if !gateway.is_registered(&redirect_uri) {
            return Err((
                "redirect_uri域名与后台配置不一致，错误码:10003",
                "The host of `redirect_uri` is not the registered OAuth domain.",
            ));
        }
        // DIFFERENCE: desktop WeChat is said to show a blank page when the order of parameters is
        // not the documented one. Here the order is refused everywhere, so that it is found early.
        const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];
        let places = query::pairs(text)
            .filter_map(|(name, _)| ORDER.iter().position(|known| *known == name));
        if !places.is_sorted() {
            return Err((
                "链接参数顺序错误",
                "The order is appid, redirect_uri, response_type, scope, state.",
            ));
        }
        Ok(Self { redirect_uri, scope, state })
    }
}

fn consent(gateway: &Gateway, request: &Request, name: &str) -> Response {
    let action = page::escape(&format!("{}?{}", request.path, request.query));
    let body = format!(
        r#"<main class="card"><div class="avatar">店</div><h1>测试商户 <small>{}</small></h1>
<p>申请获取并验证你（{}）的昵称、头像<br><small lang="en">asks for your nickname and avatar</small></p>
<form method="post" action="{action}"><button id="sandbox-allow" class="primary">允许 <small lang="en">Allow</small></button></form>
<button class="plain" onclick="history.back()">拒绝 <small lang="en">Refuse</small></button></main>"#,
        page::escape(&gateway.account.appid),
        page::escape(name),
    );
    Response::html(200, page::shell("微信授权", &body))
}

/// UNCONFIRMED: that a virtual openid is a new one each time.
fn issue(gateway: &mut Gateway, now: UnixSeconds, user: User) -> String {
    let code = gateway.random.letters(32);
    gateway.codes.insert(code.clone(), Code { user, issued_at: now, used: false });
    code
}

/// The WeChat user as this page will know them.
///
/// Source: 网页授权, 快照页: a page that asks for `snsapi_userinfo` as it opens is shown as a snapshot,
/// and `forceSnapShot` tries it. DIFFERENCE: here the buyer decides, not the page's behaviour.
fn user(gateway: &mut Gateway, visitor: &Visitor, asked: &Asked, query: &str) -> User {
    let buyer = gateway.buyers.get(&visitor.openid);
    let forced = query::value(query, "forceSnapShot") == "true";
    let snapshot =
        asked.scope == "snsapi_userinfo" && (forced || buyer.is_some_and(|b| b.snapshot));
    let name = buyer.map(|buyer| buyer.name.clone()).unwrap_or_default();
    let openid = if snapshot {
        format!("oSnapshot_{}", gateway.random.letters(18))
    } else {
        visitor.openid.clone()
    };
    User { openid, name, scope: asked.scope.clone(), snapshot }
}

/// `code` and `state` go into the query, before any fragment. An address that ends in a bare `?`
/// becomes the awkward `?&code=…` that hash-routed pages know.
fn with_code(redirect_uri: &str, code: &str, state: &str) -> String {
    let (head, fragment) = match redirect_uri.split_once('#') {
        Some((head, fragment)) => (head, format!("#{fragment}")),
        None => (redirect_uri, String::new()),
    };
    let joint = if head.contains('?') { '&' } else { '?' };
    format!("{head}{joint}code={code}&state={}{fragment}", query::encode(state))
}

/// `GET /sns/oauth2/access_token`
pub(crate) fn exchange(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Response {
    let answer = redeem(gateway, now, &request.query);
    mp::reply(gateway, answer)
}

fn redeem(gateway: &mut Gateway, now: UnixSeconds, text: &str) -> Result<Value, Refused> {
    let code = query::value(text, "code");
    let grant_type = query::value(text, "grant_type");
    mp::credentials(gateway, &query::value(text, "appid"), &query::value(text, "secret"))?;
    if code.is_empty() {
        return Err(refused(41_008, "missing code"));
    }
    if grant_type != "authorization_code" {
        return Err(refused(40_002, "invalid grant_type"));
    }
    let known = gateway.codes.get_mut(&code).ok_or_else(|| refused(40_029, "invalid code"))?;
    if known.used {
        return Err(refused(40_163, "code been used"));
    }
    if now >= known.issued_at.saturating_add(CODE_SECONDS) {
        return Err(refused(40_029, "invalid code"));
    }
    known.used = true;
    let user = known.user.clone();
    Ok(mp::begin_login(gateway, now, user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        client::{BUYER, ClientKind},
        shop::{NOW, Shop, error_text},
    };

    const ASK: &str = "/connect/oauth2/authorize?appid=wx2421b1c4370ec43b&redirect_uri=http%3A%2F%2Flocalhost%3A8991%2Fb&response_type=code&scope=snsapi_base&state=s1";

    fn code(shop: &mut Shop) -> String {
        let reply = shop.get(ClientKind::Wechat, ASK);
        query::value(reply.header("location").unwrap().split_once('?').unwrap().1, "code")
    }

    fn redeem(shop: &mut Shop, tail: &str) -> serde_json::Value {
        let path = format!("/sns/oauth2/access_token?appid=wx2421b1c4370ec43b{tail}");
        let reply = shop.gateway.handle(shop.now, &Request::get(&path)).unwrap();
        assert_eq!(reply.status, 200);
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn with_secret(code: &str) -> String {
        format!(
            "&secret=sandbox_test_secret_0123456789ab&code={code}&grant_type=authorization_code"
        )
    }

    #[test]
    fn a_code_gives_the_openid_once() {
        let mut shop = Shop::open();
        let tail = with_secret(&code(&mut shop));
        let first = redeem(&mut shop, &tail);
        assert_eq!(
            (first["openid"].as_str(), first["scope"].as_str()),
            (Some(BUYER), Some("snsapi_base"))
        );
        assert_eq!(first["expires_in"], 7200);
        let second = redeem(&mut shop, &tail);
        assert_eq!(second["errcode"], 40_163);
        assert!(second["errmsg"].as_str().unwrap().starts_with("code been used, rid: "));
    }

    #[test]
    fn a_code_lives_five_minutes() {
        let mut shop = Shop::open();
        let tail = with_secret(&code(&mut shop));
        shop.now = NOW + CODE_SECONDS;
        assert_eq!(redeem(&mut shop, &tail)["errcode"], 40_029);
        shop.now = NOW + CODE_SECONDS - 1;
        assert_eq!(redeem(&mut shop, &tail)["openid"], BUYER);
    }

    #[test]
    fn a_wrong_exchange_leaves_the_code_usable() {
        let mut shop = Shop::open();
        let code = code(&mut shop);
        for (tail, errcode) in [
            (format!("&secret=wrong&code={code}&grant_type=authorization_code"), 40_125),
            (with_secret("unknown"), 40_029),
            (format!("&code={code}&grant_type=authorization_code"), 41_004),
            (with_secret(""), 41_008),
            (with_secret(&code).replace("authorization_code", "code"), 40_002),
        ] {
            assert_eq!(redeem(&mut shop, &tail)["errcode"], errcode, "{tail}");
        }
        assert_eq!(redeem(&mut shop, &with_secret(&code))["openid"], BUYER);
    }

    #[test]
    fn code_and_state_go_before_the_fragment() {
        for (redirect_uri, expected) in [
            ("http://localhost/b", "http://localhost/b?code=C&state=S"),
            ("http://localhost/b?x=1", "http://localhost/b?x=1&code=C&state=S"),
            ("http://localhost/b#/pay", "http://localhost/b?code=C&state=S#/pay"),
            ("http://localhost/b?#/", "http://localhost/b?&code=C&state=S#/"),
        ] {
            assert_eq!(with_code(redirect_uri, "C", "S"), expected);
        }
    }

    #[test]
    fn each_wrong_parameter_has_its_error_page() {
        for (from, to, number) in [
            ("appid=wx2421b1c4370ec43b", "appid=", "10012"),
            ("http%3A%2F%2Flocalhost%3A8991%2Fb", "", "10011"),
            ("localhost%3A8991", "evil.example", "10003"),
            ("localhost%3A8991", "sub.localhost%3A8991", "10003"),
            ("scope=snsapi_base", "scope=", "10010"),
            ("snsapi_base", "snsapi_login", "10005"),
            ("response_type=code", "response_type=token", "response_type"),
            ("&state=s1", &format!("&state={}", "s".repeat(129)), "state"),
            ("&scope=snsapi_base&state=s1", "&state=s1&scope=snsapi_base", "顺序"),
        ] {
            let page = Shop::open().get(ClientKind::Wechat, &ASK.replace(from, to));
            assert!(error_text(&page).is_some_and(|text| text.contains(number)), "{to}");
        }
    }

    #[test]
    fn outside_wechat_there_is_no_login() {
        for kind in [ClientKind::Phone, ClientKind::Desktop] {
            assert_eq!(
                error_text(&Shop::open().get(kind, ASK)).as_deref(),
                Some("请在微信客户端打开链接")
            );
        }
    }

    #[test]
    fn userinfo_asks_first_and_base_does_not() {
        let mut shop = Shop::open();
        assert_eq!(shop.get(ClientKind::Wechat, ASK).status, 302);
        let ask = ASK.replace("snsapi_base", "snsapi_userinfo");
        let page = shop.get(ClientKind::Wechat, &ask);
        assert!(page.status == 200 && page.text().contains("id=\"sandbox-allow\""));
        let allowed = Request::post(&ask, "").through(ClientKind::Wechat);
        let reply = shop.gateway.handle(NOW, &allowed).unwrap();
        assert!(reply.header("location").unwrap().starts_with("http://localhost:8991/b?code="));
    }
}
