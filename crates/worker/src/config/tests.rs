use super::*;
use crate::http::problem_code::Code;

/// Every value here is a test key or a test name.
const GOOD: &[(&str, &str)] = &[
    ("WXPAY_APPID", "wx2421b1c4370ec43b"),
    ("WXPAY_MCHID", "1900000109"),
    ("WXPAY_API_V2_KEY", "sandbox_test_key_0123456789abcde"),
    ("WXPAY_APP_SECRET", "sandbox_test_secret_0123456789ab"),
    ("PUBLIC_URL", "https://pay.example.com/"),
    (
        "SHOP_API_KEYS",
        "backend all 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    ("CART_KEY", "test key that signs the carts, 32+"),
    ("TOKEN_KEY", "746573742d6b65792d746573742d6b65792d746573742d6b65792d746573742d"),
];

fn read(changes: &[(&str, &str)]) -> Result<Config, Complaints> {
    Config::read(&|name| {
        let found = changes.iter().chain(GOOD).find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn complaint(changes: &[(&str, &str)]) -> String {
    let complaints = read(changes).err().unwrap();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let problem = Problem::from(&complaints);
    assert_eq!(problem.code, Code::Misconfigured);
    problem.into_reply("r").body
}

#[test]
fn what_must_be_set_is_enough_and_the_rest_has_the_real_addresses() {
    let config = read(&[]).ok().unwrap();
    assert_eq!(config.shop.notify_url.as_str(), "https://pay.example.com/notify/v2/pay");
    assert_eq!(config.shop.wap_url, "https://pay.example.com");
    assert_eq!(config.client_ip_header, "CF-Connecting-IP");
    assert_eq!(config.order_seconds, 7200);
    assert!(config.is_real_gateway() && config.allowed_origins.is_empty());
    assert_eq!((config.api_url.as_str(), config.open_url.as_str()), (REAL_API, REAL_OPEN));
}

#[test]
fn each_missing_variable_is_named_with_its_remedy() {
    for (name, _) in GOOD {
        let said = complaint(&[(name, ""), ("WXPAY_API", "v2")]);
        assert!(said.contains(&format!("`{name}`: ")), "{said}");
    }
}

#[test]
fn each_malformed_variable_is_named_and_its_value_is_not_repeated() {
    for (name, value) in [
        ("WXPAY_APPID", "wx 2421"),
        ("WXPAY_MCHID", "19000001O9"),
        ("WXPAY_SIGN_TYPE", "SHA1"),
        ("WXPAY_API_V2_KEY", "test key, too short"),
        ("WXPAY_API_V2_KEY_2", "test key, too short"),
        ("WXPAY_SUB_MCHID", "19000001O9"),
        ("WXPAY_APP_SECRET", "test key with blanks"),
        ("PUBLIC_URL", "http://pay.example.com"),
        ("PUBLIC_URL", "https://pay.example.com/pay"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://shop.example.com,shop2.example.com"),
        ("CATALOGUE", "[{\"sku\":13800138000}]"),
        ("ORDER_EXPIRES_IN", "299"),
        ("ORDER_EXPIRES_IN", "1h"),
        ("H5_DOMAIN", "https://shop.example.com"),
        ("SHOP_NAME", "三十三个字符三十三个字符三十三个字符三十三个字符三十三个字符三十三个"),
        ("CLIENT_IP_HEADER", "X-Real-IP, X-Forwarded-For"),
        ("GATEWAY_URL", "http://api.mch.weixin.qq.com"),
        ("GATEWAY_BACKUP_URL", "api2.mch.weixin.qq.com"),
        ("API_URL", "https://api.weixin.qq.com/sns"),
        ("OPEN_URL", "ftp://open.weixin.qq.com"),
        ("SHOP_API_KEYS", "backend all testkey"),
        ("NOTIFY_SOURCES", "weixin"),
        ("RATE_LIMIT", "9"),
        ("CART_KEY", "test key"),
        ("TOKEN_KEY", "test key of another length"),
    ] {
        let said = complaint(&[(name, value)]);
        assert!(said.contains(&format!("`{name}`: ")), "{name}: {said}");
        assert!(!said.contains(value), "{name}: {said}");
    }
}

#[test]
fn every_mistake_is_heard_of_at_once() {
    let nothing = Config::read(&|name| (name == "WXPAY_API").then(|| "v2".to_owned()));
    let nothing = nothing.err().unwrap();
    let named: Vec<&str> = nothing.iter().map(|complaint| complaint.variable).collect();
    let mut required: Vec<&str> = GOOD.iter().map(|(name, _)| *name).collect();
    required.sort_unstable_by_key(|name| named.iter().position(|other| other == name));
    assert_eq!(named, required);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let config =
        read(&[("GATEWAY_URL", "http://127.0.0.1:8990"), ("PUBLIC_URL", "http://localhost:8787")]);
    let config = config.ok().unwrap();
    assert!(!config.is_real_gateway());
    assert_eq!(config.gateway_url, "http://127.0.0.1:8990");
    let origins = read(&[("ALLOWED_ORIGINS", "https://a.example.com , http://localhost:5173")]);
    assert_eq!(origins.ok().unwrap().allowed_origins.len(), 2);
}

#[test]
fn the_real_gateway_has_a_second_host_and_a_sandbox_has_one_if_it_is_given_one() {
    let backup = |changes: &[(&str, &str)]| read(changes).ok().unwrap().gateway_backup_url;
    assert_eq!(backup(&[]).as_deref(), Some(REAL_BACKUP));
    let sandbox = ("GATEWAY_URL", "http://127.0.0.1:8990");
    assert_eq!(backup(&[sandbox]), None);
    let other = ("GATEWAY_BACKUP_URL", "http://127.0.0.1:8991");
    assert_eq!(backup(&[sandbox, other]).as_deref(), Some("http://127.0.0.1:8991"));
    assert!(read(&[("GATEWAY_URL", REAL_BACKUP)]).ok().unwrap().is_real_gateway());
}

#[test]
fn a_service_provider_names_the_merchant_it_acts_for() {
    let sub = |changes: &[(&str, &str)]| {
        let config = read(changes).ok().unwrap();
        let credential = config.v2.unwrap();
        let sub = credential.sub_merchant().map(|sub| sub.mchid.as_str().to_owned());
        (sub, config.page_appid.as_str().to_owned())
    };
    let (ours, theirs) = ("wx2421b1c4370ec43b".to_owned(), "wx0000000000000002".to_owned());
    assert_eq!(sub(&[]), (None, ours.clone()));
    let mchid = ("WXPAY_SUB_MCHID", "1900000110");
    assert_eq!(sub(&[mchid]), (Some("1900000110".to_owned()), ours));
    let both = [mchid, ("WXPAY_SUB_APPID", theirs.as_str())];
    assert_eq!(sub(&both), (Some("1900000110".to_owned()), theirs.clone()));
    let said = complaint(&[("WXPAY_SUB_APPID", &theirs)]);
    assert!(said.contains("`WXPAY_SUB_MCHID`: "), "{said}");
}

#[test]
fn of_two_keys_the_one_that_wechat_took_signs_until_it_takes_the_other() {
    let config = read(&[("WXPAY_API_V2_KEY_2", "sandbox_test_key_0123456789abcdX")]).ok().unwrap();
    let signer = || config.signer_by(config.signs_by_second_key()).unwrap();
    assert!(matches!(signer(), Cow::Borrowed(_)));
    // Two calls may find it out at once.
    config.sign_by_second_key(true);
    config.sign_by_second_key(true);
    assert!(matches!(signer(), Cow::Owned(_)));
    config.sign_by_second_key(false);
    assert!(matches!(signer(), Cow::Borrowed(_)));
}

/// A new merchant's. The key pair was made for tests: see the files.
const V3: &[(&str, &str)] = &[
    ("WXPAY_API_V2_KEY", ""),
    ("WXPAY_API_V3_KEY", "sandbox_test_key_v3_0123456789ab"),
    ("WXPAY_MERCHANT_KEY", MERCHANT_KEY),
    ("WXPAY_MERCHANT_SERIAL", "408b07e79b8269fec3d5d3e6ab8ed163a6a380db"),
];
const MERCHANT_KEY: &str = include_str!("../../../../tests/vectors/v3-sign/close/test-key.pem");
const PUBLIC_KEY: &str = include_str!("../../../../tests/vectors/v3-sign/close/public-key.pem");
const CERTIFICATE: &str =
    include_str!("../../../../tests/vectors/v3-resource/certificate/plain.pem");

fn table(pem: &str) -> String {
    serde_json::json!({ "PUB_KEY_ID_0114232134912410000000000000": pem }).to_string()
}

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    changes.iter().chain(V3).copied().collect()
}

#[test]
fn the_secrets_that_are_set_say_by_which_api_new_orders_go() {
    let api = |changes: &[(&str, &str)]| read(changes).ok().unwrap().shop.api;
    assert_eq!(api(&[]), Api::V2);
    assert_eq!(api(V3), Api::V3);
    let both = with(&[("WXPAY_API_V2_KEY", "sandbox_test_key_0123456789abcde")]);
    assert_eq!(api(&both), Api::V3);
    let prepared = [&both[..1], &[("WXPAY_API", "v2")], &both[1..]].concat();
    assert_eq!(api(&prepared), Api::V2);
    let config = read(V3).ok().unwrap();
    assert!(config.v2.is_none() && matches!(config.speaker(Api::V2), Speaker::V3(_)));
    assert_eq!(config.shop.notify_url.as_str(), "https://pay.example.com/notify/v3");
    assert_eq!(config.refund_notify_urls.v2, config.refund_notify_urls.v3, "V3 takes V2's over");
    let config = read(&prepared).ok().unwrap();
    assert_eq!(config.shop.notify_url.as_str(), "https://pay.example.com/notify/v2/pay");
    assert_eq!(config.refund_notify_urls.v2.as_str(), "https://pay.example.com/notify/v2/refund");
    assert_eq!(config.refund_notify_urls.v3.as_str(), "https://pay.example.com/notify/v3");
    assert!(matches!(config.speaker(Api::V2), Speaker::V2));
    assert!(matches!(config.speaker(Api::V3), Speaker::V3(_)));
}

#[test]
fn with_neither_apis_key_the_new_ones_is_asked_for() {
    let complaints = read(&[("WXPAY_API_V2_KEY", "")]).err().unwrap();
    let named: Vec<_> = complaints.iter().map(|complaint| complaint.variable).collect();
    assert_eq!(named, ["WXPAY_API_V3_KEY", "WXPAY_MERCHANT_KEY", "WXPAY_MERCHANT_SERIAL"]);
}

#[test]
fn certificates_are_downloaded_where_no_public_key_is_set_or_both_are_wanted() {
    let keys = |changes: &[(&str, &str)]| {
        let ring = read(&with(changes)).ok().unwrap().v3.unwrap().ring;
        (ring.public_keys(), ring.downloads().is_some())
    };
    let table = table(PUBLIC_KEY);
    let download = ("WXPAY_CERTIFICATES", "download");
    assert_eq!(keys(&[]), (0, true));
    assert_eq!(keys(&[("WXPAY_PUBLIC_KEYS", &table)]), (1, false));
    assert_eq!(keys(&[("WXPAY_PUBLIC_KEYS", &table), download]), (1, true));
}

#[test]
fn a_pem_is_read_however_it_was_pasted() {
    let escaped = MERCHANT_KEY.trim().replace('\n', "\\n");
    let one_line = MERCHANT_KEY.replace('\n', " ");
    let lines = MERCHANT_KEY.lines().skip_while(|line| !line.starts_with("-----BEGIN"));
    let bare: String = lines.filter(|line| !line.starts_with("-----")).collect();
    for pasted in [&escaped, &one_line, &bare] {
        assert!(read(&with(&[("WXPAY_MERCHANT_KEY", pasted)])).is_ok(), "{pasted}");
    }
}

#[test]
fn each_key_in_anothers_place_is_told_which_one_it_is() {
    let said = |variable: &str, value: &str| {
        let said = complaint(&with(&[(variable, value)]));
        assert!(said.contains(&format!("`{variable}`: ")), "{said}");
        assert!(value.len() < 9 || !said.contains(value), "{said}");
        said
    };
    assert!(said("WXPAY_MERCHANT_KEY", CERTIFICATE).contains("it is a certificate"));
    assert!(said("WXPAY_MERCHANT_KEY", PUBLIC_KEY).contains("it is a public key"));
    assert!(said("WXPAY_MERCHANT_KEY", "test key").contains("apiclient_key.pem"));
    assert!(said("WXPAY_PUBLIC_KEYS", &table(CERTIFICATE)).contains("one is a certificate"));
    assert!(said("WXPAY_PUBLIC_KEYS", &table(MERCHANT_KEY)).contains("one is a private key"));
    assert!(said("WXPAY_PUBLIC_KEYS", PUBLIC_KEY).contains("set a table"));
    assert!(said("WXPAY_PUBLIC_KEYS", r#"{"0114": ""}"#).contains("PUB_KEY_ID_"));
    said("WXPAY_API_V3_KEY", "test key, too short");
    said("WXPAY_API_V3_KEY_2", "test key, too short");
    said("WXPAY_MERCHANT_SERIAL", "PUB_KEY_ID_0114232134912410000000000000");
    said("WXPAY_CERTIFICATES", "yes");
    said("WXPAY_API", "v1");
    assert!(said("WXPAY_SUB_MCHID", "1900000110").contains("API V2 only"));
}
