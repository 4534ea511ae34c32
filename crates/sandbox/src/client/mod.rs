//! Fake clients (模拟客户端): who is looking, from which address, as which WeChat user.

pub(crate) mod inject;
pub(crate) mod rewrite;

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

/// The WeChat user who is signed in everywhere until the control API says otherwise.
pub const BUYER: &str = "oSandboxBuyer_0000000000001A";

/// Which fake client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// 微信内置浏览器.
    Wechat,
    /// A phone's own browser, with WeChat installed beside it.
    Phone,
    /// A desktop browser.
    Desktop,
}

/// What the client runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// An iPhone.
    Ios,
    /// An Android phone.
    Android,
    /// A Windows computer.
    Windows,
}

/// One fake client's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Client {
    /// The address the merchant's site and WeChat see.
    pub ip: IpAddr,
    /// The WeChat user; in the phone, the one signed in to the WeChat app that the page raises.
    pub openid: String,
    /// The system, which decides the user agent and one error text.
    pub platform: Platform,
    /// The user agent sent and shown to scripts.
    pub user_agent: &'static str,
}

impl Client {
    /// A fresh client. The addresses are from the block reserved for documentation (RFC 5737).
    #[must_use]
    pub fn new(kind: ClientKind) -> Self {
        let (last, platform) = match kind {
            ClientKind::Wechat => (8, Platform::Ios),
            ClientKind::Phone => (7, Platform::Ios),
            ClientKind::Desktop => (9, Platform::Windows),
        };
        Self {
            ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)),
            openid: BUYER.to_owned(),
            platform,
            user_agent: user_agent(kind, platform),
        }
    }
}

/// Source: user agents of real devices, from ua-parser-js and matomo device-detector fixtures.
pub(crate) const fn user_agent(kind: ClientKind, platform: Platform) -> &'static str {
    match (kind, platform) {
        (ClientKind::Wechat, Platform::Ios) => {
            "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.16(0x18001042) NetType/4G Language/zh_CN"
        }
        (ClientKind::Wechat, Platform::Android) => {
            "Mozilla/5.0 (Linux; Android 14; V2244A Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.180 Mobile Safari/537.36 XWEB/1380187 MMWEBSDK/20250804 MMWEBID/1664 MicroMessenger/8.0.63.2920(0x28003F3A) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
        }
        (ClientKind::Wechat, Platform::Windows) => {
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) UnifiedPCWindowsWechat(0xf2541211) XWEB/16815 Flue"
        }
        (ClientKind::Phone | ClientKind::Desktop, Platform::Ios) => {
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
        }
        (ClientKind::Phone | ClientKind::Desktop, Platform::Android) => {
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
        }
        (ClientKind::Phone | ClientKind::Desktop, Platform::Windows) => {
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
        }
    }
}

/// The three clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clients {
    /// Inside WeChat.
    pub wechat: Client,
    /// A phone browser.
    pub phone: Client,
    /// A desktop browser.
    pub desktop: Client,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            wechat: Client::new(ClientKind::Wechat),
            phone: Client::new(ClientKind::Phone),
            desktop: Client::new(ClientKind::Desktop),
        }
    }
}

impl Clients {
    /// One of them.
    #[must_use]
    pub const fn one(&self, kind: ClientKind) -> &Client {
        match kind {
            ClientKind::Wechat => &self.wechat,
            ClientKind::Phone => &self.phone,
            ClientKind::Desktop => &self.desktop,
        }
    }

    pub(crate) const fn one_mut(&mut self, kind: ClientKind) -> &mut Client {
        match kind {
            ClientKind::Wechat => &mut self.wechat,
            ClientKind::Phone => &mut self.phone,
            ClientKind::Desktop => &mut self.desktop,
        }
    }
}
