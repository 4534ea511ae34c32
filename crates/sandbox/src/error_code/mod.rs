//! Error codes (错误码) that a fault causes by name: `error=CODE` refuses a call by that code, and
//! nothing is done. What a call brings about by itself stands in `ERRORS.md` beside them.
//!
//! Source: tables of errors of API V2, API V3 and 全局返回码; error pages of 网页授权.
//! UNCONFIRMED: the wording of most, and the state of account behind the last ones.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Value, json};

use crate::{
    gateway::Gateway,
    message::{Request, Response},
    page,
};

/// Who refuses by a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// API V2: in a signed answer of status 200.
    V2,
    /// API V3.
    V3,
    /// 公众平台: `api.weixin.qq.com`, in JSON of status 200.
    Platform,
    /// 网页授权's page.
    Page,
}

/// A code, and what is said with it.
#[derive(Debug)]
pub(crate) struct ErrorCode {
    pub(crate) side: Side,
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) text: &'static str,
}

const fn v2(code: &'static str, text: &'static str) -> ErrorCode {
    ErrorCode { side: Side::V2, code, status: 200, text }
}

const fn v3(status: u16, code: &'static str, text: &'static str) -> ErrorCode {
    ErrorCode { side: Side::V3, code, status, text }
}

const fn platform(code: &'static str, text: &'static str) -> ErrorCode {
    ErrorCode { side: Side::Platform, code, status: 200, text }
}

const fn on_page(code: &'static str, text: &'static str) -> ErrorCode {
    ErrorCode { side: Side::Page, code, status: 200, text }
}

/// Every such code. One that both APIs have stands twice.
pub(crate) const CODES: &[ErrorCode] = &[
    v2("APPID_NOT_EXIST", "APPID不存在"),
    v2("MCHID_NOT_EXIST", "MCHID不存在"),
    v2("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"),
    v2("OUT_TRADE_NO_USED", "商户订单号重复"),
    v2("SIGNERROR", "签名错误"),
    v2("XML_FORMAT_ERROR", "XML格式错误"),
    v2("POST_DATA_EMPTY", "post数据为空"),
    v2("NOT_UTF8", "编码格式错误"),
    v2("REQUIRE_POST_METHOD", "请使用post方法"),
    v2("CERT_ERROR", "证书校验错误"),
    v2("INVALID_REQ_TOO_MUCH", "无效请求过多"),
    v2("INVALID_TRANSACTIONID", "无效transaction_id"),
    v3(202, "USERPAYING", "用户支付中，需要输入密码"),
    v3(403, "RULE_LIMIT", "业务规则限制"),
    v3(403, "ACCOUNT_ERROR", "账号异常"),
    v3(403, "REQUEST_BLOCKED", "请求被拦截"),
    v3(429, "RATELIMIT_EXCEEDED", "频率超限"),
    v3(429, "RATE_LIMITED", "频率超限"),
    v3(500, "BANK_ERROR", "银行系统异常"),
    v3(500, "OPENID_MISMATCH", "openid和appid不匹配"),
    v3(500, "INVALID_TRANSACTIONID", "订单号非法"),
    platform("-1", "system error"),
    platform("40001", "invalid credential, access_token is invalid or not latest"),
    platform("40003", "invalid openid"),
    platform("40014", "invalid access_token"),
    platform("40030", "invalid refresh_token"),
    platform("40164", "invalid ip 203.0.113.1, not in whitelist"),
    platform("40243", "AppSecret has been frozen"),
    platform("41003", "missing refresh_token"),
    platform("42001", "access_token expired"),
    platform("42002", "refresh_token expired"),
    platform("42003", "code expired"),
    platform("42007", "user changed password, access_token and refresh_token expired"),
    platform("45009", "reach max api daily quota limit"),
    platform("45011", "api minute-quota reach limit, must slower, retry next minute"),
    platform("48001", "api unauthorized"),
    platform("50004", "account is frozen"),
    platform("50007", "account was cancelled"),
    platform("61024", "this account is managed by a third-party platform"),
    platform("89501", "this ip is waiting for an administrator's confirmation"),
    platform("89503", "this ip needs an administrator's confirmation"),
    platform("89506", "this ip was refused twice by an administrator, not within 24 hours again"),
    platform("89507", "this ip was refused by an administrator, not within an hour again"),
    on_page("10004", "该公众号被封禁"),
    on_page("10006", "必须关注此测试号"),
    on_page("10009", "操作太频繁了，请稍后再试"),
    on_page("10013", "state不能为空"),
    on_page("10015", "公众号未授权第三方平台"),
    on_page("10016", "不支持微信开放平台的Appid"),
];

/// The code that every call is refused by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorFault {
    /// None.
    #[default]
    Normal,
    /// This one, by whoever knows it.
    Code(&'static str),
}

impl ErrorFault {
    /// What is said instead of an answer by `side`, if it knows the code.
    pub(crate) fn of(self, side: Side) -> Option<&'static ErrorCode> {
        let Self::Code(code) = self else { return None };
        CODES.iter().find(|known| known.side == side && known.code == code)
    }
}

impl Serialize for ErrorFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Normal => "normal",
            Self::Code(code) => code,
        })
    }
}

impl<'de> Deserialize<'de> for ErrorFault {
    /// A text, or a number as 公众平台 has them.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let asked = Value::deserialize(deserializer)?;
        let asked = asked.as_str().map_or_else(|| asked.to_string(), str::to_owned);
        if asked == "normal" {
            return Ok(Self::Normal);
        }
        let known = CODES.iter().find(|known| known.code == asked);
        let unknown = || D::Error::custom(format!("`{asked}` is no code that a fault causes"));
        known.map(|known| Self::Code(known.code)).ok_or_else(unknown)
    }
}

impl Gateway {
    /// How 公众平台 and the page of 网页授权 refuse while a fault names one of their codes.
    pub(crate) fn refused_by_name(&mut self, request: &Request) -> Option<Response> {
        let fault = self.in_force(None).error;
        match request.path.as_str() {
            "/connect/oauth2/authorize" => {
                let ErrorCode { code, text, .. } = fault.of(Side::Page)?;
                let text = format!("{text}，错误码:{code}");
                Some(page::error(&text, &format!("Fault error={code}.")))
            }
            path if is_platform(path) => {
                let ErrorCode { code, text, .. } = fault.of(Side::Platform)?;
                let errcode: i64 = code.parse().ok()?;
                let body = json!({ "errcode": errcode, "errmsg": text });
                Some(Response::json(200, &body))
            }
            _ => None,
        }
    }
}

/// Whether a path is one of `api.weixin.qq.com`'s; the middle page lives on another host.
fn is_platform(path: &str) -> bool {
    path.starts_with("/sns/")
        || path.starts_with("/cgi-bin/") && !path.starts_with("/cgi-bin/mmpayweb-bin/")
}
