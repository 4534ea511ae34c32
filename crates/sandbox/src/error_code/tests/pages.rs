//! What causes the errors of 公众平台, of WeChat's pages, and of the bridge.

use serde_json::{Map, Value, json};

use super::{Cause, cause, under};
use crate::{
    client::{ClientKind, Device},
    message::{Request, Response},
    shop::{NOW, Shop, with},
    sign::{self, SignType},
    xml::Fields,
};

const APPID: &str = "appid=wx2421b1c4370ec43b";

fn open(shop: &mut Shop, request: Request) -> Response {
    shop.gateway.handle(shop.now, &request).unwrap()
}

/// Exchanges a code for an openid by this query, with the AppSecret behind it.
fn exchange(shop: &mut Shop, query: &str) -> Response {
    let secret = shop.gateway.account().app_secret.clone();
    open(shop, Request::get(&format!("/sns/oauth2/access_token?{query}&secret={secret}")))
}

/// A fresh code.
fn code(shop: &mut Shop) -> String {
    let page = authorize(
        shop,
        &format!(
            "{APPID}&redirect_uri=http%3A%2F%2Flocalhost%2F&response_type=code&scope=snsapi_base&state=s"
        ),
    );
    let location = page.header("location").unwrap();
    location.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned()
}

fn with_code(shop: &mut Shop, code: &str) -> Response {
    exchange(shop, &format!("{APPID}&code={code}&grant_type=authorization_code"))
}

/// Asks for an `access_token`.
fn ask_token(shop: &mut Shop) -> Response {
    let secret = shop.gateway.account().app_secret.clone();
    let url = format!("/cgi-bin/token?grant_type=client_credential&{APPID}&secret={secret}");
    open(shop, Request::get(&url))
}

