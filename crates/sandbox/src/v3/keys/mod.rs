//! Keys (密钥): who signs, who is believed, and how both change while the shop is open.
//!
//! Source: pay.weixin.qq.com V3 签名验证, 微信支付公钥 and 平台证书; 从平台证书切换成微信支付公钥.

mod certificate;
mod kept;
pub(crate) mod pem;
mod report;
mod rotation;
mod test_key;

use serde::{Deserialize, Serialize};

pub(crate) use certificate::Life;
pub use report::{KeysReport, MerchantKeyReport, PlatformKeyReport};
pub use rotation::{KeyChanges, KeyKind};
#[cfg(test)]
pub(crate) use test_key::verifies;
use test_key::{CERTIFICATES, MERCHANTS, PUBLIC_KEYS};
pub(crate) use test_key::{Opened, STRANGER, TestKey};

use crate::time::UnixSeconds;

/// Source: a platform certificate lives for five years.
const LIFE_SECONDS: i64 = 5 * 365 * 24 * 60 * 60;

/// 2026-01-01 in Beijing: from then on is good what is there from the start.
const FIRST_EFFECTIVE_AT: UnixSeconds = 1_767_196_800;

/// Of each kind one for every committed key, so that a name never means another key.
const CERTIFICATE_SERIALS: [&str; 3] = [
    "5157A1C0DE5A9DB0C5A8B1E0F3D24C6E70918A01",
    "6B2FA1C0DE8E41D77C0F96B3A2158D4EC3F07B02",
    "71D4A1C0DE23F68B90AC5E7714D2B86F3E95CA03",
];
const PUBLIC_KEY_SERIALS: [&str; 2] =
    ["PUB_KEY_ID_0119000001090000000000000001", "PUB_KEY_ID_0119000001090000000000000002"];
const MERCHANT_SERIALS: [&str; 2] =
    ["408BA1C0DE79B8269FEC3D5D3E6AB8ED163A6A01", "2F90A1C0DE64DD13B7E85A0C9172F4CB6D38EE02"];

/// By what WeChat Pay is verified (验签方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// 微信支付公钥, all that new merchants get: there are no platform certificates.
    #[default]
    PublicKey,
    /// 平台证书, as merchants have it who began before 2024: there are no public keys.
    Certificate,
    /// 公钥切换, between the two: both sign.
    Mixed,
}

/// What may be signed with on WeChat's side.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PlatformKey {
    pub(crate) serial: &'static str,
    pub(crate) key: &'static TestKey,
    /// `None` for a public key, which does not expire.
    pub(crate) life: Option<Life>,
}

impl PlatformKey {
    /// What the merchant verifies with: a certificate or `pub_key.pem`.
    pub(crate) fn pem(&self) -> String {
        match self.life {
            Some(life) => {
                certificate::issue("Tenpay.com test certificate", self.serial, life, self.key)
            }
            None => self.key.public_pem(),
        }
    }
}

/// 商户API证书.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MerchantKey {
    pub(crate) serial: &'static str,
    pub(crate) key: &'static TestKey,
    life: Life,
}

/// All keys of API V3 and how they are used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "kept::Kept", try_from = "kept::Kept")]
pub(crate) struct Keys {
    pub(crate) mode: KeyMode,
    /// How many of a hundred notifications a public key signs while the mode is mixed.
    pub(crate) public_key_percent: u8,
    /// How many of a hundred messages the newest key of its kind signs; the others, the one before.
    pub(crate) newest_percent: u8,
    certificates: Vec<PlatformKey>,
    public_keys: Vec<PlatformKey>,
    merchants: Vec<MerchantKey>,
    /// Keys of each kind that were ever handed out: none is handed out again.
    given: Given,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    certificates: usize,
    public_keys: usize,
    merchants: usize,
}

impl Keys {
    /// One key of each kind.
    pub(crate) fn new(mode: KeyMode) -> Self {
        let mut keys = Self {
            mode,
            public_key_percent: 0,
            newest_percent: 0,
            certificates: Vec::new(),
            public_keys: Vec::new(),
            merchants: Vec::new(),
            given: Given::default(),
        };
        let life = Life::from(FIRST_EFFECTIVE_AT);
        keys.add_certificate(life);
        keys.add_public_key();
        keys.add_merchant(life);
        keys
    }

