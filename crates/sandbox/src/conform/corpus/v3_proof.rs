//! API V3: what is wrong with the proof of a notification, or was changed after it.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{RSA_PKCS1_SHA512, RSA_PSS_SHA256};
use serde_json::Value;

use super::why::{FRESH, PROBE, PROVEN, SERIAL, SURVIVE, WHOLE};
use crate::conform::{
    case::{Case, Expect, Steps, Why},
    notice_v3::{
        Proof,
        Signer::{Certificate, Merchant, PublicKey, Stranger},
        Step, flip_after, header, rebase, reword, without,
    },
};

const TIMESTAMP: &str = "wechatpay-timestamp";
const NONCE: &str = "wechatpay-nonce";
const SIGNATURE_: &str = "wechatpay-signature";
const SERIAL_: &str = "wechatpay-serial";

/// Longer than any body that a framework takes unasked.
const HUGE: usize = 8 * 1024 * 1024;

const fn refused(
    name: &'static str,
    words: [&'static str; 2],
    why: &'static Why,
    steps: &'static [Step],
) -> Case {
    Case::new(Expect::NoAck, name, words, why, Steps::V3(steps))
}

pub(super) const HEADERS: &[Case] = &[
    refused(
        "no_timestamp",
        ["没有 Wechatpay-Timestamp", "no Wechatpay-Timestamp"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, TIMESTAMP))],
    ),
    refused(
        "no_nonce",
        ["没有 Wechatpay-Nonce", "no Wechatpay-Nonce"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, NONCE))],
    ),
    refused(
        "no_signature",
        ["没有 Wechatpay-Signature", "no Wechatpay-Signature"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, SIGNATURE_))],
    ),
    refused(
        "no_serial",
        ["没有 Wechatpay-Serial", "no Wechatpay-Serial"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, SERIAL_))],
    ),
    refused(
        "none_at_all",
        ["没有任何 Wechatpay- 请求头", "none of the headers Wechatpay-*"],
        &PROVEN,
        &[Step::Headers(|headers| headers.retain(|(name, _)| !name.starts_with("wechatpay-")))],
    ),
    refused(
        "empty_signature",
        ["Wechatpay-Signature 为空", "an empty Wechatpay-Signature"],
        &PROVEN,
        &[Step::Headers(|headers| reword(headers, SIGNATURE_, |_| String::new()))],
    ),
    refused(
        "empty_serial",
        ["Wechatpay-Serial 为空", "an empty Wechatpay-Serial"],
        &SERIAL,
        &[Step::Headers(|headers| reword(headers, SERIAL_, |_| String::new()))],
    ),
    refused(
        "changed_timestamp",
        ["签名之后时间戳加了一秒", "the timestamp is a second later than what was signed"],
        &PROVEN,
        &[Step::Headers(|headers| {
            reword(headers, TIMESTAMP, |value| {
                value.parse::<i64>().unwrap_or_default().saturating_add(1).to_string()
            });
        })],
    ),
    refused(
        "changed_nonce",
        ["签名之后随机串改了一位", "one letter of the nonce is not what was signed"],
        &PROVEN,
        &[Step::Headers(|headers| reword(headers, NONCE, |value| flip_after(value, "")))],
    ),
    refused(
        "nonce_in_body",
        ["随机串的最后一位挪到报文开头", "the nonce's last letter moved to the front of the body"],
        &PROVEN,
        &[
            Step::Proof(|proof| proof.nonce = "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned()),
            Step::Headers(|headers| {
                reword(headers, NONCE, |value| value.trim_end_matches('2').to_owned());
            }),
            Step::Sent(|body| format!("2{body}")),
        ],
    ),
];

pub(super) const FRESHNESS: &[Case] = &[
    refused(
        "stale",
        ["301 秒前签名，签名正确", "rightly signed, 301 seconds ago"],
        &FRESH,
        &[Step::Proof(|proof| proof.shift(-301))],
    ),
    refused(
        "stale_by_a_day",
        ["一天前签名，签名正确", "rightly signed, a day ago"],
        &FRESH,
        &[Step::Proof(|proof| proof.shift(-86_400))],
    ),
    // Half a minute more than five: what is under way ages meanwhile, and clocks differ.
    refused(
        "future",
        ["330 秒后的时间戳，签名正确", "rightly signed, 330 seconds from now"],
        &FRESH,
        &[Step::Proof(|proof| proof.shift(330))],
    ),
    refused(
        "milliseconds",
        ["时间戳是毫秒，签名正确", "rightly signed, a timestamp in milliseconds"],
        &FRESH,
        &[Step::Proof(|proof| proof.timestamp.push_str("000"))],
    ),
    refused(
        "no_number",
        ["时间戳不是数字，签名正确", "rightly signed, a timestamp that is no number"],
        &FRESH,
        &[Step::Proof(|proof| proof.timestamp = "now".to_owned())],
    ),
];

