//! 对账单: a day's payments and refunds as WeChat's books have them, one row each.
//!
//! Source: pay.weixin.qq.com V2 下载交易账单 (columns of the 结算 layout, examples of rows).

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::{
    account::Account,
    fault::BillFault,
    gateway::Gateway,
    ledger::Order,
    news::to_spaced,
    refund::{Refund, RefundStatus},
    time::{UnixSeconds, from_compact},
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// Source: 下载交易账单: only of the last three months.
/// UNCONFIRMED: that they are counted as 92 days.
const KEPT_SECONDS: i64 = 92 * DAY;

/// One finished or unfinished day in Beijing.
#[derive(Clone, Copy)]
pub(crate) struct Day {
    starts_at: UnixSeconds,
}

/// Why there is no bill of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBill {
    /// None will be made, or not yet because the day is not over, or not any more.
    NotThere,
    /// It is being made: it can be fetched from 10:00 of the next day on.
    Creating,
}

impl Day {
    /// Reads `yyyyMMdd`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        from_compact(&format!("{text}000000")).map(|starts_at| Self { starts_at })
    }

    /// Reads `yyyy-MM-dd`.
    pub(crate) fn read_dashed(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let dashed = year.len() == 4 && month.len() == 2;
        Self::read(&format!("{year}{month}{day}")).filter(|_| dashed)
    }

    pub(crate) const fn contains(self, at: UnixSeconds) -> bool {
        self.starts_at <= at && at < self.ends_at()
    }

    pub(crate) const fn ends_at(self) -> UnixSeconds {
        self.starts_at.saturating_add(DAY)
    }

    /// Source: 下载交易账单: made at 9:00 of the next day.
    const fn made_at(self) -> UnixSeconds {
        self.ends_at().saturating_add(9 * HOUR)
    }

    /// Whether books of this day can be fetched at `now`.
    pub(crate) fn check(self, now: UnixSeconds, fault: BillFault) -> Result<(), NoBill> {
        if now < self.ends_at() || now.saturating_sub(self.starts_at) > KEPT_SECONDS {
            Err(NoBill::NotThere)
        } else if now < self.ends_at().saturating_add(10 * HOUR) || fault == BillFault::Creating {
            Err(NoBill::Creating)
        } else {
            Ok(())
        }
    }
}

/// 账单类型.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BillKind {
    /// Payments and refunds.
    All,
    /// Payments.
    Success,
    /// Refunds.
    Refund,
}

const HEAD: [&str; 14] = [
    "交易时间",
    "公众账号ID",
    "商户号",
    "特约商户号",
    "设备号",
    "微信订单号",
    "商户订单号",
    "用户标识",
    "交易类型",
    "交易状态",
    "付款银行",
    "货币种类",
    "应结订单金额",
    "代金券金额",
];
const REFUND_TIMES: [&str; 2] = ["退款申请时间", "退款成功时间"];
const REFUND: [&str; 6] =
    ["微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态"];
const GOODS: [&str; 5] = ["商品名称", "商户数据包", "手续费", "费率", "订单金额"];
const SUMMARY: [&str; 7] = [
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
];

impl BillKind {
    fn columns(self) -> Vec<&'static str> {
        let refund: &[&[&str]] = match self {
            Self::All => &[&REFUND],
            Self::Success => &[],
            Self::Refund => &[&REFUND_TIMES, &REFUND],
        };
        let asked: &[&str] = if self == Self::Success { &[] } else { &["申请退款金额"] };
        [&[HEAD.as_slice()], refund, &[&GOODS, asked, &["费率备注"]]].concat().concat()
    }

    const fn has(self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::Success => row.refund.is_none(),
            Self::Refund => row.refund.is_some(),
        }
    }
}

/// One row: a payment, or a refund of one.
struct Row {
    /// Of the payment, or of the call that asked for the refund.
    ///
    /// UNCONFIRMED: the latter in a bill of refunds, which has a column of its own for it.
    at: UnixSeconds,
    device_info: String,
    transaction_id: String,
    out_trade_no: String,
    openid: String,
    trade_type: &'static str,
    trade_state: &'static str,
    /// What was paid, in fen; of a refund's row zero.
    total_fee: i64,
    refund: Option<Refunded>,
    body: String,
    attach: String,
}

