//! Rules that fields of several calls keep.

use super::Refusal;
use crate::{
    time::{UnixSeconds, from_compact},
    xml::Fields,
};

/// No value is longer than its field takes, in characters.
pub(super) fn check_lengths(fields: &Fields, longest: &[(&str, usize)]) -> Result<(), Refusal> {
    for (name, longest) in longest {
        if fields.get(name).is_some_and(|value| value.chars().count() > *longest) {
            return Err(Refusal::communication(format!("{name}参数长度有误")));
        }
    }
    Ok(())
}

/// UNCONFIRMED: the description that goes with `LACK_PARAMS`.
pub(super) fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    fields.get(name).ok_or_else(|| Refusal::business("LACK_PARAMS", format!("缺少参数{name}")))
}

/// Source: `invalid spbill_create_ip` and its like are `return_msg` texts in merchants' logs.
/// UNCONFIRMED: that every field has its own such text.
pub(super) fn invalid(name: &str) -> Refusal {
    Refusal::communication(format!("invalid {name}"))
}

pub(super) fn one_of(fields: &Fields, name: &str, words: &[&str]) -> Result<(), Refusal> {
    match fields.get(name) {
        Some(word) if !words.contains(&word) => Err(invalid(name)),
        _ => Ok(()),
    }
}

/// An amount in fen, at least one.
pub(super) fn read_fee(fields: &Fields, name: &str) -> Result<u64, Refusal> {
    let text = required(fields, name)?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // UNCONFIRMED: the largest amount; nine digits are ten million yuan.
    match text.parse::<u64>() {
        Ok(fee) if digits && fee >= 1 && text.len() <= 9 => Ok(fee),
        _ => Err(invalid(name)),
    }
}

pub(super) fn check_notify_url(fields: &Fields) -> Result<(), Refusal> {
    let text = required(fields, "notify_url")?;
    let sound = url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if sound { Ok(()) } else { Err(invalid("notify_url")) }
}

pub(super) fn read_time(fields: &Fields, name: &str) -> Result<Option<UnixSeconds>, Refusal> {
    let Some(text) = fields.get(name) else { return Ok(None) };
    from_compact(text).map(Some).ok_or_else(|| invalid(name))
}
