//! What the Worker signs with as the sandbox's test merchant, by one API or the other.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

use crate::configuration::settings::{API_V3_KEY, MERCHANT_KEY, MERCHANT_SERIAL, PUBLIC_KEYS};
use crate::http;

const V2_KEY: &str = "sandbox_test_key_0123456789abcde";

/// Names and values. Test keys, all of them: they open nothing but the sandbox.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) variables: Vec<(&'static str, String)>,
    /// Those that wrangler.toml requires: wrangler takes no others from an env file.
    pub(super) secrets: Vec<(&'static str, String)>,
}

impl Credential {
    /// `key` in place of the test merchant's APIv2 key.
    pub(super) fn v2(key: Option<&str>) -> Self {
        let key = key.unwrap_or(V2_KEY).to_owned();
        Self {
            variables: vec![("WXPAY_API", "v2".to_owned()), ("WXPAY_API_V2_KEY", key)],
            secrets: Vec::new(),
        }
    }

    /// As the sandbox says that its merchant has it, public keys and all.
    pub(super) fn v3(gateway: &str) -> Result<Self> {
        let answer = http::get(gateway, "/sandbox/v3/keys")?;
        if answer.status != 200 {
            bail!("the sandbox does not tell its keys: {} {}", answer.status, answer.body);
        }
        let keys: Value = serde_json::from_str(&answer.body)?;
        Self::from_report(&keys).context("the sandbox's keys are not those of a merchant")
    }

    fn from_report(keys: &Value) -> Option<Self> {
        let merchant = keys["merchant"].get(0)?;
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let platform = keys["platform"].as_array()?;
        let public = platform.iter().filter(|key| key["kind"] == "public_key");
        let public: Map<_, _> = public
            .map(|key| Some((text(key, "serial")?, Value::String(text(key, "pem")?))))
            .collect::<Option<_>>()?;
        Some(Self {
            variables: vec![
                ("WXPAY_API", "v3".to_owned()),
                (MERCHANT_SERIAL, text(merchant, "serial")?),
                (PUBLIC_KEYS, Value::Object(public).to_string()),
            ],
            secrets: vec![
                (API_V3_KEY, text(keys, "v3_key")?),
                (MERCHANT_KEY, text(merchant, "private_key_pem")?),
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wrong_v2_key_reaches_the_worker_and_only_that_key_changes() {
        let [usual, wrong] = [None, Some("a_wrong_test_key")].map(Credential::v2);
        assert_eq!(usual.variables[1].1, V2_KEY);
        assert_eq!(wrong.variables[1].1, "a_wrong_test_key");
        assert_eq!(usual.variables[0], wrong.variables[0]);
    }

    #[test]
    fn of_the_sandboxs_keys_the_worker_gets_the_merchants_and_the_public_ones() {
        let mut keys = json!({
            "v3_key": "k", "merchant": [{ "serial": "5157", "private_key_pem": "P" }],
            "platform": [
                { "kind": "certificate", "serial": "71D4", "pem": "C" },
                { "kind": "public_key", "serial": "PUB_KEY_ID_01", "pem": "K" },
            ],
        });
        let credential = Credential::from_report(&keys).unwrap();
        let public = (PUBLIC_KEYS, r#"{"PUB_KEY_ID_01":"K"}"#.to_owned());
        assert!(credential.variables.contains(&public));
        let secrets = [(API_V3_KEY, "k".to_owned()), (MERCHANT_KEY, "P".to_owned())];
        assert_eq!(credential.secrets, secrets);
        keys["merchant"] = json!([]);
        assert_eq!(Credential::from_report(&keys), None);
    }
}
