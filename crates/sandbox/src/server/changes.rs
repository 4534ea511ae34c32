//! What changed, told to whoever listens.

use std::ops::{Deref, DerefMut};

use tokio::sync::broadcast;

use super::Shared;
use crate::gateway::{Gateway, Settings};

/// Changes that a slow listener may be behind before it misses some; it is told that it did.
const BACKLOG: usize = 4_096;

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

/// The gateway, held by one at a time. What changed in one hold is told when it is let go.
pub(crate) struct Held<'a> {
    pub(super) shared: &'a Shared,
    pub(super) gateway: std::sync::MutexGuard<'a, Gateway>,
    /// How it was found, once somebody may change it.
    pub(super) before: Option<Before>,
}

pub(super) struct Before {
    settings: Settings,
    last_seq: u64,
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
        before.get_or_insert_with(|| Before {
            settings: gateway.settings(),
            last_seq: gateway.ledger().last_seq(),
        });
        gateway
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(Before { settings, last_seq }) = self.before.take() else { return };
        let touched = self.gateway.ledger.take_touched();
        let seqs = last_seq.saturating_add(1)..=self.gateway.ledger.last_seq();
        if self.shared.changes.receiver_count() == 0 {
            return;
        }
        let state = (settings != self.gateway.settings()).then_some(Change::State);
        let changes = touched.into_iter().map(Change::Order).chain(seqs.map(Change::Message));
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
        drop(running.shared.gateway().order_reports(0));
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
