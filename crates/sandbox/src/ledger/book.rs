//! All orders and messages: the one door through which they change, and how they are found.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    mem,
};

use super::{Direction, Message, Order, Prepay};
use crate::{refund::Refund, time::UnixSeconds};

/// Messages kept for reading; the oldest go first.
const MESSAGES_KEPT: usize = 4_000;

/// By what an order is found besides its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    PrepayId,
    CodeUrl,
    TransactionId,
    OutRefundNo,
    RefundId,
}

/// All orders and messages.
#[derive(Debug, Default)]
pub struct Ledger {
    orders: BTreeMap<String, Order>,
    /// Names of every kind, with the numbers of their orders.
    names: HashMap<Kind, HashMap<String, String>>,
    /// Orders that have something to tell, by when.
    due: BTreeSet<(UnixSeconds, String)>,
    messages: VecDeque<Message>,
    /// The newest message's number.
    last_seq: u64,
    /// How often each message came in, by its name; the oldest are kept no longer, but counted.
    calls: BTreeMap<Cow<'static, str>, u64>,
    /// Orders changed since somebody asked.
    touched: BTreeSet<String>,
}

impl Ledger {
    /// The order with this number.
    #[must_use]
    pub fn order(&self, out_trade_no: &str) -> Option<&Order> {
        self.orders.get(out_trade_no)
    }

    /// Every order, by number.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// Takes a new order in.
    pub(crate) fn insert(&mut self, order: Order) {
        let out_trade_no = order.out_trade_no.clone();
        self.orders.insert(out_trade_no.clone(), order);
        self.change(&out_trade_no, |_| ());
    }

    /// Changes an order, which is the only way to; `None` if there is none with this number.
    pub(crate) fn change<T>(
        &mut self,
        out_trade_no: &str,
        change: impl FnOnce(&mut Order) -> T,
    ) -> Option<T> {
        let order = self.orders.get_mut(out_trade_no)?;
        let was_due = order.next_due();
        let outcome = change(order);
        if let Some(due_at) = was_due {
            self.due.remove(&(due_at, out_trade_no.to_owned()));
        }
        if let Some(due_at) = order.next_due() {
            self.due.insert((due_at, out_trade_no.to_owned()));
        }
        // Names are only ever added: a prepay, a payment and a refund stay what they are.
        for (kind, name) in names(order) {
            let known = self.names.entry(kind).or_default();
            if !known.contains_key(name) {
                known.insert(name.to_owned(), out_trade_no.to_owned());
            }
        }
        self.touched.insert(out_trade_no.to_owned());
        Some(outcome)
    }

    /// Changes a refund, and with it its order; `None` if there is none with this number.
    pub(crate) fn change_refund<T>(
        &mut self,
        out_refund_no: &str,
        change: impl FnOnce(&mut Refund) -> T,
    ) -> Option<T> {
        let out_trade_no = self.refund(out_refund_no)?.0.out_trade_no.clone();
        self.change(&out_trade_no, |order| {
            let mut refunds = order.refunds.iter_mut();
            refunds.find(|refund| refund.out_refund_no == out_refund_no).map(change)
        })?
    }

    /// The order that handed out this `prepay_id`, with the prepay itself.
    #[must_use]
    pub fn by_prepay_id(&self, prepay_id: &str) -> Option<(&Order, &Prepay)> {
        let order = self.find(Kind::PrepayId, prepay_id)?;
        let prepay = order.prepays.iter().find(|prepay| prepay.prepay_id == prepay_id)?;
        Some((order, prepay))
    }

    /// The order that handed out this `code_url`, with the prepay itself.
    #[must_use]
    pub fn by_code_url(&self, code_url: &str) -> Option<(&Order, &Prepay)> {
        let order = self.find(Kind::CodeUrl, code_url)?;
        let mut prepays = order.prepays.iter();
        let prepay = prepays.find(|prepay| prepay.code_url.as_deref() == Some(code_url))?;
        Some((order, prepay))
    }

    /// The order that was paid by this transaction (微信支付订单号).
    #[must_use]
    pub fn by_transaction_id(&self, transaction_id: &str) -> Option<&Order> {
        self.find(Kind::TransactionId, transaction_id)
    }

