//! API V3: what is signed rightly, and must be opened, read and compared, or believed.

use serde_json::{Value, json};

use super::{
    v3_proof::pretty,
    why::{
        AMOUNT, EXTENSIBLE, HTTP, KNOWN, MERCHANT, READABLE, REPEATED, SEALED, SURVIVE, SWITCHING,
        TOLD, WHOLE,
    },
};
use crate::conform::{
    case::{Case, Expect, Needs, Steps, Times, Why},
    notice_v3::{Signer, Step, add, flip_after, put, rebase, remove, reword, rewrite},
};

/// Another merchant's APIv3 key.
const OTHER_KEY: &str = "another_test_v3_key_0123456789ab";

const fn case(
    expect: Expect,
    name: &'static str,
    words: [&'static str; 2],
    why: &'static Why,
    steps: &'static [Step],
) -> Case {
    Case::new(expect, name, words, why, Steps::V3(steps))
}

const fn refused(
    name: &'static str,
    words: [&'static str; 2],
    why: &'static Why,
    steps: &'static [Step],
) -> Case {
    case(Expect::NoAck, name, words, why, steps)
}

const fn taken(
    name: &'static str,
    words: [&'static str; 2],
    why: &'static Why,
    steps: &'static [Step],
) -> Case {
    case(Expect::Ack, name, words, why, steps)
}

/// The true notification after hostile ones.
pub(super) const AFTERWARDS: Case =
    taken("afterwards", ["在这些之后，一条真实通知", "after all of these, the truth"], &TOLD, &[]);

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
    case(
        Expect::Answer,
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
    case(
        Expect::Answer,
        "other_event",
        ["没有文档的 event_type，签名正确", "an `event_type` that no document has, rightly signed"],
        &SURVIVE,
        &[Step::Envelope(|body| put(body, "/event_type", "TRANSACTION.PAYSCORE"))],
    ),
    case(
        Expect::Answer,
        "prototype",
        ["名叫 __proto__ 的字段，签名正确", "a field of the name `__proto__`, rightly signed"],
        &SURVIVE,
        &[Step::Told(|told| put(told, "/__proto__", json!({ "trade_state": "SUCCESS" })))],
    ),
];

/// What is true by signature and seal, but not of this order.
pub(super) const ORDER: &[Case] = &[
    refused(
        "one_fen_more",
        ["金额多一分", "one fen more than the order"],
        &AMOUNT,
        &[Step::Told(|told| add(told, "/amount/total", 1))],
    ),
    refused(
        "one_fen_less",
        ["金额少一分", "one fen less than the order"],
        &AMOUNT,
        &[Step::Told(|told| add(told, "/amount/total", -1))],
    ),
    refused(
        "amount_of_another_width",
        ["金额加 2^32：截断成 32 位后相等", "2^32 fen more: the same if cut to 32 bits"],
        &AMOUNT,
        &[Step::Told(|told| add(told, "/amount/total", 1 << 32))],
    ),
    refused(
        "negative",
        ["金额为负", "a negative amount"],
        &AMOUNT,
        &[Step::Told(|told| put(told, "/amount/total", -1))],
    ),
    refused(
        "no_amount",
        ["没有 amount", "no `amount`"],
        &AMOUNT,
        &[Step::Told(|told| remove(told, "/amount"))],
    ),
    refused(
        "other_currency",
        ["币种是美元", "US dollars instead of yuan"],
        &AMOUNT,
        &[Step::Told(|told| put(told, "/amount/currency", "USD"))],
    ),
    refused(
        "other_mchid",
        ["别人的 mchid", "another merchant's mchid"],
        &MERCHANT,
        &[Step::Told(|told| put(told, "/mchid", "1900000110"))],
    ),
    refused(
        "other_appid",
        ["别人的 appid", "another appid"],
        &MERCHANT,
        &[Step::Told(|told| put(told, "/appid", "wx0000000000000001"))],
    ),
    refused(
        "unknown_order",
        ["没有的订单号", "an order that never was"],
        &KNOWN,
        &[Step::Told(|told| put(told, "/out_trade_no", "NEVERWAS01"))],
    ),
    refused(
        "no_order",
        ["没有 out_trade_no", "no `out_trade_no`"],
        &KNOWN,
        &[Step::Told(|told| remove(told, "/out_trade_no"))],
    ),
    refused(
        "path_for_an_order",
        ["订单号是一个路径", "a path where the order's number should be"],
        &KNOWN,
        &[Step::Told(|told| put(told, "/out_trade_no", "../../orders"))],
    ),
    refused(
        "not_paid",
        ["trade_state 是 NOTPAY", "`trade_state` is NOTPAY"],
        &KNOWN,
        &[Step::Told(|told| put(told, "/trade_state", "NOTPAY"))],
    ),
];

pub(super) const HONEST: &[Case] = &[
    taken("payment", ["一条支付通知", "a payment"], &TOLD, &[]),
    taken(
        "by_public_key",
        ["微信支付公钥签名", "signed by the public key"],
        &SWITCHING,
        &[Step::Proof(|proof| (proof.by, proof.named) = (Signer::PublicKey, Signer::PublicKey))],
    )
    .needs(Needs::PublicKey),
    taken(
        "by_certificate",
        ["平台证书签名", "signed by a platform certificate"],
        &SWITCHING,
        &[Step::Proof(|proof| {
            (proof.by, proof.named) = (Signer::Certificate, Signer::Certificate)
        })],
    )
    .needs(Needs::Certificate),
    taken(
        "unknown_fields",
        ["多出没有文档的字段，里外都有", "fields that no document has, inside and outside"],
        &EXTENSIBLE,
        &[
            Step::Told(|told| {
                put(told, "/amount/bonus", 1);
                put(told, "/device", json!({ "list": [1, null, "x"] }));
            }),
            Step::Envelope(|body| put(body, "/risk_level", json!({ "of": "nobody" }))),
        ],
    ),
    taken(
        "coupon",
        [
            "用了代金券：payer_total 小于 total",
            "a coupon paid some of it: payer_total is less than total",
        ],
        &AMOUNT,
        &[Step::Told(|told| put(told, "/amount/payer_total", 1))],
    ),
    taken(
        "no_associated_data",
        ["associated_data 为空串，加密时也为空", "`associated_data` empty, and sealed so"],
        &SEALED,
        &[Step::Seal(|seal| seal.associated_data.clear())],
    ),
    taken(
        "spaced",
        ["带空白和换行的 JSON，照此签名", "JSON with blanks and line feeds, signed as it is"],
        &WHOLE,
        &[Step::Body(|body| pretty(&body))],
    ),
    taken(
        "escaped",
        ["带 \\u 转义的 JSON，照此签名", "JSON with \\u escapes, signed as it is"],
        &WHOLE,
        &[Step::Body(|body| body.replace('支', "\\u652f").replace("encrypt-", "\\u0065ncrypt-"))],
    ),
    taken(
        "reordered",
        ["字段换了顺序，照此签名", "its fields in another order, signed as they are"],
        &WHOLE,
        &[Step::Body(|body| reversed(&body))],
    ),
    taken(
        "chunked",
        ["分块传输", "sent in chunks"],
        &HTTP,
        &[Step::Headers(|headers| {
            headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
        })],
    ),
    taken(
        "charset",
        ["Content-Type 带 charset", "a charset in the content type"],
        &HTTP,
        &[Step::Headers(|headers| {
            reword(headers, "content-type", |_| "application/json; charset=utf-8".to_owned());
        })],
    ),
    taken(
        "repeated",
        ["同一通知三次，每次重新签名", "the same three times, each signed anew"],
        &REPEATED,
        &[],
    )
    .times(Times::InTurn(3)),
    taken("at_once", ["同一通知同时五十次", "the same fifty times at once"], &REPEATED, &[])
        .times(Times::AtOnce(50)),
];

pub(super) const REFUND: &[Case] = &[
    refused(
        "other_key",
        ["用另一把 APIv3 密钥加密", "sealed with another APIv3 key"],
        &SEALED,
        &[Step::Seal(|seal| OTHER_KEY.clone_into(&mut seal.key))],
    ),
    refused(
        "stranger",
        ["陌生私钥签名", "signed by a stranger"],
        &super::why::PROVEN,
        &[Step::Proof(|proof| proof.by = Signer::Stranger)],
    ),
    refused(
        "unknown_order",
        ["没有的订单号", "of an order that never was"],
        &KNOWN,
        &[Step::Told(|told| put(told, "/out_trade_no", "NEVERWAS01"))],
    ),
    refused(
        "other_mchid",
        ["别人的 mchid", "another merchant's mchid"],
        &MERCHANT,
        &[Step::Told(|told| put(told, "/mchid", "1900000110"))],
    ),
    taken("refund", ["一条退款通知", "a refund"], &TOLD, &[]),
    taken(
        "repeated",
        ["同一通知三次，每次重新签名", "the same three times, each signed anew"],
        &REPEATED,
        &[],
    )
    .times(Times::InTurn(3)),
];

/// The same JSON, its fields last first.
fn reversed(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let Value::Object(fields) = value else { return String::new() };
    // `Map` sorts by name; the text need not.
    let fields: Vec<_> =
        fields.iter().rev().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", fields.join(","))
}
