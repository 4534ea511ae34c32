//! 网页授权: the server's half, code to openid.
//!
//! `GET https://api.weixin.qq.com/sns/oauth2/access_token`, called by the merchant's server; needs no
//! listed egress address. JSON with status 200 for errors too.
//! Source: "网页授权 · 通过code换取网页授权access_token", read 2026-11.
//! A code works once and for five minutes; a repeat is refused (40163), so it is never repeated.
use alloc::{format, string::String};
use core::fmt;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{AppSecret, Appid, Error, Openid};

/// What WeChat answers to a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The buyer's openid under our appid.
    Openid(Openid),
    /// The buyer looks at a snapshot page: the openid is made up and can not pay.
    Snapshot,
    /// 40163: the code was spent before.
    CodeUsed,
    /// 40029, 42003: unknown, of another appid, or older than five minutes.
    CodeInvalid,
    /// Another `errcode`: the account's settings are wrong, or WeChat is busy (-1).
    Refused {
        /// WeChat's number.
        errcode: i64,
    },
}

/// The `code` of the redirect: opaque, one use. At most 512 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Checks length and alphabet, so that nothing else can enter the request's query.
    pub fn new(text: &str) -> Result<Self, Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if (1..=512).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(Error::Invalid {
                what: "code",
                rule: "expected 1 to 512 of letters, digits and `-_.~`",
            })
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Path and query of the exchange. It holds the secret: wiped when dropped, and never printed.
pub struct ExchangePath(Zeroizing<String>);

impl ExchangePath {
    /// To be appended to `https://api.weixin.qq.com`; must not be logged.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ExchangePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExchangePath(redacted)")
    }
}

/// What to get, to exchange `code`.
pub fn access_token_request(appid: &Appid, secret: &AppSecret, code: &Code) -> ExchangePath {
    ExchangePath(Zeroizing::new(format!(
        "/sns/oauth2/access_token?appid={appid}&secret={}&code={}&grant_type=authorization_code",
        secret.expose(),
        code.as_str()
    )))
}

#[derive(Deserialize)]
struct Wire {
    openid: Option<String>,
    errcode: Option<i64>,
    is_snapshotuser: Option<u8>,
}

/// Reads the answer. The access token in it is of no use to a payment and is dropped unread.
pub fn access_token_answer(bytes: &[u8]) -> Result<Answer, Error> {
    let malformed =
        Error::Invalid { what: "access_token answer", rule: "expected openid or errcode as JSON" };
    // From text, like every JSON here: a second kind of reader would cost the Worker 30 KB.
    let text = core::str::from_utf8(bytes).map_err(|_| malformed.clone())?;
    let wire: Wire = serde_json::from_str(text).map_err(|_| malformed.clone())?;
    Ok(match (wire.errcode.unwrap_or(0), wire.openid) {
        (0, Some(_)) if wire.is_snapshotuser == Some(1) => Answer::Snapshot,
        (0, Some(openid)) => Answer::Openid(Openid::new(&openid)?),
        (0, None) => return Err(malformed),
        (40163, _) => Answer::CodeUsed,
        (40029 | 42003, _) => Answer::CodeInvalid,
        (errcode, _) => Answer::Refused { errcode },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_can_not_smuggle_another_parameter() {
        assert!(Code::new("011aBcDEf_-23").is_ok());
        for bad in ["", "a&secret=b", "a#b", "a b", "a%26b"] {
            assert!(Code::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_kind_of_answer_is_told_apart() {
        let read = |json: &str| access_token_answer(json.as_bytes()).unwrap();
        let openid = r#"{"access_token":"t","expires_in":7200,"refresh_token":"r","openid":"oUpF8","scope":"snsapi_base"}"#;
        assert_eq!(read(openid), Answer::Openid(Openid::new("oUpF8").unwrap()));
        assert_eq!(read(r#"{"openid":"o1","is_snapshotuser":1}"#), Answer::Snapshot);
        assert_eq!(
            read(r#"{"errcode":40163,"errmsg":"code been used, rid: 1"}"#),
            Answer::CodeUsed
        );
        assert_eq!(read(r#"{"errcode":40029,"errmsg":"invalid code"}"#), Answer::CodeInvalid);
        assert_eq!(
            read(r#"{"errcode":40125,"errmsg":"invalid appsecret"}"#),
            Answer::Refused { errcode: 40125 }
        );
        assert!(access_token_answer(b"<html>").is_err());
        assert!(access_token_answer(b"{}").is_err());
    }
}
