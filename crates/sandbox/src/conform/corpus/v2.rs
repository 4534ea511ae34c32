//! API V2: signed XML for payments, encrypted XML for refunds.

use super::why::{
    AGREED, AMOUNT, COVERED, ENTITIES, ESCAPED, EXTENSIBLE, FAILED, HTTP, KNOWN, MERCHANT, OPENED,
    READABLE, REPEATED, SIGNED, SURVIVE, TOLD,
};
use crate::{
    conform::{
        case::{Case, Expect, Steps, Times, Why},
        notice_v2::{Step, add, inside, plain, reversed, set, without},
        notice_v3::reword,
    },
    sign::SignType,
    xml,
};

/// Another merchant's APIv2 key.
const OTHER_KEY: &str = "another_test_key_0123456789abcde";

/// Longer than any body that a framework takes unasked.
const HUGE: usize = 8 * 1024 * 1024;

const fn case(
    expect: Expect,
    name: &'static str,
    words: [&'static str; 2],
    why: &'static Why,
    steps: &'static [Step],
) -> Case {
    Case::new(expect, name, words, why, Steps::V2(steps))
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

/// A document type that declares this, before a document whose `attach` refers to `&x;`.
fn declared(declaration: &str, text: &str) -> String {
    let text = inside(text, "<attach>&x;</attach>");
    format!("<?xml version=\"1.0\"?><!DOCTYPE xml [{declaration}]>{text}")
}

pub(super) const PARSING: &[Case] = &[
    refused("empty", ["空报文", "an empty body"], &READABLE, &[Step::Sent(|_| String::new())]),
    refused("not_xml", ["不是 XML", "no XML"], &READABLE, &[Step::Sent(|_| "SUCCESS".to_owned())]),
    refused(
        "json",
        ["JSON 而不是 XML", "JSON instead of XML"],
        &READABLE,
        &[Step::Sent(|_| r#"{"return_code":"SUCCESS","result_code":"SUCCESS"}"#.to_owned())],
    ),
    refused(
        "no_fields",
        ["<xml/> 里什么也没有", "an `xml` with nothing in it"],
        &READABLE,
        &[Step::Sent(|_| "<xml></xml>".to_owned())],
    ),
    refused(
        "success_alone",
        ["只有 return_code SUCCESS", "return_code SUCCESS and nothing else"],
        &SIGNED,
        &[Step::Sent(|_| "<xml><return_code>SUCCESS</return_code></xml>".to_owned())],
    ),
    refused(
        "cut_off",
        ["XML 被截断", "XML cut off"],
        &READABLE,
        &[Step::Sent(|text| text.chars().take(200).collect())],
    ),
    refused(
        "internal_entity",
        [
            "DOCTYPE 里声明实体，按展开后的值签名",
            "an entity of its own DOCTYPE, signed as it expands",
        ],
        &ENTITIES,
        &[
            Step::Fields(|fields| {
                without(fields, "attach");
                fields.push("attach", "expanded");
            }),
            Step::Signed(|fields| without(fields, "attach")),
            Step::Sent(|text| declared("<!ENTITY x \"expanded\">", &text)),
        ],
    ),
    refused(
        "external_file",
        ["外部实体指向 /etc/passwd", "an external entity: file:///etc/passwd"],
        &ENTITIES,
        &[Step::Sent(|text| declared("<!ENTITY x SYSTEM \"file:///etc/passwd\">", &text))],
    ),
    refused(
        "external_address",
        ["外部实体指向一个监听地址", "an external entity at an address that listens"],
        &ENTITIES,
        &[Step::Sent(|text| {
            declared("<!ENTITY x SYSTEM \"http://canary.invalid/entity\">", &text)
        })],
    ),
    refused(
        "external_dtd",
        ["外部 DTD 指向一个监听地址", "an external DTD at an address that listens"],
        &ENTITIES,
        &[Step::Sent(|text| {
            format!(
                "<!DOCTYPE xml SYSTEM \"http://canary.invalid/dtd\">{}",
                inside(&text, "<risk>1</risk>")
            )
        })],
    ),
    refused(
        "entity_bomb",
        ["实体炸弹 (billion laughs)", "a billion laughs"],
        &ENTITIES,
        &[Step::Sent(|text| declared(&bomb(), &text))],
    ),
    refused(
        "deep",
        ["嵌套一万层", "ten thousand levels deep"],
        &SURVIVE,
        &[Step::Sent(|text| {
            inside(&text, &format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000)))
        })],
    ),
    refused(
        "many_fields",
        ["三千个没有签名的字段", "three thousand fields that nobody signed"],
        &SURVIVE,
        &[Step::Sent(|text| {
            let fields: String =
                (0..3_000).map(|place| format!("<a{place}>1</a{place}>")).collect();
            inside(&text, &fields)
        })],
    ),
    case(
        Expect::NoAckOrCut,
        "huge",
        ["没有签名的 8 MiB 报文", "8 MiB, unsigned"],
        &SURVIVE,
        &[
            Step::Signed(|fields| without(fields, "sign")),
            Step::Sent(|text| inside(&text, &format!("<a>{}</a>", "x".repeat(HUGE)))),
        ],
    ),
    case(
        Expect::Answer,
        "return_code_fail",
        ["return_code 为 FAIL，签名正确", "return_code FAIL, rightly signed"],
        &FAILED,
        &[Step::Fields(|fields| set(fields, "return_code", "FAIL"))],
    ),
    case(
        Expect::Answer,
        "result_code_fail",
        ["result_code 为 FAIL，签名正确", "result_code FAIL, rightly signed"],
        &FAILED,
        &[Step::Fields(|fields| {
            set(fields, "result_code", "FAIL");
            fields.push("err_code", "SYSTEMERROR");
        })],
    ),
];

/// Nine entities, each ten times the one before.
fn bomb() -> String {
    let first = "<!ENTITY a0 \"ha\">".to_owned();
    let bomb = (1_u8..10).fold(first, |text, level| {
        let before = format!("&a{};", level.saturating_sub(1)).repeat(10);
        format!("{text}<!ENTITY a{level} \"{before}\">")
    });
    format!("{bomb}<!ENTITY x \"&a9;\">")
}

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
