//! All orders and messages: the one door through which they change, and how they are found.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    mem,
};

use super::{Direction, Message, Order, Prepay, Store, shelf::Shelf};
use crate::{ladder, refund::Refund, time::UnixSeconds};

/// Messages kept for reading; the oldest go first.
const MESSAGES_KEPT: usize = 4_000;

/// Bytes that they hold together; the oldest go first here too. It is room for a test run of usual
/// messages, and bodies of a megabyte do not fill the machine.
const MESSAGE_BYTES_KEPT: usize = 64 * 1024 * 1024;

/// Orders kept in memory where there is a store for the others; the oldest go first.
const ORDERS_KEPT: usize = 1_000;

/// Counts the orders, from 1 on.
pub(super) type Place = i64;

/// By what an order is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    OutTradeNo,
    PrepayId,
    CodeUrl,
    TransactionId,
    OutRefundNo,
    RefundId,
}

/// All orders and messages.
#[derive(Debug, Default)]
pub struct Ledger {
    /// All orders; with a store, the newest and those that changed since it was written.
    orders: BTreeMap<Place, Order>,
    /// Their names of every kind.
    places: HashMap<Kind, HashMap<String, Place>>,
    /// Which of all orders have something to tell, by when.
    due: BTreeSet<(UnixSeconds, Place)>,
    count: u64,
    last_place: Place,
    messages: VecDeque<Message>,
    /// How much the messages hold.
    message_bytes: usize,
    /// The newest message's number.
    last_seq: u64,
    /// How often each message came in, by its name; the oldest are kept no longer, but counted.
    calls: BTreeMap<Cow<'static, str>, u64>,
    /// Orders changed since the last settling.
    touched: BTreeSet<Place>,
    /// The newest message that is in the store.
    stored_seq: u64,
    store: Option<Store>,
    shelf: Shelf,
}

impl Ledger {
    /// The order with this number.
    #[must_use]
    pub fn order(&self, out_trade_no: &str) -> Option<&Order> {
        self.find(Kind::OutTradeNo, out_trade_no)
    }

    /// Whether there is an order with this number.
    pub(crate) fn knows(&self, out_trade_no: &str) -> bool {
        self.place(Kind::OutTradeNo, out_trade_no).is_some()
    }

