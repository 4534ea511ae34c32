//! 资金账单 · fund flow bill: every movement of one of the merchant's accounts on a day.
//!
//! Source: protocol pages "下载资金账单" (V2), "申请资金账单" (V3), read 2026-11. Made the
//! next day from nine o'clock; fetch it after ten. Asking changes nothing, so it may be repeated. The
//! table is the same by both APIs.
//! UNCONFIRMED: a service provider sees its own accounts only, so no `sub_mch_id` is sent.
use alloc::string::String;

use serde::Serialize;

use crate::{
    BeijingDay, Malformed, SignedFen, UnixSeconds,
    bill::Ending,
    table::{Cells, Layout, Table, columns},
};

/// A wish for one day's movements of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadFundFlow {
    /// Which day.
    pub day: BeijingDay,
    /// Which account.
    pub account: Account,
}

/// One of the merchant's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// `Basic` (基本账户): where payments arrive.
    Basic,
    /// `Operation` (运营账户): for pay-outs.
    Operation,
    /// `Fees` (手续费账户): for commissions.
    Fees,
}

impl Account {
    /// Reads the wire's word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Basic" => Some(Self::Basic),
            "Operation" => Some(Self::Operation),
            "Fees" => Some(Self::Fees),
            _ => None,
        }
    }

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Operation => "Operation",
            Self::Fees => "Fees",
        }
    }
}

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// 记账时间.
    pub booked_at: UnixSeconds,
    /// 微信支付业务单号: of the payment, the refund, the withdrawal.
    pub business_id: String,
    /// 资金流水单号: of the movement.
    pub flow_id: String,
    /// 业务名称: for example 退款.
    pub business: String,
    /// 业务类型.
    pub kind: String,
    /// 收支类型.
    pub direction: Direction,
    /// 收支金额, in fen.
    pub amount: SignedFen,
    /// 账户结余: the balance after it, in fen.
    pub balance: SignedFen,
    /// 资金变更提交申请人: who asked for it.
    pub asked_by: String,
    /// 备注.
    pub note: String,
    /// 业务凭证号: for a refund the merchant's number for it.
    pub voucher: String,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// 收入: to the merchant.
    In,
    /// 支出: from the merchant.
    Out,
}

impl Direction {
    fn read(text: &str) -> Result<Self, ()> {
        match text {
            "收入" => Ok(Self::In),
            "支出" => Ok(Self::Out),
            _ => Err(()),
        }
    }
}

/// A day's totals, as WeChat counted them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// 资金流水总笔数: how many movements. As many have been read.
    pub rows: u64,
    /// 收入笔数.
    pub rows_in: u64,
    /// 收入金额, in fen.
    pub amount_in: SignedFen,
    /// 支出笔数.
    pub rows_out: u64,
    /// 支出金额, in fen.
    pub amount_out: SignedFen,
}

columns! { COLUMNS:
    BOOKED_AT = "记账时间";
    BUSINESS_ID = "微信支付业务单号";
    FLOW_ID = "资金流水单号";
    BUSINESS = "业务名称";
    KIND = "业务类型";
    DIRECTION = "收支类型";
    AMOUNT = "收支金额（元）" | "收支金额(元)";
    BALANCE = "账户结余（元）" | "账户结余(元)";
    ASKED_BY = "资金变更提交申请人";
    NOTE = "备注";
    VOUCHER = "业务凭证号";
}

columns! { TOTALS:
    _ALL_ROWS = "资金流水总笔数";
    ROWS_IN = "收入笔数";
    AMOUNT_IN = "收入金额";
    ROWS_OUT = "支出笔数";
    AMOUNT_OUT = "支出金额";
}

const LAYOUT: Layout = Layout { columns: COLUMNS, free_text: NOTE, totals: TOTALS };

/// Reads a fund flow bill as it comes, cut anywhere, holding one line.
#[derive(Debug)]
pub struct FundFlowReader(Table);

