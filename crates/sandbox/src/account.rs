//! The one merchant the sandbox knows, and where the sandbox itself lives.

use serde::Serialize;

use crate::{client::ClientKind, platform::PlatformSettings, sign::SignType, v3::KeyMode};

/// The test merchant (测试商户). The defaults are test keys: they open nothing outside this sandbox.
#[derive(Clone)]
pub struct Account {
    /// 公众账号ID of the service account; also the OAuth appid.
    pub appid: String,
    /// 商户号.
    pub mch_id: String,
    /// APIv2 key (APIv2密钥), 32 characters.
    pub v2_key: String,
    /// APIv3 key (APIv3密钥), 32 characters.
    pub v3_key: String,
    /// By what API V3 is verified at the start (验签方式); the control API changes it.
    pub v3_keys: KeyMode,
    /// Secret of the service account (AppSecret).
    pub app_secret: String,
    /// The only algorithm accepted from the merchant; `None` accepts both, as the real gateway does.
    pub sign_type: Option<SignType>,
    /// 特约商户, if the merchant is a service provider (服务商) that collects for one.
    pub sub_merchant: Option<SubMerchant>,
    /// Host registered as 网页授权域名, H5支付域名 and JS接口安全域名; host names are compared, ports
    /// are not.
    pub host: String,
    /// What is set at the start, and again after a reset.
    pub platform: PlatformSettings,
}

/// The one merchant a service provider collects for (特约商户).
#[derive(Clone)]
pub struct SubMerchant {
    /// 子商户号.
    pub mch_id: String,
    /// 子商户公众账号ID, if it has a service account of its own.
    pub appid: Option<String>,
}

impl Account {
    /// Whether pages may name this appid: the merchant's own, or its sub-merchant's.
    pub(crate) fn knows_appid(&self, appid: &str) -> bool {
        let sub_appid = self.sub_merchant.as_ref().and_then(|sub| sub.appid.as_deref());
        appid == self.appid || Some(appid) == sub_appid
    }
}

impl Default for Account {
    fn default() -> Self {
        Self {
            appid: "wx2421b1c4370ec43b".to_owned(),
            mch_id: "1900000109".to_owned(),
            v2_key: "sandbox_test_key_0123456789abcde".to_owned(),
            v3_key: "sandbox_test_v3_key_0123456789ab".to_owned(),
            v3_keys: KeyMode::default(),
            app_secret: "sandbox_test_secret_0123456789ab".to_owned(),
            sign_type: Some(SignType::HmacSha256),
            sub_merchant: None,
            host: "localhost".to_owned(),
            platform: PlatformSettings::default(),
        }
    }
}

/// Base addresses, without a final slash.
#[derive(Clone, Debug, Serialize)]
pub struct Addresses {
    /// api.mch.weixin.qq.com, api.weixin.qq.com, open.weixin.qq.com and wx.tenpay.com in one.
    pub gateway: String,
    /// The merchant's site inside WeChat.
    pub wechat: String,
    /// WeChat's own pages inside WeChat.
    pub wechat_pages: String,
    /// The merchant's site in a phone browser.
    pub phone: String,
    /// WeChat's own pages in a phone browser.
    pub phone_pages: String,
    /// The merchant's site in a desktop browser.
    pub desktop: String,
    /// WeChat's own pages in a desktop browser.
    pub desktop_pages: String,
}

impl Addresses {
    /// The addresses that belong to four ports on this machine.
    #[must_use]
    pub fn at_ports(gateway: u16, wechat: u16, phone: u16, desktop: u16) -> Self {
        // Two host names for one port make the merchant's pages and WeChat's cross-origin, as in
        // life, without a name server or a hosts file.
        Self {
            gateway: format!("http://127.0.0.1:{gateway}"),
            wechat: format!("http://localhost:{wechat}"),
            wechat_pages: format!("http://127.0.0.1:{wechat}"),
            phone: format!("http://localhost:{phone}"),
            phone_pages: format!("http://127.0.0.1:{phone}"),
            desktop: format!("http://localhost:{desktop}"),
            desktop_pages: format!("http://127.0.0.1:{desktop}"),
        }
    }
}

impl Addresses {
    /// The merchant's site and WeChat's own pages, as this client reaches them.
    #[must_use]
    pub fn of(&self, kind: ClientKind) -> (&str, &str) {
        match kind {
            ClientKind::Wechat => (&self.wechat, &self.wechat_pages),
            ClientKind::Phone => (&self.phone, &self.phone_pages),
            ClientKind::Desktop => (&self.desktop, &self.desktop_pages),
        }
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self::at_ports(8990, 8991, 8992, 8993)
    }
}
