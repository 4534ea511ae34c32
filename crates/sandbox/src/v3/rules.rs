//! Rules that the fields of a body keep, as one table for each call.
//!
//! Source: pay.weixin.qq.com V3 基本规则, `detail` of `PARAM_ERROR`. UNCONFIRMED: the wording of
//! `issue`, and that lengths are counted in characters.

use std::net::IpAddr;

use serde_json::Value;

use super::call::{Call, OUT_OF_RANGE, Refusal, UNKNOWN_FIELD};
use crate::{
    account::Account,
    time::{UnixSeconds, from_rfc3339},
};

/// UNCONFIRMED: the largest amount; nine digits are ten million yuan.
const LARGEST: u64 = 999_999_999;

/// What a field holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A text of one to so many characters.
    Text(usize),
    /// A whole number, at least so much.
    Number(u64),
    /// `true` or `false`.
    Flag,
    /// Further fields.
    Object,
    /// A list; its elements are fields whose pointer has `*` there.
    List,
}

/// One field, by its JSON pointer.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pointer: &'static str,
    kind: Kind,
    needed: bool,
}

/// A field that has to be there, if what holds it is there.
pub(crate) const fn needed(pointer: &'static str, kind: Kind) -> Field {
    Field { pointer, kind, needed: true }
}

/// A field that may be there.
pub(crate) const fn optional(pointer: &'static str, kind: Kind) -> Field {
    Field { pointer, kind, needed: false }
}

/// Every field of a body is in the table and as the table says; a `null` counts as absent.
pub(crate) fn check(body: &Value, fields: &[Field]) -> Result<(), Refusal> {
    if body.is_object() { check_inside(body, "", "", fields) } else { Err(not_json()) }
}

/// UNCONFIRMED: the wording.
pub(crate) fn not_json() -> Refusal {
    Refusal::new(400, "PARAM_ERROR", "请求体不是合法的JSON对象")
}

/// Checks what `value` holds. `at` is its pointer, `pattern` the same with `*` for places in lists.
fn check_inside(value: &Value, at: &str, pattern: &str, fields: &[Field]) -> Result<(), Refusal> {
    let inside: Vec<(String, &str, &Value)> = match value {
        Value::Object(object) => {
            let pair = |(name, value)| (format!("{at}/{name}"), String::as_str(name), value);
            object.iter().filter(|(_, value)| !value.is_null()).map(pair).collect()
        }
        Value::Array(list) => {
            let pair = |(place, value)| (format!("{at}/{place}"), "*", value);
            list.iter().enumerate().map(pair).collect()
        }
        _ => return Ok(()),
    };
    for (at, name, value) in &inside {
        let pattern = format!("{pattern}/{name}");
        let field = fields.iter().find(|field| field.pointer == pattern);
        let field = field.ok_or_else(|| unknown(at))?;
        if let Some(issue) = field.kind.issue(value) {
            return Err(Refusal::field("body", at, value, &issue));
        }
        check_inside(value, at, &pattern, fields)?;
    }
    let absent = fields.iter().find(|field| {
        let (parent, name) = field.pointer.rsplit_once('/').unwrap_or_default();
        let here = value.is_object() && parent == pattern && field.needed;
        here && !inside.iter().any(|(_, known, _)| *known == name)
    });
    absent.map_or(Ok(()), |field| {
        let name = field.pointer.rsplit_once('/').map_or("", |(_, name)| name);
        Err(missing("body", &format!("{at}/{name}")))
    })
}

/// Source: `INVALID_REQUEST` and tail 270924358 for fields that no document has.
/// UNCONFIRMED: the wording.
fn unknown(at: &str) -> Refusal {
    Refusal::new(400, "INVALID_REQUEST", format!("请求中含有多余的字段“{at}”")).tail(UNKNOWN_FIELD)
}

/// A field that has to be there and is not.
pub(crate) fn missing(location: &'static str, at: &str) -> Refusal {
    Refusal::field(location, at, &Value::Null, "此字段为必填项")
}

/// A field of the body with a value that cannot be.
pub(crate) fn invalid(call: &Call, at: &str, issue: &str) -> Refusal {
    Refusal::field("body", at, call.body.pointer(at).unwrap_or(&Value::Null), issue)
}

impl Kind {
    /// What is wrong with a value.
    fn issue(self, value: &Value) -> Option<String> {
        let sound = match (self, value) {
            (Self::Text(longest), Value::String(text)) => {
                let length = text.chars().count();
                return match length {
                    0 => Some("字符数 0，小于最小值 1".to_owned()),
                    _ if length > longest => Some(format!("字符数 {length}，大于最大值 {longest}")),
                    _ => None,
                };
            }
            (Self::Number(least), Value::Number(number)) => match number.as_u64() {
                Some(number) if number < least => return Some(format!("值低于最小值 {least}")),
                Some(number) if number > LARGEST => return Some(format!("值高于最大值 {LARGEST}")),
                number => number.is_some(),
            },
            (Self::Flag, Value::Bool(_))
            | (Self::Object, Value::Object(_))
            | (Self::List, Value::Array(_)) => true,
            _ => false,
        };
        (!sound).then(|| format!("类型错误，应为{}", self.chinese()))
    }

