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
    BeijingDay, UnixSeconds,
    v2::{
        Credential,
        bill::{self, BillKind, BillReader, BillRefusal, DownloadBill},
    },
};
use wxpay_merchant::{
    Line,
    reconciliation::{self, BillTotals, Counts, Difference, Summary},
};

use super::{
    book::Book,
    ledger::{self, Ask, Told},
};
use crate::{
    bill::{Bill, NoBill, Reader, Row},
    clock,
    config::Config,
    http::problem::Problem,
    random,
};

/// A comparison under way.
pub(super) struct Comparison<'a> {
    env: &'a Env,
    config: Rc<Config>,
    book: &'a Book,
    day: BeijingDay,
    run: u64,
    bill: BillTotals,
    counts: Counts,
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
        })
    }

    /// Compares. An error leaves differences of this run behind, which nobody reads.
    pub(super) async fn compare(mut self) -> Result<Summary, Problem> {
        let wish = DownloadBill { day: self.day, kind: BillKind::All };
        let nonce = random::nonce_str()?;
        let request = |credential: &Credential| wish.to_request(credential, &nonce);
        let reader = || Reader::Trade(BillReader::new());
        match Bill::begin(&self.config, &request, &reader).await {
            Ok(None) => {}
            Ok(Some((mut rows, mut bill))) => loop {
                for row in &rows {
                    self.row(row).await?;
                }
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

    async fn row(&mut self, row: &Row) -> Result<(), Problem> {
        let Row::Trade(row) = row else { return Ok(()) };
        self.bill.add(row);
        let key = reconciliation::key_of(row);
        let here = self.book.find(&key)?;
        let here = here.filter(|line| reconciliation::is_about(line, &row.out_trade_no));
        let ours = match here {
            Some(line) => {
                self.book.meet(&key, self.run)?;
                Some(line)
            }
            None => self.next_door(key, row).await?,
        };
        for difference in reconciliation::compare(ours.as_ref(), row) {
            self.note(&difference)?;
        }
        Ok(())
    }

    /// The line about a row near midnight, if the other day's book has it.
    async fn next_door(&self, key: String, row: &bill::Row) -> Result<Option<Line>, Problem> {
        let Some(day) = reconciliation::neighbour(self.day, row.traded_at) else { return Ok(None) };
        let ask = Ask::Meet { key, out_trade_no: row.out_trade_no.clone() };
        match ledger::ask(self.env, day, &ask).await? {
            Told::Line(line) => Ok(line),
            _ => Err(Problem::internal("a day's answer about a line")),
        }
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