pub(super) const SIGNER: &[Case] = &[
    refused(
        "stranger_in_our_name",
        ["陌生私钥签名，冒用正确的序列号", "signed by a stranger under the right serial"],
        &PROVEN,
        &[Step::Proof(|proof| proof.by = Stranger)],
    ),
    refused(
        "stranger",
        ["陌生私钥签名，陌生的序列号", "signed by a stranger under an unknown serial"],
        &SERIAL,
        &[Step::Proof(|proof| (proof.by, proof.named) = (Stranger, Stranger))],
    ),
    refused(
        "unknown_serial",
        ["签名正确，序列号谁也不认识", "signed by the right key under a serial that nobody has"],
        &SERIAL,
        &[Step::Proof(|proof| proof.named = Stranger)],
    ),
    refused(
        "swapped",
        [
            "公钥与平台证书互换：用一个的私钥签名，写另一个的序列号",
            "public key and certificate swapped: signed by one under the serial of the other",
        ],
        &SERIAL,
        &[Step::Proof(|proof| {
            proof.by = if proof.named == PublicKey { Certificate } else { PublicKey };
        })],
    ),
    refused(
        "merchant",
        [
            "商户自己的私钥签名，商户证书的序列号",
            "signed by the merchant's own key, under its serial",
        ],
        &SERIAL,
        &[Step::Proof(|proof| (proof.by, proof.named) = (Merchant, Merchant))],
    ),
    refused(
        "merchant_in_our_name",
        [
            "商户自己的私钥签名，微信的序列号",
            "signed by the merchant's own key, under WeChat's serial",
        ],
        &PROVEN,
        &[Step::Proof(|proof| proof.by = Merchant)],
    ),
    refused(
        "path_for_a_serial",
        ["序列号是一个文件路径", "a path where the serial should be"],
        &SERIAL,
        &[Step::Headers(|headers| reword(headers, SERIAL_, |_| "../../pub_key.pem".to_owned()))],
    ),
];

/// Spoils the bytes of the signature.
fn spoil(proof: &mut crate::conform::notice_v3::Headers, change: fn(&mut Vec<u8>)) {
    reword(proof, SIGNATURE_, |value| rebase(value, change));
}

fn text(proof: &mut Proof, change: fn(Vec<u8>) -> Vec<u8>) {
    proof.text = change;
}

pub(super) const SIGNATURE: &[Case] = &[
    refused(
        "probe",
        ["签名探测：WECHATPAY/SIGNTEST/ 开头", "a probe: WECHATPAY/SIGNTEST/ and a signature"],
        &PROBE,
        &[Step::Headers(|headers| {
            reword(headers, SIGNATURE_, |value| format!("WECHATPAY/SIGNTEST/{value}"));
        })],
    ),
    refused(
        "probe_by_a_stranger",
        ["签名探测，陌生私钥", "a probe by a stranger's key"],
        &PROBE,
        &[
            Step::Proof(|proof| proof.by = Stranger),
            Step::Headers(|headers| {
                reword(headers, SIGNATURE_, |value| format!("WECHATPAY/SIGNTEST/{value}"));
            }),
        ],
    ),
    refused(
        "first_byte",
        ["签名首字节翻转一位", "one bit of the signature's first byte flipped"],
        &PROVEN,
        &[Step::Headers(|headers| {
            spoil(headers, |bytes| {
                if let Some(byte) = bytes.first_mut() {
                    *byte ^= 1;
                }
            });
        })],
    ),
    refused(
        "last_byte",
        ["签名末字节翻转一位", "one bit of the signature's last byte flipped"],
        &PROVEN,
        &[Step::Headers(|headers| {
            spoil(headers, |bytes| {
                if let Some(byte) = bytes.last_mut() {
                    *byte ^= 1;
                }
            });
        })],
    ),
    refused(
        "one_byte_short",
        ["签名少一个字节", "the signature is one byte short"],
        &PROVEN,
        &[Step::Headers(|headers| {
            spoil(headers, |bytes| bytes.truncate(bytes.len().saturating_sub(1)))
        })],
    ),
    refused(
        "one_byte_long",
        ["签名多一个字节", "the signature is one byte long"],
        &PROVEN,
        &[Step::Headers(|headers| spoil(headers, |bytes| bytes.push(0)))],
    ),
    refused(
        "zeros",
        ["签名全是零", "a signature of zeros"],
        &PROVEN,
        &[Step::Headers(|headers| spoil(headers, |bytes| bytes.fill(0)))],
    ),
    refused(
        "not_base64",
        ["签名不是 base64", "a signature that is not base64"],
        &PROVEN,
        &[Step::Headers(|headers| reword(headers, SIGNATURE_, |_| "!".repeat(344)))],
    ),
    refused(
        "hex",
        ["签名写成十六进制", "the signature in hex"],
        &PROVEN,
        &[Step::Headers(|headers| {
            reword(headers, SIGNATURE_, |value| {
                let bytes = STANDARD.decode(value).unwrap_or_default();
                bytes.iter().map(|byte| format!("{byte:02x}")).collect()
            });
        })],
    ),
    refused(
        "sha512",
        ["用 SHA-512 签名", "signed by way of SHA-512"],
        &PROVEN,
        &[Step::Proof(|proof| proof.how = &RSA_PKCS1_SHA512)],
    ),
    refused(
        "pss",
        ["RSASSA-PSS 签名", "signed by RSASSA-PSS"],
        &PROVEN,
        &[Step::Proof(|proof| proof.how = &RSA_PSS_SHA256)],
    ),
    refused(
        "of_nothing",
        ["对空串的签名", "a right signature of nothing"],
        &PROVEN,
        &[Step::Proof(|proof| text(proof, |_| Vec::new()))],
    ),
    refused(
        "of_the_body_alone",
        ["只对报文签名，没有时间戳和随机串", "a right signature of the body alone"],
        &PROVEN,
        &[Step::Proof(|proof| {
            text(proof, |text| {
                text.split(|byte| *byte == b'\n').skip(2).flatten().copied().collect()
            });
        })],
    ),
    refused(
        "no_last_line_feed",
        ["待签名串少最后一个换行", "signed without the last line feed"],
        &PROVEN,
        &[Step::Proof(|proof| {
            text(proof, |mut text| {
                text.pop();
                text
            });
        })],
    ),
];

