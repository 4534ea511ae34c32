//! Finding a fragment in a text, whatever the case of its ASCII letters.
//! `str::contains` is quicker and costs a page 1.5 KB.

use super::cut::segments;

/// Where the text goes on behind the first `fragment`.
pub(super) fn after<'a>(text: &'a str, fragment: &str) -> Option<&'a str> {
    (0..text.len()).find_map(|at| {
        let rest = text.get(at..)?;
        if starts_with(rest, fragment) { rest.get(fragment.len()..) } else { None }
    })
}

/// Whether the text begins with the fragment.
pub(super) fn starts_with(text: &str, fragment: &str) -> bool {
    text.get(..fragment.len()).is_some_and(|head| head.eq_ignore_ascii_case(fragment))
}

/// Whether one of the fragments, which have a `|` before each, is in the text.
pub(super) fn has_any(text: &str, fragments: &str) -> bool {
    segments(fragments, "|").any(|fragment| after(text, fragment).is_some())
}

/// The word at an index of a text that has a blank before each.
pub(super) fn word(words: &'static str, index: usize) -> &'static str {
    segments(words, " ").nth(index).unwrap_or("")
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
