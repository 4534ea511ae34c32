//! Every setting of the Worker: what it is called, where it is found, and what it looks like.
//!
//! `init` asks by this table and `doctor` checks by it. The Worker reads the same names in
//! crates/worker/src/config; it is asked itself by `doctor --url`, so a rule that has drifted shows.

use super::api::Api;
use super::setting::{Both, both};
pub(crate) use super::setting::{Kind, Setting};
use super::shape;

/// The setting of this name.
pub(crate) fn named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Names that point the Worker at another WeChat. Nobody is asked for them.
pub(crate) const FOR_TESTS: [&str; 4] =
    ["GATEWAY_URL", "GATEWAY_BACKUP_URL", "API_URL", "OPEN_URL"];

pub(crate) const CERTIFICATE_ID: &str = "CERTIFICATE_ID";
pub(crate) const API: &str = "WXPAY_API";
pub(crate) const MERCHANT_SERIAL: &str = "WXPAY_MERCHANT_SERIAL";
pub(crate) const MERCHANT_KEY: &str = "WXPAY_MERCHANT_KEY";
pub(crate) const PUBLIC_KEYS: &str = "WXPAY_PUBLIC_KEYS";
pub(crate) const API_V2_KEY: &str = "WXPAY_API_V2_KEY";
pub(crate) const API_V3_KEY: &str = "WXPAY_API_V3_KEY";

const ADDRESS: Both = both(
    "https 网址，没有路径；本机可用 http",
    "an https address without a path; http on loopback",
);
const API_KEY: Both = both("正好 32 个 ASCII 字符", "exactly 32 ASCII characters");
const LONG_KEY: Both = both("至少 32 个随机字符", "at least 32 random characters");

