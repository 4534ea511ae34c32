//! An order on disk: its snapshot, a history that only grows, its letters to the shop, and its
//! notes for the books of the days.
//!
//! All of them change in one transaction, together with the alarm. The order read last is kept in
//! memory: every change goes through here, and a write that fails makes us read again.
use std::{cell::RefCell, panic::AssertUnwindSafe, rc::Rc};

use serde_json::value::RawValue;
use wxpay_core::{UnixSeconds, v3::WINDOW_SECONDS};
use wxpay_merchant::{Happened, Order};

use super::{
    disk::{Disk, Script, moment, number, text},
    dispatch::{self, letter_name},
    outbox::{self, Trace},
};
use crate::json;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        snapshot TEXT NOT NULL,
        wake_at INTEGER
    ) STRICT;
    CREATE TABLE IF NOT EXISTS history (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        happened TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS notes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        day TEXT NOT NULL,
        entry TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS nonces (
        nonce TEXT PRIMARY KEY,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Notes wait so long for company: an order's creation, placing and payment go in one letter.
/// Also the first rung of the ladder of questions, so that both share an alarm.
const NOTES_WAIT: u64 = 5;
/// A book that could not be reached is tried again so much later. Seconds.
const NOTES_AGAIN: u64 = 60;
/// Seconds after which an alarm that was cut off in the middle comes again. One that takes longer is
/// not overtaken: the runtime lets it end first, and its end sets the alarm anew.
const SAFETY_SECONDS: u64 = 10;

/// A nonce is kept longer than a notification can be replayed: the window to both sides of its time.
/// Seconds.
const NONCE_SECONDS: u64 = 2 * WINDOW_SECONDS;

/// One order's storage.
pub(crate) struct Store {
    pub(super) disk: Disk,
    /// A panic cannot leave it half changed: it is changed by assignments only, and after the disk.
    kept: AssertUnwindSafe<RefCell<Option<Kept>>>,
}

/// What is known of the disk without asking it.
#[derive(Default)]
struct Kept {
    order: Option<Rc<Order>>,
    /// The order as it was last written.
    snapshot: String,
    /// When the order wants to be woken, its oldest letter sent, its notes passed on.
    order_at: Option<UnixSeconds>,
    letter_at: Option<UnixSeconds>,
    notes_at: Option<UnixSeconds>,
    /// Whether notes were written since some began to be passed on.
    has_more: bool,
    /// What the alarm was set to; unknown after a start.
    alarm: Option<Option<UnixSeconds>>,
    /// Whether the tables were looked after since the start.
    has_tables: bool,
    /// The number of the newest letter.
    letters: u64,
}

/// What was decided, as far as it is written down.
pub(super) struct Change {
    pub(super) order: Rc<Order>,
    pub(super) happened: Vec<Happened>,
    pub(super) wake_at: Option<UnixSeconds>,
    pub(super) at: UnixSeconds,
    /// Whether somebody takes letters.
    pub(super) has_reader: bool,
    /// The nonce of the notification that led to it.
    pub(super) nonce: Option<String>,
}

/// Notes to the book of one day.
pub(super) struct Notes {
    pub(super) day: String,
    /// A JSON array of entries.
    pub(super) entries: String,
    /// The newest of them.
    last: u64,
}

impl Store {
    pub(super) fn new(disk: Disk) -> Self {
        Self { disk, kept: AssertUnwindSafe(RefCell::new(None)) }
    }

    /// The order, if there is one. Looking leaves no trace: a number nobody ordered stays nothing.
    pub(super) fn order(&self) -> worker::Result<Option<Rc<Order>>> {
        self.with(|kept| kept.order.clone())
    }

    /// When the order wants to be woken.
    pub(super) fn order_at(&self) -> worker::Result<Option<UnixSeconds>> {
        self.with(|kept| kept.order_at)
    }

    /// Whether any letter is under way.
    pub(super) fn has_letters(&self) -> worker::Result<bool> {
        self.with(|kept| kept.letter_at.is_some())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> worker::Result<T> {
        let mut kept = self.kept.borrow_mut();
        let kept = match &mut *kept {
            Some(kept) => kept,
            none => none.insert(self.read()?),
        };
        Ok(look(kept))
    }

    fn read(&self) -> worker::Result<Kept> {
        if !self.disk.has_table("orders")? {
            return Ok(Kept::default());
        }
        let row = self.disk.row("SELECT snapshot, wake_at FROM orders LIMIT 1", &[])?;
        let Some(row) = row else { return Ok(Kept::default()) };
        let snapshot = row.text(0).unwrap_or_default();
        let notes = self.disk.row("SELECT 1 FROM notes LIMIT 1", &[])?;
        Ok(Kept {
            order: Some(Rc::new(json::read(snapshot.as_bytes())?)),
            snapshot,
            order_at: row.number(1).map(UnixSeconds::new),
            letter_at: outbox::due(&self.disk)?,
            // Due at once: whoever wrote them has waited already.
            notes_at: notes.map(|_| UnixSeconds::new(0)),
            has_more: false,
            alarm: None,
            has_tables: false,
            letters: outbox::newest(&self.disk)?,
        })
    }

    /// Everything that happened, oldest first, as a JSON array. It stays JSON: nothing is decided
    /// upon it.
    pub(super) fn history(&self) -> worker::Result<Box<RawValue>> {
        let query = "SELECT json_group_array(json_insert(happened, '$.at', at))
                     FROM (SELECT at, happened FROM history ORDER BY seq)";
        let row = self.disk.row(query, &[])?;
        let lines = row.and_then(|row| row.text(0)).unwrap_or_else(|| "[]".to_owned());
        Ok(RawValue::from_string(lines)?)
    }

    /// Every letter to the shop, oldest first, as a JSON array.
    pub(super) fn letters(&self, order: &Order) -> worker::Result<Box<RawValue>> {
        Ok(RawValue::from_string(outbox::list(&self.disk, &letter_name(order))?)?)
    }

    /// Whether a notification came under this nonce before.
    pub(super) fn knows_nonce(&self, nonce: &str) -> worker::Result<bool> {
        if !self.disk.has_table("nonces")? {
            return Ok(false);
        }
        let row = self.disk.row("SELECT 1 FROM nonces WHERE nonce = ?", &[text(nonce)])?;
        Ok(row.is_some())
    }

    /// Writes what was decided, with the letters and notes that follow from it: all or nothing.
    /// What is as it was is not written again.
    pub(super) fn save(&self, change: Change) -> worker::Result<()> {
        let snapshot = serde_json::to_string(&*change.order)?;
        let written = self.with(|kept| {
            if kept.says(&change, &snapshot) {
                kept.order = Some(change.order);
                return Ok(());
            }
            kept.write(&self.disk, change, snapshot)
        })?;
        if written.is_err() {
            *self.kept.borrow_mut() = None;
        }
        written
    }

    /// Sets the alarm to whatever comes first.
    pub(super) fn set_alarm(&self) -> worker::Result<()> {
        let (wanted, set) = self.with(|kept| {
            let all = [kept.order_at, kept.letter_at, kept.notes_at];
            (all.into_iter().flatten().min(), kept.alarm)
        })?;
        if set != Some(wanted) {
            self.disk.wake_at(wanted)?;
            self.with(|kept| kept.alarm = Some(wanted))?;
        }
        Ok(())
    }

    /// While an alarm is worked off: should we die in the middle, another comes.
    pub(super) fn set_safety_alarm(&self, now: UnixSeconds) -> worker::Result<()> {
        self.disk.wake_at(Some(now.plus(SAFETY_SECONDS)))?;
        self.with(|kept| kept.alarm = None)
    }

    /// The notes that wait, by day.
    pub(super) fn notes(&self, now: UnixSeconds) -> worker::Result<Vec<Notes>> {
        let is_due = self.with(|kept| {
            kept.has_more = false;
            kept.notes_at.is_some_and(|at| at <= now)
        })?;
        if !is_due {
            return Ok(Vec::new());
        }
        let query = "SELECT day, '[' || group_concat(entry, ',') || ']', max(seq)
                     FROM (SELECT * FROM notes ORDER BY seq) GROUP BY day ORDER BY max(seq)";
        let rows = self.disk.rows(query, &[])?;
        Ok(rows
            .map(|row| Notes {
                day: row.text(0).unwrap_or_default(),
                entries: row.text(1).unwrap_or_default(),
                last: row.number(2).unwrap_or_default(),
            })
            .collect())
    }

    /// These notes are in the book now.
    pub(super) fn passed_on(&self, notes: &Notes) -> worker::Result<()> {
        let delete = "DELETE FROM notes WHERE day = ? AND seq <= ?";
        self.disk.run(delete, &[text(&notes.day), number(notes.last)])
    }

    /// All that waited is passed on, or some book is out of reach for now.
    pub(super) fn notes_done(&self, reached: bool, now: UnixSeconds) -> worker::Result<()> {
        self.with(|kept| {
            kept.notes_at = match (reached, kept.has_more) {
                (false, _) => Some(now.plus(NOTES_AGAIN)),
                (true, true) => Some(now.plus(NOTES_WAIT)),
                (true, false) => None,
            }
        })
    }

    /// A letter went a step further: the book of its day is to know.
    pub(super) fn letter_moved(&self, trace: &Trace, now: UnixSeconds) -> worker::Result<()> {
        let Some(order) = self.order()? else { return Ok(()) };
        let mut script = Script::default();
        note(&mut script, &dispatch::event_note(&order, trace)?)?;
        self.disk.write(script, None)?;
        let letter_at = outbox::due(&self.disk)?;
        self.with(|kept| {
            (kept.letter_at, kept.has_more) = (letter_at, true);
            kept.notes_at.get_or_insert(now.plus(NOTES_WAIT));
        })
    }

    /// There is nobody to send letters to: those under way wait, or the alarm would go on and on.
    pub(super) fn letters_wait(&self, now: UnixSeconds) -> worker::Result<()> {
        let later = now.plus(outbox::NOBODY_THERE);
        self.with(|kept| kept.letter_at = kept.letter_at.map(|at| at.max(later)))
    }

    /// Sends a letter again, whatever became of it; false if there is none.
    pub(super) fn resend(&self, seq: u64, now: UnixSeconds) -> worker::Result<bool> {
        if self.order()?.is_none() {
            return Ok(false);
        }
        let Some(trace) = outbox::resend(&self.disk, seq, now)? else { return Ok(false) };
        self.letter_moved(&trace, now)?;
        self.set_alarm()?;
        Ok(true)
    }
}

impl Kept {
    /// Whether nothing but what is in memory only has changed.
    fn says(&self, change: &Change, snapshot: &str) -> bool {
        self.snapshot == snapshot
            && self.order_at == change.wake_at
            && change.happened.is_empty()
            && change.nonce.is_none()
    }

    /// One call to the disk, then what is known of it.
    fn write(&mut self, disk: &Disk, change: Change, snapshot: String) -> worker::Result<()> {
        let Change { order, happened, wake_at, at, has_reader, nonce } = change;
        let mut script = Script::default();
        if !self.has_tables {
            script.add(SCHEMA, &[])?;
            script.add(outbox::SCHEMA, &[])?;
        }
        if let Some(nonce) = &nonce {
            let over = at.seconds().saturating_sub(NONCE_SECONDS);
            script.add("DELETE FROM nonces WHERE at < ?", &[number(over)])?;
            let insert = "INSERT INTO nonces (nonce, at) VALUES (?, ?)";
            script.add(insert, &[text(nonce), number(at.seconds())])?;
        }
        for line in &happened {
            let line = serde_json::to_string(line)?;
            let insert = "INSERT INTO history (at, happened) VALUES (?, ?)";
            script.add(insert, &[number(at.seconds()), text(&line)])?;
        }
        let upsert = "INSERT INTO orders (id, snapshot, wake_at) VALUES (1, ?, ?)
                      ON CONFLICT (id) DO UPDATE
                      SET snapshot = excluded.snapshot, wake_at = excluded.wake_at";
        script.add(upsert, &[text(&snapshot), moment(wake_at)])?;
        let (mut letters, mut notes) = (self.letters, Vec::new());
        for letter in dispatch::letters(&order, &happened, at)? {
            letters = letters.saturating_add(1);
            let trace = outbox::put(&mut script, letters, &letter, at, has_reader)?;
            notes.push(dispatch::event_note(&order, &trace)?);
        }
        notes.extend(dispatch::notes(self.order.as_deref(), &order)?);
        notes.iter().try_for_each(|it| note(&mut script, it))?;

        let is_sent = has_reader && letters > self.letters;
        let letter_at = self.letter_at.or(is_sent.then_some(at));
        let waits = (!notes.is_empty()).then(|| at.plus(NOTES_WAIT));
        let notes_at = self.notes_at.or(waits);
        let alarm = [wake_at, letter_at, notes_at].into_iter().flatten().min();
        disk.write(script, (self.alarm != Some(alarm)).then_some(alarm))?;
        *self = Self {
            order: Some(order),
            snapshot,
            order_at: wake_at,
            letter_at,
            notes_at,
            has_more: self.has_more || waits.is_some(),
            alarm: Some(alarm),
            has_tables: true,
            letters,
        };
        Ok(())
    }
}

fn note(script: &mut Script, (day, entry): &(String, String)) -> worker::Result<()> {
    script.add("INSERT INTO notes (day, entry) VALUES (?, ?)", &[text(day), text(entry)])
}
