//! One comparison of a day's book with WeChat's bill: row by row as the bill comes, then the lines
//! that no row was about. Neither the bill nor the book is ever held whole.
//!
//! Around midnight a refund may be in the book of one day and on the bill of the other. So a row
//! within ten minutes of midnight that is about nothing here is asked for next door, where the line
//! is noted as being on another bill; and a line of the last ten minutes that the own bill lacks is
//! left to the next day's comparison, which asks for what was left and calls missing what its own
//! bill lacks too. UNCONFIRMED: that the two clocks differ by less than ten minutes.
use std::rc::Rc;

use worker::Env;
use wxpay_core::{
    BeijingDay, OutTradeNo, UnixSeconds,
    bill::{self, BillKind, BillRefusal, DownloadBill},
};
use wxpay_merchant::{
    Line, order_number_of,
    reconciliation::{self, BillTotals, Counts, Difference, Summary},
};

use super::{
    book::Book,
    ledger::{self, Ask, Told},
    mail, order,
};
use crate::{
    bill::{Bill, NoBill, Row, Wish},
    clock,
    config::Config,
    http::problem::Problem,
};

/// Rows that one letter to a neighbour is about.
const NEXT_DOOR_AT_ONCE: usize = 100;
/// Orders that one comparison has ask WeChat. A merchant with another system beside this one has
/// thousands of payments that are no business of ours.
const ORDERS_ASKED: u32 = 100;

/// A comparison under way.
pub(super) struct Comparison<'a> {
    env: &'a Env,
    config: Rc<Config>,
    book: &'a Book,
    day: BeijingDay,
    run: u64,
    bill: BillTotals,
    counts: Counts,
    /// Orders told that a bill names them.
    asked: u32,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        env: &'a Env,
        book: &'a Book,
        day: BeijingDay,
        run: u64,
    ) -> Result<Self, Problem> {
        let config = Config::of(env)?;
        Ok(Self {
            env,
            config,
            book,
            day,
            run,
            bill: BillTotals::default(),
            counts: Counts::default(),
            asked: 0,
        })
    }

    /// Compares. An error leaves differences of this run behind, which nobody reads.
    pub(super) async fn compare(mut self) -> Result<Summary, Problem> {
        let wish = Wish::Trade(DownloadBill { day: self.day, kind: BillKind::All });
        match Bill::begin(&self.config, &wish).await {
            Ok(None) => {}
            Ok(Some((mut rows, mut bill))) => loop {
                self.rows(&rows).await?;
                rows = match bill.next().await {
                    Ok(Some(rows)) => rows,
                    Ok(None) => break,
                    Err(no) => return Err(no.into()),
                };
            },
            // Nothing moved on that day, says WeChat. Whatever we have is missing then.
            Err(NoBill::Refused(BillRefusal::NotThere)) => {}
            Err(no) => return Err(no.into()),
        }
        let at = clock::now();
        self.lines_without_a_row(at).await?;
        Ok(Summary { at, bill: self.bill, counts: self.counts })
    }

    async fn rows(&mut self, rows: &[Row]) -> Result<(), Problem> {
        let mut near_midnight = Vec::new();
        for row in rows {
            let Row::Trade(row) = row else { continue };
            self.bill.add(row);
            let key = reconciliation::key_of(row);
            let here = self.book.find(&key)?;
            let here = here.filter(|line| reconciliation::is_about(line, &row.out_trade_no));
            match (here, reconciliation::neighbour(self.day, row.traded_at)) {
                (None, Some(day)) => near_midnight.push((day, &**row)),
                (ours, _) => {
                    if ours.is_some() {
                        self.book.meet(&key, self.run)?;
                    }
                    self.beside(ours.as_ref(), row).await?;
                }
            }
        }
        for of_one_day in near_midnight.chunk_by(|(one, _), (other, _)| one == other) {
            for together in of_one_day.chunks(NEXT_DOOR_AT_ONCE) {
                self.next_door(together).await?;
            }
        }
        Ok(())
    }

    /// Rows near the same midnight: the lines about them, if the other day's book has any.
    async fn next_door(&mut self, rows: &[(BeijingDay, &bill::Row)]) -> Result<(), Problem> {
        let Some((day, _)) = rows.first() else { return Ok(()) };
        let named = |row: &bill::Row| (reconciliation::key_of(row), row.out_trade_no.clone());
        let ask = Ask::Meet(rows.iter().map(|(_, row)| named(row)).collect());
        let Told::Met(lines) = ledger::ask(self.env, *day, &ask).await? else {
            return Err(Problem::internal("a day's answer about lines"));
        };
        for (ours, (_, row)) in lines.iter().zip(rows) {
            self.beside(ours.as_ref(), row).await?;
        }
        Ok(())
    }

    async fn beside(&mut self, ours: Option<&Line>, row: &bill::Row) -> Result<(), Problem> {
        if ours.is_none() && row.refund.is_none() && self.asked < ORDERS_ASKED {
            self.asked = self.asked.saturating_add(1);
            self.ask_order(row).await;
        }
        for difference in reconciliation::compare(ours, row) {
            self.note(&difference)?;
        }
        Ok(())
    }

    /// A payment that no book has may be of an order of ours, which is to ask WeChat: the bill is
    /// not signed and moves nothing itself. Whatever comes of it, the difference stays; the order's
    /// line, once written, has the day compared again.
    async fn ask_order(&self, row: &bill::Row) {
        let Ok(attempt) = OutTradeNo::new(&row.out_trade_no) else { return };
        let (order, ask) = (order_number_of(&attempt), order::Ask::OnBill(attempt));
        // An order in trouble keeps no day from being compared.
        let _: Result<order::Told, Problem> =
            mail::ask(self.env, order::BINDING, order.as_str(), &ask).await;
    }

    async fn lines_without_a_row(&mut self, now: UnixSeconds) -> Result<(), Problem> {
        let mut after = 0;
        loop {
            let unmet = self.book.unmet(self.run, after)?;
            let Some(last) = unmet.last() else { break };
            after = last.seq;
            for unmet in unmet {
                if !reconciliation::is_left_to_next(self.day, unmet.at, now) {
                    self.missing(&unmet.line)?;
                }
            }
        }
        let before = reconciliation::day_before(self.day);
        let mut after = Some(0);
        while let Some(place) = after {
            let ask = Ask::Left { after: place };
            let Told::Lines { lines, next } = ledger::ask(self.env, before, &ask).await? else {
                return Err(Problem::internal("a day's answer about what it left"));
            };
            for line in &lines {
                self.missing(line)?;
            }
            after = next;
        }
        Ok(())
    }

    fn missing(&mut self, line: &Line) -> worker::Result<()> {
        match reconciliation::missing(line) {
            Some(difference) => self.note(&difference),
            None => Ok(()),
        }
    }

    fn note(&mut self, difference: &Difference) -> worker::Result<()> {
        self.counts.add(difference);
        self.book.add_difference(self.run, difference)
    }
}
