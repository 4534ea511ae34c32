use serde::{Deserialize, Serialize};
use wxpay_core::{Attach, Body, Error, Fen, OutTradeNo};

/// What the shop sells for how much: fixed when the order is created, compared on every repeat.
///
/// The amount comes from the shop's backend, a token it signed, or the Worker's own price list;
/// there is no way from the page into this type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    out_trade_no: OutTradeNo,
    amount: Fen,
    description: Body,
    attach: Option<Attach>,
    expires_in: u64,
}

/// Between the order's number and the attempt's: `ORDER1`, then `ORDER1*2`, `ORDER1*3`.
/// The shop's own numbers may not hold it, so that an attempt's number names its order.
const ATTEMPT_MARK: char = '*';
/// Attempts one order may have; the last is `*9`.
pub(crate) const ATTEMPT_LIMIT: usize = 9;
/// Source: observed gateway text "time_expire时间过短，刷卡至少1分钟，其他5分钟". Seconds.
const EXPIRES_IN_MIN: u64 = 300;
/// Source: "统一下单": unpaid orders close by themselves after 7 days, read 2026-11. Seconds.
const EXPIRES_IN_MAX: u64 = 7 * 86_400;

impl Terms {
    /// Checks what WeChat would refuse later: at least 1 fen, 300 seconds to 7 days.
    pub fn new(
        out_trade_no: OutTradeNo,
        amount: Fen,
        description: Body,
        attach: Option<Attach>,
        expires_in: u64,
    ) -> Result<Self, Error> {
        if amount.fen() == 0 {
            return Err(Error::Invalid { what: "amount", rule: "expected at least 1 fen" });
        }
        if out_trade_no.as_str().contains(ATTEMPT_MARK) {
            let rule = "expected no `*`, which marks further attempts of one order";
            return Err(Error::Invalid { what: "out_trade_no", rule });
        }
        if !(EXPIRES_IN_MIN..=EXPIRES_IN_MAX).contains(&expires_in) {
            return Err(Error::Invalid {
                what: "expires_in",
                rule: "expected 300 to 604800 seconds",
            });
        }
        Ok(Self { out_trade_no, amount, description, attach, expires_in })
    }

    /// The shop's number for the order.
    pub fn out_trade_no(&self) -> &OutTradeNo {
        &self.out_trade_no
    }

    /// In fen.
    pub fn amount(&self) -> Fen {
        self.amount
    }

    /// What the buyer reads.
    pub fn description(&self) -> &Body {
        &self.description
    }

    /// The shop's own word.
    pub fn attach(&self) -> Option<&Attach> {
        self.attach.as_ref()
    }

    /// Seconds from creation until the order closes unpaid.
    pub fn expires_in(&self) -> u64 {
        self.expires_in
    }

    /// The number of the n-th attempt, from 1. The first is the order's own; `None` where the mark
    /// no longer fits in 32 characters or the attempts are used up.
    pub(crate) fn attempt_number(&self, n: usize) -> Option<OutTradeNo> {
        match n {
            1 => Some(self.out_trade_no.clone()),
            2..=ATTEMPT_LIMIT => {
                OutTradeNo::new(&format!("{}{ATTEMPT_MARK}{n}", self.out_trade_no)).ok()
            }
            _ => None,
        }
    }
}

/// The order that an attempt's number belongs to.
pub fn order_number_of(attempt: &OutTradeNo) -> OutTradeNo {
    let order = attempt.as_str().split_once(ATTEMPT_MARK).map(|(order, _)| order);
    order.and_then(|order| OutTradeNo::new(order).ok()).unwrap_or_else(|| attempt.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(number: &str, fen: u32, expires_in: u64) -> Result<Terms, Error> {
        let description = Body::new("示例商城-测试商品").unwrap();
        Terms::new(OutTradeNo::new(number).unwrap(), Fen::new(fen), description, None, expires_in)
    }

    #[test]
    fn every_attempt_number_names_its_order() {
        let terms = terms("20260101-A|1", 1, 1800).unwrap();
        for n in 1..=ATTEMPT_LIMIT {
            let attempt = terms.attempt_number(n).unwrap();
            assert_eq!(&order_number_of(&attempt), terms.out_trade_no());
        }
        assert_eq!(terms.attempt_number(ATTEMPT_LIMIT + 1), None);
    }

    #[test]
    fn a_number_of_32_characters_has_one_attempt_only() {
        let terms = terms(&"7".repeat(32), 1, 1800).unwrap();
        assert!(terms.attempt_number(1).is_some());
        assert_eq!(terms.attempt_number(2), None);
    }

    #[test]
    fn nothing_for_nothing_and_no_star_in_the_shops_numbers() {
        assert!(terms("ORDER001", 0, 1800).is_err());
        assert!(terms("ORDER*01", 1, 1800).is_err());
        assert!(terms("ORDER001", 1, 299).is_err());
        assert!(terms("ORDER001", 1, 604_801).is_err());
    }
}
