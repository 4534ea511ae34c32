//! The text tables that bills are: a header line, rows, a header of totals, one row of totals.
//!
//! Source: protocol pages "下载交易账单", "下载资金账单", read 2026-11. Every cell of a row begins with a
//! back-quote; cells are neither quoted nor escaped. Columns are found by their names, since layouts
//! differ by bill, by age and by the merchant's settlement.
//! A bill may be larger than the memory there is, so no more than one line is ever held.
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    BeijingTime, Malformed, MilliFen, SignedFen, UnixSeconds,
    v2::{is_about_our_signature, xml},
    yuan,
};

/// No line of a bill comes near this: its texts have a few hundred characters. Self-set limit.
pub const LINE_LIMIT_BYTES: usize = 16 * 1024;

/// A column under each name it has had, the current one first.
pub(crate) type Names = &'static [&'static str];

/// Names the columns of a table by constants, so that a cell can be asked for: `TIME`, `FEE`, …
macro_rules! columns {
    ($all:ident: $($name:ident = $($text:literal)|+;)*) => {
        const $all: &[$crate::table::Names] = &[$(&[$($text),+]),*];
        $crate::table::columns!(@number 0; $($name)*);
    };
    (@number $at:expr; $name:ident $($rest:ident)*) => {
        const $name: usize = $at;
        $crate::table::columns!(@number $at + 1; $($rest)*);
    };
    (@number $at:expr;) => {};
}
pub(crate) use columns;

/// What a table is expected to have.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The columns of the rows. The first one tells a header.
    pub(crate) columns: &'static [Names],
    /// The column whose text is the merchant's own, and may hold what separates cells.
    pub(crate) free_text: usize,
    /// The columns of the totals. The first one counts the rows.
    pub(crate) totals: &'static [Names],
}

/// How a table ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending<Totals> {
    /// Every row came, as many as WeChat counted.
    Complete(Totals),
    /// There was no table: WeChat said why.
    Refused(BillRefusal),
}

/// Why there is no bill. Not signed: nothing but the time of the next try may rest on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BillRefusal {
    /// `No Bill Exist`, `NO_BILL_EXIST`: nothing happened on that day, or it is too long ago.
    NotThere,
    /// `Bill Creating`, `BILL_CREATING`: come back after ten o'clock.
    Creating,
    /// Anything else, in WeChat's words, at most 128 characters.
    Refused(String),
}

impl BillRefusal {
    /// Whether WeChat says that our signature did not check: another key may do better.
    pub fn is_about_our_signature(&self) -> bool {
        matches!(self, Self::Refused(said) if is_about_our_signature(said))
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let fields = xml::decode(bytes)?;
        // A trade bill says it in `return_msg`, a fund flow in `err_code`.
        let said = match (fields.get("err_code"), fields.get("return_msg")) {
            (Some(said), _) | (None, Some(said)) => said,
            (None, None) => return Err(Malformed::Missing("return_msg")),
        };
        let letters: String = said
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Ok(match (letters.as_str(), fields.get("error_code")) {
            ("nobillexist", _) | (_, Some("20002")) => Self::NotThere,
            ("billcreating", _) => Self::Creating,
            _ => Self::Refused(said.chars().take(128).collect()),
        })
    }
}

/// Reads a table as it comes, cut anywhere.
#[derive(Debug)]
pub(crate) struct Table {
    layout: &'static Layout,
    place: Place,
    /// What has come of the line under way.
    pending: Vec<u8>,
    lines: u64,
    rows: u64,
}

/// Where the reader stands.
#[derive(Debug)]
enum Place {
    Start,
    Rows(Header),
    Totals(Header),
    End(Header, String),
    /// Not a table but XML; what has come of it.
    Refusal(Vec<u8>),
}

impl Table {
    pub(crate) const fn new(layout: &'static Layout) -> Self {
        Self { layout, place: Place::Start, pending: Vec::new(), lines: 0, rows: 0 }
    }

