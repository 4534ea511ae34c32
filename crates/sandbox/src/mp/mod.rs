//! The service account (公众号) at api.weixin.qq.com: credentials for the JS-SDK, and what a page
//! does with them.
//!
//! Source: developers.weixin.qq.com 获取 Access token, 获取稳定版接口调用凭据, JS-SDK 使用权限签名算法,
//! 全局返回码.

mod config;
mod login;
mod ticket;
mod token;

pub(crate) use config::{Checked, answer as config, check as check_config};
pub(crate) use login::{User, auth, begin as begin_login, refresh, userinfo};
use serde_json::{Value, json};
pub(crate) use ticket::get as ticket;
pub(crate) use token::{Tokens, ordinary, stable};

use crate::{gateway::Gateway, message::Response};

/// `errcode`, and `errmsg` without the `rid`.
pub(crate) type Refused = (i64, String);

/// Whatever is said has HTTP status 200.
///
/// UNCONFIRMED: that the real host labels its JSON `text/plain`.
pub(crate) fn reply(gateway: &mut Gateway, answer: Result<Value, Refused>) -> Response {
    let answer = answer.unwrap_or_else(|(errcode, errmsg)| {
        let random = &mut gateway.random;
        let rid = format!("{}-{}-{}", random.hex(8), random.hex(8), random.hex(8));
        json!({ "errcode": errcode, "errmsg": format!("{errmsg}, rid: {rid}") })
    });
    Response::new(200, "text/plain", answer.to_string())
}

pub(crate) fn refused(errcode: i64, errmsg: &str) -> Refused {
    (errcode, errmsg.to_owned())
}

/// Appid and AppSecret, each there and each right.
///
/// DIFFERENCE: a sub-merchant's service account has an AppSecret of its own; here both have one.
pub(crate) fn credentials(gateway: &Gateway, appid: &str, secret: &str) -> Result<(), Refused> {
    if appid.is_empty() {
        return Err(refused(41_002, "appid missing"));
    }
    if secret.is_empty() {
        return Err(refused(41_004, "appsecret missing"));
    }
    if !gateway.account.knows_appid(appid) {
        return Err(refused(40_013, "invalid appid"));
    }
    if secret != gateway.account.app_secret {
        return Err(refused(40_125, "invalid appsecret"));
    }
    Ok(())
}
