//! Stories that once were wrong, as they were printed.
use wxpay_scenarios::Weather::{AnswerLate, Crash};

use crate::act::{
    Act::{self, Checkout, Pass, Reprice, Weather},
    Life,
};

/// Each with what it was about.
pub(crate) fn stories() -> Vec<(&'static str, Life, Vec<Act>)> {
    vec![(
        "WeChat's word that it knows no such order came after the order had been placed: two links",
        Life::V2,
        vec![
            Weather(vec![Crash, AnswerLate]),
            Checkout { order: 1, buyer: 1 },
            Reprice { order: 1, amount: 4 },
            Reprice { order: 1, amount: 5 },
            Checkout { order: 1, buyer: 1 },
            Pass(4),
            Checkout { order: 1, buyer: 0 },
        ],
    )]
}
