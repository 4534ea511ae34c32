//! What a merchant is given to trade with (商户资料), under the names of environment variables; and
//! how one signs with it, which is what the commands do when they buy something themselves.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    gateway::Gateway,
    sign::{self, SignType},
    v3::{
        KeyMode,
        keys::{TestKey, pem},
        sign as v3_sign,
    },
    xml::{self, Fields},
};

/// 商户资料: each field is one environment variable. Keys and certificates are the base64 between
/// the two lines of their PEM, so that every variable is one line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Merchant {
    /// Instead of `https://api.mch.weixin.qq.com`, and of the hosts of OAuth.
    #[serde(rename = "WXPAY_BASE_URL")]
    pub base_url: String,
    /// 公众账号ID.
    #[serde(rename = "WXPAY_APPID")]
    pub appid: String,
    /// AppSecret of the 公众账号.
    #[serde(rename = "WXPAY_APP_SECRET")]
    pub app_secret: String,
    /// 商户号.
    #[serde(rename = "WXPAY_MCHID")]
    pub mchid: String,
    /// 子商户号, of a service provider's merchant.
    #[serde(rename = "WXPAY_SUB_MCHID", skip_serializing_if = "Option::is_none")]
    pub sub_mchid: Option<String>,
    /// 子商户公众账号ID.
    #[serde(rename = "WXPAY_SUB_APPID", skip_serializing_if = "Option::is_none")]
    pub sub_appid: Option<String>,
    /// APIv2密钥.
    #[serde(rename = "WXPAY_API_V2_KEY")]
    pub v2_key: String,
    /// 签名类型 of API V2: `HMAC-SHA256` or `MD5`.
    #[serde(rename = "WXPAY_SIGN_TYPE")]
    pub sign_type: String,
    /// APIv3密钥.
    #[serde(rename = "WXPAY_API_V3_KEY")]
    pub v3_key: String,
    /// 商户API证书序列号.
    #[serde(rename = "WXPAY_MERCHANT_SERIAL")]
    pub merchant_serial: String,
    /// 商户API私钥, `apiclient_key.pem`.
    #[serde(rename = "WXPAY_MERCHANT_KEY")]
    pub merchant_key: String,
    /// 商户API证书, `apiclient_cert.pem`.
    #[serde(rename = "WXPAY_MERCHANT_CERT")]
    pub merchant_cert: String,
    /// 微信支付公钥ID; none where platform certificates are the only way.
    #[serde(rename = "WXPAY_PUBLIC_KEY_ID", skip_serializing_if = "Option::is_none")]
    pub public_key_id: Option<String>,
    /// 微信支付公钥, `pub_key.pem`.
    #[serde(rename = "WXPAY_PUBLIC_KEY", skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// All of them as one JSON object, id to key: the form that wxpay-edge reads.
    #[serde(rename = "WXPAY_PUBLIC_KEYS", skip_serializing_if = "Option::is_none")]
    pub public_keys: Option<String>,
    /// 平台证书序列号, of the newest.
    #[serde(rename = "WXPAY_PLATFORM_SERIAL")]
    pub platform_serial: String,
    /// 平台证书.
    #[serde(rename = "WXPAY_PLATFORM_CERT")]
    pub platform_cert: String,
}

/// Variable, file, and what the first line of its PEM says.
const LABELS: [(&str, &str, &str); 4] = [
    ("WXPAY_MERCHANT_KEY", "apiclient_key.pem", "PRIVATE KEY"),
    ("WXPAY_MERCHANT_CERT", "apiclient_cert.pem", "CERTIFICATE"),
    ("WXPAY_PUBLIC_KEY", "pub_key.pem", "PUBLIC KEY"),
    ("WXPAY_PLATFORM_CERT", "platform_cert.pem", "CERTIFICATE"),
];

impl Gateway {
    /// What the test merchant is given: of each kind the newest key.
    #[must_use]
    pub fn merchant(&self) -> Merchant {
        let keys = self.keys();
        let account = &self.account;
        let sub = account.sub_merchant.as_ref();
        let own = keys.merchant.last();
        let of_kind = |kind| keys.platform.iter().filter(move |key| key.kind == kind);
        let certificate = of_kind("certificate").next_back();
        let public: Vec<_> =
            of_kind("public_key").filter(|_| keys.mode != KeyMode::Certificate).collect();
        let newest = public.last();
        let all: BTreeMap<_, _> =
            public.iter().map(|key| (key.serial.clone(), one_line(&key.pem))).collect();
        Merchant {
            base_url: self.addresses.gateway.clone(),
            appid: account.appid.clone(),
            app_secret: account.app_secret.clone(),
            mchid: account.mch_id.clone(),
            sub_mchid: sub.map(|sub| sub.mch_id.clone()),
            sub_appid: sub.and_then(|sub| sub.appid.clone()),
            v2_key: account.v2_key.clone(),
            sign_type: account.sign_type.unwrap_or(SignType::HmacSha256).as_str().to_owned(),
            v3_key: account.v3_key.clone(),
            merchant_serial: own.map(|key| key.serial.clone()).unwrap_or_default(),
            merchant_key: own.map(|key| one_line(&key.private_key_pem)).unwrap_or_default(),
            merchant_cert: own.map(|key| one_line(&key.certificate_pem)).unwrap_or_default(),
            public_key_id: newest.map(|key| key.serial.clone()),
            public_key: newest.map(|key| one_line(&key.pem)),
            public_keys: newest.map(|_| json!(all).to_string()),
            platform_serial: certificate.map(|key| key.serial.clone()).unwrap_or_default(),
            platform_cert: certificate.map(|key| one_line(&key.pem)).unwrap_or_default(),
        }
    }
}

