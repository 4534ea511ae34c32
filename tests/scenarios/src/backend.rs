//! The way of an event to the shop's backend: written with what it tells of, sent until it arrives,
//! read once.
//!
//! It follows the Worker's outbox: at least once, and of one order's events only the oldest that
//! has not arrived is sent.
use std::collections::BTreeSet;

use wxpay_core::UnixSeconds;
use wxpay_merchant::{Happened, try_again_at};

/// The shop's own server, which reads each event once however often it comes.
#[derive(Debug, Clone, Default)]
pub struct Backend {
    /// What was read, in the order of arrival.
    pub events: Vec<Event>,
    /// Arrivals, copies among them.
    pub arrivals: usize,
    ids: BTreeSet<String>,
}

/// An event as it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for every copy.
    pub id: String,
    /// `order.paid` and so on.
    pub r#type: &'static str,
    /// What happened, as JSON.
    pub data: String,
}

impl Backend {
    pub(crate) fn receive(&mut self, event: &Event) {
        self.arrivals += 1;
        if self.ids.insert(event.id.clone()) {
            self.events.push(event.clone());
        }
    }

    /// The events of one order, in the order of arrival.
    pub fn events_of(&self, number: &str) -> Vec<&Event> {
        let prefix = format!("evt_{number}_");
        self.events.iter().filter(|event| event.id.starts_with(&prefix)).collect()
    }
}

/// An order's events, oldest first: those that arrived and those still to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox {
    written: Vec<Event>,
    arrived: usize,
    tries: u32,
    next_at: Option<UnixSeconds>,
}

impl Outbox {
    /// Writes down what the shop is to be told.
    pub(crate) fn put(&mut self, number: &str, happened: &[Happened], now: UnixSeconds) {
        for line in happened {
            let Some(r#type) = line.event_type() else { continue };
            let id = format!("evt_{number}_{}", self.written.len() + 1);
            self.written.push(Event { id, r#type, data: serde_json::to_string(line).unwrap() });
            self.next_at.get_or_insert(now);
        }
    }

    pub(crate) fn due_at(&self) -> Option<UnixSeconds> {
        self.next_at
    }

    /// The oldest that has not arrived, if it is time to send it.
    pub(crate) fn due(&self, now: UnixSeconds) -> Option<&Event> {
        self.written.get(self.arrived).filter(|_| self.next_at.is_some_and(|at| at <= now))
    }

    /// It arrived, as far as its sender knows: the next one's turn.
    pub(crate) fn sent(&mut self, now: UnixSeconds) {
        (self.arrived, self.tries) = (self.arrived + 1, 0);
        self.next_at = (self.arrived < self.written.len()).then_some(now);
    }

    /// It may have arrived or not: it is sent again.
    pub(crate) fn failed(&mut self, now: UnixSeconds) {
        self.tries += 1;
        self.next_at = Some(try_again_at(self.tries, now).expect("no storm lasts for ten tries"));
    }

    /// The machine died meanwhile, and knows nothing of this try.
    pub(crate) fn interrupted(&mut self, now: UnixSeconds) {
        self.next_at = Some(now.plus(60));
    }

    /// Everything that was written.
    pub(crate) fn written(&self) -> &[Event] {
        &self.written
    }
}
