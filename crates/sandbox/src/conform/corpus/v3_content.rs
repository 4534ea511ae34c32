//! API V3: what is signed rightly, and cannot be opened or read.

use serde_json::json;

use super::{
    row::v3::{answered, refused},
    why::{READABLE, SEALED, SURVIVE},
};
use crate::conform::{
    case::Case,
    notice_v3::{Step, flip_after, put, rebase, remove, rewrite},
};

/// Another merchant's APIv3 key.
const OTHER_KEY: &str = "another_test_v3_key_0123456789ab";

pub(super) const SEAL: &[Case] = &[
    refused(
        "other_key",
        ["用另一把 APIv3 密钥加密", "sealed with another APIv3 key"],
        &SEALED,
        &[Step::Seal(|seal| OTHER_KEY.clone_into(&mut seal.key))],
    ),
    refused(
        "ciphertext",
        ["密文首字节翻转一位，签名正确", "one bit of the ciphertext flipped, then signed"],
        &SEALED,
        &[Step::Envelope(|body| {
            rewrite(body, "/resource/ciphertext", |text| {
                rebase(text, |bytes| {
                    if let Some(byte) = bytes.first_mut() {
                        *byte ^= 1;
                    }
                })
            });
        })],
    ),
    refused(
        "tag",
        ["标签末字节翻转一位，签名正确", "one bit of the tag flipped, then signed"],
        &SEALED,
        &[Step::Envelope(|body| {
            rewrite(body, "/resource/ciphertext", |text| {
                rebase(text, |bytes| {
                    if let Some(byte) = bytes.last_mut() {
                        *byte ^= 1;
                    }
                })
            });
        })],
    ),
    refused(
        "short_tag",
        ["标签少一个字节，签名正确", "the tag one byte short, then signed"],
        &SEALED,
        &[Step::Envelope(|body| {
            rewrite(body, "/resource/ciphertext", |text| {
                rebase(text, |bytes| bytes.truncate(bytes.len().saturating_sub(1)))
            });
        })],
    ),
    refused(
        "no_tag",
        ["没有标签，签名正确", "the tag taken away, then signed"],
        &SEALED,
        &[Step::Envelope(|body| {
            rewrite(body, "/resource/ciphertext", |text| {
                rebase(text, |bytes| bytes.truncate(bytes.len().saturating_sub(16)))
            });
        })],
    ),
    refused(
        "only_a_tag",
        ["密文只剩 16 个零字节", "sixteen zeros instead of the ciphertext"],
        &SEALED,
        &[Step::Envelope(|body| {
            rewrite(body, "/resource/ciphertext", |text| {
                rebase(text, |bytes| *bytes = vec![0; 16])
            });
        })],
    ),
    refused(
        "other_associated_data",
        ["associated_data 与加密时不同", "other `associated_data` than was sealed with"],
        &SEALED,
        &[Step::Envelope(|body| put(body, "/resource/associated_data", "refund"))],
    ),
    refused(
        "no_associated_data",
        ["associated_data 被去掉", "`associated_data` taken away"],
        &SEALED,
        &[Step::Envelope(|body| remove(body, "/resource/associated_data"))],
    ),
    refused(
        "other_nonce",
        ["resource.nonce 与加密时不同", "another `resource.nonce` than was sealed with"],
        &SEALED,
        &[Step::Envelope(|body| rewrite(body, "/resource/nonce", |text| flip_after(text, "")))],
    ),
    refused(
        "no_nonce",
        ["没有 resource.nonce", "no `resource.nonce`"],
        &SEALED,
        &[Step::Envelope(|body| remove(body, "/resource/nonce"))],
    ),
    refused(
        "no_ciphertext",
        ["没有 resource.ciphertext", "no `resource.ciphertext`"],
        &SEALED,
        &[Step::Envelope(|body| remove(body, "/resource/ciphertext"))],
    ),
    refused(
        "not_base64",
        ["密文不是 base64", "a ciphertext that is not base64"],
        &SEALED,
        &[Step::Envelope(|body| put(body, "/resource/ciphertext", "!".repeat(400)))],
    ),
    refused(
        "not_sealed",
        ["没有加密，明文放在 resource 里", "not sealed: the payment stands open in `resource`"],
        &SEALED,
        &[Step::Envelope(|body| {
            let open = json!({ "trade_state": "SUCCESS", "out_trade_no": "OPEN" });
            put(body, "/resource", open);
        })],
    ),
    refused(
        "nothing",
        ["加密的是空串", "nothing is sealed"],
        &READABLE,
        &[Step::Text(|_| String::new())],
    ),
    refused(
        "not_json",
        ["加密的不是 JSON", "what is sealed is not JSON"],
        &READABLE,
        &[Step::Text(|_| "trade_state=SUCCESS".to_owned())],
    ),
];

pub(super) const PARSING: &[Case] = &[
    refused(
        "empty",
        ["空报文，签名正确", "an empty body, rightly signed"],
        &READABLE,
        &[Step::Body(|_| String::new())],
    ),
    refused(
        "null",
        ["报文是 null，签名正确", "`null`, rightly signed"],
        &READABLE,
        &[Step::Body(|_| "null".to_owned())],
    ),
    refused(
        "list",
        ["报文是数组，签名正确", "a list, rightly signed"],
        &READABLE,
        &[Step::Body(|body| format!("[{body}]"))],
    ),
    refused(
        "xml",
        ["V2 的 XML，签名正确", "XML as of V2, rightly signed"],
        &READABLE,
        &[Step::Body(|_| "<xml><return_code>SUCCESS</return_code></xml>".to_owned())],
    ),
    refused(
        "cut_off",
        ["截断的 JSON，签名正确", "JSON cut off, rightly signed"],
        &READABLE,
        &[Step::Body(|body| body.chars().take(200).collect())],
    ),
    refused(
        "no_resource",
        ["没有 resource，签名正确", "no `resource`, rightly signed"],
        &READABLE,
        &[Step::Envelope(|body| remove(body, "/resource"))],
    ),
    answered(
        "deep",
        [
            "嵌套一万层的未知字段，签名正确",
            "an unknown field ten thousand levels deep, rightly signed",
        ],
        &SURVIVE,
        &[Step::Body(|body| {
            let deep = format!("{{\"a\":{}1{},", "[".repeat(10_000), "]".repeat(10_000));
            body.replacen('{', &deep, 1)
        })],
    ),
    answered(
        "other_event",
        ["没有文档的 event_type，签名正确", "an `event_type` that no document has, rightly signed"],
        &SURVIVE,
        &[Step::Envelope(|body| put(body, "/event_type", "TRANSACTION.PAYSCORE"))],
    ),
    answered(
        "prototype",
        ["名叫 __proto__ 的字段，签名正确", "a field of the name `__proto__`, rightly signed"],
        &SURVIVE,
        &[Step::Told(|told| put(told, "/__proto__", json!({ "trade_state": "SUCCESS" })))],
    ),
];