fn one_line(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

impl Merchant {
    /// Every variable with its value, by name.
    #[must_use]
    pub fn variables(&self) -> BTreeMap<String, String> {
        let Value::Object(all) = json!(self) else { return BTreeMap::new() };
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        all.into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    /// Keys and certificates as the files that SDKs read: variable, file name, PEM.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &'static str, String)> {
        let variables = self.variables();
        LABELS
            .into_iter()
            .filter_map(|(variable, file, label)| {
                let der = STANDARD.decode(variables.get(variable)?).ok()?;
                Some((variable, file, pem::write(label, &der)))
            })
            .collect()
    }

    /// The XML of an API V2 call: `fields`, who calls, `nonce_str` and `sign`.
    #[must_use]
    pub fn v2_body(&self, nonce: &str, fields: &[(&str, &str)]) -> String {
        let sign_type = SignType::from_wire(&self.sign_type).unwrap_or(SignType::HmacSha256);
        let mut all = Fields::from([
            ("appid", self.appid.as_str()),
            ("mch_id", &self.mchid),
            ("nonce_str", nonce),
            ("sign_type", sign_type.as_str()),
        ]);
        let sub = [("sub_mch_id", &self.sub_mchid), ("sub_appid", &self.sub_appid)];
        let sub = sub.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        sub.chain(fields.iter().copied()).for_each(|(name, value)| all.push(name, value));
        let signature = sign::sign(&all, sign_type, &self.v2_key);
        all.push("sign", signature);
        xml::encode(&all)
    }

    /// What signs calls of API V3; `None` if the merchant's key is none.
    #[must_use]
    pub fn v3_signer(&self) -> Option<V3Signer> {
        let key = TestKey::from_pkcs8(STANDARD.decode(&self.merchant_key).ok()?)?;
        Some(V3Signer { key, mchid: self.mchid.clone(), serial: self.merchant_serial.clone() })
    }
}

/// 商户API私钥, read once: that takes longer than a signature.
pub struct V3Signer {
    key: TestKey,
    mchid: String,
    serial: String,
}

impl V3Signer {
    /// The header `Authorization` of a call to `url`, which is path and query.
    #[must_use]
    pub fn authorization(
        &self,
        (method, url): (&str, &str),
        (timestamp, nonce): (&str, &str),
        body: &str,
    ) -> String {
        let Self { key, mchid, serial } = self;
        let signature = key.sign(&v3_sign::request(method, url, timestamp, nonce, body.as_bytes()));
        format!(
            "{} mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
             timestamp=\"{timestamp}\",serial_no=\"{serial}\"",
            v3_sign::ALGORITHM
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Account, Addresses, Request, shop::NOW};

    fn gateway() -> Gateway {
        Gateway::new(Account::default(), Addresses::default(), 1)
    }

    #[test]
    fn what_is_given_to_the_merchant_is_enough_to_order_by_either_api() {
        let mut gateway = gateway();
        let merchant = gateway.merchant();
        let terms = [
            ("body", "tea"),
            ("out_trade_no", "TEA-0001"),
            ("total_fee", "1"),
            ("spbill_create_ip", "203.0.113.7"),
            ("notify_url", "http://127.0.0.1/n"),
            ("trade_type", "NATIVE"),
            ("product_id", "tea"),
        ];
        let body = merchant.v2_body("nonce", &terms);
        let answer = gateway.handle(NOW, &Request::post("/pay/unifiedorder", body)).unwrap();
        assert!(answer.text().contains("code_url"), "{}", answer.text());

        let url = format!("/v3/pay/transactions/out-trade-no/TEA-0001?mchid={}", merchant.mchid);
        let at = NOW.to_string();
        let signed = merchant.v3_signer().unwrap().authorization(("GET", &url), (&at, "nonce"), "");
        let request = Request::get(&url)
            .with_header("authorization", &signed)
            .with_header("accept", "application/json")
            .with_header("user-agent", "test");
        let answer = gateway.handle(NOW, &request).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    #[test]
    fn every_variable_is_one_line_and_every_file_is_the_pem_of_its_variable() {
        let gateway = gateway();
        let merchant = gateway.merchant();
        assert!(merchant.variables().values().all(|value| !value.contains('\n')));
        let files = merchant.files();
        assert_eq!(files.len(), 4);
        let own = &gateway.keys().merchant[0];
        assert_eq!(files[0].2, own.private_key_pem);
        assert_eq!(files[1].2, own.certificate_pem);
        let again: Merchant = serde_json::from_value(json!(merchant)).unwrap();
        assert_eq!(again.variables(), merchant.variables());
    }

    #[test]
    fn who_has_certificates_only_is_given_no_public_key() {
        let account = Account { v3_keys: KeyMode::Certificate, ..Account::default() };
        let merchant = Gateway::new(account, Addresses::default(), 1).merchant();
        assert!(merchant.public_key_id.is_none() && merchant.public_keys.is_none());
        assert_eq!(merchant.files().len(), 3);
    }
}
