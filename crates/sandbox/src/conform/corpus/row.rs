//! How rows are written: what has to be refused, and what taken.

/// Rows of API V2.
pub(super) mod v2 {
    use crate::conform::{
        case::{Case, Expect, Steps, Why},
        notice_v2::Step,
    };

    pub(in super::super) const fn refused(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::NoAck, name, words, why, Steps::V2(steps))
    }

    pub(in super::super) const fn refused_or_cut(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::NoAckOrCut, name, words, why, Steps::V2(steps))
    }

    pub(in super::super) const fn answered(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::Answer, name, words, why, Steps::V2(steps))
    }

    pub(in super::super) const fn taken(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::Ack, name, words, why, Steps::V2(steps))
    }
}

/// Rows of API V3.
pub(super) mod v3 {
    use crate::conform::{
        case::{Case, Expect, Steps, Why},
        notice_v3::Step,
    };

    pub(in super::super) const fn refused(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::NoAck, name, words, why, Steps::V3(steps))
    }

    pub(in super::super) const fn refused_or_cut(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::NoAckOrCut, name, words, why, Steps::V3(steps))
    }

    pub(in super::super) const fn answered(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::Answer, name, words, why, Steps::V3(steps))
    }

    pub(in super::super) const fn taken(
        name: &'static str,
        words: [&'static str; 2],
        why: &'static Why,
        steps: &'static [Step],
    ) -> Case {
        Case::new(Expect::Ack, name, words, why, Steps::V3(steps))
    }
}
