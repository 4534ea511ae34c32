//! Orders read back from the store while nobody may change anything.

use std::cell::OnceCell;

use super::{Order, Place};

/// A list that only grows, so that what is on it can be lent to whoever only reads. The ledger
/// empties it when it is let go; until then it holds what one call looked up, which is little.
#[derive(Debug, Default)]
pub(super) struct Shelf(OnceCell<Box<Entry>>);

#[derive(Debug)]
struct Entry {
    place: Place,
    order: Order,
    next: Shelf,
}

impl Shelf {
    /// The order of that place, which `read` brings if it is not here.
    pub(super) fn order(
        &self,
        place: Place,
        read: impl FnOnce() -> Option<Order>,
    ) -> Option<&Order> {
        let mut shelf = self;
        while let Some(entry) = shelf.0.get() {
            if entry.place == place {
                return Some(&entry.order);
            }
            shelf = &entry.next;
        }
        let entry = Entry { place, order: read()?, next: Self::default() };
        Some(&shelf.0.get_or_init(|| Box::new(entry)).order)
    }
}