struct Refunded {
    refund_id: String,
    out_refund_no: String,
    refund_fee: i64,
    status: RefundStatus,
    succeeded_at: Option<UnixSeconds>,
}

impl Row {
    fn cell(&self, account: &Account, column: &str) -> String {
        let refund = self.refund.as_ref();
        match column {
            "交易时间" | "退款申请时间" => to_spaced(self.at),
            "公众账号ID" => account.appid.clone(),
            "商户号" => account.mch_id.clone(),
            "特约商户号" => {
                account.sub_merchant.as_ref().map_or("0", |sub| &sub.mch_id).to_owned()
            }
            "设备号" => self.device_info.clone(),
            "微信订单号" => self.transaction_id.clone(),
            "商户订单号" => self.out_trade_no.clone(),
            "用户标识" => self.openid.clone(),
            "交易类型" => self.trade_type.to_owned(),
            "交易状态" => self.trade_state.to_owned(),
            "付款银行" => "OTHERS".to_owned(),
            "货币种类" => "CNY".to_owned(),
            "应结订单金额" | "订单金额" => yuan(self.total_fee),
            "代金券金额" | "充值券退款金额" => yuan(0),
            "退款成功时间" => {
                refund.and_then(|refund| refund.succeeded_at).map(to_spaced).unwrap_or_default()
            }
            "微信退款单号" => refund.map_or("0", |refund| &refund.refund_id).to_owned(),
            "商户退款单号" => refund.map_or("0", |refund| &refund.out_refund_no).to_owned(),
            "退款金额" | "申请退款金额" => yuan(self.refund_fee()),
            "退款类型" => refund.map_or("", |_| "ORIGINAL").to_owned(),
            "退款状态" => refund.map_or("", |refund| refund.status.as_str()).to_owned(),
            // UNCONFIRMED: what becomes of line breaks; they would end the row.
            "商品名称" => self.body.replace(['\r', '\n'], " "),
            "商户数据包" => self.attach.replace(['\r', '\n'], " "),
            "手续费" => charge_text(self.charge()),
            "费率" => "0.60%".to_owned(),
            _ => String::new(),
        }
    }

    fn refund_fee(&self) -> i64 {
        self.refund.as_ref().map_or(0, |refund| refund.refund_fee)
    }

    /// 手续费 in fen: 0.6 %, rounded; a refund gives it back.
    ///
    /// UNCONFIRMED: the sign of a refund's.
    fn charge(&self) -> i64 {
        let fee = self.total_fee.saturating_sub(self.refund_fee());
        let rounding = if fee < 0 { -500 } else { 500 };
        fee.saturating_mul(6).saturating_add(rounding).checked_div(1_000).unwrap_or_default()
    }
}

/// `6.00`, from fen.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let digits = format!("{:03}", fen.unsigned_abs());
    let (yuan, rest) = digits.split_at(digits.len().saturating_sub(2));
    format!("{sign}{yuan}.{rest}")
}

/// Source: rows in the documentation: `0.04000`.
fn charge_text(fen: i64) -> String {
    format!("{}000", yuan(fen))
}

/// One line of a table: each value behind a back-quote, with commas between.
pub(crate) fn line(cells: &[String]) -> String {
    format!("`{}\r\n", cells.join(",`"))
}

/// A line of names, which have no back-quotes.
pub(crate) fn header(names: &[&str]) -> String {
    format!("{}\r\n", names.join(","))
}

/// As gzip, which both APIs offer for every table.
pub(crate) fn pack(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    drop(encoder.write_all(text.as_bytes()));
    encoder.finish().unwrap_or_default()
}

/// The whole text of a day's bill.
pub(crate) fn text(
    gateway: &Gateway,
    now: UnixSeconds,
    day: Day,
    kind: BillKind,
) -> Result<String, NoBill> {
    day.check(now, gateway.in_force(None).bill)?;
    let mut rows = rows(gateway, day);
    rows.retain(|row| kind.has(row));
    spoil(&mut rows, gateway.in_force(None).bill);
    if rows.is_empty() {
        return Err(NoBill::NotThere);
    }
    let columns = kind.columns();
    let mut text = header(&columns);
    for row in &rows {
        let cells: Vec<String> =
            columns.iter().map(|column| row.cell(&gateway.account, column)).collect();
        text.push_str(&line(&cells));
    }
    text.push_str(&header(&SUMMARY));
    text.push_str(&line(&summary(&rows)));
    Ok(text)
}

