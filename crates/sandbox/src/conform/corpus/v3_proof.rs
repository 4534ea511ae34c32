//! API V3: what is wrong with the proof of a notification.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{RSA_PKCS1_SHA512, RSA_PSS_SHA256};

use super::{
    row::v3::refused,
    why::{FRESH, PROBE, PROVEN, SERIAL},
};
use crate::conform::{
    case::Case,
    notice_v3::{
        Headers, Proof,
        Signer::{Certificate, Merchant, PublicKey, Stranger},
        Step, flip_after, names, rebase, reword, without,
    },
};

pub(super) const HEADERS: &[Case] = &[
    refused(
        "no_timestamp",
        ["没有 Wechatpay-Timestamp", "no Wechatpay-Timestamp"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, names::TIMESTAMP))],
    ),
    refused(
        "no_nonce",
        ["没有 Wechatpay-Nonce", "no Wechatpay-Nonce"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, names::NONCE))],
    ),
    refused(
        "no_signature",
        ["没有 Wechatpay-Signature", "no Wechatpay-Signature"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, names::SIGNATURE))],
    ),
    refused(
        "no_serial",
        ["没有 Wechatpay-Serial", "no Wechatpay-Serial"],
        &PROVEN,
        &[Step::Headers(|headers| without(headers, names::SERIAL))],
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
        &[Step::Headers(|headers| reword(headers, names::SIGNATURE, |_| String::new()))],
    ),
    refused(
        "empty_serial",
        ["Wechatpay-Serial 为空", "an empty Wechatpay-Serial"],
        &SERIAL,
        &[Step::Headers(|headers| reword(headers, names::SERIAL, |_| String::new()))],
    ),
    refused(
        "changed_timestamp",
        ["签名之后时间戳加了一秒", "the timestamp is a second later than what was signed"],
        &PROVEN,
        &[Step::Headers(|headers| {
            reword(headers, names::TIMESTAMP, |value| {
                value.parse::<i64>().unwrap_or_default().saturating_add(1).to_string()
            });
        })],
    ),
    refused(
        "changed_nonce",
        ["签名之后随机串改了一位", "one letter of the nonce is not what was signed"],
        &PROVEN,
        &[Step::Headers(|headers| reword(headers, names::NONCE, |value| flip_after(value, "")))],
    ),
    refused(
        "nonce_in_body",
        ["随机串的最后一位挪到报文开头", "the nonce's last letter moved to the front of the body"],
        &PROVEN,
        &[
            Step::Proof(|proof| proof.nonce = "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned()),
            Step::Headers(|headers| {
                reword(headers, names::NONCE, |value| value.trim_end_matches('2').to_owned());
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
        &[Step::Headers(|headers| {
            reword(headers, names::SERIAL, |_| "../../pub_key.pem".to_owned())
        })],
    ),
];

pub(super) const SIGNATURE: &[Case] = &[
    refused(
        "probe",
        ["签名探测：WECHATPAY/SIGNTEST/ 开头", "a probe: WECHATPAY/SIGNTEST/ and a signature"],
        &PROBE,
        &[Step::Headers(|headers| {
            reword(headers, names::SIGNATURE, |value| format!("WECHATPAY/SIGNTEST/{value}"));
        })],
    ),
    refused(
        "probe_by_a_stranger",
        ["签名探测，陌生私钥", "a probe by a stranger's key"],
        &PROBE,
        &[
            Step::Proof(|proof| proof.by = Stranger),
            Step::Headers(|headers| {
                reword(headers, names::SIGNATURE, |value| format!("WECHATPAY/SIGNTEST/{value}"));
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
        &[Step::Headers(|headers| reword(headers, names::SIGNATURE, |_| "!".repeat(344)))],
    ),
    refused(
        "hex",
        ["签名写成十六进制", "the signature in hex"],
        &PROVEN,
        &[Step::Headers(|headers| {
            reword(headers, names::SIGNATURE, |value| {
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

/// Spoils the bytes of the signature.
fn spoil(proof: &mut Headers, change: fn(&mut Vec<u8>)) {
    reword(proof, names::SIGNATURE, |value| rebase(value, change));
}

fn text(proof: &mut Proof, change: fn(Vec<u8>) -> Vec<u8>) {
    proof.text = change;
}
