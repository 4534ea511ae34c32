//! Where a list's next page begins, as text that only this Worker reads.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use wxpay_core::BeijingDay;

use crate::http::{problem::Problem, problem_code::Code, query};

/// A place in one list of one day. Lines keep their places, so it stays right while others come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) list: &'static str,
    pub(super) day: BeijingDay,
    /// The place of the last line seen.
    pub(super) after: u64,
}

impl Cursor {
    /// The query's `cursor`; without one, the beginning. One of another list or day is refused.
    pub(super) fn of_query(
        query: &str,
        list: &'static str,
        day: BeijingDay,
    ) -> Result<Self, Problem> {
        let Some(text) = query::value(query, "cursor") else {
            return Ok(Self { list, day, after: 0 });
        };
        let no = "`cursor`: expected the `next` of this list's page before";
        Self::read(&text, list, day).ok_or_else(|| Problem::with_detail(Code::InvalidField, no))
    }

    fn read(text: &str, list: &'static str, day: BeijingDay) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let after = text.rsplit_once(' ')?.1.parse().ok()?;
        // Read back: signs, zeros in front and other lists come out as another text.
        let cursor = Self { list, day, after };
        (cursor.plain() == text).then_some(cursor)
    }

    pub(super) fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.plain())
    }

    fn plain(self) -> String {
        let Self { list, day, after } = self;
        format!("{list} {day} {after}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> BeijingDay {
        BeijingDay::parse("2026-11-23").unwrap()
    }

    fn of(cursor: &str) -> Result<u64, Code> {
        let query = format!("day=2026-11-23&cursor={cursor}");
        let cursor = Cursor::of_query(&query, "orders", day());
        cursor.map(|cursor| cursor.after).map_err(|problem| problem.code)
    }

    #[test]
    fn a_cursor_reads_back_and_none_is_the_beginning() {
        let text = Cursor { list: "orders", day: day(), after: 42 }.to_text();
        assert_eq!(of(&text), Ok(42));
        assert_eq!(Cursor::of_query("", "orders", day()).map(|cursor| cursor.after), Ok(0));
    }

    #[test]
    fn what_is_no_cursor_of_this_list_and_day_is_refused() {
        let yesterday = BeijingDay::parse("2026-11-22").unwrap();
        let others = [
            Cursor { list: "events", day: day(), after: 42 }.to_text(),
            Cursor { list: "orders", day: yesterday, after: 42 }.to_text(),
            URL_SAFE_NO_PAD.encode("orders 2026-11-23 +42"),
            URL_SAFE_NO_PAD.encode("orders 2026-11-23 042"),
            URL_SAFE_NO_PAD.encode("orders 2026-11-23"),
            "42".to_owned(),
            "!".to_owned(),
            String::new(),
        ];
        for other in others {
            assert_eq!(of(&other), Err(Code::InvalidField), "{other}");
        }
    }
}
