//! 资金账单: what came into the merchant's account and what left it.
//!
//! Source: pay.weixin.qq.com V2 下载资金账单.

use crate::{
    bill::{Day, NoBill, header, line, yuan},
    gateway::Gateway,
    news::to_spaced,
    refund::{RefundSource, RefundStatus},
    time::UnixSeconds,
};

const COLUMNS: [&str; 11] = [
    "记账时间",
    "微信支付业务单号",
    "资金流水单号",
    "业务名称",
    "业务类型",
    "收支类型",
    "收支金额（元）",
    "账户结余（元）",
    "资金变更提交申请人",
    "备注",
    "业务凭证号",
];
const SUMMARY: [&str; 5] = ["资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"];

/// One change of the account.
struct Entry {
    at: UnixSeconds,
    number: String,
    name: &'static str,
    /// In fen; below zero what left.
    change: i64,
    by: &'static str,
    voucher: String,
}

/// The whole text of a day's flow through the basic account (基本账户).
///
/// DIFFERENCE: charges are not taken, and nothing is settled to a bank.
pub(crate) fn text(gateway: &Gateway, now: UnixSeconds, day: Day) -> Result<String, NoBill> {
    day.check(now, gateway.in_force(None).bill)?;
    let entries = entries(gateway);
    let mut balance = 0_i64;
    let mut text = header(&COLUMNS);
    for (place, entry) in entries.iter().enumerate() {
        balance = balance.saturating_add(entry.change);
        if day.contains(entry.at) {
            text.push_str(&line(&entry.cells(place, balance)));
        }
    }
    let of_day = entries.iter().filter(|entry| day.contains(entry.at)).map(|entry| entry.change);
    let (out, into): (Vec<i64>, Vec<i64>) = of_day.partition(|change| *change < 0);
    if out.is_empty() && into.is_empty() {
        return Err(NoBill::NotThere);
    }
    text.push_str(&header(&SUMMARY));
    // Source: a summary in the documentation's mirror: counts have a decimal, `20.0`.
    let count = |count: usize| format!("{count}.0");
    let sum = |changes: &[i64]| yuan(changes.iter().sum::<i64>().saturating_abs());
    let all = count(out.len().saturating_add(into.len()));
    let cells = [all, count(into.len()), sum(&into), count(out.len()), sum(&out)];
    text.push_str(&line(&cells));
    Ok(text)
}

impl Entry {
    fn cells(&self, place: usize, balance: i64) -> [String; 11] {
        [
            to_spaced(self.at),
            self.number.clone(),
            format!("{place:020}"),
            self.name.to_owned(),
            self.name.to_owned(),
            if self.change < 0 { "支出" } else { "收入" }.to_owned(),
            yuan(self.change.saturating_abs()),
            yuan(balance),
            self.by.to_owned(),
            String::new(),
            self.voucher.clone(),
        ]
    }
}

/// Every change there ever was, earliest first.
///
/// UNCONFIRMED: that money leaves when a refund is accepted and comes back when it is closed, and
/// the names of both.
fn entries(gateway: &Gateway) -> Vec<Entry> {
    let mut entries = Vec::new();
    let fen = |fee: u64| i64::try_from(fee).unwrap_or(i64::MAX);
    gateway.ledger.each_paid(UnixSeconds::MIN, UnixSeconds::MAX, |order| {
        let Some(payment) = &order.payment else { return };
        entries.push(Entry {
            at: payment.paid_at,
            number: payment.transaction_id.clone(),
            name: "交易",
            change: fen(order.total_fee),
            by: "system",
            voucher: order.out_trade_no.clone(),
        });
        for refund in &order.refunds {
            let entry = |at, name, change| Entry {
                at,
                number: refund.refund_id.clone(),
                name,
                change,
                by: if refund.source == RefundSource::Api { "API" } else { "商户平台" },
                voucher: refund.out_refund_no.clone(),
            };
            let fee = fen(refund.refund_fee);
            entries.push(entry(refund.requested_at, "退款", fee.saturating_neg()));
            let closed = refund.turns.iter().filter(|turn| turn.1 == RefundStatus::Refundclose);
            entries.extend(closed.map(|(at, _)| entry(*at, "退款关闭", fee)));
        }
    });
    entries.sort_by_key(|entry| entry.at);
    entries
}