    /// The order a call names: `transaction_id` goes first; an unpaid order has none and is found
    /// by `out_trade_no` only.
    pub(crate) fn named(
        &self,
        transaction_id: Option<&str>,
        out_trade_no: Option<&str>,
    ) -> Option<&Order> {
        match transaction_id {
            Some(transaction_id) => self.by_transaction_id(transaction_id),
            None => self.order(out_trade_no?),
        }
    }

    /// Every refund with its order, by order number, then oldest first.
    pub fn refunds(&self) -> impl Iterator<Item = (&Order, &Refund)> {
        self.orders().flat_map(|order| order.refunds.iter().map(move |refund| (order, refund)))
    }

    /// The refund with this 商户退款单号, with its order.
    #[must_use]
    pub fn refund(&self, out_refund_no: &str) -> Option<(&Order, &Refund)> {
        let order = self.find(Kind::OutRefundNo, out_refund_no)?;
        let refund = order.refunds.iter().find(|refund| refund.out_refund_no == out_refund_no)?;
        Some((order, refund))
    }

    /// The refund with this 微信退款单号, with its order.
    pub(crate) fn by_refund_id(&self, refund_id: &str) -> Option<(&Order, &Refund)> {
        let order = self.find(Kind::RefundId, refund_id)?;
        let refund = order.refunds.iter().find(|refund| refund.refund_id == refund_id)?;
        Some((order, refund))
    }

    fn find(&self, kind: Kind, name: &str) -> Option<&Order> {
        self.order(self.names.get(&kind)?.get(name)?)
    }

    /// When the next notification is due.
    pub(crate) fn next_due(&self) -> Option<UnixSeconds> {
        self.due.first().map(|(due_at, _)| *due_at)
    }

    /// The order that has something to tell before all others.
    pub(crate) fn first_due(&self) -> Option<&Order> {
        self.due.first().and_then(|(_, out_trade_no)| self.order(out_trade_no))
    }

    /// Gives the prepay to a WeChat user, or says that another has it already.
    pub(crate) fn claim(&mut self, prepay_id: &str, openid: &str) -> bool {
        let Some((order, _)) = self.by_prepay_id(prepay_id) else { return false };
        let out_trade_no = order.out_trade_no.clone();
        let claimed = self.change(&out_trade_no, |order| {
            let mut prepays = order.prepays.iter_mut();
            prepays.find(|prepay| prepay.prepay_id == prepay_id).is_some_and(|prepay| {
                prepay.user.get_or_insert_with(|| openid.to_owned()).as_str() == openid
            })
        });
        claimed.unwrap_or_default()
    }

    /// Every message kept, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter()
    }

    /// How often the merchant sent each message, refused or not, by its name.
    #[must_use]
    pub const fn calls(&self) -> &BTreeMap<Cow<'static, str>, u64> {
        &self.calls
    }

    /// The number of the newest message, 0 before the first.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    pub(crate) fn record(&mut self, message: Message) {
        if message.direction == Direction::In {
            let made = self.calls.entry(message.what.clone()).or_default();
            *made = made.saturating_add(1);
        }
        if self.messages.len() >= MESSAGES_KEPT {
            self.messages.pop_front();
        }
        self.last_seq = self.last_seq.saturating_add(1);
        self.messages.push_back(Message { seq: self.last_seq, ..message });
    }

    /// The numbers of the orders that changed since this was asked last.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<String> {
        mem::take(&mut self.touched)
    }

    /// Forgets everything but how many messages there were.
    pub(crate) fn clear(&mut self) {
        *self = Self { last_seq: self.last_seq, ..Self::default() };
    }
}

/// Every name by which this order is found.
fn names(order: &Order) -> impl Iterator<Item = (Kind, &str)> {
    let of_prepays = order.prepays.iter().flat_map(|prepay| {
        let code = prepay.code_url.as_deref().map(|code_url| (Kind::CodeUrl, code_url));
        [(Kind::PrepayId, prepay.prepay_id.as_str())].into_iter().chain(code)
    });
    let payment = order.payment.iter();
    let of_payment = payment.map(|payment| (Kind::TransactionId, payment.transaction_id.as_str()));
    let of_refunds = order.refunds.iter().flat_map(|refund| {
        [
            (Kind::OutRefundNo, refund.out_refund_no.as_str()),
            (Kind::RefundId, refund.refund_id.as_str()),
        ]
    });
    of_prepays.chain(of_payment).chain(of_refunds)
}
