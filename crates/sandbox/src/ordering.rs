//! Ordering (下单), whichever API carries it: one number is one order, and a repeat has to be
//! identical.
//!
//! Source: pay.weixin.qq.com 统一下单, V2 and V3.

use crate::{
    fault::OrderFault,
    gateway::Gateway,
    ledger::{Order, Prepay, TradeType, Unpayable},
    time::{UnixSeconds, beijing_format},
};

/// Why a known number is not ordered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAgain {
    /// 该订单已支付.
    Paid,
    /// 该订单已关闭.
    ///
    /// UNCONFIRMED: a repeat after `time_expire`. API V3 has one internal code for expired and
    /// closed orders, hence the same word here.
    Closed,
    /// 商户订单号重复: something differs from the first call.
    Changed,
}

impl Gateway {
    /// Makes the order, or lets a repeat of it pass, and hands out a new prepay. What is wrong with
    /// a new order alone is for `is_sound` to say.
    pub(crate) fn order<E: From<NotAgain>>(
        &mut self,
        now: UnixSeconds,
        mut order: Order,
        is_sound: impl FnOnce(&Order) -> Result<(), E>,
    ) -> Result<Prepay, E> {
        let known = self.ledger.order(&order.out_trade_no);
        if let Some(reason) = untrue(self.in_force(known).order) {
            return Err(reason.into());
        }
        order.faults = self.asked.kept();
        match known {
            Some(known) => again(now, known, &order)?,
            None => is_sound(&order)?,
        }
        let (out_trade_no, prepay) =
            (order.out_trade_no.clone(), self.issue(now, order.trade_type));
        if self.ledger.order(&out_trade_no).is_none() {
            self.ledger.insert(order);
        }
        self.ledger.change(&out_trade_no, |order| order.prepays.push(prepay.clone()));
        Ok(prepay)
    }

    /// UNCONFIRMED: a repeat gets a new `prepay_id`, `mweb_url` or `code_url` each time. Documented
    /// is only that the newest is usable and that a new `code_url` kills the old one.
    fn issue(&mut self, now: UnixSeconds, trade_type: TradeType) -> Prepay {
        let random = &mut self.random;
        // Source: prepay ids in public logs: `wx`, day and time in Beijing, 22 characters, `0000`.
        let prepay_id = format!("wx{}{}0000", beijing_format(now, "%d%H%M%S"), random.hex(22));
        let package = random.digits(10);
        let mweb_url = (trade_type == TradeType::Mweb).then(|| {
            let base = &self.addresses.gateway;
            format!("{base}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={prepay_id}&package={package}")
        });
        let code_url = (trade_type == TradeType::Native)
            .then(|| format!("weixin://wxpay/bizpayurl?pr={}", random.letters(9)));
        Prepay { prepay_id, issued_at: now, package, mweb_url, code_url, user: None }
    }
}

/// What fault says of an order that it is not.
const fn untrue(fault: OrderFault) -> Option<NotAgain> {
    match fault {
        OrderFault::Orderpaid => Some(NotAgain::Paid),
        OrderFault::Orderclosed => Some(NotAgain::Closed),
        OrderFault::OutTradeNoUsed => Some(NotAgain::Changed),
        _ => None,
    }
}

fn again(now: UnixSeconds, known: &Order, order: &Order) -> Result<(), NotAgain> {
    match known.payable(now) {
        Err(Unpayable::Paid) => Err(NotAgain::Paid),
        Err(_) => Err(NotAgain::Closed),
        Ok(()) if known.terms != order.terms => Err(NotAgain::Changed),
        Ok(()) => Ok(()),
    }
}
