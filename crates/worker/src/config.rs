//! The environment as typed configuration, or the name of the variable that is wrong and its remedy.
//!
//! A value is never part of the complaint: it may be a key.
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen::JsCast as _;
use wxpay_core::{Api, AppSecret, Appid, NotifyUrl, v2::Credential};
use wxpay_merchant::{CartKey, NotifyUrls, Shop, WebhookSecrets};
use zeroize::Zeroizing;

pub(crate) use self::variable::Complaint;
use self::{identity::Identity, variable::*};
use crate::{
    catalogue::Catalogue,
    http::{origin::Origin, problem::Problem},
    limits::{self, Limits, RateLimit},
    notify_sources::NotifySources,
    outbound::Fetcher,
    shop_keys::ShopKeys,
    token::TokenKey,
    v3::V3,
    webhook::Endpoint,
};

mod identity;
mod variable;

/// Everything the operator decides.
pub(crate) struct Config {
    /// The appid of the page's world: openids, OAuth, the cashier.
    pub(crate) page_appid: Appid,
    /// API V2, if its secret is set.
    pub(crate) v2: Option<Credential>,
    /// API V3, if its secrets are set. One of the two is there.
    pub(crate) v3: Option<V3>,
    pub(crate) app_secret: AppSecret,
    /// Where browsers and WeChat reach this Worker; its origin and nothing behind it.
    pub(crate) public_url: Origin,
    /// What every order has in common: where notifications go, and the site as registered.
    pub(crate) shop: Shop,
    /// Where notifications of refunds go.
    pub(crate) refund_notify_urls: NotifyUrls,
    pub(crate) allowed_origins: Vec<Origin>,
    pub(crate) catalogue: Catalogue,
    /// Seconds an order can be paid when its creator does not say.
    pub(crate) order_seconds: u64,
    pub(crate) client_ip_header: String,
    pub(crate) gateway_url: String,
    /// Where a call goes that cannot reach the first.
    pub(crate) gateway_backup_url: Option<String>,
    /// The way to WeChat with the merchant's certificate (商户API证书), which refunds need.
    pub(crate) certificate: Option<Fetcher>,
    /// Whether WeChat was found to have the second of two keys; what this isolate has seen.
    second_key_first: Cell<bool>,
    pub(crate) api_url: String,
    pub(crate) open_url: String,
    pub(crate) shop_keys: ShopKeys,
    /// Where the shop is told of events; `None` where it only reads them.
    pub(crate) webhook: Option<Endpoint>,
    pub(crate) notify_sources: NotifySources,
    /// How often one address may ask; `None` without a limit.
    pub(crate) limits: Option<Limits>,
    pub(crate) cart_key: CartKey,
    pub(crate) token_key: TokenKey,
}

/// Source of the three: protocol pages "接口规则" and "网页授权", read 2026-11.
pub(crate) const REAL_GATEWAY: &str = "https://api.mch.weixin.qq.com";
const REAL_API: &str = "https://api.weixin.qq.com";
/// Source: protocol page "跨城冗灾方案", read 2026-11.
const REAL_BACKUP: &str = "https://api2.mch.weixin.qq.com";
pub(crate) const REAL_OPEN: &str = "https://open.weixin.qq.com";

/// Who asks WeChat.
pub(crate) enum Speaker<'a> {
    V2,
    V3(&'a V3),
}

/// What `Terms` accepts; checked here too, so that a mistake stops the start and not a sale.
const ORDER_SECONDS: std::ops::RangeInclusive<u64> = 300..=604_800;
/// As long as a prepay id lives.
const ORDER_SECONDS_DEFAULT: &str = "7200";

impl Config {
    /// The configuration of this isolate. The environment does not change while it lives, so it is
    /// read once; a failure is not kept, so that it is reported each time.
    pub(crate) fn of(env: &worker::Env) -> Result<Rc<Self>, Problem> {
        thread_local! {
            static CONFIG: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
        }
        CONFIG.with_borrow_mut(|kept| {
            if let Some(config) = kept {
                return Ok(Rc::clone(config));
            }
            let config = Self::read(&|name| from_env(env, name));
            let mut config = config.map_err(|complaints| Problem::from(&complaints))?;
            config.certificate = certificate(env);
            if let Some(v3) = &mut config.v3 {
                v3.ring.reach_by(env);
            }
            let config = Rc::new(config);
            *kept = Some(Rc::clone(&config));
            Ok(config)
        })
    }

