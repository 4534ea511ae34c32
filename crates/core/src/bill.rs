//! 交易账单 · trade bill: every payment and refund of a day.
//!
//! Source: protocol pages "下载交易账单" (V2), "申请交易账单" (V3), read 2026-11. A day's bill is made the next day from nine
//! o'clock; fetch it after ten, within three months. Asking changes nothing, so it may be repeated.
//! It is a table in yuan and Beijing time, the same by both APIs. By V2 XML may come in its place and
//! say why there is none, and nothing is signed: TLS alone says whose it is. By V3 its hash is. Either
//! way a bill is compared with orders and never changes one.
//! UNCONFIRMED: that the totals count rows of every kind, and that a service provider's bill is that
//! of the `sub_mch_id` sent.
use alloc::string::{String, ToString};

use serde::Serialize;

pub use crate::table::{BillRefusal, Ending, LINE_LIMIT_BYTES};
use crate::{
    BeijingDay, Malformed, MilliFen, RefundId, SignedFen, TransactionId, UnixSeconds,
    table::{Cells, Layout, Table, columns},
};

/// A wish for one day's bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadBill {
    /// Which day.
    pub day: BeijingDay,
    /// Which rows.
    pub kind: BillKind,
}

/// Which rows a bill has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillKind {
    /// `ALL`: payments and refunds.
    All,
    /// `SUCCESS`: payments.
    Success,
    /// `REFUND`: refunds, with the time each succeeded.
    Refund,
}

impl BillKind {
    /// Reads the wire's word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ALL" => Some(Self::All),
            "SUCCESS" => Some(Self::Success),
            "REFUND" => Some(Self::Refund),
            _ => None,
        }
    }

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Success => "SUCCESS",
            Self::Refund => "REFUND",
        }
    }
}

/// One line of a bill: a payment, or a refund.
///
/// Numbers of the merchant are texts: a bill lists orders of every system that uses the merchant
/// number, and another's need not keep our rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// 交易时间: when it was paid, or the refund asked for.
    pub traded_at: UnixSeconds,
    /// 公众账号ID.
    pub appid: String,
    /// 商户号.
    pub mchid: String,
    /// 特约商户号, 子商户号: for whom a service provider acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_mchid: Option<String>,
    /// 微信订单号.
    pub transaction_id: TransactionId,
    /// 商户订单号.
    pub out_trade_no: String,
    /// 用户标识: who paid.
    pub openid: String,
    /// 交易类型: `JSAPI`, `NATIVE`, `MWEB`, …
    pub trade_type: String,
    /// 交易状态: `SUCCESS`, `REFUND`, `REVOKED`.
    pub trade_state: String,
    /// 付款银行.
    pub bank_type: String,
    /// 货币种类: `CNY`.
    pub fee_type: String,
    /// 订单金额, 总金额: what the order cost, in fen. 0 in the row of a refund.
    pub total_fee: SignedFen,
    /// 应结订单金额: the same less coupons the merchant paid for, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement_total_fee: Option<SignedFen>,
    /// 代金券金额: coupons in it, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon_fee: Option<SignedFen>,
    /// The refund, if this is the row of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundCells>,
    /// 商品名称: the order's description.
    pub body: String,
    /// 商户数据包: the shop's word.
    pub attach: String,
    /// 手续费: WeChat's commission, in thousandths of a fen. Negative where it is given back.
    #[serde(rename = "commission_millifen")]
    pub commission: MilliFen,
    /// 费率: for example `0.60%`.
    pub rate: String,
}

/// What a row says about its refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundCells {
    /// 微信退款单号.
    pub refund_id: RefundId,
    /// 商户退款单号.
    pub out_refund_no: String,
    /// 申请退款金额, in the old layout 退款金额: what was asked to go back, in fen.
    pub refund_fee: SignedFen,
    /// 退款金额: what goes back less coupons the merchant paid for, in fen.
    pub settlement_refund_fee: SignedFen,
    /// 充值券退款金额: coupons in it, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon_refund_fee: Option<SignedFen>,
    /// 退款类型: the way it goes, `ORIGINAL`, `BALANCE`.
    pub channel: String,
    /// 退款状态: `SUCCESS`, `PROCESSING`, `FAIL`, `CHANGE`.
    pub status: String,
    /// 退款成功时间, in bills of refunds only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<UnixSeconds>,
}

/// A bill's totals, as WeChat counted them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// 总交易单数: how many rows. As many have been read.
    pub rows: u64,
    /// 订单总金额, 总交易额: all orders, in fen.
    pub total_fee: SignedFen,
    /// 申请退款总金额, 总退款金额: all refunds as asked for, in fen.
    pub refund_fee: SignedFen,
    /// 手续费总金额: all commissions.
    pub commission: MilliFen,
}