    /// Takes the next bytes, and calls `each` for every row they complete.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        each: &mut dyn FnMut(Cells<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.keep(line)?;
            self.end_line(each)?;
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.keep(bytes)
    }

    /// Says how it ended, and the row of totals.
    pub(crate) fn finish<Totals>(
        mut self,
        totals: impl FnOnce(u64, &Cells<'_>) -> Result<Totals, Malformed>,
    ) -> Result<Ending<Totals>, Malformed> {
        // The last line may have no end. It is no row: after rows come totals.
        self.end_line(&mut |_| Ok(()))?;
        let count = self.layout.totals.first().and_then(|names| names.first());
        match self.place {
            Place::Refusal(bytes) => BillRefusal::read(&bytes).map(Ending::Refused),
            Place::End(header, line) => {
                let cells = header.cells(&line).ok_or(Malformed::Table { line: self.lines })?;
                let said = cells.count(0)?;
                if said != self.rows {
                    return Err(Malformed::Rows { said, found: self.rows });
                }
                totals(said, &cells).map(Ending::Complete)
            }
            _ => Err(Malformed::Missing(count.copied().unwrap_or_default())),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if self.pending.len().saturating_add(bytes.len()) > LINE_LIMIT_BYTES {
            return Err(Malformed::TooLarge { limit: LINE_LIMIT_BYTES });
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(
        &mut self,
        each: &mut dyn FnMut(Cells<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let line = core::mem::take(&mut self.pending);
        self.lines = self.lines.saturating_add(1);
        let wrong = Malformed::Table { line: self.lines };
        let text = core::str::from_utf8(&line).map_err(|_| wrong.clone())?;
        self.read(text.trim_end_matches('\r'), wrong, each)?;
        // The buffer serves the next line.
        self.pending = line;
        self.pending.clear();
        Ok(())
    }

    fn read(
        &mut self,
        line: &str,
        wrong: Malformed,
        each: &mut dyn FnMut(Cells<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let line = if self.lines == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if line.is_empty() {
            return Ok(());
        }
        match (&mut self.place, line.strip_prefix('`')) {
            (Place::Start, None) if line.starts_with('<') => {
                self.place = Place::Refusal(line.as_bytes().to_vec());
            }
            (Place::Refusal(said), _) => {
                if said.len().saturating_add(line.len()) > xml::MESSAGE_LIMIT_BYTES {
                    return Err(Malformed::TooLarge { limit: xml::MESSAGE_LIMIT_BYTES });
                }
                said.push(b'\n');
                said.extend_from_slice(line.as_bytes());
            }
            (Place::Start, None) => {
                let layout = self.layout;
                self.place = Place::Rows(Header::read(line, layout.columns, layout.free_text)?);
            }
            (Place::Rows(header), Some(row)) => {
                self.rows = self.rows.saturating_add(1);
                each(header.cells(row).ok_or(wrong)?)?;
            }
            (Place::Rows(_), None) => {
                self.place = Place::Totals(Header::read(line, self.layout.totals, 0)?);
            }
            (Place::Totals(header), Some(row)) => {
                self.place = Place::End(core::mem::take(header), row.to_string());
            }
            _ => return Err(wrong),
        }
        Ok(())
    }
}

/// Which column stands where.
#[derive(Debug, Default)]
struct Header {
    columns: &'static [Names],
    /// For each of `columns`, its place in a row.
    places: Vec<Option<usize>>,
    width: usize,
    free_text: usize,
}

impl Header {
    fn read(line: &str, columns: &'static [Names], free_text: usize) -> Result<Self, Malformed> {
        let said: Vec<&str> = line.split(',').map(str::trim).collect();
        let place = |names: &Names| {
            names.iter().find_map(|name| said.iter().position(|column| column == name))
        };
        let places: Vec<_> = columns.iter().map(place).collect();
        match (places.first(), columns.first().and_then(|names| names.first())) {
            (Some(None), Some(name)) => Err(Malformed::Missing(name)),
            _ => {
                let free_text = places.get(free_text).copied().flatten().unwrap_or(0);
                Ok(Self { columns, places, width: said.len(), free_text })
            }
        }
    }

    /// Cuts a row, whose first back-quote is off. What separates cells may stand in the merchant's
    /// own text too, so the cells before it are counted from the left and those after it from the
    /// right. `None` if there are fewer cells than columns.
    fn cells<'a>(&'a self, row: &'a str) -> Option<Cells<'a>> {
        let mut cells: Vec<&str> = row.splitn(self.free_text.checked_add(1)?, ",`").collect();
        let tail = cells.pop()?;
        let from_right: Vec<&str> =
            tail.rsplitn(self.width.checked_sub(self.free_text)?, ",`").collect();
        cells.extend(from_right.into_iter().rev());
        (cells.len() == self.width).then_some(Cells { header: self, cells })
    }
}

/// One row.
pub(crate) struct Cells<'a> {
    header: &'a Header,
    cells: Vec<&'a str>,
}

impl Cells<'_> {
    fn name(&self, column: usize) -> &'static str {
        let names = self.header.columns.get(column);
        names.and_then(|names| names.first()).copied().unwrap_or_default()
    }

    /// The text of a cell; `None` if it is empty or the table has no such column.
    pub(crate) fn get(&self, column: usize) -> Option<&str> {
        let place = self.header.places.get(column).copied().flatten()?;
        self.cells.get(place).copied().filter(|text| !text.is_empty())
    }

    /// A number or a name, where `0` stands for none.
    pub(crate) fn unless_zero(&self, column: usize) -> Option<&str> {
        self.get(column).filter(|text| *text != "0")
    }

    /// The text of a cell, empty if there is none.
    pub(crate) fn text(&self, column: usize) -> String {
        self.get(column).unwrap_or_default().to_string()
    }

    /// A cell that must be there, read by its type.
    pub(crate) fn read<T, E>(
        &self,
        column: usize,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Malformed> {
        let text = self.get(column).ok_or(Malformed::Missing(self.name(column)))?;
        read(text).map_err(|_| Malformed::Field(self.name(column)))
    }

    pub(crate) fn time(&self, column: usize) -> Result<UnixSeconds, Malformed> {
        self.read(column, BeijingTime::parse_spaced).map(BeijingTime::unix)
    }

    pub(crate) fn fen(&self, column: usize) -> Result<SignedFen, Malformed> {
        self.read(column, SignedFen::from_yuan)
    }

    pub(crate) fn millifen(&self, column: usize) -> Result<MilliFen, Malformed> {
        self.read(column, MilliFen::from_yuan)
    }

    /// A count. Fund flows write `20.0`.
    pub(crate) fn count(&self, column: usize) -> Result<u64, Malformed> {
        let read =
            |text: &str| yuan::decimal(text, 0).and_then(|n| u64::try_from(n).ok()).ok_or(());
        self.read(column, read)
    }

    /// A cell of a column that not every layout has.
    pub(crate) fn if_there<T>(
        &self,
        column: usize,
        read: impl FnOnce(&Self, usize) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        self.get(column).map(|_| read(self, column)).transpose()
    }
}