    /// Reads and checks every variable; if any is wrong, says so of every wrong one.
    pub(crate) fn read(source: &dyn Fn(&str) -> Option<String>) -> Result<Self, Complaints> {
        let env = Environment::new(source);
        // Everything is read before anything is missed, so that all complaints are heard at once.
        let public_url = env.required(PUBLIC_URL, |text| web_origin(&text));
        let identity = identity::read(&env);
        let app_secret = env.required(APP_SECRET, |text| AppSecret::new(text).ok());
        let api = identity.as_ref().map_or(Api::V2, |identity| identity.api);
        let shop = shop(&env, api, public_url.as_ref());
        let refund_notify_urls = refund_notify_urls(&env, identity.as_ref(), public_url.as_ref());
        let allowed_origins = env.optional(ALLOWED_ORIGINS, "", origins);
        let catalogue = env.read(CATALOGUE, "[]", Catalogue::parse);
        let order_seconds = env.optional(ORDER_EXPIRES_IN, ORDER_SECONDS_DEFAULT, |text| {
            text.parse().ok().filter(|seconds| ORDER_SECONDS.contains(seconds))
        });
        let client_ip_header = env.optional(CLIENT_IP_HEADER, "CF-Connecting-IP", header_name);
        let gateway_url = env.base(GATEWAY_URL, REAL_GATEWAY);
        let gateway_backup_url = gateway_url.as_deref().and_then(|url| backup(&env, url));
        let api_url = env.base(API_URL, REAL_API);
        let open_url = env.base(OPEN_URL, REAL_OPEN);
        let shop_keys = env.read(SHOP_API_KEYS, "", ShopKeys::parse);
        let webhook = webhook(&env);
        let cart_key =
            env.required(CART_KEY, |text| CartKey::new(Zeroizing::new(text).as_bytes()).ok());
        let token_key = env.required(TOKEN_KEY, |text| TokenKey::parse(&Zeroizing::new(text)));
        let notify_sources = env.optional(NOTIFY_SOURCES, "", NotifySources::parse);
        let rate_limit = env.optional(RATE_LIMIT, limits::DEFAULT, RateLimit::parse);
        let config = || {
            let (token_key, identity) = (token_key?, identity?);
            Some(Self {
                page_appid: identity.page_appid,
                v2: identity.v2,
                v3: identity.v3,
                app_secret: app_secret?,
                public_url: public_url?,
                shop: shop?,
                refund_notify_urls: refund_notify_urls?,
                allowed_origins: allowed_origins?,
                catalogue: catalogue?,
                order_seconds: order_seconds?,
                client_ip_header: client_ip_header?,
                gateway_url: gateway_url?,
                gateway_backup_url: gateway_backup_url?,
                certificate: None,
                second_key_first: Cell::new(false),
                api_url: api_url?,
                open_url: open_url?,
                shop_keys: shop_keys?,
                webhook: webhook?,
                cart_key: cart_key?,
                notify_sources: notify_sources?,
                limits: rate_limit?.limits(&token_key),
                token_key,
            })
        };
        config().ok_or_else(|| env.complaints())
    }

    /// Every complaint about the environment; none if it can be read.
    pub(crate) fn complaints(env: &worker::Env) -> Complaints {
        Self::read(&|name| from_env(env, name)).err().unwrap_or_default()
    }

    /// The keys alone, for whoever asks what is wrong with the rest.
    pub(crate) fn shop_keys(env: &worker::Env) -> Result<ShopKeys, Problem> {
        let source = |name: &str| from_env(env, name);
        let env = Environment::new(&source);
        let keys = env.read(SHOP_API_KEYS, "", ShopKeys::parse);
        keys.ok_or_else(|| Problem::from(&env.complaints()))
    }

    /// Whether real money is at stake.
    pub(crate) fn is_real_gateway(&self) -> bool {
        is_real(&self.gateway_url)
    }

    /// Who asks WeChat about an order that was begun by this API. Where its secrets are gone, the
    /// other one asks: numbers are the merchant's and not an API's.
    /// UNCONFIRMED: that WeChat answers by either API about every order of the merchant.
    pub(crate) fn speaker(&self, api: Api) -> Speaker<'_> {
        match &self.v3 {
            Some(v3) if api == Api::V3 || self.v2.is_none() => Speaker::V3(v3),
            _ => Speaker::V2,
        }
    }

    /// Whether calls of V2 that need the merchant's certificate can not be made. A sandbox asks for
    /// none.
    pub(crate) fn lacks_certificate(&self) -> bool {
        self.certificate.is_none() && self.is_real_gateway()
    }

    /// Signs what we send by the second of two keys, or by the first.
    pub(crate) fn signer_by(&self, second_key: bool) -> Option<Cow<'_, Credential>> {
        let first = self.v2.as_ref()?;
        let second = if second_key { first.second() } else { None };
        Some(second.map_or(Cow::Borrowed(first), Cow::Owned))
    }

    /// Whether it was the second of two keys that WeChat was last found to have.
    pub(crate) fn signs_by_second_key(&self) -> bool {
        self.second_key_first.get()
    }

    /// WeChat took the second of two keys, or the first. Said outright and not "the other one": two
    /// calls that find it out at once are not to undo each other.
    pub(crate) fn sign_by_second_key(&self, second_key: bool) {
        self.second_key_first.set(second_key);
    }
}

