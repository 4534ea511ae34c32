//! API V2: what is no document, is there to break a parser, or tells of no payment.

use super::{
    HUGE,
    row::v2::{answered, refused, refused_or_cut},
    why::{ENTITIES, FAILED, READABLE, SIGNED, SURVIVE},
};
use crate::conform::{
    case::Case,
    notice_v2::{Step, inside, set, without},
};

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
    refused_or_cut(
        "huge",
        ["没有签名的 8 MiB 报文", "8 MiB, unsigned"],
        &SURVIVE,
        &[
            Step::Signed(|fields| without(fields, "sign")),
            Step::Sent(|text| inside(&text, &format!("<a>{}</a>", "x".repeat(HUGE)))),
        ],
    ),
    answered(
        "return_code_fail",
        ["return_code 为 FAIL，签名正确", "return_code FAIL, rightly signed"],
        &FAILED,
        &[Step::Fields(|fields| set(fields, "return_code", "FAIL"))],
    ),
    answered(
        "result_code_fail",
        ["result_code 为 FAIL，签名正确", "result_code FAIL, rightly signed"],
        &FAILED,
        &[Step::Fields(|fields| {
            set(fields, "result_code", "FAIL");
            fields.push("err_code", "SYSTEMERROR");
        })],
    ),
];

/// A document type that declares this, before a document whose `attach` refers to `&x;`.
fn declared(declaration: &str, text: &str) -> String {
    let text = inside(text, "<attach>&x;</attach>");
    format!("<?xml version=\"1.0\"?><!DOCTYPE xml [{declaration}]>{text}")
}

/// Nine entities, each ten times the one before.
fn bomb() -> String {
    let first = "<!ENTITY a0 \"ha\">".to_owned();
    let bomb = (1_u8..10).fold(first, |text, level| {
        let before = format!("&a{};", level.saturating_sub(1)).repeat(10);
        format!("{text}<!ENTITY a{level} \"{before}\">")
    });
    format!("{bomb}<!ENTITY x \"&a9;\">")
}
