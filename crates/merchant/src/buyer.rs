use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use wxpay_core::{Error, Openid};

/// One browser session, as the page names itself: random text kept in its session storage.
///
/// It guards the buyer, not the shop: it decides only whether a link that was handed out may be
/// handed out again. Two users of one `mweb_url` end in 签名验证失败 / 系统繁忙.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Visitor(String);

impl Visitor {
    /// Takes 16 to 64 letters, digits, `-` or `_`.
    pub fn new(text: &str) -> Result<Self, Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (16..=64).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Invalid {
                what: "visitor",
                rule: "expected 16 to 64 of letters, digits, `-`, `_`",
            })
        }
    }
}

impl TryFrom<String> for Visitor {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(&text)
    }
}

impl From<Visitor> for String {
    fn from(visitor: Visitor) -> String {
        visitor.0
    }
}

/// Who wants to pay, how, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The channel, and who that channel says it is.
    pub way: Way,
    /// The address as the edge saw it, never what a page says.
    pub ip: IpAddr,
}

/// The channel, with what tells one buyer from another there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Inside WeChat, under our appid.
    Jsapi(Openid),
    /// In a phone's browser.
    Mweb(Visitor),
    /// By QR code.
    Native(Visitor),
}

impl Buyer {
    /// Whether what was handed to `self` may be handed to `other`.
    ///
    /// A prepay id is bound to its openid. An `mweb_url` is bound to the address it was ordered
    /// from, and to one person. A QR code is shown to one screen.
    pub(crate) fn shares_with(&self, other: &Self) -> bool {
        let same_address = self.ip == other.ip || !matches!(self.way, Way::Mweb(_));
        self.way == other.way && same_address
    }
}

impl Way {
    /// `JSAPI`, `MWEB` or `NATIVE`.
    pub fn trade_type(&self) -> &'static str {
        match self {
            Self::Jsapi(_) => "JSAPI",
            Self::Mweb(_) => "MWEB",
            Self::Native(_) => "NATIVE",
        }
    }
}
