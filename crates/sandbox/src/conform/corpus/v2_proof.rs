//! API V2: what is wrong with the signature, or was changed after it.

use super::{
    row::v2::refused,
    why::{COVERED, SIGNED},
};
use crate::{
    conform::{
        case::Case,
        notice_v2::{Step, set, without},
    },
    sign::SignType,
};

/// Another merchant's APIv2 key.
const OTHER_KEY: &str = "another_test_key_0123456789abcde";

pub(super) const SIGNATURE: &[Case] = &[
    refused(
        "none",
        ["没有 sign", "no `sign`"],
        &SIGNED,
        &[Step::Signed(|fields| without(fields, "sign"))],
    ),
    refused(
        "empty",
        ["sign 为空", "an empty `sign`"],
        &SIGNED,
        &[Step::Signed(|fields| set(fields, "sign", ""))],
    ),
    refused(
        "other_key",
        ["用另一把 APIv2 密钥签名", "signed with another APIv2 key"],
        &SIGNED,
        &[Step::Proof(|proof| OTHER_KEY.clone_into(&mut proof.key))],
    ),
    refused(
        "empty_key",
        ["用空密钥签名", "signed with an empty key"],
        &SIGNED,
        &[Step::Proof(|proof| proof.key.clear())],
    ),
    refused(
        "other_key_md5",
        ["用另一把密钥的 MD5 签名", "signed by MD5 with another key"],
        &SIGNED,
        &[Step::Proof(|proof| {
            OTHER_KEY.clone_into(&mut proof.key);
            proof.sign_type = SignType::Md5;
        })],
    ),
    refused(
        "one_digit",
        ["sign 改了一位", "one digit of `sign` changed"],
        &SIGNED,
        &[Step::Signed(|fields| {
            let sign = fields.get("sign").unwrap_or_default();
            let other = if sign.starts_with('0') { "1" } else { "0" };
            let sign = sign
                .chars()
                .skip(1)
                .fold(other.to_owned(), |sign, digit| sign + &digit.to_string());
            set(fields, "sign", &sign);
        })],
    ),
    refused(
        "one_digit_short",
        ["sign 少一位", "`sign` one digit short"],
        &SIGNED,
        &[Step::Signed(|fields| {
            let mut sign = fields.get("sign").unwrap_or_default().to_owned();
            sign.pop();
            set(fields, "sign", &sign);
        })],
    ),
    refused(
        "zeros",
        ["sign 全是零", "a `sign` of zeros"],
        &SIGNED,
        &[Step::Signed(|fields| set(fields, "sign", &"0".repeat(64)))],
    ),
    refused(
        "zero",
        ["sign 是 0：弱类型比较会当真", "`sign` is 0, which a loose comparison may take"],
        &SIGNED,
        &[Step::Signed(|fields| set(fields, "sign", "0"))],
    ),
    refused(
        "unknown_type",
        ["sign_type 是 NONE，没有签名", "`sign_type` NONE, and no signature"],
        &SIGNED,
        &[Step::Signed(|fields| {
            set(fields, "sign_type", "NONE");
            without(fields, "sign");
        })],
    ),
];

pub(super) const CHANGED: &[Case] = &[
    refused(
        "amount",
        ["签名之后金额改成一分", "the amount is one fen, and was not when it was signed"],
        &COVERED,
        &[Step::Signed(|fields| set(fields, "total_fee", "1"))],
    ),
    refused(
        "order",
        ["签名之后换成别的订单号", "another order's number than was signed"],
        &COVERED,
        &[Step::Signed(|fields| set(fields, "out_trade_no", "OTHERORDER01"))],
    ),
    refused(
        "transaction_id",
        ["签名之后换了微信支付订单号", "another transaction_id than was signed"],
        &COVERED,
        &[Step::Signed(|fields| set(fields, "transaction_id", "4200000000000000000000000000"))],
    ),
    refused(
        "result_code",
        ["FAIL 签名之后改成 SUCCESS", "signed as FAIL, sent as SUCCESS"],
        &COVERED,
        &[
            Step::Fields(|fields| set(fields, "result_code", "FAIL")),
            Step::Signed(|fields| set(fields, "result_code", "SUCCESS")),
        ],
    ),
    refused(
        "field_added",
        ["签名之后多了一个不认识的字段", "an unknown field that was not signed"],
        &COVERED,
        &[Step::Signed(|fields| fields.push("risk", "none"))],
    ),
    refused(
        "field_removed",
        ["签名之后少了一个不认识的字段", "an unknown field was signed, and taken away"],
        &COVERED,
        &[
            Step::Fields(|fields| fields.push("risk", "high")),
            Step::Signed(|fields| without(fields, "risk")),
        ],
    ),
    refused(
        "zero_removed",
        [
            "签名包含 coupon_fee=0，发出时没有",
            "coupon_fee=0 was signed, and taken away: 0 is not empty",
        ],
        &COVERED,
        &[
            Step::Fields(|fields| set(fields, "coupon_fee", "0")),
            Step::Signed(|fields| without(fields, "coupon_fee")),
        ],
    ),
    refused(
        "amount_twice",
        ["total_fee 出现两次，后一个是一分", "two total_fee, the second of one fen"],
        &COVERED,
        &[Step::Signed(|fields| fields.push("total_fee", "1"))],
    ),
    refused(
        "order_twice",
        ["out_trade_no 出现两次，前一个是别人的", "two out_trade_no, the first of somebody else"],
        &COVERED,
        &[Step::Sent(|text| {
            text.replacen("<xml>", "<xml><out_trade_no>OTHERORDER01</out_trade_no>", 1)
        })],
    ),
];