fn is_real(gateway: &str) -> bool {
    [REAL_GATEWAY, REAL_BACKUP].contains(&gateway)
}

/// The real gateway has a second host; any other has one if it is given one.
fn backup(env: &Environment<'_>, gateway: &str) -> Option<Option<String>> {
    let given = env.maybe(GATEWAY_BACKUP_URL, |text| web_origin(&text))?;
    let usual = (gateway == REAL_GATEWAY).then(|| REAL_BACKUP.to_owned());
    Some(given.map(|origin| origin.to_string()).or(usual))
}

/// Address and secrets, both or none.
fn webhook(env: &Environment<'_>) -> Option<Option<Endpoint>> {
    let url = env.maybe(WEBHOOK_URL, |text| web_address(&text));
    let secrets =
        env.maybe(WEBHOOK_SECRETS, |text| WebhookSecrets::parse(&Zeroizing::new(text)).ok());
    match (url?, secrets?) {
        (Some(url), Some(secrets)) => Some(Some(Endpoint { url, secrets })),
        (None, None) => Some(None),
        (Some(_), None) => env.complain(WEBHOOK_SECRETS.0, WEBHOOK_SECRETS.1),
        (None, Some(_)) => env.complain(WEBHOOK_URL.0, WEBHOOK_URL.1),
    }
}

/// Without a public address there is nothing to say of a shop, and that was complained of already.
fn shop(env: &Environment<'_>, api: Api, public_url: Option<&Origin>) -> Option<Shop> {
    let registered = env.optional(H5_DOMAIN, "", |host| match host {
        "" => Some(None),
        host => web_origin(&format!("https://{host}")).map(Some),
    });
    let wap_name = env.optional(SHOP_NAME, "网上商店", short_name);
    let public_url = public_url?;
    let path = match api {
        Api::V2 => "v2/pay",
        Api::V3 => "v3",
    };
    let notify_url = notify_url(env, public_url, path);
    let wap_url = registered?.as_ref().unwrap_or(public_url).to_string();
    Some(Shop { api, notify_url: notify_url?, wap_url, wap_name: wap_name? })
}

/// Where an API's secrets are gone, its refunds go by the other one, and so does the news of them.
fn refund_notify_urls(
    env: &Environment<'_>,
    identity: Option<&Identity>,
    public_url: Option<&Origin>,
) -> Option<NotifyUrls> {
    let (identity, public_url) = (identity?, public_url?);
    let v2 = if identity.v2.is_some() { "v2/refund" } else { "v3" };
    let v3 = if identity.v3.is_some() { "v3" } else { "v2/refund" };
    Some(NotifyUrls { v2: notify_url(env, public_url, v2)?, v3: notify_url(env, public_url, v3)? })
}

/// The binding WXPAY_CERT, if there is one.
fn certificate(env: &worker::Env) -> Option<Fetcher> {
    let binding = js_sys::Reflect::get(env, &"WXPAY_CERT".into()).ok()?;
    binding.is_object().then(|| binding.unchecked_into())
}

/// Where WeChat tells of payments or refunds: `v2/pay`, `v2/refund`, `v3`.
fn notify_url(env: &Environment<'_>, public_url: &Origin, path: &str) -> Option<NotifyUrl> {
    let url = NotifyUrl::new(&format!("{public_url}/notify/{path}")).ok();
    url.or_else(|| env.complain(PUBLIC_URL.0, PUBLIC_URL.1))
}

/// A variable's text. Wrangler passes tables and arrays of its own file on as objects.
fn from_env(env: &worker::Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &name.into()).ok()?;
    let given = !value.is_undefined() && !value.is_null();
    let json = || js_sys::JSON::stringify(&value).ok().map(String::from);
    given.then(|| value.as_string().or_else(json)).flatten()
}

#[cfg(test)]
mod tests;
