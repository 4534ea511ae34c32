//! Finding a fragment in a text. `str::contains` is quicker and costs a page 1.5 KB.

use super::address::segments;

/// Where the text goes on behind the first `fragment`, whatever the case of ASCII letters.
pub(super) fn after<'a>(text: &'a str, fragment: &str) -> Option<&'a str> {
    let at = text
        .as_bytes()
        .windows(fragment.len().max(1))
        .position(|window| window.eq_ignore_ascii_case(fragment.as_bytes()))?;
    text.get(at.wrapping_add(fragment.len())..)
}

/// Whether the fragment is in the text.
pub(super) fn has(text: &str, fragment: &str) -> bool {
    after(text, fragment).is_some()
}

/// Whether one of the fragments, which `|` separates, is in the text.
pub(super) fn has_any(text: &str, fragments: &str) -> bool {
    segments(fragments, b'|').any(|fragment| has(text, fragment))
}

/// The word at an index of a text of words.
pub(super) fn word(words: &'static str, index: usize) -> &'static str {
    segments(words, b' ').nth(index).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_found_whatever_its_case_and_wherever_it_stands() {
        assert_eq!(after("AppleWebKit MicroMessenger/8.0", "micromessenger/"), Some("8.0"));
        assert_eq!(after("下单账号与支付账号不一致", "账号"), Some("与支付账号不一致"));
        assert_eq!(after("end", "end"), Some(""));
        assert_eq!(after("", "x"), None);
        assert_eq!(after("short", "longer than the text"), None);
    }
}
