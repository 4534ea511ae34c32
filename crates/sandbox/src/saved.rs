//! What a store keeps besides orders and messages, and how a gateway begins where another ended.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    gateway::{Gateway, Settings},
    ledger::Store,
    random::Random,
    time::UnixSeconds,
};

const PROGRESS: &str = "progress";
const SETTINGS: &str = "settings";
const CODES: &str = "codes";
const SESSIONS: &str = "sessions";
const BUYERS: &str = "buyers";
const TOKENS: &str = "tokens";

/// What nearly every call moves.
#[derive(Serialize, Deserialize)]
struct Progress<'a> {
    random: Random,
    last_seq: u64,
    calls: Cow<'a, BTreeMap<Cow<'static, str>, u64>>,
}

/// How a gateway was when somebody began to change it.
#[derive(PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) settings: Settings,
    pub(crate) last_seq: u64,
    random: Random,
    codes: u64,
    sessions: u64,
    tokens: u64,
}

impl Gateway {
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            settings: self.settings(),
            last_seq: self.ledger.last_seq(),
            random: self.random.clone(),
            codes: self.codes.changes(),
            sessions: self.sessions.changes(),
            tokens: self.tokens.issued,
        }
    }

    /// Writes what changed since `before`, if there is a store: all of it, or nothing.
    pub(crate) fn save(&self, before: &Mark, mark: &Mark) -> anyhow::Result<()> {
        let Some(store) = self.ledger.store() else { return Ok(()) };
        if let Some(failure) = store.take_failure() {
            return Err(failure);
        }
        if before == mark && !self.ledger.is_touched() {
            return Ok(());
        }
        store.at_once(|| {
            self.ledger.write()?;
            // A reset moves neither, and has no calls.
            let moved = before.random != mark.random || before.last_seq != mark.last_seq;
            if moved || self.ledger.calls().is_empty() {
                let progress = Progress {
                    random: self.random.clone(),
                    last_seq: mark.last_seq,
                    calls: Cow::Borrowed(self.ledger.calls()),
                };
                store.write_part(PROGRESS, &progress)?;
            }
            if before.settings != mark.settings {
                store.write_part(SETTINGS, &mark.settings)?;
            }
            if before.codes != mark.codes {
                store.write_part(CODES, &self.codes)?;
            }
            if before.sessions != mark.sessions {
                store.write_part(SESSIONS, &self.sessions)?;
            }
            if before.settings.buyers != mark.settings.buyers {
                store.write_part(BUYERS, &self.buyers)?;
            }
            if before.tokens != mark.tokens {
                store.write_part(TOKENS, &self.tokens)?;
            }
            Ok(())
        })
    }

    /// Keeps everything in `store` from now on, after taking over what is there already.
    pub(crate) fn keep_in(&mut self, store: Store, now: UnixSeconds) -> anyhow::Result<()> {
        if let Some(Progress { random, last_seq, calls }) = store.part(PROGRESS)? {
            self.random = random;
            self.ledger.resume(last_seq, calls.into_owned());
        }
        if let Some(settings) = store.part(SETTINGS)? {
            self.set_settings(settings);
        }
        self.codes = store.part(CODES)?.unwrap_or_default();
        self.sessions = store.part(SESSIONS)?.unwrap_or_default();
        self.buyers = store.part(BUYERS)?.unwrap_or_default();
        self.tokens = store.part(TOKENS)?.unwrap_or_default();
        self.ledger.keep_in(store)?;
        self.ledger.give_up_waiting(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::{NOW, Shop};

    /// Does `work` as a hold of the server's does, and returns how many kinds of calls were kept.
    fn kept_after(shop: &mut Shop, work: impl FnOnce(&mut Shop)) -> usize {
        let before = shop.gateway.mark();
        work(shop);
        shop.gateway.save(&before, &shop.gateway.mark()).unwrap();
        shop.gateway.ledger.settle();
        let store = shop.gateway.ledger.store().unwrap();
        let kept: Progress<'_> = store.part(PROGRESS).unwrap().unwrap();
        kept.calls.len()
    }

    #[test]
    fn what_a_reset_forgets_does_not_come_back_with_the_next_start() {
        let mut shop = Shop::open();
        shop.gateway.keep_in(Store::open(None).unwrap(), NOW).unwrap();
        assert_eq!(kept_after(&mut shop, |shop| drop(shop.order("NATIVE"))), 1);
        assert_eq!(kept_after(&mut shop, |shop| shop.gateway.reset()), 0);
    }
}
