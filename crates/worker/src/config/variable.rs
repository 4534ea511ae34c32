//! Every variable and secret by name, with what to do when it is missing or malformed.
use std::{borrow::Cow, cell::RefCell};

use zeroize::Zeroizing;

use crate::http::{origin::Origin, problem::Problem, problem_code::Code};

/// A name of the environment and its remedy.
#[derive(Clone, Copy)]
pub(super) struct Variable(pub(super) &'static str, pub(super) &'static str);

const ADDRESS: &str = "leave it unset, or set an https address (http on loopback) without a path";

pub(super) const APPID: Variable = Variable("WXPAY_APPID", "set the service account's appid");
pub(super) const MCHID: Variable = Variable("WXPAY_MCHID", "set the merchant number, digits only");
pub(super) const SIGN_TYPE: Variable = Variable("WXPAY_SIGN_TYPE", "set it to HMAC-SHA256 or MD5");
pub(super) const API_V2_KEY: Variable =
    Variable("WXPAY_API_V2_KEY", "set the secret to the APIv2 key, exactly 32 characters");
pub(super) const API_V2_KEY_2: Variable = Variable(
    "WXPAY_API_V2_KEY_2",
    "leave it unset, or set the other APIv2 key while the key is being changed, exactly 32 characters",
);
pub(super) const API: Variable =
    Variable("WXPAY_API", "leave it unset, or set by which API new orders are placed: v2 or v3");
pub(super) const API_V3_KEY: Variable = Variable(
    "WXPAY_API_V3_KEY",
    "set the secret to the APIv3 key, exactly 32 characters (or WXPAY_API_V2_KEY, for API V2)",
);
pub(super) const API_V3_KEY_2: Variable = Variable(
    "WXPAY_API_V3_KEY_2",
    "leave it unset, or set the other APIv3 key while the key is being reset, exactly 32 characters",
);
pub(super) const MERCHANT_KEY: &str = "WXPAY_MERCHANT_KEY";
pub(super) const MERCHANT_SERIAL: Variable = Variable(
    "WXPAY_MERCHANT_SERIAL",
    "set the serial of the merchant's API certificate, 40 hex digits; not WeChat's",
);
pub(super) const PUBLIC_KEYS: &str = "WXPAY_PUBLIC_KEYS";
pub(super) const CERTIFICATES: Variable = Variable(
    "WXPAY_CERTIFICATES",
    "leave it unset, or set it to download while WeChat still signs by platform certificates",
);
pub(super) const SUB_MCHID: Variable =
    Variable("WXPAY_SUB_MCHID", "leave it unset, or set the sub-merchant's number, digits only");
pub(super) const SUB_APPID: Variable =
    Variable("WXPAY_SUB_APPID", "leave it unset, or set the sub-merchant's own appid");
pub(super) const APP_SECRET: Variable =
    Variable("WXPAY_APP_SECRET", "set the secret to the service account's AppSecret");
pub(super) const PUBLIC_URL: Variable =
    Variable("PUBLIC_URL", "set the Worker's https address (http on loopback), without a path");
pub(super) const ALLOWED_ORIGINS: Variable =
    Variable("ALLOWED_ORIGINS", "list origins like https://shop.example.com, separated by commas");
pub(super) const H5_DOMAIN: Variable =
    Variable("H5_DOMAIN", "set the host name registered for H5 payment, without https://");
pub(super) const SHOP_NAME: Variable =
    Variable("SHOP_NAME", "set the shop's name, at most 32 characters");
pub(super) const CATALOGUE: &str = "CATALOGUE";
pub(super) const ORDER_EXPIRES_IN: Variable =
    Variable("ORDER_EXPIRES_IN", "set seconds from 300 to 604800");
pub(super) const CLIENT_IP_HEADER: Variable =
    Variable("CLIENT_IP_HEADER", "set the name of the one header that your trusted proxy writes");
pub(super) const GATEWAY_URL: Variable = Variable("GATEWAY_URL", ADDRESS);
pub(super) const GATEWAY_BACKUP_URL: Variable = Variable("GATEWAY_BACKUP_URL", ADDRESS);
pub(super) const API_URL: Variable = Variable("API_URL", ADDRESS);
pub(super) const OPEN_URL: Variable = Variable("OPEN_URL", ADDRESS);
pub(super) const NOTIFY_SOURCES: Variable = Variable(
    "NOTIFY_SOURCES",
    "leave it unset, or list `wechat` and ranges like 203.0.113.0/24, separated by commas",
);
pub(super) const RATE_LIMIT: Variable =
    Variable("RATE_LIMIT", "set requests a minute from one address, 10 to 1000000, or off");