    /// A platform certificate more, and its serial; `None` if there is no test key left.
    pub(crate) fn add_certificate(&mut self, life: Life) -> Option<&'static str> {
        let place = self.given.certificates;
        let (serial, key) = (*CERTIFICATE_SERIALS.get(place)?, CERTIFICATES.get(place)?);
        self.certificates.push(PlatformKey { serial, key, life: Some(life) });
        self.given.certificates = place.saturating_add(1);
        Some(serial)
    }

    /// A public key more, and its id; `None` if there is no test key left.
    pub(crate) fn add_public_key(&mut self) -> Option<&'static str> {
        let place = self.given.public_keys;
        let (serial, key) = (*PUBLIC_KEY_SERIALS.get(place)?, PUBLIC_KEYS.get(place)?);
        self.public_keys.push(PlatformKey { serial, key, life: None });
        self.given.public_keys = place.saturating_add(1);
        Some(serial)
    }

    /// A merchant certificate more, and its serial; `None` if there is no test key left.
    pub(crate) fn add_merchant(&mut self, life: Life) -> Option<&'static str> {
        let place = self.given.merchants;
        let (serial, key) = (*MERCHANT_SERIALS.get(place)?, MERCHANTS.get(place)?);
        self.merchants.push(MerchantKey { serial, key, life });
        self.given.merchants = place.saturating_add(1);
        Some(serial)
    }

    /// Takes a key away; `false` if there is none of that name.
    pub(crate) fn retire(&mut self, serial: &str) -> bool {
        let known = self.platform(serial).is_some() || self.merchant(serial).is_some();
        self.certificates.retain(|key| key.serial != serial);
        self.public_keys.retain(|key| key.serial != serial);
        self.merchants.retain(|key| key.serial != serial);
        known
    }

    /// The merchant's key of that serial.
    pub(crate) fn merchant(&self, serial: &str) -> Option<&MerchantKey> {
        self.merchants.iter().find(|merchant| merchant.serial == serial)
    }

    pub(crate) fn merchants(&self) -> &[MerchantKey] {
        &self.merchants
    }

    /// The platform certificates that the merchant may download; none in public-key mode.
    pub(crate) fn certificates(&self) -> &[PlatformKey] {
        if self.mode == KeyMode::PublicKey { &[] } else { &self.certificates }
    }

    /// The public keys that the merchant may verify with; none in certificate mode.
    pub(crate) fn public_keys(&self) -> &[PlatformKey] {
        if self.mode == KeyMode::Certificate { &[] } else { &self.public_keys }
    }

    /// The serial of another key than that: one that the merchant knows, or else its own.
    pub(crate) fn other_than(&self, serial: &str) -> &'static str {
        let known = self.public_keys().iter().chain(self.certificates()).map(|key| key.serial);
        let own = self.merchants.iter().map(|merchant| merchant.serial);
        known.chain(own).find(|other| *other != serial).unwrap_or_default()
    }

    /// The key of that name, whether the mode uses it or not.
    pub(crate) fn platform(&self, serial: &str) -> Option<&PlatformKey> {
        self.certificates.iter().chain(&self.public_keys).find(|key| key.serial == serial)
    }

    /// What signs an answer to a request that said `Wechatpay-Serial: asked`, if it did.
    ///
    /// UNCONFIRMED: a name that WeChat does not know, or that belongs to the other mode, is ignored.
    pub(crate) fn for_answer(&self, asked: Option<&str>, draw: u8) -> Option<&PlatformKey> {
        let known = self.public_keys().iter().chain(self.certificates());
        let asked = asked.and_then(|serial| known.clone().find(|key| key.serial == serial));
        asked.or_else(|| match self.mode {
            KeyMode::PublicKey => self.one_of(&self.public_keys, draw),
            KeyMode::Certificate | KeyMode::Mixed => self.one_of(&self.certificates, draw),
        })
    }

    /// What signs a notification; the two draws are of 0 to 99.
    pub(crate) fn for_notification(&self, draws: [u8; 2]) -> Option<&PlatformKey> {
        let [kind, age] = draws;
        let keys = match self.mode {
            KeyMode::Mixed if kind < self.public_key_percent => &self.public_keys,
            KeyMode::PublicKey => &self.public_keys,
            KeyMode::Certificate | KeyMode::Mixed => &self.certificates,
        };
        self.one_of(keys, age)
    }

    /// The newest, or the one before it while the newest is not yet used for everything.
    fn one_of<'a>(&self, keys: &'a [PlatformKey], draw: u8) -> Option<&'a PlatformKey> {
        match keys {
            [.., before, _] if draw >= self.newest_percent => Some(before),
            keys => keys.last(),
        }
    }
}

impl From<UnixSeconds> for Life {
    /// Five years from `effective_at` on.
    fn from(effective_at: UnixSeconds) -> Self {
        Self { effective_at, expires_at: effective_at.saturating_add(LIFE_SECONDS) }
    }
}
