//! How rows are written: what has to be refused, and what taken.

/// The kinds of row, for one API: its number, and the module that has its steps.
macro_rules! rows {
    ($api:ident, $notice:ident) => {
        use crate::conform::{
            case::{Case, Expect, Steps, Why},
            $notice::Step,
        };

        rows!(@each $api: refused NoAck, refused_or_cut NoAckOrCut, answered Answer, taken Ack);
    };
    (@each $api:ident: $($row:ident $expect:ident),+) => {
        $(pub(in super::super) const fn $row(
            name: &'static str,
            words: [&'static str; 2],
            why: &'static Why,
            steps: &'static [Step],
        ) -> Case {
            Case::new(Expect::$expect, name, words, why, Steps::$api(steps))
        })+
    };
}

/// Rows of API V2.
pub(super) mod v2 {
    rows!(V2, notice_v2);
}

/// Rows of API V3.
pub(super) mod v3 {
    rows!(V3, notice_v3);
}
