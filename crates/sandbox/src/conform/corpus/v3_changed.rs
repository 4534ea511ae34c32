//! API V3: what was changed after it had been signed, or is there to break a parser.

use super::{
    HUGE, pretty,
    row::v3::{refused, refused_or_cut},
    why::{SURVIVE, WHOLE},
};
use crate::conform::{
    case::Case,
    notice_v3::{Step, flip_after, header, names, without},
};

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
    refused_or_cut(
        "huge",
        ["没有签名的 8 MiB 报文", "8 MiB, unsigned"],
        &SURVIVE,
        &[
            Step::Headers(|headers| without(headers, names::SIGNATURE)),
            Step::Sent(|_| format!("{{\"id\":\"{}\"}}", "x".repeat(HUGE))),
        ],
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
            if let Some(value) = header(headers, names::NONCE) {
                *value = "n".repeat(4_000);
            }
        })],
    ),
];