/// All of them, in the order in which a person can answer.
pub(crate) static SETTINGS: [Setting; 30] = [
    Setting::new(
        API,
        |text| Api::parse(text).is_some(),
        both(
            "新订单用哪个 API：2024 年以后的商户是 v3（微信支付公钥）；只有 APIv2 密钥的老商户填 v2",
            "by which API new orders are placed: v3 for merchants since 2024 (with WeChat Pay's public key); v2 for older ones that have an APIv2 key alone",
        ),
        both("v3 或 v2", "v3 or v2"),
    )
    .optional(),
    Setting::new(
        "WXPAY_APPID",
        shape::appid,
        both(
            "服务号的 AppID：mp.weixin.qq.com → 设置与开发 → 开发接口管理（基本配置）；须与商户号绑定：pay.weixin.qq.com → 产品中心 → AppID账号管理",
            "the service account's AppID: mp.weixin.qq.com > Settings & Development > Basic Configuration; it must be bound to the merchant number: pay.weixin.qq.com > Product Centre > AppID accounts",
        ),
        both("1 到 32 个字母或数字，通常以 wx 开头", "1 to 32 letters or digits, usually beginning with wx"),
    ),
    Setting::new(
        "WXPAY_MCHID",
        shape::mchid,
        both(
            "商户号：pay.weixin.qq.com → 账户中心 → 商户信息",
            "the merchant number: pay.weixin.qq.com > Account Centre > Merchant Information",
        ),
        both("只有数字，1 到 32 位", "1 to 32 digits"),
    ),
    Setting::new(
        MERCHANT_SERIAL,
        shape::serial,
        both(
            "商户API证书的序列号：填 apiclient_cert.pem 的路径，会自动读出；证书在 pay.weixin.qq.com → 账户中心 → API安全 → 商户API证书 申请",
            "the serial number of the merchant's API certificate: give the path of apiclient_cert.pem, and it is taken out; the certificate is from pay.weixin.qq.com > Account Centre > API Security > API Certificate",
        ),
        both(
            "40 个十六进制字符，或 apiclient_cert.pem 的路径",
            "40 hex digits, or the path of apiclient_cert.pem",
        ),
    )
    .only(Api::V3),
    Setting {
        asked: true,
        ..Setting::secret(
            MERCHANT_KEY,
            |text| !text.is_empty(),
            both(
                "商户API私钥 apiclient_key.pem 的路径，与上面的证书同一次申请；只在本机检查，不写进 wrangler.toml；留空就自己设置",
                "the path of the private key, apiclient_key.pem, from the same application as the certificate; it is checked on this machine and never written to wrangler.toml; empty to set it yourself",
            ),
            both("apiclient_key.pem 的内容，PKCS#8", "what apiclient_key.pem holds, PKCS#8"),
        )
    }
    .only(Api::V3),
    Setting::new(
        PUBLIC_KEYS,
        |text| shape::public_keys(text).is_some(),
        both(
            "微信支付公钥：填公钥ID和 pub_key.pem 的路径，中间空格；在 pay.weixin.qq.com → 账户中心 → API安全 → 微信支付公钥；没有公钥的老商户留空，Worker 会下载平台证书",
            "WeChat Pay's public key: its ID and the path of pub_key.pem, a blank between; from pay.weixin.qq.com > Account Centre > API Security > WeChat Pay Public Key; older merchants without one leave it empty, and the Worker downloads platform certificates",
        ),
        both(
            "如 PUB_KEY_ID_0114232134912410000000000000 pub_key.pem；几把之间用逗号",
            "like PUB_KEY_ID_0114232134912410000000000000 pub_key.pem; commas between several",
        ),
    )
    .optional()
    .only(Api::V3),
    Setting::new(
        "WXPAY_SIGN_TYPE",
        |text| ["HMAC-SHA256", "MD5"].contains(&text),
        both(
            "API V2 签名算法；没有特殊理由就用 HMAC-SHA256",
            "how API V2 messages are signed; HMAC-SHA256 unless you have a reason",
        ),
        both("HMAC-SHA256 或 MD5", "HMAC-SHA256 or MD5"),
    )
    .optional()
    .only(Api::V2),
    Setting::new(
        "PUBLIC_URL",
        shape::address,
        both(
            "这个 Worker 的网址，用自己的域名；微信的通知发到它的 /notify/ 下（见 docs/domains.md）",
            "the address of this Worker, on a domain of your own; WeChat's notifications go below /notify/ (docs/domains.md)",
        ),
        ADDRESS,
    ),
    Setting::new(
        "ALLOWED_ORIGINS",
        |text| text.split(',').all(|origin| shape::address(origin.trim())),
        both(
            "商城页面的源，多个用逗号隔开；页面与 Worker 同源就留空",
            "the origins of your shop's pages, between commas; empty if the Worker serves them",
        ),
        both(
            "如 https://shop.example.com，没有路径和通配符",
            "like https://shop.example.com, no path, no wildcard",
        ),
    )
    .optional(),
    Setting::new(
        "SHOP_NAME",
        |text| (1..=32).contains(&text.chars().count()),
        both("店名，手机浏览器的收银台会显示", "the shop's name, shown by a phone browser's cashier"),
        both("1 到 32 个字", "1 to 32 characters"),
    )
    .optional(),
    Setting::new(
        "H5_DOMAIN",
        shape::host,
        both(
            "H5支付域名：pay.weixin.qq.com → 产品中心 → 开发配置；与 PUBLIC_URL 的主机相同就留空",
            "the H5 payment domain: pay.weixin.qq.com > Product Centre > Development Configuration; empty if it is PUBLIC_URL's host",
        ),
        both("主机名，如 shop.example.com，不带 https://", "a host name like shop.example.com, without https://"),
    )
    .optional(),
    Setting::new(
        "WXPAY_SUB_MCHID",
        shape::mchid,
        both("特约商户号，只有服务商需要", "the sub-merchant's number; service providers only"),
        both("只有数字，1 到 32 位", "1 to 32 digits"),
    )
    .optional()
    .only(Api::V2),
    Setting::new(
        "WXPAY_SUB_APPID",
        shape::appid,
        both("特约商户的 AppID，只有服务商需要", "the sub-merchant's AppID; service providers only"),
        both("1 到 32 个字母或数字", "1 to 32 letters or digits"),
    )
    .optional()
    .only(Api::V2),
    Setting::new(
        "WEBHOOK_URL",
        shape::endpoint,
        both(
            "订单事件推送到商户后端的哪个网址；没有后端就留空（见 docs/webhooks.md）",
            "where your backend takes the orders' events; empty without a backend (docs/webhooks.md)",
        ),
        both("https 网址；本机可用 http", "an https address; http on loopback"),
    )
    .optional(),
    Setting {
        kind: Kind::Certificate,
        ..Setting::new(
            CERTIFICATE_ID,
            shape::uuid,
            both(
                "商户证书的编号，退款要用：npx wrangler mtls-certificate upload --cert apiclient_cert.pem --key apiclient_key.pem 会打印；证书在 pay.weixin.qq.com → 账户中心 → API安全 申请",
                "the merchant certificate's id, needed for refunds: printed by npx wrangler mtls-certificate upload --cert apiclient_cert.pem --key apiclient_key.pem; the certificate is from pay.weixin.qq.com > Account Centre > API Security",
            ),
            both("如 11111111-2222-3333-4444-555555555555", "like 11111111-2222-3333-4444-555555555555"),
        )
    }
    .optional()
    .only(Api::V2),
    Setting::new(
        "WXPAY_CERTIFICATES",
        |text| text == "download",
        both(
            "切换到微信支付公钥期间填 download：平台证书与公钥两种签名都认；没有公钥时本来就会下载",
            "download while you switch over to the public key, so that both kinds of signatures are known; without a public key it is so anyway",
        ),
        both("download，或不填", "download, or nothing"),
    )
    .unasked()
    .only(Api::V3),
    Setting::new(
        "CATALOGUE",
        shape::catalogue,
        both("没有后端的商店卖什么、多少钱", "what a shop without a backend sells, and for how much"),
        both(
            "JSON 数组，每件有 sku、description 和以分为单位的 amount",
            "a JSON array of sku, description and amount in fen",
        ),
    )
    .unasked(),
    Setting::new(
        "ORDER_EXPIRES_IN",
        |text| text.parse().is_ok_and(|seconds: u64| (300..=604_800).contains(&seconds)),
        both("未支付的订单多少秒后关闭", "after how many seconds an unpaid order is closed"),
        both("300 到 604800", "300 to 604800"),
    )
    .unasked(),
    Setting::new(
        "CLIENT_IP_HEADER",
        |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        both("买家的 IP 在哪个请求头里", "the header with the buyer's address"),
        both("一个请求头的名字", "the name of one header"),
    )
    .unasked(),
    Setting::new(
        "NOTIFY_SOURCES",
        shape::sources,
        both("只收这些地址发来的通知", "the only addresses from which notifications are taken"),
        both("wechat 和 CIDR，用逗号隔开", "wechat and CIDRs, between commas"),
    )
    .unasked(),
    Setting::new(
        "RATE_LIMIT",
        |text| text == "off" || text.parse().is_ok_and(|rate| (10..=1_000_000).contains(&rate)),
        both("一个地址每分钟最多请求几次", "how many requests a minute one address may make"),
        both("10 到 1000000，或 off", "10 to 1000000, or off"),
    )
    .unasked(),
    Setting::secret(
        API_V3_KEY,
        shape::api_key,
        both(
            "APIv3 密钥：pay.weixin.qq.com → 账户中心 → API安全 → 设置APIv3密钥",
            "the APIv3 key: pay.weixin.qq.com > Account Centre > API Security > APIv3 key",
        ),
        API_KEY,
    )
    .only(Api::V3),
    Setting::secret(
        "WXPAY_API_V3_KEY_2",
        shape::api_key,
        both("重置 APIv3 密钥期间的另一把（见 docs/keys.md）", "the other APIv3 key while it is being reset (docs/keys.md)"),
        API_KEY,
    )
    .optional()
    .only(Api::V3),
    Setting::secret(
        API_V2_KEY,
        shape::api_key,
        both(
            "APIv2 密钥：pay.weixin.qq.com → 账户中心 → API安全 → 设置APIv2密钥",
            "the APIv2 key: pay.weixin.qq.com > Account Centre > API Security > APIv2 key",
        ),
        API_KEY,
    )
    .only(Api::V2),
    Setting::secret(
        "WXPAY_API_V2_KEY_2",
        shape::api_key,
        both("更换密钥期间的另一把（见 docs/keys.md）", "the other key while it is being changed (docs/keys.md)"),
        API_KEY,
    )
    .optional()
    .only(Api::V2),
    Setting::secret(
        "WXPAY_APP_SECRET",
        |text| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        both(
            "服务号的 AppSecret：mp.weixin.qq.com → 设置与开发 → 开发接口管理（基本配置）",
            "the service account's AppSecret: mp.weixin.qq.com > Settings & Development > Basic Configuration",
        ),
        both("1 到 64 个字母或数字", "1 to 64 letters or digits"),
    ),
    Setting::secret(
        "SHOP_API_KEYS",
        |text| shape::shop_api_keys(text).is_some(),
        both("商户后端的钥匙，这里只有其散列", "the keys of your backend, of which only hashes stand here"),
        both(
            "每条：名称 权限 散列 [until YYYY-MM-DD]，以 ; 或换行隔开；用 cargo xtask key 制作",
            "entries of name, scopes, hash, [until YYYY-MM-DD] between `;` or line ends; `cargo xtask key` makes them",
        ),
    ),
    Setting::secret(
        "CART_KEY",
        |text| text.len() >= 32,
        both("商户后端签购物车用的密钥，两边相同", "signs your backend's carts; the backend has the same"),
        LONG_KEY,
    ),
    Setting::secret(
        "TOKEN_KEY",
        shape::token_key,
        both("Worker 加密自己的令牌用，不给别人", "seals the Worker's own tokens; nobody else has it"),
        both("32 个随机字节，写成 64 个十六进制字符或 base64", "32 random bytes, as 64 hex digits or base64"),
    ),
    Setting::secret(
        "WEBHOOK_SECRETS",
        shape::webhook_secrets,
        both("事件的签名密钥，商户后端有同一把", "signs the events; your backend has the same"),
        both("一或两个 whsec_…，空格隔开", "one or two of whsec_…, a blank between"),
    )
    .optional(),
];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::place;

    #[test]
    fn every_name_that_the_worker_reads_is_in_the_table() -> anyhow::Result<()> {
        let file = place::root().join("crates/worker/src/config/variable.rs");
        let source = fs::read_to_string(file)?;
        let capitals = |text: &&str| {
            text.len() > 3
                && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
        };
        let names: Vec<&str> = source.split('"').filter(capitals).collect();
        assert!(names.len() > 15, "{names:?}");
        let unknown =
            names.iter().filter(|name| named(name).is_none() && !FOR_TESTS.contains(name));
        assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&&str>::new());
        Ok(())
    }
}