pub(super) const CHANGED: &[Case] = &[
    refused("empty", ["报文被清空", "the body is gone"], &WHOLE, &[Step::Sent(|_| String::new())]),
    refused(
        "not_json",
        ["报文换成一段文字", "a few words instead of the body"],
        &WHOLE,
        &[Step::Sent(|_| "SUCCESS".to_owned())],
    ),
    refused(
        "id",
        ["id 改了一位", "one bit of `id` flipped"],
        &WHOLE,
        &[Step::Sent(|body| flip_after(&body, "\"id\":\"EV-"))],
    ),
    refused(
        "event_type",
        ["event_type 改了一位", "one bit of `event_type` flipped"],
        &WHOLE,
        &[Step::Sent(|body| flip_after(&body, "\"event_type\":\""))],
    ),
    refused(
        "summary",
        ["summary 改成英文", "another `summary`, which nobody reads"],
        &WHOLE,
        &[Step::Sent(|body| body.replace("支付成功", "paid"))],
    ),
    refused(
        "create_time",
        ["create_time 改了一位", "one bit of `create_time` flipped"],
        &WHOLE,
        &[Step::Sent(|body| flip_after(&body, "\"create_time\":\""))],
    ),
    refused(
        "ciphertext",
        ["密文改了一位", "one bit of the ciphertext flipped"],
        &WHOLE,
        &[Step::Sent(|body| flip_after(&body, "\"ciphertext\":\""))],
    ),
    refused(
        "associated_data",
        ["associated_data 改了一位", "one bit of `associated_data` flipped"],
        &WHOLE,
        &[Step::Sent(|body| flip_after(&body, "\"associated_data\":\""))],
    ),
    refused(
        "resource_nonce",
        ["resource.nonce 改了一位", "one bit of `resource.nonce` flipped"],
        &WHOLE,
        &[Step::Sent(|body| flip_after(&body, "\"nonce\":\""))],
    ),
    refused(
        "field_added",
        ["多了一个字段", "a field more than was signed"],
        &WHOLE,
        &[Step::Sent(|body| body.replacen('{', "{\"risk\":\"none\",", 1))],
    ),
    refused(
        "spaced",
        ["重新序列化，空白不同", "written again with other blanks"],
        &WHOLE,
        &[Step::Sent(|body| pretty(&body))],
    ),
    refused(
        "escaped",
        ["汉字改写成 \\u 转义", "its Chinese letters written as \\u escapes"],
        &WHOLE,
        &[Step::Sent(|body| body.replace('支', "\\u652f"))],
    ),
    refused(
        "line_feed",
        ["报文末尾多一个换行", "a line feed more at the end"],
        &WHOLE,
        &[Step::Sent(|body| format!("{body}\n"))],
    ),
    refused(
        "cut_off",
        ["报文被截断", "the body's end cut off"],
        &WHOLE,
        &[Step::Sent(|body| body.chars().take(200).collect())],
    ),
    Case::new(
        Expect::NoAckOrCut,
        "huge",
        ["没有签名的 8 MiB 报文", "8 MiB, unsigned"],
        &SURVIVE,
        Steps::V3(&[
            Step::Headers(|headers| without(headers, SIGNATURE_)),
            Step::Sent(|_| format!("{{\"id\":\"{}\"}}", "x".repeat(HUGE))),
        ]),
    ),
    refused(
        "deep",
        ["嵌套一万层的 JSON，签名不对", "JSON ten thousand levels deep, wrongly signed"],
        &SURVIVE,
        &[Step::Sent(|body| {
            let deep = format!("{{\"a\":{}1{},", "[".repeat(10_000), "]".repeat(10_000));
            body.replacen('{', &deep, 1)
        })],
    ),
    refused(
        "long_nonce",
        ["随机串 4,000 字符，签名不对", "a nonce of 4,000 letters, wrongly signed"],
        &SURVIVE,
        &[Step::Headers(|headers| {
            if let Some(value) = header(headers, NONCE) {
                *value = "n".repeat(4_000);
            }
        })],
    ),
];

/// The same JSON with blanks and line feeds.
pub(super) fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