fn summary(rows: &[Row]) -> [String; 7] {
    let sum = |value: fn(&Row) -> i64| rows.iter().map(value).sum::<i64>();
    let paid = yuan(sum(|row| row.total_fee));
    let refunded = yuan(sum(Row::refund_fee));
    let charged = charge_text(sum(Row::charge));
    [rows.len().to_string(), paid.clone(), refunded.clone(), yuan(0), charged, paid, refunded]
}

/// A day's rows, earliest first.
fn rows(gateway: &Gateway, day: Day) -> Vec<Row> {
    let mut rows = Vec::new();
    gateway.ledger.each_paid(day.starts_at, day.ends_at(), |order| {
        let Some(payment) = &order.payment else { return };
        if day.contains(payment.paid_at) {
            rows.extend(payment_row(order));
        }
        let of_day = order.refunds.iter().filter(|refund| day.contains(refund.requested_at));
        rows.extend(of_day.filter_map(|refund| refund_row(order, refund, day)));
    });
    if gateway.in_force(None).bill == BillFault::UnknownRow {
        rows.push(unknown_row(day));
    }
    rows.sort_by_key(|row| row.at);
    rows
}

fn payment_row(order: &Order) -> Option<Row> {
    let payment = order.payment.as_ref()?;
    let term = |name| order.term(name).unwrap_or_default().to_owned();
    Some(Row {
        at: payment.paid_at,
        device_info: term("device_info"),
        transaction_id: payment.transaction_id.clone(),
        out_trade_no: order.out_trade_no.clone(),
        openid: order.payer(payment).0,
        trade_type: order.trade_type.as_str(),
        trade_state: "SUCCESS",
        total_fee: i64::try_from(order.total_fee).unwrap_or(i64::MAX),
        refund: None,
        body: term("body"),
        attach: term("attach"),
    })
}

/// A refund as it stood when the bill was made.
fn refund_row(order: &Order, refund: &Refund, day: Day) -> Option<Row> {
    Some(Row {
        at: refund.requested_at,
        trade_state: "REFUND",
        total_fee: 0,
        refund: Some(Refunded {
            refund_id: refund.refund_id.clone(),
            out_refund_no: refund.out_refund_no.clone(),
            refund_fee: i64::try_from(refund.refund_fee).unwrap_or(i64::MAX),
            status: refund.status(day.made_at()),
            succeeded_at: refund.succeeded_at(day.made_at()),
        }),
        ..payment_row(order)?
    })
}

/// The bill faults that spoil the last row, so that what happened last decides what is wrong.
fn spoil(rows: &mut Vec<Row>, fault: BillFault) {
    match fault {
        BillFault::DropRow => drop(rows.pop()),
        BillFault::WrongAmount => rows.iter_mut().next_back().into_iter().for_each(dearer),
        BillFault::WrongStatus => rows.iter_mut().next_back().into_iter().for_each(misstated),
        BillFault::Normal
        | BillFault::Creating
        | BillFault::UnknownRow
        | BillFault::WrongHash
        | BillFault::NoAuth => {}
    }
}

fn dearer(row: &mut Row) {
    let fee = match &mut row.refund {
        Some(refund) => &mut refund.refund_fee,
        None => &mut row.total_fee,
    };
    *fee = fee.saturating_add(1);
}

fn misstated(row: &mut Row) {
    match &mut row.refund {
        Some(refund) if refund.status == RefundStatus::Success => {
            refund.status = RefundStatus::Change;
            refund.succeeded_at = None;
        }
        Some(refund) => refund.status = RefundStatus::Success,
        None => row.trade_state = "REVOKED",
    }
}

/// A payment in the last second of the day that no order knows of.
fn unknown_row(day: Day) -> Row {
    Row {
        at: day.ends_at().saturating_sub(1),
        device_info: String::new(),
        transaction_id: "4200000000000000000000000000".to_owned(),
        out_trade_no: "UNKNOWN-000001".to_owned(),
        openid: "oNobody".to_owned(),
        trade_type: "NATIVE",
        trade_state: "SUCCESS",
        total_fee: 100,
        refund: None,
        body: "unknown".to_owned(),
        attach: String::new(),
    }
}
