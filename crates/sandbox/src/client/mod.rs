//! Fake clients (模拟客户端): who is looking, from which address, as which WeChat user.

mod device;
pub(crate) mod inject;
pub(crate) mod rewrite;

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

pub use device::Device;

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

/// One fake client's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The address the merchant's site and WeChat see.
    pub ip: IpAddr,
    /// The WeChat user; in the phone, the one signed in to the WeChat app that the page raises.
    pub openid: String,
    /// What it is, which decides the user agent and what its scripts find.
    pub device: Device,
    /// The user agent sent and shown to scripts.
    #[serde(skip_deserializing)]
    pub user_agent: &'static str,
}

impl Client {
    /// A fresh client. The addresses are from the block reserved for documentation (RFC 5737).
    #[must_use]
    pub fn new(kind: ClientKind) -> Self {
        let (last, device) = match kind {
            ClientKind::Wechat => (8, Device::WechatIos),
            ClientKind::Phone => (7, Device::IosSafari),
            ClientKind::Desktop => (9, Device::DesktopChrome),
        };
        Self {
            ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)),
            openid: BUYER.to_owned(),
            device,
            user_agent: device.user_agent(),
        }
    }
}

/// The three clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The same with the user agents of their devices, which a store does not keep.
    pub(crate) const fn with_user_agents(mut self) -> Self {
        self.wechat.user_agent = self.wechat.device.user_agent();
        self.phone.user_agent = self.phone.device.user_agent();
        self.desktop.user_agent = self.desktop.device.user_agent();
        self
    }

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