pub(super) const SHOP_API_KEYS: &str = "SHOP_API_KEYS";
pub(super) const WEBHOOK_URL: Variable = Variable(
    "WEBHOOK_URL",
    "set the https address (http on loopback) that takes webhooks, or unset it and WEBHOOK_SECRETS",
);
pub(super) const WEBHOOK_SECRETS: Variable = Variable(
    "WEBHOOK_SECRETS",
    "set the secret to one or two `whsec_...` with a blank between, or unset it and WEBHOOK_URL",
);
pub(super) const CART_KEY: Variable =
    Variable("CART_KEY", "set the secret to at least 32 random characters");
pub(super) const TOKEN_KEY: Variable =
    Variable("TOKEN_KEY", "set the secret to 32 random bytes, as 64 hex digits or base64");

/// A variable that is missing or wrong, and what to do about it. The value is never part of it: it
/// may be a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) variable: &'static str,
    pub(crate) remedy: Cow<'static, str>,
}

/// Every complaint about one environment; at least one.
pub(crate) type Complaints = Vec<Complaint>;

/// One complaint is enough for whoever waits for an answer; the doctor lists them all.
impl From<&Complaints> for Problem {
    fn from(complaints: &Complaints) -> Self {
        let first = complaints.first();
        let said = first.map(|Complaint { variable, remedy }| format!("`{variable}`: {remedy}"));
        Self::with_detail(Code::Misconfigured, said.unwrap_or_default())
    }
}

/// Where values come from, and what was wrong with them so far.
pub(super) struct Environment<'a> {
    source: &'a dyn Fn(&str) -> Option<String>,
    complaints: RefCell<Complaints>,
}

impl<'a> Environment<'a> {
    pub(super) fn new(source: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { source, complaints: RefCell::default() }
    }

    pub(super) fn complaints(&self) -> Complaints {
        self.complaints.take()
    }

    /// Notes the complaint; there is no value.
    pub(super) fn complain<T>(
        &self,
        variable: &'static str,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Option<T> {
        let complaint = Complaint { variable, remedy: remedy.into() };
        self.complaints.borrow_mut().push(complaint);
        None
    }

    /// The value without blanks around it; an empty one is a missing one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        // It may be a key, of which one copy is enough.
        let given = Zeroizing::new((self.source)(name)?);
        Some(given.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn has(&self, Variable(name, _): Variable) -> bool {
        self.text(name).is_some()
    }

    pub(super) fn required<T>(
        &self,
        Variable(name, remedy): Variable,
        read: impl FnOnce(String) -> Option<T>,
    ) -> Option<T> {
        self.text(name).and_then(read).or_else(|| self.complain(name, remedy))
    }

    pub(super) fn optional<T>(
        &self,
        Variable(name, remedy): Variable,
        default: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        read(&text).or_else(|| self.complain(name, remedy))
    }

    /// A variable that may be missing and has no default.
    pub(super) fn maybe<T>(
        &self,
        Variable(name, remedy): Variable,
        read: impl FnOnce(String) -> Option<T>,
    ) -> Option<Option<T>> {
        let Some(text) = self.text(name) else { return Some(None) };
        read(text).or_else(|| self.complain(name, remedy)).map(Some)
    }

    /// A variable whose reader knows better what is wrong with it.
    pub(super) fn read<T, E: Into<Cow<'static, str>>>(
        &self,
        name: &'static str,
        default: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        read(&text).map_err(|remedy| self.complain::<T>(name, remedy)).ok()
    }

    /// The base address of one of WeChat's hosts.
    pub(super) fn base(&self, variable: Variable, real: &str) -> Option<String> {
        self.optional(variable, real, |text| web_origin(text).map(|origin| origin.to_string()))
    }
}

/// https, or http where only this machine listens; nothing behind the origin but a last slash.
pub(super) fn web_origin(text: &str) -> Option<Origin> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let (_, authority) = text.split_once("://")?;
    let origin = Origin::of(text)?;
    let bare = !authority.contains(['/', '?', '#']);
    (bare && (origin.is_https() || origin.is_loopback())).then_some(origin)
}

/// The same with a path and perhaps a query behind the origin.
pub(super) fn web_address(text: &str) -> Option<String> {
    let origin = Origin::of(text)?;
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    (plain && (origin.is_https() || origin.is_loopback())).then(|| text.to_owned())
}

pub(super) fn origins(list: &str) -> Option<Vec<Origin>> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(web_origin).collect()
}

pub(super) fn header_name(text: &str) -> Option<String> {
    let token = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    token.then(|| text.to_owned())
}

pub(super) fn short_name(text: &str) -> Option<String> {
    (1..=32).contains(&text.chars().count()).then(|| text.to_owned())
}
