//! Stories that once were wrong, as they were printed.
use wxpay_core::Api;
use wxpay_sandbox::{RefundStatus, V3Fault};
use wxpay_scenarios::Weather::{AnswerLate, Crash, RequestLost};

use crate::act::{
    Act::{
        self, Checkout, Notifications, Pass, Pay, PlaceBy, RefundElsewhere, RefundNewsByALiar,
        RefundsEnd, Reprice, Weather,
    },
    Life,
};

/// Each with what it was about.
pub(crate) fn stories() -> Vec<(&'static str, Life, Vec<Act>)> {
    vec![
        (
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
        ),
        (
            "a refund that V3 told before its payment was asked about by V2",
            Life::V3,
            vec![
                Checkout { order: 1, buyer: 0 },
                Notifications(V3Fault::Unsigned),
                Pass(600),
                Pay { order: 1, attempt: 0, openid: 0 },
                RefundsEnd(RefundStatus::Change),
                Notifications(V3Fault::Normal),
                RefundElsewhere { order: 1, attempt: 0, amount: 1, told: true },
                Pass(60),
            ],
        ),
        (
            "a hint about V2's attempt outlived the payment of V3's, and its alarm rang for ever",
            Life::Moving,
            vec![
                Checkout { order: 1, buyer: 1 },
                Weather(vec![RequestLost]),
                RefundNewsByALiar { order: 1, refund: 0 },
                PlaceBy(Api::V3),
                Checkout { order: 1, buyer: 0 },
                Pay { order: 1, attempt: 1, openid: 0 },
            ],
        ),
    ]
}