impl FundFlowReader {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self(Table::new(&LAYOUT))
    }

    /// Takes the next bytes and hands over every row they complete. After an error the rest of the
    /// bill means nothing.
    pub fn feed(&mut self, bytes: &[u8], row: &mut dyn FnMut(Row)) -> Result<(), Malformed> {
        self.0.feed(bytes, &mut |cells| {
            row(read(&cells)?);
            Ok(())
        })
    }

    /// Says how it ended: with totals that count the rows read, or with WeChat's reason for none.
    /// A bill that breaks off, or counts another number of rows, is an error.
    pub fn finish(self) -> Result<Ending<Totals>, Malformed> {
        self.0.finish(|rows, cells| {
            Ok(Totals {
                rows,
                rows_in: cells.count(ROWS_IN)?,
                amount_in: cells.fen(AMOUNT_IN)?,
                rows_out: cells.count(ROWS_OUT)?,
                amount_out: cells.fen(AMOUNT_OUT)?,
            })
        })
    }
}

impl Default for FundFlowReader {
    fn default() -> Self {
        Self::new()
    }
}

fn read(cells: &Cells<'_>) -> Result<Row, Malformed> {
    Ok(Row {
        booked_at: cells.time(BOOKED_AT)?,
        business_id: cells.text(BUSINESS_ID),
        flow_id: cells.text(FLOW_ID),
        business: cells.text(BUSINESS),
        kind: cells.text(KIND),
        direction: cells.read(DIRECTION, Direction::read)?,
        amount: cells.fen(AMOUNT)?,
        balance: cells.fen(BALANCE)?,
        asked_by: cells.text(ASKED_BY),
        note: cells.text(NOTE),
        voucher: cells.text(VOUCHER),
    })
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};

    use super::*;
    use crate::{bill::BillRefusal, v2::test_support::reply};

    const HEADER: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号";
    const ROW: &str = "`2019-07-25 08:35:41,`50000305742018020103387128253,`1900009231201802015884652186,`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF4200000068201801293084726067";
    const TOTALS: &str =
        "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`1.0,`0.0,`0.00,`1.0,`0.02";

    fn read(text: &str) -> Result<(Vec<Row>, Ending<super::Totals>), Malformed> {
        let (mut reader, mut rows) = (FundFlowReader::new(), Vec::new());
        reader.feed(text.as_bytes(), &mut |row| rows.push(row))?;
        Ok((rows, reader.finish()?))
    }

    #[test]
    fn a_movement_and_its_totals_are_read() {
        let (rows, ending) = read(&format!("\u{feff}{HEADER}\r\n{ROW}\r\n{TOTALS}")).unwrap();
        let [row] = rows.as_slice() else { panic!() };
        assert_eq!((row.direction, row.amount.fen(), row.balance.fen()), (Direction::Out, 2, 17));
        assert_eq!((row.note.as_str(), row.booked_at.seconds()), ("缺货", 1_564_014_941));
        let Ending::Complete(totals) = ending else { panic!() };
        assert_eq!((totals.rows, totals.rows_out, totals.amount_out.fen()), (1, 1, 2));
    }

    #[test]
    fn a_note_may_hold_what_separates_cells() {
        let row = ROW.replace("缺货", "缺货,`改退,好");
        let (rows, _) = read(&format!("{HEADER}\n{row}\n{TOTALS}\n")).unwrap();
        assert_eq!(rows[0].note, "缺货,`改退,好");
        assert_eq!(rows[0].voucher, "REF4200000068201801293084726067");
    }

    #[test]
    fn a_signed_refusal_is_read_too() {
        let fail = [("result_code", "FAIL"), ("err_code", "NO_BILL_EXIST")];
        let text = reply(&fail);
        let (_, ending) = read(core::str::from_utf8(&text).unwrap()).unwrap();
        assert_eq!(ending, Ending::Refused(BillRefusal::NotThere));
    }
}
