//! What pages are handed and bring back: codes and cashiers, by their names.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// The newest that are kept; the oldest go first. All of them are used within minutes.
const KEPT: usize = 1_000;

/// A map that forgets its oldest entries.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Recent<T> {
    by_name: BTreeMap<String, T>,
    /// Oldest first.
    names: VecDeque<String>,
    /// How often anything may have changed.
    #[serde(skip)]
    changes: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), names: VecDeque::new(), changes: 0 }
    }
}

impl<T> Recent<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.by_name.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.changes = self.changes.wrapping_add(1);
        self.by_name.get_mut(name)
    }

    /// Keeps something under a name that nothing else has.
    pub(crate) fn insert(&mut self, name: String, entry: T) {
        self.changes = self.changes.wrapping_add(1);
        self.by_name.insert(name.clone(), entry);
        self.names.push_back(name);
        if self.names.len() > KEPT
            && let Some(oldest) = self.names.pop_front()
        {
            self.by_name.remove(&oldest);
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self { changes: self.changes.wrapping_add(1), ..Self::default() };
    }

    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_when_one_too_many_comes() {
        let mut recent = Recent::default();
        for number in 0..=KEPT {
            recent.insert(number.to_string(), number);
        }
        assert_eq!(recent.get("0"), None);
        assert_eq!(recent.get("1"), Some(&1));
        assert_eq!(recent.get(&KEPT.to_string()), Some(&KEPT));
    }
}
