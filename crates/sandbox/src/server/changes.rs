//! What changed, told to whoever listens.

use std::{
    ops::{Deref, DerefMut},
    sync::{MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use super::Shared;
use crate::{gateway::Gateway, saved::Mark};

/// Changes that a slow listener may be behind before it misses some; it is told that it did.
const BACKLOG: usize = 4_096;

/// The name under which a store keeps how the clock goes.
pub(super) const CLOCK: &str = "clock";

/// Something that somebody looking at the sandbox would want to see again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The order with this 商户订单号.
    Order(String),
    /// The message with this number is new.
    Message(u64),
    /// Faults, clock, clients, site or keys; or everything, by a reset.
    State,
}

/// A channel of changes; without a listener they are dropped.
pub(super) fn channel() -> broadcast::Sender<Change> {
    broadcast::Sender::new(BACKLOG)
}

/// The gateway, held by one at a time. What changed in one hold is written to the store and told
/// when it is let go, and so before anybody is answered.
pub(crate) struct Held<'a> {
    shared: &'a Shared,
    gateway: MutexGuard<'a, Gateway>,
    /// How it was found, once somebody may change it.
    before: Option<Mark>,
}

impl<'a> Held<'a> {
    pub(super) const fn new(shared: &'a Shared, gateway: MutexGuard<'a, Gateway>) -> Self {
        Self { shared, gateway, before: None }
    }

    fn save_clock(&self) -> anyhow::Result<()> {
        let motion = Some(self.shared.clock.kept());
        let mut written = self.shared.written_clock.lock().unwrap_or_else(PoisonError::into_inner);
        if *written != motion
            && let Some(store) = self.gateway.ledger().store()
        {
            store.write_part(CLOCK, &motion)?;
            *written = motion;
        }
        Ok(())
    }
}

impl Deref for Held<'_> {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Gateway {
        let Self { before, gateway, .. } = self;
        before.get_or_insert_with(|| gateway.mark());
        gateway
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let after = self.gateway.mark();
        let before = self.before.take();
        let saved = self.gateway.save(before.as_ref().unwrap_or(&after), &after);
        if let Err(error) = saved.and_then(|()| self.save_clock()) {
            self.shared.fail(error);
        }
        let orders = self.gateway.ledger.settle();
        let Some(before) = before.filter(|_| self.shared.changes.receiver_count() > 0) else {
            return;
        };
        let messages = before.last_seq.saturating_add(1)..=after.last_seq;
        let state = (before.settings != after.settings).then_some(Change::State);
        let changes = orders.into_iter().map(Change::Order).chain(messages.map(Change::Message));
        for change in changes.chain(state) {
            self.shared.tell(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Faults, NotifyFault, Request,
        server::{Change, Options, start},
        shop::{NO, NOW, Shop},
    };

    #[tokio::test]
    async fn what_one_hold_changes_is_told_when_it_is_let_go_and_reading_tells_nothing() {
        let running = start(Options::default()).await.unwrap();
        let mut changes = running.shared.changes.subscribe();
        drop(running.shared.gateway().order_reports(NOW, None, 1));
        let order = Shop::open().signed(&Shop::terms("NATIVE"));
        running.shared.gateway().handle(NOW, &Request::post("/pay/unifiedorder", order));
        assert_eq!(changes.try_recv(), Ok(Change::Order(NO.to_owned())));
        assert_eq!(changes.try_recv(), Ok(Change::Message(1)));
        assert_eq!(changes.try_recv(), Ok(Change::Message(2)));
        let mut gateway = running.shared.gateway();
        let faults = gateway.faults();
        gateway.set_faults(Faults { notify: NotifyFault::Lost, ..faults });
        assert!(changes.try_recv().is_err(), "somebody still holds it");
        drop(gateway);
        assert_eq!(changes.try_recv(), Ok(Change::State));
        assert!(changes.try_recv().is_err());
    }
}
