//! Keys as a store keeps them: by serial, for the keys themselves are part of the program.

use serde::{Deserialize, Serialize};

use super::{
    CERTIFICATE_SERIALS, CERTIFICATES, Given, KeyMode, Keys, Life, MERCHANT_SERIALS, MERCHANTS,
    MerchantKey, PUBLIC_KEY_SERIALS, PUBLIC_KEYS, PlatformKey, test_key::Key,
};

#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    mode: KeyMode,
    public_key_percent: u8,
    newest_percent: u8,
    certificates: Vec<(String, Option<Life>)>,
    public_keys: Vec<(String, Option<Life>)>,
    merchants: Vec<(String, Life)>,
    given: Given,
}

impl From<Keys> for Kept {
    fn from(keys: Keys) -> Self {
        let platform = |keys: Vec<PlatformKey>| {
            keys.into_iter().map(|key| (key.serial.to_owned(), key.life)).collect()
        };
        let merchants = keys.merchants.into_iter().map(|key| (key.serial.to_owned(), key.life));
        Self {
            mode: keys.mode,
            public_key_percent: keys.public_key_percent,
            newest_percent: keys.newest_percent,
            certificates: platform(keys.certificates),
            public_keys: platform(keys.public_keys),
            merchants: merchants.collect(),
            given: keys.given,
        }
    }
}

impl TryFrom<Kept> for Keys {
    type Error = String;

    fn try_from(kept: Kept) -> Result<Self, String> {
        let platform = |known: (&[&'static str], &'static [Key]), kept: Vec<(_, Option<Life>)>| {
            let find = |(serial, life): (String, _)| {
                find(known, &serial).map(|(serial, key)| PlatformKey { serial, key, life })
            };
            kept.into_iter().map(find).collect::<Result<Vec<_>, _>>()
        };
        let merchant = |(serial, life): (String, Life)| {
            let (serial, key) = find((&MERCHANT_SERIALS, &MERCHANTS), &serial)?;
            Ok(MerchantKey { serial, key, life })
        };
        Ok(Self {
            mode: kept.mode,
            public_key_percent: kept.public_key_percent,
            newest_percent: kept.newest_percent,
            certificates: platform((&CERTIFICATE_SERIALS, &CERTIFICATES), kept.certificates)?,
            public_keys: platform((&PUBLIC_KEY_SERIALS, &PUBLIC_KEYS), kept.public_keys)?,
            merchants: kept.merchants.into_iter().map(merchant).collect::<Result<_, String>>()?,
            given: kept.given,
        })
    }
}

fn find(
    (serials, keys): (&[&'static str], &'static [Key]),
    serial: &str,
) -> Result<(&'static str, &'static super::TestKey), String> {
    let found = serials.iter().zip(keys).find(|(known, _)| **known == serial);
    found.map(|(serial, key)| (*serial, &**key)).ok_or_else(|| format!("no test key `{serial}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_after_they_were_kept_and_those_of_another_program_are_refused() {
        let mut keys = Keys::new(KeyMode::Mixed);
        keys.newest_percent = 7;
        keys.add_certificate(Life::from(1_800_000_000)).unwrap();
        keys.add_merchant(Life::from(1_800_000_000)).unwrap();
        keys.retire(PUBLIC_KEY_SERIALS[0]);
        let text = serde_json::to_string(&keys).unwrap();
        assert!(serde_json::from_str::<Keys>(&text).unwrap() == keys);
        let foreign = text.replace(MERCHANT_SERIALS[1], "ABC");
        assert!(serde_json::from_str::<Keys>(&foreign).is_err());
    }
}
