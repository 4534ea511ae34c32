//! API V2: what is proven, and has to be compared with the order, or believed.

use super::{
    row::v2::{refused, taken},
    why::{
        AGREED, AMOUNT, COVERED, ESCAPED, EXTENSIBLE, HTTP, KNOWN, MERCHANT, OPENED, REPEATED, TOLD,
    },
};
use crate::{
    conform::{
        case::{Case, Times},
        notice_v2::{Step, add, plain, reversed, set, without},
        notice_v3::reword,
    },
    sign::SignType,
    xml,
};

/// What is rightly signed, but not of this order.
pub(super) const ORDER: &[Case] = &[
    refused(
        "one_fen_more",
        ["金额多一分", "one fen more than the order"],
        &AMOUNT,
        &[Step::Fields(|fields| add(fields, "total_fee", 1))],
    ),
    refused(
        "one_fen_less",
        ["金额少一分", "one fen less than the order"],
        &AMOUNT,
        &[Step::Fields(|fields| add(fields, "total_fee", -1))],
    ),
    refused(
        "amount_of_another_width",
        ["金额加 2^32：截断成 32 位后相等", "2^32 fen more: the same if cut to 32 bits"],
        &AMOUNT,
        &[Step::Fields(|fields| add(fields, "total_fee", 1 << 32))],
    ),
    refused(
        "negative",
        ["金额为负", "a negative amount"],
        &AMOUNT,
        &[Step::Fields(|fields| set(fields, "total_fee", "-1"))],
    ),
    refused(
        "no_amount",
        ["没有 total_fee", "no total_fee"],
        &AMOUNT,
        &[Step::Fields(|fields| without(fields, "total_fee"))],
    ),
    refused(
        "other_currency",
        ["币种是美元", "US dollars instead of yuan"],
        &AMOUNT,
        &[Step::Fields(|fields| set(fields, "fee_type", "USD"))],
    ),
    refused(
        "other_mch_id",
        ["别人的 mch_id", "another merchant's mch_id"],
        &MERCHANT,
        &[Step::Fields(|fields| set(fields, "mch_id", "1900000110"))],
    ),
    refused(
        "other_appid",
        ["别人的 appid", "another appid"],
        &MERCHANT,
        &[Step::Fields(|fields| set(fields, "appid", "wx0000000000000001"))],
    ),
    refused(
        "unknown_order",
        ["没有的订单号", "an order that never was"],
        &KNOWN,
        &[Step::Fields(|fields| set(fields, "out_trade_no", "NEVERWAS01"))],
    ),
    refused(
        "no_order",
        ["没有 out_trade_no", "no out_trade_no"],
        &KNOWN,
        &[Step::Fields(|fields| without(fields, "out_trade_no"))],
    ),
    refused(
        "other_sign_type",
        [
            "签名算法与下单时约定的不同，密钥正确",
            "the right key, but not the algorithm that was agreed",
        ],
        &AGREED,
        &[Step::Proof(|proof| {
            proof.sign_type = match proof.sign_type {
                SignType::Md5 => SignType::HmacSha256,
                SignType::HmacSha256 => SignType::Md5,
            };
        })],
    ),
];

pub(super) const HONEST: &[Case] = &[
    taken("payment", ["一条支付通知", "a payment"], &TOLD, &[]),
    taken(
        "unknown_fields",
        ["多出没有文档的字段，一起签名", "fields that no document has, signed like the others"],
        &EXTENSIBLE,
        &[Step::Fields(|fields| {
            fields.push("Zeta", "9");
            fields.push("a10", "x");
            fields.push("a9", "支付");
        })],
    ),
    taken(
        "coupon",
        ["用了代金券：coupon_fee_0 等字段", "a coupon paid some of it: coupon_fee_0 and the like"],
        &COVERED,
        &[Step::Fields(|fields| {
            set(fields, "cash_fee", "1");
            for (name, value) in [
                ("coupon_fee", "10"),
                ("coupon_count", "1"),
                ("coupon_id_0", "10000"),
                ("coupon_fee_0", "10"),
                ("coupon_type_0", "CASH"),
            ] {
                fields.push(name, value);
            }
        })],
    ),
    taken(
        "zero",
        ["coupon_fee 为 0：参与签名", "coupon_fee 0, which is signed"],
        &COVERED,
        &[Step::Fields(|fields| fields.push("coupon_fee", "0"))],
    ),
    taken(
        "plain",
        ["没有 CDATA，用实体转义", "no CDATA: entities for what needs them"],
        &ESCAPED,
        &[Step::Fields(|fields| fields.push("remark", "a&b <c> \"d\"")), Step::Written(plain)],
    ),
    taken(
        "cdata",
        ["CDATA 里有 & 和 <", "& and < inside CDATA"],
        &ESCAPED,
        &[Step::Fields(|fields| fields.push("remark", "a&b <c> \"d\""))],
    ),
    taken(
        "reordered",
        ["字段换了顺序", "its fields in another order"],
        &ESCAPED,
        &[Step::Written(|fields| xml::encode(&reversed(fields)))],
    ),
    taken(
        "declared",
        ["以 <?xml ?> 开头", "with an XML declaration before it"],
        &ESCAPED,
        &[Step::Sent(|text| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}"))],
    ),
    taken(
        "indented",
        ["字段之间有空白", "with blanks between its fields"],
        &ESCAPED,
        &[Step::Sent(|text| text.replace("\n<", "\n    <"))],
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
            reword(headers, "content-type", |_| "text/xml; charset=utf-8".to_owned());
        })],
    ),
    taken("repeated", ["同一通知三次", "the same three times"], &REPEATED, &[])
        .times(Times::InTurn(3)),
    taken("at_once", ["同一通知同时五十次", "the same fifty times at once"], &REPEATED, &[])
        .times(Times::AtOnce(50)),
];

/// The true notification after hostile ones.
pub(super) const AFTERWARDS: Case =
    taken("afterwards", ["在这些之后，一条真实通知", "after all of these, the truth"], &TOLD, &[]);

/// Another merchant's APIv2 key.
const OTHER_KEY: &str = "another_test_key_0123456789abcde";

pub(super) const REFUND: &[Case] = &[
    refused(
        "other_key",
        ["用另一把 APIv2 密钥加密", "sealed with another APIv2 key"],
        &OPENED,
        &[Step::Proof(|proof| OTHER_KEY.clone_into(&mut proof.key))],
    ),
    refused(
        "not_sealed",
        ["没有加密，明文放在外面", "not sealed: the refund stands open"],
        &OPENED,
        &[Step::Signed(|fields| {
            without(fields, "req_info");
            fields.push("refund_status", "SUCCESS");
        })],
    ),
    refused(
        "not_base64",
        ["req_info 不是 base64", "req_info is not base64"],
        &OPENED,
        &[Step::Signed(|fields| set(fields, "req_info", "!!!!"))],
    ),
    refused(
        "half_a_block",
        ["req_info 不是整块", "req_info is not a whole number of blocks"],
        &OPENED,
        &[Step::Signed(|fields| set(fields, "req_info", "AAAAAAAA"))],
    ),
    refused(
        "unknown_order",
        ["没有的订单号", "of an order that never was"],
        &KNOWN,
        &[Step::Fields(|fields| set(fields, "out_trade_no", "NEVERWAS01"))],
    ),
    taken("refund", ["一条退款通知", "a refund"], &TOLD, &[]),
    taken("repeated", ["同一通知三次", "the same three times"], &REPEATED, &[])
        .times(Times::InTurn(3)),
];
