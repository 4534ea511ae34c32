//! AEAD_AES_256_GCM under the APIv3 key (APIv3密钥), which seals notifications and certificates.
//!
//! Source: pay.weixin.qq.com V3 如何解密回调报文和平台证书.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Source: the same page: the only algorithm there is.
pub(crate) const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Letters of a nonce.
pub(crate) const NONCE: usize = 12;

/// Seals `text`: ciphertext and then the tag of 16 bytes, in base64. `None` if the key has not 32
/// bytes or the nonce not twelve.
pub(crate) fn seal(
    v3_key: &str,
    nonce: &str,
    associated_data: &str,
    text: &[u8],
) -> Option<String> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, v3_key.as_bytes()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
    let mut sealed = text.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut sealed).ok()?;
    Some(STANDARD.encode(sealed))
}

/// Opens what [`seal`] sealed; `None` under another key, nonce or associated data.
pub(crate) fn open(
    v3_key: &str,
    nonce: &str,
    associated_data: &str,
    text: &str,
) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, v3_key.as_bytes()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
    let mut sealed = STANDARD.decode(text).ok()?;
    let opened = key.open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut sealed);
    opened.ok().map(|text| text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    /// Both values were computed by another implementation.
    #[test]
    fn texts_are_sealed_as_others_seal_them() {
        let sealed = seal(KEY, "fdasflkja484", "", b"{\"a\":1}");
        assert_eq!(sealed.as_deref(), Some("DUcSwf+vGgCHAxQyaCT2vCwoCTL73Hg="));
        let text = r#"{"mchid":"1900007291","appid":"wxd678efh567hg6787","out_trade_no":"1217752501201407033233368018","transaction_id":"1217752501201407033233368018","trade_type":"JSAPI","trade_state":"SUCCESS","trade_state_desc":"支付成功","bank_type":"CMC","attach":"","success_time":"2018-06-08T10:34:56+08:00","payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},"amount":{"total":100,"payer_total":100,"currency":"CNY","payer_currency":"CNY"}}"#;
        let sealed = "DUcegK33A8MEOgdCtMPWwABoxFjy3c3BTENCdjZ/7K2gbkFM2sU/cZ/UPNrLir4DXaSrqBdzgGy/sMCWIPKVQdMoXpY4xG4iYhF7TH0MBs4T7FaM9hoFjn/sa9TCWtjLTRzZiknVkW9IXW37a35VmVaeZyEYg+wBm3qpNS8A5dUAMLCno0J6LHDN5GXutOi+aMmWJMtSbZltG3H2Cu2Vou2Js2PVFnyTfOk0kYJAGpoCL2ommjUrvbBvauITRk+k/y/n+JuGpdOpOis3M/eGUHdtAIyAvV/ITkfIG5HrFyBdGa2YLbf+GInakMOOq2AVS1dz7iQ8pH8/vISnkUWlYkutFF4ur5n2IbeuFVI48wt7VBixa2tIQOyWQ2ONgtlXqgz1bwxoJPwXYE5EnTtlDAYn3Hxtd6BNpqui7xh3p14buk3Vj7hOryXsn9DXj/kmlPcxCU9Krp0FyNIFbRLMGeNSr39gErS8HkGWimeduocezXyciLggWGfKdD4ePLAvCxtrnf9/3Vwrb2TKKwl8cG3THZNaQkdbtVOgw9r9NDZHI5cJkYrCDuNLgVbhbY8hg9GLXHT9EkMLlvvM";
        assert_eq!(
            seal(KEY, "fdasflkja484", "transaction", text.as_bytes()).as_deref(),
            Some(sealed)
        );
        assert_eq!(open(KEY, "fdasflkja484", "transaction", sealed), Some(text.into()));
        assert_eq!(open(KEY, "fdasflkja484", "refund", sealed), None);
    }

    #[test]
    fn a_key_that_has_not_32_bytes_seals_nothing() {
        assert_eq!(seal("short", "fdasflkja484", "", b""), None);
        assert_eq!(seal(KEY, "fdasflkja48", "", b""), None);
    }
}
