//! What a decision means for others: letters to the shop, and notes for the books of the days.
use wxpay_core::{BeijingDay, UnixSeconds};
use wxpay_merchant::{Entry, Happened, Line, Order};

use super::outbox::{self, Letter, Trace};

/// The beginning of the ids of an order's letters.
pub(super) fn letter_name(order: &Order) -> String {
    format!("evt_{}", order.terms().out_trade_no())
}

/// A letter for each thing that the shop is told of.
pub(super) fn letters(
    order: &Order,
    happened: &[Happened],
    now: UnixSeconds,
) -> serde_json::Result<Vec<Letter>> {
    let told = happened.iter().filter_map(|line| Some((line.event_type()?, line)));
    told.map(|(r#type, line)| {
        // What happened, as the history has it, with the order in front.
        let terms = order.terms();
        let line = serde_json::to_string(line)?;
        let mut data = format!(r#"{{"out_trade_no":"{}","#, terms.out_trade_no());
        if let Some(attach) = terms.attach() {
            data.push_str(&format!(r#""attach":{},"#, serde_json::to_string(attach)?));
        }
        data.push_str(line.trim_start_matches('{'));
        Ok(Letter { r#type, body: outbox::body(r#type, now, &data) })
    })
    .collect()
}

/// The order's lines that are new or otherwise than before: their day and the entry, as JSON.
pub(super) fn notes(
    before: Option<&Order>,
    after: &Order,
) -> serde_json::Result<Vec<(String, String)>> {
    let known = before.map(Order::entries).unwrap_or_default();
    let new = after.entries().into_iter().filter(|entry| !known.contains(entry));
    new.map(|entry| note(&entry)).collect()
}

/// What became of a letter.
pub(super) fn event_note(order: &Order, trace: &Trace) -> serde_json::Result<(String, String)> {
    let line = Line::Event {
        id: outbox::id(&letter_name(order), trace.seq),
        r#type: trace.r#type.clone(),
        out_trade_no: Some(order.terms().out_trade_no().clone()),
        state: trace.state.to_owned(),
        attempts: trace.tries,
    };
    note(&Entry { day: BeijingDay::of(trace.at), at: trace.at, line })
}

fn note(entry: &Entry) -> serde_json::Result<(String, String)> {
    Ok((entry.day.to_string(), serde_json::to_string(entry)?))
}
