//! API V3: what is proven, and has to be compared with the order, or believed.

use serde_json::{Value, json};

use super::{
    pretty,
    row::v3::{refused, taken},
    why::{
        AMOUNT, EXTENSIBLE, HTTP, KNOWN, MERCHANT, PROVEN, REPEATED, SEALED, SWITCHING, TOLD, WHOLE,
    },
};
use crate::conform::{
    case::{Case, Needs, Times},
    notice_v3::{Signer, Step, add, put, remove, reword},
};

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

/// The true notification after hostile ones.
pub(super) const AFTERWARDS: Case =
    taken("afterwards", ["在这些之后，一条真实通知", "after all of these, the truth"], &TOLD, &[]);

/// Another merchant's APIv3 key.
const OTHER_KEY: &str = "another_test_v3_key_0123456789ab";

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
        &PROVEN,
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
