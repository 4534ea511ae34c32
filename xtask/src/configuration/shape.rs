//! What values look like: one predicate per kind of value, without what it means.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::secret;

pub(super) fn appid(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn mchid(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The APIv2 key as well as the APIv3 key.
pub(super) fn api_key(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An origin: https, or http on loopback, nothing behind it but a slash.
pub(crate) fn address(text: &str) -> bool {
    let text = text.strip_suffix('/').unwrap_or(text);
    authority(text).is_some_and(|(_, behind)| behind.is_empty())
}

/// An address of a page: https, or http on loopback.
pub(super) fn endpoint(text: &str) -> bool {
    authority(text).is_some_and(|(_, behind)| !behind.contains(['#', ' ']))
}

/// The host, and what stands behind host and port, of an address that may be called.
pub(crate) fn authority(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (authority, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    let is_loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&name);
    let may_be_called = match scheme {
        "https" => is_loopback || host(name),
        "http" => is_loopback,
        _ => false,
    };
    (is_port && may_be_called).then_some((name, behind))
}

/// A host name with at least one dot.
pub(super) fn host(text: &str) -> bool {
    let label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && !label.starts_with('-') && label.bytes().all(fits)
    };
    text.contains('.') && text.split('.').all(label)
}

/// A certificate's serial number as WeChat writes it: 160 bits.
pub(crate) fn serial(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What the ID of one of WeChat Pay's public keys begins with; it is a part of the ID.
pub(crate) const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

pub(crate) fn public_key_id(text: &str) -> bool {
    let digits = text.strip_prefix(PUBLIC_KEY_ID).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// WeChat Pay's public keys, each a text, by their IDs; nothing if an ID or a value is none.
pub(crate) fn public_keys(text: &str) -> Option<Vec<(String, String)>> {
    let fits = |(id, key): &(String, String)| public_key_id(id) && !key.is_empty();
    texts(text).filter(|keys| !keys.is_empty() && keys.iter().all(fits))
}

/// The members of a JSON object that holds nothing but texts.
pub(crate) fn texts(object: &str) -> Option<Vec<(String, String)>> {
    let Ok(Value::Object(members)) = serde_json::from_str(object) else { return None };
    members.into_iter().map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

pub(super) fn uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

pub(super) fn catalogue(text: &str) -> bool {
    let Ok(Value::Array(items)) = serde_json::from_str(text) else { return false };
    items.iter().all(|item| {
        let named = |name: &str| item.get(name).and_then(Value::as_str).is_some();
        let amount = item.get("amount").and_then(Value::as_u64);
        named("sku") && named("description") && amount.is_some_and(|fen| fen > 0)
    })
}

pub(super) fn sources(text: &str) -> bool {
    text.split(',').map(str::trim).all(|source| source == "wechat" || cidr(source))
}

fn cidr(text: &str) -> bool {
    let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse().is_ok_and(|bits: u8| bits <= most)
}

pub(super) fn token_key(text: &str) -> bool {
    is_sha256(text) || STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

pub(super) fn webhook_secrets(text: &str) -> bool {
    let secrets: Vec<&str> = text.split_whitespace().collect();
    let fits = |secret: &&str| {
        let bytes = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
        bytes.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
    };
    (1..=2).contains(&secrets.len()) && secrets.iter().all(fits)
}

/// The names of the keys, each with the day on which it ends; nothing if an entry is wrong.
pub(crate) fn shop_api_keys(text: &str) -> Option<Vec<(&str, Option<&str>)>> {
    let entries = text.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty());
    let keys: Vec<_> = entries.map(shop_api_key).collect::<Option<_>>()?;
    let is_new = |(index, (name, _)): (usize, &(&str, _))| {
        !keys.iter().skip(index.saturating_add(1)).any(|(other, _)| other == name)
    };
    (!keys.is_empty() && keys.iter().enumerate().all(is_new)).then_some(keys)
}

fn shop_api_key(entry: &str) -> Option<(&str, Option<&str>)> {
    let words: Vec<&str> = entry.split_whitespace().collect();
    let (name, scopes, hash, until) = match *words.as_slice() {
        [name, scopes, hash] => (name, scopes, hash, None),
        [name, scopes, hash, "until", day] => (name, scopes, hash, Some(day)),
        _ => return None,
    };
    let fits = secret::is_name(name) && secret::are_scopes(scopes) && is_sha256(hash);
    (fits && until.is_none_or(|day| days(day).is_some())).then_some((name, until))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Days from 1970-01-01 to a date like `2026-11-23`.
/// Source: "chrono-Compatible Low-Level Date Algorithms", Howard Hinnant, `days_from_civil`.
#[expect(clippy::arithmetic_side_effects, reason = "a year has four digits")]
pub(crate) fn days(date: &str) -> Option<i64> {
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = *parts.as_slice() else { return None };
    if date.len() != 10 || year.len() != 4 || month.len() != 2 {
        return None;
    }
    let (year, month, day): (i64, i64, i64) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_this_machine() {
        for good in ["https://pay.example.com", "https://pay.example.com/", "https://a.b:8443"] {
            assert!(address(good), "{good}");
        }
        assert!(address("http://127.0.0.1:8787") && address("http://localhost:8787"));
        for bad in [
            "http://pay.example.com",
            "pay.example.com",
            "https://pay.example.com/pay",
            "https://pay.example.com?x",
            "https://*.example.com",
            "https://pay",
            "https://pay.example.com:99999",
            "replace-me",
        ] {
            assert!(!address(bad), "{bad}");
        }
        assert!(endpoint("https://shop.example.com/hooks/wxpay?v=1"));
        assert!(!endpoint("http://shop.example.com/hooks/wxpay"));
    }

    #[test]
    fn days_are_counted_as_date_counts_them() {
        // Source: `date -u -d 2026-11-23 +%s` is 1795392000.
        assert_eq!(days("2026-11-23"), Some(1_795_392_000 / 86_400));
        assert_eq!(days("2024-02-29"), Some(1_709_164_800 / 86_400));
        assert_eq!(days("1970-01-01"), Some(0));
        for bad in ["2026-13-01", "2026-1-1", "20261123", "2026-11-32", "tomorrow"] {
            assert_eq!(days(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_entry_of_the_shops_keys_has_a_name_scopes_a_hash_and_maybe_an_end() {
        let hash = "a".repeat(64);
        let two = format!("old orders,refunds {hash} until 2026-12-31; new all {hash}");
        assert_eq!(shop_api_keys(&two), Some(vec![("old", Some("2026-12-31")), ("new", None)]));
        for bad in [
            String::new(),
            format!("shop {hash}"),
            format!("shop everything {hash}"),
            format!("shop all {}", secret::ShopApiKey::new("shop", "all").unwrap().key),
            format!("shop all {hash} until soon"),
            format!("shop all {hash}; shop all {hash}"),
        ] {
            assert_eq!(shop_api_keys(&bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_of_another_length_are_refused() {
        assert!(token_key(&secret::hex_key().unwrap()) && !token_key(&"a".repeat(63)));
        let one = secret::webhook_secret().unwrap();
        assert!(webhook_secrets(&one) && webhook_secrets(&format!("{one} {one}")));
        assert!(!webhook_secrets("whsec_c2hvcnQ=") && !webhook_secrets(&one.replace("whsec_", "")));
        assert!(uuid("11111111-2222-3333-4444-555555555555") && !uuid("replace-me"));
        assert!(sources("wechat") && sources("wechat, 101.226.103.0/25, 2001:db8::/32"));
        assert!(!sources("everywhere") && !sources("101.226.103.0/33"));
    }

    #[test]
    fn a_public_key_has_an_id_with_its_prefix_and_a_serial_number_forty_digits() {
        assert!(public_keys(r#"{"PUB_KEY_ID_0114":"MIIB"}"#).is_some());
        for bad in [
            "{}",
            "MIIB",
            r#"{"0114":"MIIB"}"#,
            r#"{"PUB_KEY_ID_":"MIIB"}"#,
            r#"{"PUB_KEY_ID_0114":""}"#,
            r#"{"PUB_KEY_ID_0114":"MIIB","5157":"MIIB"}"#,
        ] {
            assert_eq!(public_keys(bad), None, "{bad}");
        }
        let known = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
        assert!(serial(known) && !serial("5157") && !serial(&known.replace('F', "G")));
    }

    #[test]
    fn a_catalogue_has_whole_fen() {
        assert!(catalogue(r#"[{"sku":"tea","description":"茶","amount":8800}]"#));
        assert!(!catalogue(r#"[{"sku":"tea","description":"茶","amount":88.5}]"#));
        assert!(!catalogue(r#"[{"sku":"tea","amount":8800}]"#) && !catalogue("tea"));
    }
}
