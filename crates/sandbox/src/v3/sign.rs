//! Strings to sign of API V3 (待签名串), written for the sandbox alone: the merchant's side has its
//! own lines, so that one mistake cannot be made on both sides and cancel out.
//!
//! Source: pay.weixin.qq.com V3 如何构造签名 and 如何验证签名. Every line ends in one line feed, the
//! last one too.

/// Source: the only algorithm there is, in `Authorization` and `Wechatpay-Signature-Type`.
pub(crate) const ALGORITHM: &str = "WECHATPAY2-SHA256-RSA2048";

/// What the merchant signs of a request; `url` is path and query as they are on the wire.
pub(crate) fn request(
    method: &str,
    url: &str,
    timestamp: &str,
    nonce: &str,
    body: &[u8],
) -> Vec<u8> {
    lines(&[method.as_bytes(), url.as_bytes(), timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// What WeChat signs of an answer or a notification.
pub(crate) fn message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// What the merchant signs for the cashier: appid, timestamp, nonce, and `prepay_id=…` for a page or
/// the bare id for an app.
pub(crate) fn cashier(four: [&str; 4]) -> Vec<u8> {
    lines(&four.map(str::as_bytes))
}

fn lines(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(part);
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v3::keys::{pem, verifies};

    /// The public half of the key pair that the official documentation publishes for trying out.
    const DEMO: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQ
CK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdz
oF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaD
TXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/
fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/w
Tzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5C
MQIDAQAB
-----END PUBLIC KEY-----";

    fn holds(text: &[u8], signature: &str) -> bool {
        let spki = pem::read("PUBLIC KEY", DEMO).unwrap();
        // SubjectPublicKeyInfo of an RSA-2048 key is 24 fixed bytes and then PKCS#1's.
        verifies(&spki[24..], text, signature)
    }

    /// Source: the published self-check of the V3 documentation, and what was computed from its key
    /// by two other implementations.
    #[test]
    fn requests_are_signed_as_published() {
        let body = r#"{"appid":"wxd678efh567hg6787","mchid":"1900007291","description":"Image形象店-深圳腾大-QQ公仔","out_trade_no":"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpay/pay.php","amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}"#;
        for (method, url, body, signature) in [
            (
                "POST",
                "/v3/pay/transactions/jsapi",
                body,
                "jnks4dlrPw3ZX+ozVvSK39oa0t7OMBsg83BHAwd8BRdUFiVaQNTLTvci+wURgP1OQBbKYhFGvt7iqYpDSTQkp7Uq1sltaQKyncCyrA1g88m5bsKERQfPyT0ahSwKTYJ1CAn9QiJuSJRq1QsQs07eehbU/k9BCS51jTyc1Jpsi2H77HF9f/BnjXAOP3/sPObg6V5Ee4EzwLox684hhuMuIwHo7D8KFk3LIHOKDcNI4It1aCXydFWNpNK+SG86VUDe5kwoDpw4Ulqfu9z8OFDGbDs9TCxEv8iqQzbpxOlEVoOe2kalSYM5kApQb3nZcxdUtoE0liJGW3RGUNE0t4v01A==",
            ),
            (
                "GET",
                "/v3/pay/transactions/out-trade-no/1217752501201407033233368018?mchid=1900007291",
                "",
                "cVvdVujlEmASmAYpcmKXmIrlQualKxd87f8XZtnTeLCw3V7kZ1ST6YwX0kSLsqJeecZqmKJfd6ieRl/hRLZUodxXU1NzoTz1OXNh6TzBfcxU8xRNFbmPiEHwMJM7Jo52TYGk71MaCbvkPlUpUL6WhpmAgfC7jg/3IcA/UILbby4Nro0Nbq0An/DYEEp8vZMaags/5ed52JpGqxEOcTLIuqihy+Amy5z+t8m3a93YTRNDRi0W5b332UQBtrWRSwJOMU96Nof7hJC2MM71Y1bHB8YP8kBKaoDW7vEoNsEMVzkyp0pyjUHFWc6yaRVHE054z79S2koj3jSRbCiY+CaJzg==",
            ),
            (
                "GET",
                "/v3/refund/domestic/refunds/1217752501201407033233368018",
                "",
                "UBeGZnKene8AU1koQowdSqeWz+YUlAQMhXR2MCfbLwRkkCYSitmKYBvlhSdLZ8p4pS1jEI6488p8byuH/k+A/c/gZ4jEoVlQpqIdtsqBB0dUX7oOJbVHU/t1kbjtPT/xTlxPE0dtMp3ZFNYBDvW6F1Hmj7ohGqiuITSNdXNem9b1g8DhUl3HGqVoEjGvSvaeqsPDsulKJ5100IhiaCWsMDUV9asnX8zgsmQ03DM8PVkqVJKvs+ytcdD/jbznMeGk9KCikUEO2kRkpaYlaylIrfpD85dz6tMgP/OcTMrYLNTv5+0A9k0RadOSbhVNrTo3zqMaFtpW0uHfX5Lg0pEXmQ==",
            ),
        ] {
            let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
            let text = request(method, url, "1554208460", nonce, body.as_bytes());
            assert!(holds(&text, signature), "{method} {url}");
        }
    }

    #[test]
    fn an_empty_answer_is_signed_with_an_empty_last_line_and_a_notification_with_its_body() {
        let body = r#"{"id":"EV-2018022511223320873","create_time":"2018-06-08T10:34:56+08:00","resource_type":"encrypt-resource","event_type":"TRANSACTION.SUCCESS","summary":"支付成功","resource":{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"DUcSwf+vGgCHAxQyaCT2vCwoCTL73Hg=","associated_data":"","nonce":"fdasflkja484"}}"#;
        for (body, signature) in [
            (
                "",
                "gTMPIrcZYlF04qcHvC7TvlFzsi5aoaBSvunUYUwh2VGzgTKekxyCFRQxkWSrMWgHUchFuNReUgvuhiPQsZ2QN9cy5Nu8rFwByTiyn/RA4mhBQiD+CrGBMhRVOcbnFGPn7ZKezO0Gyi7q9+WzdeBrGOpT8OeoTEz4x2UA5GDwVrCp6AZ8k5Pyg7z5ewDk4NvqmfUZKZLOzGQcfgRFzft/s7NJs4iInXaEpJQaYdoYxTjTkdS4IwKRMkdI8hBT4kKTbz3KJB2sxZ8Lswmyjw9RqJZZWSiwIGoGwxodFn0vYPNnfxmCXhRiJ5lmQXREtLk9ED8Li3E9AVU1phch67JH+A==",
            ),
            (
                body,
                "GbdCVyPftBIhAC0nZKJBV9eFPjtd/xkwvrAP/AE2ctQuIGRrdO9+KHwxLp4iBFjNIq55Oymtto5d9diBoBn153OiRaMK2EyuvrBKRxrDwaEnSsJthU8AyF7qecw1ShWmCluHWA1hVmBXmOVFi81Uo6bJFunBhz3lwZG1qAtuz6WmX0k2Zei+sfPjVh0THfmx5Bc3MjS74XZrfW0q2Czgd4ffUM6+ZMmpzf80HZWd3fmxp6EjAfdHLTB90JLYMg1n5J+Hx/yqk+8wOJpwnBOK0nOuropTh4lvhjkrobkUoPLYQkMEW0HBtSccQG7VOVCVKsz2g8wF22br4QHAVs43MA==",
            ),
        ] {
            let nonce = "c5ac7061fccab6bf3e254dcf98995b8c";
            assert!(holds(&message("1554209980", nonce, body.as_bytes()), signature), "{body}");
        }
        assert!(message("1554209980", "n", b"").ends_with(b"n\n\n"));
    }

    #[test]
    fn a_page_and_an_app_sign_the_published_lines() {
        let prepay_id = "wx201410272009395522657a690389285100";
        for (last, signature) in [
            (
                format!("prepay_id={prepay_id}"),
                "mI35pfNEQV6777ke/1T+LJLQDNTm7yeoUJH+j/adPGhmCCi0PbgkvYQTRcXH0uibcLVtvFLdGLpmoYO9FV6lBBsTAjuhh5YOvQi0e2g3e0yytitiNET9FEuqM0pjnKfRW4K6LIZDdbWJv9KhZUx3DrJa5TL7OJ7VdADVivxVySIlPVKjGwuCXzuXSJes0UcILgWQUMyha5/3nYofuHtS7r+KYyMuxD+oJ9VM1Qdxk4UIG59CP5Y3wtYIFybyF3bdu1caHTRRX+DLyMXyYA/IrTmiW01c4RPjpHBX5Dk1sZyY1zVsWNsvMHr2e1NTWtBxKJ+qk5N61J7caYoepHFaxw==",
            ),
            (
                prepay_id.to_owned(),
                "gXx9KhTP6IooKV1SuG3OCGlBIgZbKtubCZvnau6khw1iffvNT28IzLbKmztq2xA/RCNbZa1XOsoiuVmAEeTZQicWfhv4P+O4oBRIrx0X9f3cnWFkMBU9alTWs0nyQ1N9fcILOTe0f4kxOhVh+/Xhn5hOiUK7Sz3XA1mcpa3R2NCWf/e+0ow/RDf15iTymOHgDrEkT/gedg/3E0iXfDX3mFicSZhrHESZDOTXcl9RzELREBUFznd/o2NQM99WcL86m23HY0cTy+QGWU4QDmNrbQ9ihmLW71qPb0Cx/d7EQvw/Kyx0A6s64ZQp3hHdcmiRcLnjVXrKCk7LShaCK+lS3Q==",
            ),
        ] {
            let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
            assert!(holds(&cashier(["wx2421b1c4370ec43b", "1554208460", nonce, &last]), signature));
        }
    }
}
