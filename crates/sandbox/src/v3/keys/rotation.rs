//! How keys change while the shop is open (换证, 公钥切换): by the control API, or a test.

use serde::Deserialize;

use super::{KeyMode, Life};
use crate::{gateway::Gateway, time::UnixSeconds};

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// 平台证书.
    Certificate,
    /// 微信支付公钥.
    PublicKey,
    /// 商户API证书.
    Merchant,
}

/// What to change; what is absent stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChanges {
    /// 验签方式.
    pub mode: Option<KeyMode>,
    /// How many of a hundred notifications a public key signs while the mode is mixed.
    pub public_key_percent: Option<u8>,
    /// How many of a hundred messages the newest key of its kind signs; the others are signed by
    /// the one before it.
    pub newest_percent: Option<u8>,
}

impl Gateway {
    /// Changes who signs.
    pub fn set_keys(&mut self, changes: KeyChanges) {
        let keys = &mut self.keys;
        keys.mode = changes.mode.unwrap_or(keys.mode);
        keys.public_key_percent = changes.public_key_percent.unwrap_or(keys.public_key_percent);
        keys.newest_percent = changes.newest_percent.unwrap_or(keys.newest_percent);
    }

    /// One more key of a kind, good from `effective_at` to `expires_at`, which public keys do not
    /// have; its serial. `None` if the sandbox has no test key left: there are three certificates,
    /// two public keys, two merchant certificates.
    ///
    /// A new platform key signs its share (see [`KeyChanges::newest_percent`]) at once.
    pub fn add_key(
        &mut self,
        kind: KeyKind,
        effective_at: UnixSeconds,
        expires_at: Option<UnixSeconds>,
    ) -> Option<&'static str> {
        let life = Life::from(effective_at);
        let life = Life { expires_at: expires_at.unwrap_or(life.expires_at), ..life };
        match kind {
            KeyKind::Certificate => self.keys.add_certificate(life),
            KeyKind::PublicKey => self.keys.add_public_key(),
            KeyKind::Merchant => self.keys.add_merchant(life),
        }
    }

    /// Takes a key of any kind away; `false` if there is none of that serial.
    pub fn retire_key(&mut self, serial: &str) -> bool {
        self.keys.retire(serial)
    }
}
