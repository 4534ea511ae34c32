//! Every key as the control API shows it, so that any SDK can be configured with what it says.

use serde::Serialize;

use super::{KeyMode, Keys, MerchantKey, PlatformKey, certificate};
use crate::{gateway::Gateway, time::UnixSeconds};

/// All keys of API V3, the merchant's private ones included: they are test keys.
#[derive(Clone, Debug, Serialize)]
pub struct KeysReport {
    /// 公众账号ID.
    pub appid: String,
    /// 商户号.
    pub mchid: String,
    /// APIv3密钥.
    pub v3_key: String,
    /// 验签方式.
    pub mode: KeyMode,
    /// How many of a hundred notifications a public key signs while the mode is mixed.
    pub public_key_percent: u8,
    /// How many of a hundred messages the newest key of its kind signs.
    pub newest_percent: u8,
    /// The merchant's, oldest first.
    pub merchant: Vec<MerchantKeyReport>,
    /// WeChat Pay's, certificates and public keys, each oldest first.
    pub platform: Vec<PlatformKeyReport>,
    /// The certificate of the authority (CA) that issued the others, in PEM.
    pub authority_pem: String,
}

/// 商户API证书 with its private key.
#[derive(Clone, Debug, Serialize)]
pub struct MerchantKeyReport {
    /// 证书序列号.
    pub serial: String,
    /// From when it is good.
    pub effective_at: UnixSeconds,
    /// Till when.
    pub expires_at: UnixSeconds,
    /// `apiclient_cert.pem`.
    pub certificate_pem: String,
    /// `apiclient_key.pem`, PKCS#8.
    pub private_key_pem: String,
}

/// 平台证书 or 微信支付公钥.
#[derive(Clone, Debug, Serialize)]
pub struct PlatformKeyReport {
    /// 证书序列号 or 公钥ID.
    pub serial: String,
    /// `certificate` or `public_key`.
    pub kind: &'static str,
    /// From when it is good; a public key always is.
    pub effective_at: Option<UnixSeconds>,
    /// Till when.
    pub expires_at: Option<UnixSeconds>,
    /// The certificate, or `pub_key.pem`.
    pub pem: String,
}

impl Gateway {
    /// All keys of API V3.
    #[must_use]
    pub fn keys(&self) -> KeysReport {
        let Keys { certificates, public_keys, merchants, .. } = &self.keys;
        KeysReport {
            appid: self.account.appid.clone(),
            mchid: self.account.mch_id.clone(),
            v3_key: self.account.v3_key.clone(),
            mode: self.keys.mode,
            public_key_percent: self.keys.public_key_percent,
            newest_percent: self.keys.newest_percent,
            merchant: merchants.iter().map(MerchantKeyReport::from).collect(),
            platform: certificates.iter().chain(public_keys).map(PlatformKeyReport::from).collect(),
            authority_pem: certificate::authority(),
        }
    }
}

impl From<&MerchantKey> for MerchantKeyReport {
    fn from(merchant: &MerchantKey) -> Self {
        let MerchantKey { serial, key, life } = merchant;
        let name = "wxpay-sandbox test merchant";
        Self {
            serial: (*serial).to_owned(),
            effective_at: life.effective_at,
            expires_at: life.expires_at,
            certificate_pem: certificate::issue(name, serial, *life, key),
            private_key_pem: key.private_pem(),
        }
    }
}

impl From<&PlatformKey> for PlatformKeyReport {
    fn from(key: &PlatformKey) -> Self {
        Self {
            serial: key.serial.to_owned(),
            kind: if key.life.is_some() { "certificate" } else { "public_key" },
            effective_at: key.life.map(|life| life.effective_at),
            expires_at: key.life.map(|life| life.expires_at),
            pem: key.pem(),
        }
    }
}