columns! { COLUMNS:
    TRADED_AT = "交易时间";
    APPID = "公众账号ID";
    MCHID = "商户号";
    SUB_MCHID = "特约商户号" | "子商户号";
    TRANSACTION_ID = "微信订单号";
    OUT_TRADE_NO = "商户订单号";
    OPENID = "用户标识";
    TRADE_TYPE = "交易类型";
    TRADE_STATE = "交易状态";
    BANK_TYPE = "付款银行";
    FEE_TYPE = "货币种类";
    TOTAL_FEE = "订单金额" | "总金额";
    SETTLEMENT_TOTAL_FEE = "应结订单金额";
    COUPON_FEE = "代金券金额" | "代金券或立减优惠金额";
    REFUND_ID = "微信退款单号";
    OUT_REFUND_NO = "商户退款单号";
    REFUND_FEE = "申请退款金额" | "退款金额";
    SETTLEMENT_REFUND_FEE = "退款金额";
    COUPON_REFUND_FEE = "充值券退款金额" | "代金券或立减优惠退款金额";
    REFUND_CHANNEL = "退款类型";
    REFUND_STATUS = "退款状态";
    REFUND_SUCCEEDED_AT = "退款成功时间";
    BODY = "商品名称";
    ATTACH = "商户数据包";
    COMMISSION = "手续费";
    RATE = "费率";
}

columns! { TOTALS:
    _ALL_ROWS = "总交易单数";
    ALL_TOTAL_FEE = "订单总金额" | "总交易额";
    ALL_REFUND_FEE = "申请退款总金额" | "总退款金额";
    ALL_COMMISSION = "手续费总金额";
}

const LAYOUT: Layout = Layout { columns: COLUMNS, free_text: BODY, totals: TOTALS };

/// Reads a bill as it comes, cut anywhere, holding one line.
#[derive(Debug)]
pub struct BillReader(Table);

impl BillReader {
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
                total_fee: cells.fen(ALL_TOTAL_FEE)?,
                refund_fee: cells.fen(ALL_REFUND_FEE)?,
                commission: cells.millifen(ALL_COMMISSION)?,
            })
        })
    }
}

impl Default for BillReader {
    fn default() -> Self {
        Self::new()
    }
}

fn read(cells: &Cells<'_>) -> Result<Row, Malformed> {
    Ok(Row {
        traded_at: cells.time(TRADED_AT)?,
        appid: cells.text(APPID),
        mchid: cells.text(MCHID),
        sub_mchid: cells.unless_zero(SUB_MCHID).map(ToString::to_string),
        transaction_id: cells.read(TRANSACTION_ID, TransactionId::new)?,
        out_trade_no: cells.text(OUT_TRADE_NO),
        openid: cells.text(OPENID),
        trade_type: cells.text(TRADE_TYPE),
        trade_state: cells.text(TRADE_STATE),
        bank_type: cells.text(BANK_TYPE),
        fee_type: cells.text(FEE_TYPE),
        total_fee: cells.fen(TOTAL_FEE)?,
        settlement_total_fee: cells.if_there(SETTLEMENT_TOTAL_FEE, Cells::fen)?,
        coupon_fee: cells.if_there(COUPON_FEE, Cells::fen)?,
        refund: refund(cells)?,
        body: cells.text(BODY),
        attach: cells.text(ATTACH),
        commission: cells.millifen(COMMISSION)?,
        rate: cells.text(RATE),
    })
}

/// A payment has `0` or nothing for a refund's number.
fn refund(cells: &Cells<'_>) -> Result<Option<RefundCells>, Malformed> {
    if cells.unless_zero(REFUND_ID).is_none() {
        return Ok(None);
    }
    Ok(Some(RefundCells {
        refund_id: cells.read(REFUND_ID, RefundId::new)?,
        out_refund_no: cells.text(OUT_REFUND_NO),
        refund_fee: cells.fen(REFUND_FEE)?,
        settlement_refund_fee: cells.fen(SETTLEMENT_REFUND_FEE)?,
        coupon_refund_fee: cells.if_there(COUPON_REFUND_FEE, Cells::fen)?,
        channel: cells.text(REFUND_CHANNEL),
        status: cells.text(REFUND_STATUS),
        succeeded_at: cells.if_there(REFUND_SUCCEEDED_AT, Cells::time)?,
    }))
}

#[cfg(test)]
mod tests;
