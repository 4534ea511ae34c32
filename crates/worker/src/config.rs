//! The environment as typed configuration, or the name of the variable that is wrong and its remedy.
//!
//! A value is never part of the complaint: it may be a key.
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

use wasm_bindgen::JsCast as _;
use wxpay_core::{
    ApiV2Key, AppSecret, Appid, Mchid, NotifyUrl,
    v2::{Credential, SignType, SubMerchant},
};
use wxpay_merchant::{CartKey, Shop, WebhookSecrets};
use zeroize::Zeroizing;

pub(crate) use self::variable::Complaint;
use self::variable::*;
use crate::{
    catalogue::Catalogue,
    http::{origin::Origin, problem::Problem},
    limits::{self, Limits, RateLimit},
    notify_sources::NotifySources,
    outbound::Fetcher,
    shop_keys::ShopKeys,
    token::TokenKey,
    webhook::Endpoint,
};

mod variable;

/// Everything the operator decides.
pub(crate) struct Config {
    pub(crate) credential: Credential,
    pub(crate) app_secret: AppSecret,
    /// Where browsers and WeChat reach this Worker; its origin and nothing behind it.
    pub(crate) public_url: Origin,
    /// What every order has in common: where notifications go, and the site as registered.
    pub(crate) shop: Shop,
    /// Where notifications of refunds go.
    pub(crate) refund_notify_url: NotifyUrl,
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
        let credential = credential(&env);
        let app_secret = env.required(APP_SECRET, |text| AppSecret::new(text).ok());
        let shop = shop(&env, public_url.as_ref());
        let refund_notify_url = notify_url(&env, public_url.as_ref(), "refund");
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
            let token_key = token_key?;
            Some(Self {
                credential: credential?,
                app_secret: app_secret?,
                public_url: public_url?,
                shop: shop?,
                refund_notify_url: refund_notify_url?,
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

    /// Whether calls that need the merchant's certificate can not be made. A sandbox asks for none.
    pub(crate) fn lacks_certificate(&self) -> bool {
        self.certificate.is_none() && self.is_real_gateway()
    }

    /// Signs what we send by the second of two keys, or by the first.
    pub(crate) fn signer_by(&self, second_key: bool) -> Cow<'_, Credential> {
        let second = if second_key { self.credential.second() } else { None };
        second.map_or(Cow::Borrowed(&self.credential), Cow::Owned)
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

fn credential(env: &Environment<'_>) -> Option<Credential> {
    let appid = env.required(APPID, |text| Appid::new(&text).ok());
    let mchid = env.required(MCHID, |text| Mchid::new(&text).ok());
    let sign_type = env.optional(SIGN_TYPE, "HMAC-SHA256", SignType::parse);
    let key = env.required(API_V2_KEY, |text| ApiV2Key::new(text).ok());
    let second = env.maybe(API_V2_KEY_2, |text| ApiV2Key::new(text).ok());
    let sub_merchant = sub_merchant(env);
    let mut credential = Credential::new(appid?, mchid?, sign_type?, key?);
    if let Some(second) = second? {
        credential = credential.with_second_key(second);
    }
    match sub_merchant? {
        Some(sub_merchant) => Some(credential.with_sub_merchant(sub_merchant)),
        None => Some(credential),
    }
}

/// For whom a service provider (服务商) acts.
fn sub_merchant(env: &Environment<'_>) -> Option<Option<SubMerchant>> {
    let mchid = env.maybe(SUB_MCHID, |text| Mchid::new(&text).ok());
    let appid = env.maybe(SUB_APPID, |text| Appid::new(&text).ok());
    match (mchid?, appid?) {
        (Some(mchid), appid) => Some(Some(SubMerchant { mchid, appid })),
        (None, None) => Some(None),
        (None, Some(_)) => env.complain(SUB_MCHID.0, "set it too, or take WXPAY_SUB_APPID away"),
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
fn shop(env: &Environment<'_>, public_url: Option<&Origin>) -> Option<Shop> {
    let registered = env.optional(H5_DOMAIN, "", |host| match host {
        "" => Some(None),
        host => web_origin(&format!("https://{host}")).map(Some),
    });
    let wap_name = env.optional(SHOP_NAME, "网上商店", short_name);
    let notify_url = notify_url(env, public_url, "pay");
    let public_url = public_url?;
    let wap_url = registered?.as_ref().unwrap_or(public_url).to_string();
    Some(Shop { notify_url: notify_url?, wap_url, wap_name: wap_name? })
}

/// The binding WXPAY_CERT, if there is one.
fn certificate(env: &worker::Env) -> Option<Fetcher> {
    let binding = js_sys::Reflect::get(env, &"WXPAY_CERT".into()).ok()?;
    binding.is_object().then(|| binding.unchecked_into())
}

/// Where WeChat tells of payments (`pay`) or refunds (`refund`).
fn notify_url(env: &Environment<'_>, public_url: Option<&Origin>, what: &str) -> Option<NotifyUrl> {
    let url = NotifyUrl::new(&format!("{}/notify/v2/{what}", public_url?)).ok();
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
