//! The environment as typed configuration, or the name of the variable that is wrong and its remedy.
//!
//! A value is never part of the complaint: it may be a key.
use std::{cell::RefCell, rc::Rc};

use wxpay_core::{
    ApiV2Key, AppSecret, Appid, Mchid, NotifyUrl,
    v2::{Credential, SignType},
};
use wxpay_merchant::{CartKey, Shop};
use zeroize::Zeroizing;

use self::variable::*;
use crate::{
    catalogue::Catalogue,
    http::{origin::Origin, problem::Problem},
    token::TokenKey,
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
    pub(crate) allowed_origins: Vec<Origin>,
    pub(crate) catalogue: Catalogue,
    /// Seconds an order can be paid when its creator does not say.
    pub(crate) order_seconds: u64,
    pub(crate) client_ip_header: String,
    pub(crate) gateway_url: String,
    pub(crate) api_url: String,
    pub(crate) open_url: String,
    pub(crate) shop_api_key: Zeroizing<String>,
    pub(crate) cart_key: CartKey,
    pub(crate) token_key: TokenKey,
}

/// Source of the three: protocol pages "接口规则" and "网页授权", read 2026-11.
pub(crate) const REAL_GATEWAY: &str = "https://api.mch.weixin.qq.com";
const REAL_API: &str = "https://api.weixin.qq.com";
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
            let config = Rc::new(Self::read(&|name| from_env(env, name))?);
            *kept = Some(Rc::clone(&config));
            Ok(config)
        })
    }

    /// Reads and checks every variable.
    pub(crate) fn read(source: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let env = Environment(source);
        let public_url = env.required(PUBLIC_URL, |text| web_origin(&text))?;
        Ok(Self {
            credential: credential(&env)?,
            app_secret: env.required(APP_SECRET, |text| AppSecret::new(text).ok())?,
            allowed_origins: env.optional(ALLOWED_ORIGINS, "", origins)?,
            shop: shop(&env, &public_url)?,
            catalogue: catalogue(&env)?,
            order_seconds: env.optional(ORDER_EXPIRES_IN, ORDER_SECONDS_DEFAULT, |text| {
                text.parse().ok().filter(|seconds| ORDER_SECONDS.contains(seconds))
            })?,
            client_ip_header: env.optional(CLIENT_IP_HEADER, "CF-Connecting-IP", header_name)?,
            gateway_url: env.base(GATEWAY_URL, REAL_GATEWAY)?,
            api_url: env.base(API_URL, REAL_API)?,
            open_url: env.base(OPEN_URL, REAL_OPEN)?,
            shop_api_key: env.key(SHOP_API_KEY)?,
            cart_key: env.required(CART_KEY, |text| CartKey::new(text.as_bytes()).ok())?,
            token_key: env.required(TOKEN_KEY, |text| TokenKey::parse(&text))?,
            public_url,
        })
    }

    /// Whether real money is at stake.
    pub(crate) fn is_real_gateway(&self) -> bool {
        self.gateway_url == REAL_GATEWAY
    }
}

fn credential(env: &Environment<'_>) -> Result<Credential, Problem> {
    Ok(Credential::new(
        env.required(APPID, |text| Appid::new(&text).ok())?,
        env.required(MCHID, |text| Mchid::new(&text).ok())?,
        env.optional(SIGN_TYPE, "HMAC-SHA256", SignType::parse)?,
        env.required(API_V2_KEY, |text| ApiV2Key::new(text).ok())?,
    ))
}

fn shop(env: &Environment<'_>, public_url: &Origin) -> Result<Shop, Problem> {
    let notify_url = NotifyUrl::new(&format!("{public_url}/notify/v2/pay"));
    let wap_url = env.optional(H5_DOMAIN, "", |host| match host {
        "" => Some(public_url.to_string()),
        host => web_origin(&format!("https://{host}")).map(|origin| origin.to_string()),
    });
    Ok(Shop {
        notify_url: notify_url.map_err(|_| misconfigured(PUBLIC_URL))?,
        wap_url: wap_url?,
        wap_name: env.optional(SHOP_NAME, "网上商店", short_name)?,
    })
}

fn catalogue(env: &Environment<'_>) -> Result<Catalogue, Problem> {
    let text = env.text(CATALOGUE).unwrap_or_else(|| "[]".to_owned());
    Catalogue::parse(&text).map_err(|remedy| misconfigured(Variable(CATALOGUE, remedy)))
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