    const fn chinese(self) -> &'static str {
        match self {
            Self::Text(_) => "字符串",
            Self::Number(_) => "整数",
            Self::Flag => "布尔值",
            Self::Object => "对象",
            Self::List => "数组",
        }
    }
}

/// A text that may be one of a few words only.
pub(crate) fn one_of(call: &Call, at: &str, words: &[&str]) -> Result<(), Refusal> {
    match call.text(at) {
        Some(word) if !words.contains(&word) => {
            Err(invalid(call, at, &format!("应为 {}", words.join("、"))))
        }
        _ => Ok(()),
    }
}

/// A number of the merchant's: at least `shortest` letters, digits and the marks `marks`.
pub(crate) fn check_number(
    call: &Call,
    at: &str,
    shortest: usize,
    marks: &str,
) -> Result<(), Refusal> {
    let Some(number) = call.text(at) else { return Ok(()) };
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || marks.contains(letter);
    if number.len() < shortest {
        return Err(invalid(call, at, &format!("字符数 {}，小于最小值 {shortest}", number.len())));
    }
    if number.chars().all(allowed) {
        Ok(())
    } else {
        Err(invalid(call, at, &format!("只能是数字、大小写字母和 {marks}")))
    }
}

/// An address that can be notified: absolute and without a query.
///
/// DIFFERENCE: the real gateway takes public `https` addresses only; the sandbox reaches this
/// machine only, and speaks http.
pub(crate) fn check_notify_url(call: &Call) -> Result<(), Refusal> {
    let Some(text) = call.text("/notify_url") else { return Ok(()) };
    let sound = url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if sound {
        Ok(())
    } else {
        Err(invalid(call, "/notify_url", "不是不带参数的绝对地址"))
    }
}

pub(crate) fn check_ip(call: &Call, at: &str) -> Result<(), Refusal> {
    match call.text(at) {
        Some(text) if text.parse::<IpAddr>().is_err() => Err(invalid(call, at, "不是IP地址")),
        _ => Ok(()),
    }
}

/// A time in RFC 3339.
pub(crate) fn read_time(call: &Call, at: &str) -> Result<Option<UnixSeconds>, Refusal> {
    let Some(text) = call.text(at) else { return Ok(None) };
    let malformed = || invalid(call, at, "不是RFC 3339格式的时间").tail(OUT_OF_RANGE);
    from_rfc3339(text).map(Some).ok_or_else(malformed)
}

/// `mchid` in the query of a `GET`.
///
/// UNCONFIRMED: what is said of another merchant's number; both words are documented for queries.
pub(crate) fn check_mchid(account: &Account, named: Option<&str>) -> Result<(), Refusal> {
    match named {
        None => Err(missing("query", "/mchid")),
        Some(mchid) if mchid == account.mch_id => Ok(()),
        Some(_) => Err(Refusal::new(400, "MCH_NOT_EXISTS", "商户号不存在")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: [Field; 7] = [
        needed("/no", Kind::Text(4)),
        needed("/amount", Kind::Object),
        needed("/amount/total", Kind::Number(1)),
        optional("/flag", Kind::Flag),
        optional("/goods", Kind::List),
        optional("/goods/*", Kind::Object),
        needed("/goods/*/id", Kind::Text(3)),
    ];

    fn refused(body: &Value) -> Option<(&'static str, String)> {
        let Err(Refusal::Said(said)) = check(body, &FIELDS) else { return None };
        let field = said.detail.as_ref().and_then(|detail| detail["field"].as_str());
        Some((said.code, field.unwrap_or_default().to_owned()))
    }

    #[test]
    fn a_body_keeps_the_table_or_the_field_is_named() {
        let sound =
            json!({ "no": "1", "amount": { "total": 1 }, "goods": [{ "id": "a" }], "flag": null });
        assert_eq!(refused(&sound), None);
        for (pointer, value, code, field) in [
            ("/no", json!(null), "PARAM_ERROR", "/no"),
            ("/no", json!(""), "PARAM_ERROR", "/no"),
            ("/no", json!("12345"), "PARAM_ERROR", "/no"),
            ("/no", json!(1), "PARAM_ERROR", "/no"),
            ("/amount", json!({}), "PARAM_ERROR", "/amount/total"),
            ("/amount/total", json!(0), "PARAM_ERROR", "/amount/total"),
            ("/amount/total", json!("1"), "PARAM_ERROR", "/amount/total"),
            ("/amount/total", json!(1_000_000_000), "PARAM_ERROR", "/amount/total"),
            ("/amount/total", json!(-1), "PARAM_ERROR", "/amount/total"),
            ("/amount", json!({ "total": 1, "x": 1 }), "INVALID_REQUEST", ""),
            ("/goods/0", json!({}), "PARAM_ERROR", "/goods/0/id"),
            ("/goods/0", json!(1), "PARAM_ERROR", "/goods/0"),
            ("/flag", json!("true"), "PARAM_ERROR", "/flag"),
        ] {
            let mut body = sound.clone();
            *body.pointer_mut(pointer).unwrap() = value;
            assert_eq!(refused(&body), Some((code, field.to_owned())), "{body}");
        }
        assert_eq!(refused(&json!([])), Some(("PARAM_ERROR", String::new())));
    }
}