    /// Every order, in the order in which they came. (Of a sandbox with sockets, the recent ones:
    /// the others are in its store.)
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// How many orders there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Up to `limit` orders, newest first; those that came before the one with the number `before`,
    /// if one is given.
    pub(crate) fn newest(&self, before: Option<&str>, limit: usize) -> Vec<Cow<'_, Order>> {
        let before = match before {
            Some(out_trade_no) => self.place(Kind::OutTradeNo, out_trade_no).unwrap_or_default(),
            None => Place::MAX,
        };
        let recent = self.orders.range(..before).rev().take(limit);
        let mut found: BTreeMap<Place, Cow<'_, Order>> =
            recent.map(|(place, order)| (*place, Cow::Borrowed(order))).collect();
        if let Some(store) = &self.store {
            let older = store.newest(before, limit, |place| self.orders.contains_key(&place));
            let older = store.or_nothing(older);
            found.extend(older.into_iter().map(|(place, order)| (place, Cow::Owned(order))));
        }
        found.into_values().rev().take(limit).collect()
    }

    /// Shows every order that was paid before `until` and of which something moved at `from` or
    /// later, in the order in which they came.
    pub(crate) fn each_paid(
        &self,
        from: UnixSeconds,
        until: UnixSeconds,
        mut visit: impl FnMut(&Order),
    ) {
        let is_meant = |order: &Order| {
            let paid_at = order.payment.as_ref().map(|payment| payment.paid_at);
            paid_at.is_some_and(|at| at < until) && order.moved_at().is_some_and(|at| at >= from)
        };
        let recent = self.orders.iter().filter(|(_, order)| is_meant(order));
        let mut recent = recent.peekable();
        if let Some(store) = &self.store {
            let shown = store.each_paid(from, until, |place, json| {
                while let Some((_, order)) = recent.next_if(|(at, _)| **at < place) {
                    visit(order);
                }
                if !self.orders.contains_key(&place) {
                    visit(&serde_json::from_str(json)?);
                }
                Ok(())
            });
            store.or_nothing(shown);
        }
        recent.for_each(|(_, order)| visit(order));
    }

    /// Takes a new order in.
    pub(crate) fn insert(&mut self, order: Order) {
        self.last_place = self.last_place.saturating_add(1);
        self.count = self.count.saturating_add(1);
        self.orders.insert(self.last_place, order);
        self.change_at(self.last_place, |_| ());
    }

    /// Changes an order, which is the only way to; `None` if there is none with this number.
    pub(crate) fn change<T>(
        &mut self,
        out_trade_no: &str,
        change: impl FnOnce(&mut Order) -> T,
    ) -> Option<T> {
        let place = self.place(Kind::OutTradeNo, out_trade_no)?;
        self.change_at(place, change)
    }

    /// Changes a refund, and with it its order; `None` if there is none with this number.
    pub(crate) fn change_refund<T>(
        &mut self,
        out_refund_no: &str,
        change: impl FnOnce(&mut Refund) -> T,
    ) -> Option<T> {
        let place = self.place(Kind::OutRefundNo, out_refund_no)?;
        self.change_at(place, |order| {
            let mut refunds = order.refunds.iter_mut();
            refunds.find(|refund| refund.out_refund_no == out_refund_no).map(change)
        })?
    }

    fn change_at<T>(&mut self, place: Place, change: impl FnOnce(&mut Order) -> T) -> Option<T> {
        if let Some(store) = &self.store
            && !self.orders.contains_key(&place)
        {
            self.orders.insert(place, store.or_nothing(store.order(place))?);
        }
        let order = self.orders.get_mut(&place)?;
        if let Some(due_at) = order.next_due() {
            self.due.remove(&(due_at, place));
        }
        let outcome = change(order);
        if let Some(due_at) = order.next_due() {
            self.due.insert((due_at, place));
        }
        // Names are only ever added: a prepay, a payment and a refund stay what they are.
        for (kind, name) in names(order) {
            let known = self.places.entry(kind).or_default();
            if !known.contains_key(name) {
                known.insert(name.to_owned(), place);
            }
        }
        self.touched.insert(place);
        Some(outcome)
    }

    fn place(&self, kind: Kind, name: &str) -> Option<Place> {
        let recent = self.places.get(&kind).and_then(|places| places.get(name)).copied();
        recent.or_else(|| {
            let store = self.store.as_ref()?;
            store.or_nothing(store.place(kind, name))
        })
    }

    fn at(&self, place: Place) -> Option<&Order> {
        self.orders.get(&place).or_else(|| {
            let store = self.store.as_ref()?;
            self.shelf.order(place, || store.or_nothing(store.order(place)))
        })
    }

    fn find(&self, kind: Kind, name: &str) -> Option<&Order> {
        self.at(self.place(kind, name)?)
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

    /// Every refund with its order, in the order in which those came.
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

    /// When the next notification is due.
    pub(crate) fn next_due(&self) -> Option<UnixSeconds> {
        self.due.first().map(|(due_at, _)| *due_at)
    }

    /// The order that has something to tell before all others.
    pub(crate) fn first_due(&self) -> Option<&Order> {
        self.due.first().and_then(|(_, place)| self.at(*place))
    }

    /// Every order that has something to tell, the next first.
    pub(crate) fn untold(&self) -> impl Iterator<Item = &Order> {
        self.due.iter().filter_map(|(_, place)| self.at(*place))
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

    /// Gives what one WeChat user has of this order's prepays to another.
    pub(crate) fn hand_over(&mut self, out_trade_no: &str, from: &str, to: &str) {
        self.change(out_trade_no, |order| {
            for user in order.prepays.iter_mut().filter_map(|prepay| prepay.user.as_mut()) {
                if user == from {
                    to.clone_into(user);
                }
            }
        });
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
        self.message_bytes = self.message_bytes.saturating_add(message.size());
        while (self.messages.len() >= MESSAGES_KEPT || self.message_bytes > MESSAGE_BYTES_KEPT)
            && let Some(oldest) = self.messages.pop_front()
        {
            self.message_bytes = self.message_bytes.saturating_sub(oldest.size());
        }
        self.last_seq = self.last_seq.saturating_add(1);
        self.messages.push_back(Message { seq: self.last_seq, ..message });
    }

    /// Keeps in `store` what memory need not hold, and takes over what is there already.
    pub(crate) fn keep_in(&mut self, store: Store) -> anyhow::Result<()> {
        (self.count, self.last_place) = store.extent()?;
        self.due = store.due()?.into_iter().collect();
        self.messages = store.messages()?.into();
        self.message_bytes = self.messages.iter().map(Message::size).sum();
        self.stored_seq = self.last_seq;
        self.store = Some(store);
        Ok(())
    }

    /// Gives up every notification that was on its way when the sandbox ended, for the next try.
    pub(crate) fn give_up_waiting(&mut self, now: UnixSeconds) -> anyhow::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        for place in store.waiting()? {
            self.change_at(place, |order| {
                let of_refunds = order.refunds.iter_mut().map(|refund| &mut refund.notices);
                for notices in std::iter::once(&mut order.notices).chain(of_refunds) {
                    ladder::give_up_waiting(notices, now);
                }
            });
        }
        Ok(())
    }

    /// Whether an order changed since [`Self::settle`].
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Counts on from where another ledger ended.
    pub(crate) fn resume(&mut self, last_seq: u64, calls: BTreeMap<Cow<'static, str>, u64>) {
        (self.last_seq, self.calls) = (last_seq, calls);
    }

    /// The store, if there is one.
    pub(crate) const fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Writes what changed since [`Self::settle`], if there is a store.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        for place in &self.touched {
            if let Some(order) = self.orders.get(place) {
                store.write_order(*place, order, names(order))?;
            }
        }
        let unwritten = self.messages.iter().rev().take_while(|it| it.seq > self.stored_seq);
        for message in unwritten {
            store.write_message(message)?;
        }
        store.forget_messages(self.messages.front().map_or(0, |message| message.seq))
    }

    /// Takes what changed as told and written: its numbers come back, and memory lets go of what is
    /// no longer recent.
    pub(crate) fn settle(&mut self) -> Vec<String> {
        let touched = mem::take(&mut self.touched);
        let touched = touched.iter().filter_map(|place| self.orders.get(place));
        let numbers = touched.map(|order| order.out_trade_no.clone()).collect();
        self.stored_seq = self.last_seq;
        self.shelf = Shelf::default();
        while self.store.is_some() && self.orders.len() > ORDERS_KEPT {
            let Some((_, order)) = self.orders.pop_first() else { break };
            for (kind, name) in names(&order) {
                self.places.entry(kind).or_default().remove(name);
            }
        }
        numbers
    }

    /// Forgets everything but how many orders and messages there were.
    pub(crate) fn clear(&mut self) {
        let store = self.store.take();
        if let Some(store) = &store {
            store.or_nothing(store.clear());
        }
        let (last_place, last_seq) = (self.last_place, self.last_seq);
        *self = Self { last_place, last_seq, stored_seq: last_seq, store, ..Self::default() };
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
    let number = (Kind::OutTradeNo, order.out_trade_no.as_str());
    [number].into_iter().chain(of_prepays).chain(of_payment).chain(of_refunds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        refund::RefundStatus,
        shop::{NO, NOW, Shop, with},
    };

    /// What a hold of the server's does when it ends.
    fn let_go(shop: &mut Shop) {
        let ledger = &mut shop.gateway.ledger;
        let store = ledger.store().unwrap();
        store.at_once(|| ledger.write()).unwrap();
        assert!(store.take_failure().is_none());
        ledger.settle();
    }

    /// A shop whose first order was paid, refunded, and then pushed out of memory by others.
    fn busy() -> Shop {
        let mut shop = Shop::open();
        shop.gateway.ledger.keep_in(Store::open(None).unwrap()).unwrap();
        shop.order("NATIVE");
        shop.pay();
        shop.refund("R1", 400);
        for number in 0..ORDERS_KEPT {
            let mut order = shop.gateway.ledger.order(NO).unwrap().clone();
            order.out_trade_no = format!("OTHER-{number:06}");
            order.notices.clear();
            order.prepays.clear();
            order.refunds.clear();
            order.payment = None;
            shop.gateway.ledger.insert(order);
            let_go(&mut shop);
        }
        let ledger = &shop.gateway.ledger;
        assert_eq!(ledger.orders.len(), ORDERS_KEPT);
        assert!(ledger.orders().all(|order| order.out_trade_no != NO), "it is not in memory");
        assert_eq!(ledger.count(), ORDERS_KEPT as u64 + 1);
        shop
    }

    #[test]
    fn long_messages_leave_before_they_fill_the_machine() {
        let mut ledger = Ledger::default();
        let long = "x".repeat(MESSAGE_BYTES_KEPT / 4);
        for _ in 0..9 {
            let message = Message::new(NOW, Direction::In, "orderquery");
            ledger.record(Message { body: long.clone(), ..message });
        }
        let kept: Vec<u64> = ledger.messages().map(|message| message.seq).collect();
        assert_eq!(kept, [6, 7, 8, 9]);
    }

    #[test]
    fn an_order_that_left_memory_is_found_by_each_of_its_names() {
        let shop = busy();
        let ledger = shop.gateway.ledger();
        let order = ledger.order(NO).unwrap();
        let prepay = order.newest().unwrap();
        let number = |found: Option<&Order>| found.unwrap().out_trade_no.clone();
        assert_eq!(number(ledger.by_prepay_id(&prepay.prepay_id).map(|found| found.0)), NO);
        let code_url = prepay.code_url.as_deref().unwrap();
        assert_eq!(number(ledger.by_code_url(code_url).map(|found| found.0)), NO);
        let transaction_id = &order.payment.as_ref().unwrap().transaction_id;
        assert_eq!(number(ledger.by_transaction_id(transaction_id)), NO);
        let (_, refund) = ledger.refund("R1").unwrap();
        assert_eq!(number(ledger.by_refund_id(&refund.refund_id).map(|found| found.0)), NO);
        assert!(ledger.order("NONE").is_none());
    }

    #[test]
    fn an_order_that_left_memory_goes_on_as_if_it_had_not() {
        let mut shop = busy();
        assert_eq!(shop.gateway.next_due(), Some(NOW), "its payment is still to be told");
        assert_eq!(shop.gateway.due(NOW).len(), 1);
        let_go(&mut shop);
        assert!(shop.gateway.settle_refund(NOW, "R1", RefundStatus::Refundclose));
        let_go(&mut shop);
        let (_, refund) = shop.gateway.ledger.refund("R1").unwrap();
        assert_eq!(refund.status(NOW), RefundStatus::Refundclose);
        assert_eq!(shop.refund("R2", 990).get("result_code"), Some("SUCCESS"));
        let same = with(&Shop::terms("NATIVE"), "body", "别的");
        assert_eq!(shop.call("/pay/unifiedorder", &same).get("err_code"), Some("ORDERPAID"));
    }

    #[test]
    fn lists_and_books_show_what_left_memory_and_what_did_not() {
        let mut shop = busy();
        shop.gateway.ledger.insert(Order {
            out_trade_no: "NEWEST".to_owned(),
            ..shop.gateway.ledger.order(NO).unwrap().clone()
        });
        let newest = |before: Option<&str>, limit| {
            let orders = shop.gateway.ledger.newest(before, limit);
            orders.iter().map(|order| order.out_trade_no.clone()).collect::<Vec<_>>()
        };
        assert_eq!(newest(None, 2), ["NEWEST".to_owned(), format!("OTHER-{:06}", ORDERS_KEPT - 1)]);
        assert_eq!(newest(Some("OTHER-000001"), 9), ["OTHER-000000", NO]);
        assert_eq!(newest(None, 9_999).len(), ORDERS_KEPT + 2);
        let paid = |from, until| {
            let mut numbers = Vec::new();
            let visit = |order: &Order| numbers.push(order.out_trade_no.clone());
            shop.gateway.ledger.each_paid(from, until, visit);
            numbers
        };
        assert_eq!(paid(NOW, NOW + 1), [NO, "NEWEST"]);
        assert_eq!(paid(NOW + 1, NOW + 2), [""; 0]);
    }
}