fn token(shop: &mut Shop) -> String {
    let answer: Value = serde_json::from_slice(&ask_token(shop).body).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn ticket(shop: &mut Shop, query: &str) -> Response {
    open(shop, Request::get(&format!("/cgi-bin/ticket/getticket?{query}")))
}

/// Asks for a new stable token though the last is still good.
fn force(shop: &mut Shop) -> Response {
    let body = json!({
        "grant_type": "client_credential", "appid": "wx2421b1c4370ec43b",
        "secret": shop.gateway.account().app_secret, "force_refresh": true,
    });
    open(shop, Request::post("/cgi-bin/stable_token", body.to_string()))
}

pub(super) const PLATFORM: &[Cause] = &[
    cause!("40002", "`grant_type` 不对", "another `grant_type`", |shop| exchange(
        shop,
        "appid=wx2421b1c4370ec43b&code=x&grant_type=client"
    )),
    cause!("40013", "别人的 `appid`", "somebody else's `appid`", |shop| {
        exchange(shop, "appid=wx0&code=x&grant_type=authorization_code")
    }),
    cause!(
        "40029",
        "code 不存在或超过五分钟",
        "a code that never was, or is older than five minutes",
        |shop| with_code(shop, "never")
    ),
    cause!("40125", "AppSecret 不对", "a wrong AppSecret", |shop| {
        let url = format!(
            "/sns/oauth2/access_token?{APPID}&secret=x&code=x&grant_type=authorization_code"
        );
        open(shop, Request::get(&url))
    }),
    cause!("40163", "code 用了两次", "a code used twice", |shop| {
        let code = code(shop);
        with_code(shop, &code);
        with_code(shop, &code)
    }),
    cause!("41002", "缺 `appid`", "no `appid`", |shop| exchange(shop, "code=x")),
    cause!("41004", "缺 `secret`", "no `secret`", |shop| open(
        shop,
        Request::get("/sns/oauth2/access_token?appid=x")
    )),
    cause!("41008", "缺 `code`", "no `code`", |shop| exchange(shop, "appid=wx2421b1c4370ec43b")),
    cause!(
        "40001",
        "`access_token` 不对，或已换新五分钟以上",
        "an `access_token` that never was, or was replaced five minutes ago",
        |shop| ticket(shop, "access_token=x&type=jsapi")
    ),
    cause!("40097", "`type` 不是 `jsapi`", "a ticket of another `type`", |shop| {
        let token = token(shop);
        ticket(shop, &format!("access_token={token}&type=wx_card"))
    }),
    cause!(
        "40164",
        "调用方不在 IP白名单里（`POST /sandbox/platform`）",
        "a caller off the whitelist (`POST /sandbox/platform`)",
        |shop| {
            let mut settings = shop.gateway.platform().clone();
            settings.ip_whitelist = vec!["198.51.100.4".parse().unwrap()];
            shop.gateway.set_platform(settings);
            ask_token(shop)
        }
    ),
    cause!("41001", "缺 `access_token`", "no `access_token`", |shop| ticket(shop, "type=jsapi")),
    cause!(
        "42001",
        "`access_token` 超过两小时",
        "an `access_token` older than two hours",
        |shop| {
            let token = token(shop);
            shop.now = NOW + 7200;
            ticket(shop, &format!("access_token={token}&type=jsapi"))
        }
    ),
    cause!(
        "45009",
        "一天内第 21 次强制刷新 stable_token",
        "the twenty-first forced `stable_token` of a day",
        |shop| {
            for _ in 0..20 {
                force(shop);
                shop.now += 30;
            }
            force(shop)
        }
    ),
    cause!(
        "45011",
        "30 秒内两次强制刷新 stable_token",
        "two forced `stable_token` within 30 seconds",
        |shop| {
            force(shop);
            force(shop)
        }
    ),
    cause!(
        "47001",
        "`stable_token` 的正文不是 JSON",
        "a body of `stable_token` that is not JSON",
        |shop| open(shop, Request::post("/cgi-bin/stable_token", "x"))
    ),
];

fn authorize(shop: &mut Shop, query: &str) -> Response {
    let request = Request::get(&format!("/connect/oauth2/authorize?{query}"));
    open(shop, request.through(ClientKind::Wechat))
}

pub(super) const OAUTH: &[Cause] = &[
    cause!(
        "10003",
        "`redirect_uri` 不在网页授权域名下",
        "`redirect_uri` on another host",
        |shop| authorize(
            shop,
            "appid=wx2421b1c4370ec43b&redirect_uri=http%3A%2F%2Fevil.example%2F&response_type=code&scope=snsapi_base"
        )
    ),
    cause!("10005", "没有这种 `scope`", "another `scope`", |shop| authorize(
        shop,
        "appid=wx2421b1c4370ec43b&redirect_uri=x&response_type=code&scope=snsapi_login"
    )),
    cause!("10010", "缺 `scope`", "no `scope`", |shop| authorize(
        shop,
        "appid=wx2421b1c4370ec43b&redirect_uri=x"
    )),
    cause!("10011", "缺 `redirect_uri`", "no `redirect_uri`", |shop| authorize(shop, APPID)),
    cause!("10012", "缺 `appid`", "no `appid`", |shop| authorize(shop, "")),
    cause!("", "在微信外打开", "opened outside WeChat", |shop| {
        open(shop, Request::get("/connect/oauth2/authorize").through(ClientKind::Phone))
    }),
];

const SHOP_PAGE: &str = "http://localhost:8992/";

fn mweb(shop: &mut Shop) -> String {
    let url = shop.order("MWEB").get("mweb_url").unwrap().to_owned();
    url.trim_start_matches("http://127.0.0.1:8990").to_owned()
}

fn visit(shop: &mut Shop, path: &str, referer: &str) -> Response {
    open(shop, Request::get(path).through(ClientKind::Phone).with_header("referer", referer))
}

pub(super) const MIDDLE_PAGE: &[Cause] = &[
    cause!(
        "",
        "买家 IP 与 `spbill_create_ip` 不同",
        "the buyer's address is not `spbill_create_ip`",
        |shop| {
            let path = mweb(shop);
            let elsewhere = "198.51.100.9".parse().ok();
            shop.gateway.set_client(ClientKind::Phone, elsewhere, None);
            visit(shop, &path, SHOP_PAGE)
        }
    ),
    cause!("", "没有 Referer", "no Referer", |shop| {
        let path = mweb(shop);
        visit(shop, &path, "")
    }),
    cause!(
        "",
        "Referer 或 `redirect_url` 不在 H5 支付域名下",
        "Referer or `redirect_url` on another host",
        |shop| {
            let path = mweb(shop);
            visit(shop, &path, "http://evil.example/")
        }
    ),
    cause!("", "超过五分钟", "after five minutes", |shop| {
        let path = mweb(shop);
        shop.now = NOW + 300;
        visit(shop, &path, SHOP_PAGE)
    }),
    cause!("", "在微信内打开", "opened inside WeChat", |shop| {
        let path = mweb(shop);
        open(shop, Request::get(&path).through(ClientKind::Wechat))
    }),
    cause!("", "`spbill_create_ip` 为 127.0.0.1", "`spbill_create_ip` 127.0.0.1", |shop| {
        let terms = with(&Shop::terms("MWEB"), "spbill_create_ip", "127.0.0.1");
        let url = shop.call("/pay/unifiedorder", &terms).get("mweb_url").unwrap().to_owned();
        visit(shop, url.trim_start_matches("http://127.0.0.1:8990"), SHOP_PAGE)
    }),
    cause!(
        "",
        "链接被截断或两个微信用户打开（iOS）",
        "a cut link, or two WeChat users (iOS)",
        |shop| {
            shop.gateway.set_device(Device::IosSafari);
            visit(shop, "/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=x", SHOP_PAGE)
        }
    ),
    cause!("", "同上（Android）", "the same on Android", |shop| {
        shop.gateway.set_device(Device::AndroidChrome);
        visit(shop, "/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=x", SHOP_PAGE)
    }),
];

const PAGE: &str = "http://localhost:8991/pay";

/// Asks for the cashier from `url`, inside WeChat, with the parameters as `change` leaves them.
fn bridge(shop: &mut Shop, url: &str, change: fn(&mut Map<String, Value>)) -> Response {
    let prepay_id = shop.order("JSAPI").get("prepay_id").unwrap().to_owned();
    let fields = Fields::from([
        ("appId", "wx2421b1c4370ec43b"),
        ("timeStamp", "1800000000"),
        ("nonceStr", "n"),
        ("package", &format!("prepay_id={prepay_id}")),
        ("signType", "HMAC-SHA256"),
    ]);
    let pay_sign = sign::sign(&fields, SignType::HmacSha256, &shop.gateway.account().v2_key);
    let mut params: Map<String, Value> =
        fields.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    params.insert("paySign".to_owned(), pay_sign.into());
    change(&mut params);
    raise(shop, ClientKind::Wechat, url, &params.into())
}

fn raise(shop: &mut Shop, client: ClientKind, url: &str, params: &Value) -> Response {
    let asked = json!({ "params": params, "url": url }).to_string();
    open(shop, Request::post("/sandbox/bridge", asked).through(client))
}

fn bridge_under(shop: &mut Shop, fault: &str) -> Response {
    under(shop, fault);
    bridge(shop, PAGE, |_| {})
}

/// What `wx.config` hears on a page at `url`.
fn wx_config(shop: &mut Shop, url: &str, appid: &str) -> Response {
    let params = json!({
        "verifySignType": "SHA1", "verifyAppId": appid, "verifyNonceStr": "n",
        "verifyTimestamp": "1", "verifySignature": "x",
    });
    let asked = json!({ "params": params, "url": url, "landing": url }).to_string();
    open(shop, Request::post("/sandbox/bridge/config", asked).through(ClientKind::Wechat))
}

pub(super) const BRIDGE: &[Cause] = &[
    cause!(
        "",
        "页面不在支付授权目录下，或 `bridge=fail_unregistered_url`",
        "a page outside the payment directory, or `bridge=fail_unregistered_url`",
        |shop| bridge(shop, "http://evil.example/pay", |_| {})
    ),
    cause!(
        "",
        "`package` 不对或已过两小时，或 `bridge=fail_missing_total_fee`",
        "a `package` that is malformed or two hours old, or `bridge=fail_missing_total_fee`",
        |shop| bridge(shop, PAGE, |params| drop(
            params.insert("package".to_owned(), "prepay_id=".into())
        ))
    ),
    cause!(
        "",
        "缺 `appId`；其他参数同",
        "no `appId`; so with the other parameters",
        |shop| bridge(shop, PAGE, |params| drop(params.remove("appId")))
    ),
    cause!("", "`timeStamp` 是数字（iOS）", "`timeStamp` as a number, on iOS", |shop| bridge(
        shop,
        PAGE,
        |params| drop(params.insert("timeStamp".to_owned(), 1.into()))
    )),
    cause!("", "`paySign` 不对", "a wrong `paySign`", |shop| {
        bridge(shop, PAGE, |params| drop(params.insert("nonceStr".to_owned(), "m".into())))
    }),
    cause!(
        "3",
        "换了微信用户，或 `bridge=cross_account`",
        "another WeChat user than ordered, or `bridge=cross_account`",
        |shop| {
            shop.gateway.set_client(ClientKind::Wechat, None, Some("oANOTHER".to_owned()));
            bridge(shop, PAGE, |_| {})
        }
    ),
    cause!("", "在微信外调用", "called outside WeChat", |shop| raise(
        shop,
        ClientKind::Phone,
        PAGE,
        &json!({})
    )),
    cause!(
        "",
        "别种 `trade_type` 的 `prepay_id`",
        "the `prepay_id` of another `trade_type`",
        |shop| {
            let terms = with(&Shop::terms("NATIVE"), "out_trade_no", "ORDER-000002");
            let reply = shop.call("/pay/unifiedorder", &terms);
            let package = format!("prepay_id={}", reply.get("prepay_id").unwrap());
            let params = json!({
                "appId": "wx2421b1c4370ec43b", "timeStamp": "1", "nonceStr": "n", "package": package,
                "signType": "HMAC-SHA256", "paySign": "x",
            });
            raise(shop, ClientKind::Wechat, PAGE, &params)
        }
    ),
    cause!("", "`bridge=fail`", "`bridge=fail`", |shop| { bridge_under(shop, "bridge=fail") }),
    cause!("", "`bridge=access_denied`", "`bridge=access_denied`", |shop| bridge_under(
        shop,
        "bridge=access_denied"
    )),
    cause!("", "`bridge=no_permission`", "`bridge=no_permission`", |shop| bridge_under(
        shop,
        "bridge=no_permission"
    )),
    cause!("", "`bridge=offline_verifying`", "`bridge=offline_verifying`", |shop| bridge_under(
        shop,
        "bridge=offline_verifying"
    )),
    cause!(
        "",
        "`bridge=no_trade_permission`",
        "`bridge=no_trade_permission`",
        |shop| bridge_under(shop, "bridge=no_trade_permission")
    ),
    cause!("", "`bridge=openid_mismatch`", "`bridge=openid_mismatch`", |shop| bridge_under(
        shop,
        "bridge=openid_mismatch"
    )),
    cause!(
        "",
        "两个微信用户扫同一个 `code_url`",
        "two WeChat users scan one `code_url`",
        |shop| {
            let code = shop.order("NATIVE").get("code_url").unwrap().to_owned();
            let path = format!("/scan?code_url={}", crate::query::encode(&code));
            shop.get(ClientKind::Wechat, &path);
            shop.gateway.set_client(ClientKind::Wechat, None, Some("oANOTHER".to_owned()));
            shop.get(ClientKind::Wechat, &path)
        }
    ),
    cause!(
        "",
        "`wx.config` 签名不对，或 jsapi_ticket 已过期",
        "`wx.config` signed wrongly, or with a ticket that has ended",
        |shop| wx_config(shop, PAGE, "wx2421b1c4370ec43b")
    ),
    cause!(
        "",
        "`wx.config` 的页面不在 JS接口安全域名下",
        "`wx.config` on a page of another host",
        |shop| wx_config(shop, "http://evil.example/", "wx2421b1c4370ec43b")
    ),
    cause!(
        "",
        "`wx.config` 用别人的 `appId`",
        "`wx.config` with somebody else's `appId`",
        |shop| wx_config(shop, PAGE, "wx0000000000000000")
    ),
];
