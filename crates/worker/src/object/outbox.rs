//! Webhooks on their way to the shop: written with what they tell of, sent until they arrive.
//!
//! A letter's body is written once and sent byte for byte as often as needed; the shop tells copies
//! apart by the id. Only the oldest letter that is under way is sent, so one order's letters arrive
//! in the order in which things happened.
use wxpay_core::UnixSeconds;
use wxpay_merchant::try_again_at;

use super::disk::{Disk, Script, number, text};
use crate::{
    clock,
    config::Config,
    webhook::{self, Answer},
};

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS outbox (
        seq INTEGER PRIMARY KEY,
        type TEXT NOT NULL,
        body TEXT NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        next_at INTEGER
    ) STRICT;
";

/// Letters that one alarm sends; a shop that was away for long gets the rest by the next.
const AT_ONCE: usize = 20;

/// Where there is nobody to send to, letters under way are looked at again so much later: somebody
/// may only have forgotten to set a variable. Seconds.
pub(super) const NOBODY_THERE: u64 = 3_600;

/// A letter to be written down.
pub(super) struct Letter {
    /// Its event type, for example `order.paid`.
    pub(super) r#type: &'static str,
    /// What the shop will read.
    pub(super) body: String,
}

/// What became of a letter, for the day's book.
#[derive(Clone)]
pub(super) struct Trace {
    pub(super) seq: u64,
    pub(super) r#type: String,
    pub(super) at: UnixSeconds,
    pub(super) state: &'static str,
    pub(super) tries: u32,
}

/// The envelope around every event: its type, when it happened, and what.
pub(crate) fn body(r#type: &str, at: UnixSeconds, data: &str) -> String {
    let timestamp = at.rfc3339();
    format!(r#"{{"type":"{type}","timestamp":"{timestamp}","data":{data}}}"#)
}

/// `evt_ORDER1_3`: what the shop knows a letter by.
pub(super) fn id(name: &str, seq: u64) -> String {
    format!("{name}_{seq}")
}

/// The number of the newest letter; 0 where there is none.
pub(super) fn newest(disk: &Disk) -> worker::Result<u64> {
    let row = disk.row("SELECT max(seq) FROM outbox", &[])?;
    Ok(row.and_then(|row| row.number(0)).unwrap_or_default())
}

/// Writes the letter `seq` down; `kept` where there is nobody to send it to.
pub(super) fn put(
    script: &mut Script,
    seq: u64,
    letter: &Letter,
    at: UnixSeconds,
    has_reader: bool,
) -> worker::Result<Trace> {
    let state = if has_reader { "pending" } else { "kept" };
    let insert = "INSERT INTO outbox (seq, type, body, at, state, next_at)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?4)";
    let values = [number(seq), text(letter.r#type), text(&letter.body), number(at.seconds())];
    script.add(insert, &[&values[..], &[text(state)]].concat())?;
    Ok(Trace { seq, r#type: letter.r#type.to_owned(), at, state, tries: 0 })
}

/// When the oldest letter under way is to be sent.
pub(super) fn due(disk: &Disk) -> worker::Result<Option<UnixSeconds>> {
    let oldest = "SELECT next_at FROM outbox WHERE state = 'pending' ORDER BY seq LIMIT 1";
    let row = disk.row(oldest, &[])?;
    Ok(row.and_then(|row| row.number(0)).map(UnixSeconds::new))
}

/// Sends the oldest letter, if its time has come, and writes down what came of it through `save`.
pub(super) async fn deliver(
    disk: &Disk,
    config: &Config,
    name: &str,
    save: &dyn Fn(&Trace) -> worker::Result<()>,
) -> worker::Result<()> {
    let Some(endpoint) = &config.webhook else { return Ok(()) };
    for _ in 0..AT_ONCE {
        let oldest = "SELECT seq, type, body, at, tries, next_at FROM outbox
                      WHERE state = 'pending' ORDER BY seq LIMIT 1";
        let Some(row) = disk.row(oldest, &[])? else { break };
        let column = |index| row.number(index).unwrap_or_default();
        if column(5) > clock::now().seconds() {
            break;
        }
        let (seq, tries) = (column(0), column(4));
        let body = row.text(2).unwrap_or_default();
        let answer = webhook::send(endpoint, &id(name, seq), &body).await;
        let tries = u32::try_from(tries).unwrap_or(u32::MAX).saturating_add(1);
        let now = clock::now();
        let (state, next_at) = match answer {
            Answer::Accepted => ("delivered", now),
            Answer::Gone => ("dead", now),
            Answer::Refused | Answer::Silent => match try_again_at(tries, now) {
                Some(at) => ("pending", at),
                None => ("dead", now),
            },
        };
        // Asked for again by hand meanwhile, it stays as that left it, and goes out once more.
        let update = "UPDATE outbox SET state = ?, tries = ?, next_at = ?
                      WHERE seq = ? AND state = 'pending' AND tries = ? AND next_at = ?
                      RETURNING seq";
        let new = [text(state), number(tries.into()), number(next_at.seconds())];
        let old = [number(seq), number(column(4)), number(column(5))];
        if disk.row(update, &[new, old].concat())?.is_none() {
            continue;
        }
        let at = UnixSeconds::new(column(3));
        save(&Trace { seq, r#type: row.text(1).unwrap_or_default(), at, state, tries })?;
    }
    Ok(())
}

/// Sends a letter again, whatever became of it; `None` if there is no such letter.
pub(super) fn resend(disk: &Disk, seq: u64, now: UnixSeconds) -> worker::Result<Option<Trace>> {
    // Another moment than before, by which a try under way sees that the letter was asked for again.
    let update = "UPDATE outbox SET state = 'pending', tries = 0, next_at = ?1 + (next_at = ?1)
                  WHERE seq = ?2 RETURNING type, at";
    let row = disk.row(update, &[number(now.seconds()), number(seq)])?;
    Ok(row.map(|row| Trace {
        seq,
        r#type: row.text(0).unwrap_or_default(),
        at: UnixSeconds::new(row.number(1).unwrap_or_default()),
        state: "pending",
        tries: 0,
    }))
}

/// Every letter with what became of it, oldest first, as a JSON array.
pub(super) fn list(disk: &Disk, name: &str) -> worker::Result<String> {
    let query = "SELECT json_group_array(json_object(
                     'id', ? || '_' || seq, 'type', type, 'at', at, 'state', state,
                     'attempts', tries, 'next_at', iif(state = 'pending', next_at, NULL)))
                 FROM (SELECT * FROM outbox ORDER BY seq)";
    let row = disk.row(query, &[text(name)])?;
    Ok(row.and_then(|row| row.text(0)).unwrap_or_else(|| "[]".to_owned()))
}
