//! Cutting a text at marks. `str::split` and its searchers are quicker and cost a page 1 KB.

/// The text before the first byte that is one of the marks, and the text from there on.
pub(super) fn cut<'a>(text: &'a str, marks: &str) -> (&'a str, &'a str) {
    halve(text, marks, true)
}

/// The bytes a text begins with that are in the set.
pub(super) fn span<'a>(text: &'a str, set: &str) -> &'a str {
    halve(text, set, false).0
}

/// Halves the text at the first byte that is, or is not, in the set.
fn halve<'a>(text: &'a str, set: &str, wanted: bool) -> (&'a str, &'a str) {
    let ends = |byte| set.bytes().any(|one| one == byte) == wanted;
    let at = text.bytes().position(ends).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// The parts behind each mark. The first byte is one, whatever it is: the `?` of `?a&b`.
pub(super) fn segments<'a>(text: &'a str, mark: &'static str) -> Segments<'a> {
    Segments { rest: text, mark }
}

pub(super) struct Segments<'a> {
    rest: &'a str,
    mark: &'static str,
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        let (part, behind) = cut(self.rest.get(1..)?, self.mark);
        self.rest = behind;
        Some(part)
    }
}

/// Puts the parts of a text, which has a NUL before each, into their places; missing ones become empty.
pub fn read_parts<'a>(text: &'a str, places: &mut [&'a str]) {
    let mut rest = text;
    for place in places {
        (*place, rest) = cut(rest.get(1..).unwrap_or(""), "\0");
    }
}
