//! A day's book beside WeChat's bill of the day (对账): what differs.
//!
//! A bill is not signed and changes nothing. Every difference is for a person to look at.
use serde::{Deserialize, Serialize};
use wxpay_core::{BeijingDay, Fen, SignedFen, UnixSeconds, bill::Row};

use crate::{Line, Plan, RefundStage};

/// One thing that the book and the bill say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How they differ.
    pub kind: DifferenceKind,
    /// About what.
    pub what: What,
    /// The order's number as its system knows it: for an extra row the bill's 商户订单号, which may be
    /// another system's of the same merchant.
    pub out_trade_no: String,
    /// WeChat's number for the payment; a refund of ours does not carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// The merchant's number for the refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_refund_no: Option<String>,
    /// What the book says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<Said>,
    /// What the bill says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Said>,
}

/// How a book and a bill can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// In the book, not on the bill.
    Missing,
    /// On the bill, not in the book.
    Extra,
    /// Another amount.
    AmountDiffers,
    /// The bill's state contradicts the book's.
    StatusDiffers,
}

/// What a row of a bill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Money that came in.
    Payment,
    /// Money that goes back.
    Refund,
}

/// One side's word: an amount in fen, or a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// In fen.
    Amount(SignedFen),
    /// The book's `RefundStage`, or the bill's 交易状态 or 退款状态.
    Status(String),
    /// The book's stage of a refund.
    Stage(RefundStage),
}

/// What a comparison found, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// When it came to its end.
    pub at: UnixSeconds,
    /// What is on the bill.
    pub bill: BillTotals,
    /// How many differences of each kind.
    pub counts: Counts,
}

/// What is on a bill.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BillTotals {
    /// Rows of payments.
    pub payments: Total,
    /// Rows of refunds, as asked for.
    pub refunds: Total,
}

/// A number of rows and their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// How much together, in fen.
    pub amount: i64,
}

/// How many differences of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// In the book, not on the bill.
    pub missing: u64,
    /// On the bill, not in the book.
    pub extra: u64,
    /// Another amount.
    pub amount_differs: u64,
    /// A contradicting state.
    pub status_differs: u64,
}

/// A refund belongs to the day of WeChat's clock on the bill, and to that of ours in the book. So
/// near to midnight, the one may be a day away from the other. Seconds.
const BORDER: u64 = 600;

/// The key under which the book has what this row is about.
pub fn key_of(row: &Row) -> String {
    match &row.refund {
        None => format!("payment:{}", row.transaction_id),
        Some(refund) => format!("refund:{}", refund.out_refund_no),
    }
}

/// The other day whose book may have what happened at this moment: within ten minutes of midnight
/// the day on its far side.
pub fn neighbour(day: BeijingDay, at: UnixSeconds) -> Option<BeijingDay> {
    let (start, end) = (day.starts_at(), day.next().starts_at());
    if at < start || at >= end {
        None
    } else if at < start.plus(BORDER) {
        Some(day_before(day))
    } else if at.plus(BORDER) >= end {
        Some(day.next())
    } else {
        None
    }
}

/// The day before. The first of all days is its own.
pub fn day_before(day: BeijingDay) -> BeijingDay {
    BeijingDay::of(UnixSeconds::new(day.starts_at().seconds().saturating_sub(1)))
}

/// Whether a line that is not on its own day's bill is left to the next day's comparison, because
/// it happened so late that the next bill may have it. Once that comparison's hour has come, it has
/// looked or will not, and the line is missing here.
pub fn is_left_to_next(day: BeijingDay, at: UnixSeconds, now: UnixSeconds) -> bool {
    let next = day.next();
    neighbour(day, at) == Some(next) && Plan::scheduled(next).wake_at() > Some(now)
}

/// Whether a line under a row's key is about the attempt that the row names. If it is not, the row
/// is extra and the line is still to be found.
pub fn is_about(line: &Line, out_trade_no: &str) -> bool {
    match line {
        Line::Payment { number, .. } | Line::Refund { number, .. } => {
            number.as_str() == out_trade_no
        }
        Line::Order { .. } | Line::Event { .. } => false,
    }
}

/// What differs between a row and our line about it.
pub fn compare(ours: Option<&Line>, theirs: &Row) -> Vec<Difference> {
    let differs = |kind, ours: Said, said: Said| Difference {
        ours: Some(ours),
        theirs: Some(said),
        ..of_row(kind, theirs)
    };
    match (ours, &theirs.refund) {
        (Some(Line::Payment { amount, .. }), None) => {
            let amounts = (!same(*amount, theirs.total_fee)).then(|| {
                differs(
                    DifferenceKind::AmountDiffers,
                    Said::Amount((*amount).into()),
                    Said::Amount(theirs.total_fee),
                )
            });
            let states = (theirs.trade_state != PAID).then(|| {
                differs(
                    DifferenceKind::StatusDiffers,
                    Said::Status(PAID.to_owned()),
                    Said::Status(theirs.trade_state.clone()),
                )
            });
            amounts.into_iter().chain(states).collect()
        }
        (Some(Line::Refund { amount, status, .. }), Some(refund)) => {
            let amounts = (!same(*amount, refund.refund_fee)).then(|| {
                differs(
                    DifferenceKind::AmountDiffers,
                    Said::Amount((*amount).into()),
                    Said::Amount(refund.refund_fee),
                )
            });
            let states = (!can_have_become(&refund.status, *status)).then(|| {
                differs(
                    DifferenceKind::StatusDiffers,
                    Said::Stage(*status),
                    Said::Status(refund.status.clone()),
                )
            });
            amounts.into_iter().chain(states).collect()
        }
        _ => {
            let amount =
                theirs.refund.as_ref().map_or(theirs.total_fee, |refund| refund.refund_fee);
            let extra = of_row(DifferenceKind::Extra, theirs);
            vec![Difference { theirs: Some(Said::Amount(amount)), ..extra }]
        }
    }
}

/// What is wrong about a line that is on no bill: nothing, if it need not be on one.
pub fn missing(ours: &Line) -> Option<Difference> {
    let kind = DifferenceKind::Missing;
    match ours {
        Line::Payment { out_trade_no, transaction_id, amount, .. } => Some(Difference {
            kind,
            what: What::Payment,
            out_trade_no: out_trade_no.to_string(),
            transaction_id: Some(transaction_id.to_string()),
            out_refund_no: None,
            ours: Some(Said::Amount((*amount).into())),
            theirs: None,
        }),
        Line::Refund { out_trade_no, out_refund_no, amount, status, .. } => {
            let taken = matches!(
                status,
                RefundStage::Processing | RefundStage::Succeeded | RefundStage::Abnormal
            );
            taken.then(|| Difference {
                kind,
                what: What::Refund,
                out_trade_no: out_trade_no.to_string(),
                transaction_id: None,
                out_refund_no: Some(out_refund_no.to_string()),
                ours: Some(Said::Amount((*amount).into())),
                theirs: None,
            })
        }
        Line::Order { .. } | Line::Event { .. } => None,
    }
}

/// The bill's word for a payment that was made.
const PAID: &str = "SUCCESS";

/// Whether a refund that stood like this when the bill was made can stand like that now. Between
/// the bill and the comparison it may have moved on, but success and closing are for ever, and what
/// was abnormal is worth a person's look even if it has gone well since.
fn can_have_become(on_bill: &str, now: RefundStage) -> bool {
    match on_bill {
        "SUCCESS" => now == RefundStage::Succeeded,
        // UNCONFIRMED: the pages name FAIL, the refund query REFUNDCLOSE; both mean closed.
        "FAIL" | "REFUNDCLOSE" => now == RefundStage::Closed,
        "CHANGE" => now == RefundStage::Abnormal,
        // PROCESSING, and what WeChat may add: it was taken, so we must know at least that.
        _ => !matches!(now, RefundStage::Waiting | RefundStage::Asked | RefundStage::Refused),
    }
}

fn same(ours: Fen, theirs: SignedFen) -> bool {
    SignedFen::from(ours) == theirs
}

fn of_row(kind: DifferenceKind, row: &Row) -> Difference {
    let refund = row.refund.as_ref();
    Difference {
        kind,
        what: if refund.is_some() { What::Refund } else { What::Payment },
        out_trade_no: row.out_trade_no.clone(),
        transaction_id: Some(row.transaction_id.to_string()),
        out_refund_no: refund.map(|refund| refund.out_refund_no.clone()),
        ours: None,
        theirs: None,
    }
}

impl BillTotals {
    /// Counts one more row.
    pub fn add(&mut self, row: &Row) {
        let (total, amount) = match &row.refund {
            None => (&mut self.payments, row.total_fee),
            Some(refund) => (&mut self.refunds, refund.refund_fee),
        };
        total.count = total.count.saturating_add(1);
        total.amount = total.amount.saturating_add(amount.fen());
    }
}

impl Counts {
    /// Counts one more difference.
    pub fn add(&mut self, difference: &Difference) {
        let count = match difference.kind {
            DifferenceKind::Missing => &mut self.missing,
            DifferenceKind::Extra => &mut self.extra,
            DifferenceKind::AmountDiffers => &mut self.amount_differs,
            DifferenceKind::StatusDiffers => &mut self.status_differs,
        };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use wxpay_core::{
        MilliFen, OutRefundNo, OutTradeNo, RefundId, TransactionId, bill::RefundCells,
    };

    use super::*;

    const NUMBER: &str = "ORDER1*2";
    const TRANSACTION: &str = "4200001234202611230000000001";

    fn day() -> BeijingDay {
        BeijingDay::parse("2026-11-23").unwrap()
    }

    fn fen(amount: u32) -> SignedFen {
        Fen::new(amount).into()
    }

    fn payment(amount: u32) -> Line {
        Line::Payment {
            out_trade_no: OutTradeNo::new("ORDER1").unwrap(),
            number: OutTradeNo::new(NUMBER).unwrap(),
            transaction_id: TransactionId::new(TRANSACTION).unwrap(),
            amount: Fen::new(amount),
        }
    }

    fn refund(amount: u32, status: RefundStage) -> Line {
        Line::Refund {
            out_trade_no: OutTradeNo::new("ORDER1").unwrap(),
            number: OutTradeNo::new(NUMBER).unwrap(),
            out_refund_no: OutRefundNo::new("R1").unwrap(),
            refund_id: None,
            amount: Fen::new(amount),
            status,
        }
    }

    fn paid_row(amount: u32) -> Row {
        Row {
            traded_at: day().starts_at().plus(43_200),
            appid: "wx2421b1c4370ec43b".into(),
            mchid: "1900000109".into(),
            sub_mchid: None,
            transaction_id: TransactionId::new(TRANSACTION).unwrap(),
            out_trade_no: NUMBER.into(),
            openid: "oUpF8uMEb4qRXf22hE3X68TekukE".into(),
            trade_type: "JSAPI".into(),
            trade_state: "SUCCESS".into(),
            bank_type: "OTHERS".into(),
            fee_type: "CNY".into(),
            total_fee: fen(amount),
            settlement_total_fee: None,
            coupon_fee: None,
            refund: None,
            body: "龙井".into(),
            attach: String::new(),
            commission: MilliFen::from_yuan("0.00").unwrap(),
            rate: "0.60%".into(),
        }
    }

    fn refund_row(amount: u32, status: &str) -> Row {
        let refund = RefundCells {
            refund_id: RefundId::new("50000000382019052709732678859").unwrap(),
            out_refund_no: "R1".into(),
            refund_fee: fen(amount),
            settlement_refund_fee: fen(amount),
            coupon_refund_fee: None,
            channel: "ORIGINAL".into(),
            status: status.into(),
            succeeded_at: None,
        };
        Row { trade_state: "REFUND".into(), total_fee: fen(0), refund: Some(refund), ..paid_row(0) }
    }

    fn kinds(ours: Option<&Line>, theirs: &Row) -> Vec<DifferenceKind> {
        compare(ours, theirs).iter().map(|difference| difference.kind).collect()
    }

    fn json(difference: &Difference) -> String {
        serde_json::to_string(difference).unwrap()
    }

    #[test]
    fn what_agrees_is_no_difference() {
        assert_eq!(compare(Some(&payment(100)), &paid_row(100)), []);
        let ours = refund(60, RefundStage::Succeeded);
        assert_eq!(compare(Some(&ours), &refund_row(60, "SUCCESS")), []);
    }

    #[test]
    fn a_row_is_found_under_the_key_of_its_line() {
        assert_eq!(key_of(&paid_row(1)), payment(1).key());
        assert_eq!(key_of(&refund_row(1, "SUCCESS")), refund(1, RefundStage::Asked).key());
        assert!(is_about(&payment(1), NUMBER) && !is_about(&payment(1), "ORDER1"));
    }

    #[test]
    fn another_amount_is_told_with_both_sides() {
        let differences = compare(Some(&payment(100)), &paid_row(99));
        assert_eq!(differences.len(), 1);
        assert_eq!(
            json(&differences[0]),
            format!(
                r#"{{"kind":"amount_differs","what":"payment","out_trade_no":"{NUMBER}","transaction_id":"{TRANSACTION}","ours":100,"theirs":99}}"#
            )
        );
        let ours = refund(60, RefundStage::Succeeded);
        assert_eq!(kinds(Some(&ours), &refund_row(61, "SUCCESS")), [DifferenceKind::AmountDiffers]);
    }

    #[test]
    fn a_state_differs_only_where_ours_cannot_have_come_of_theirs() {
        use RefundStage::*;
        let all = [Waiting, Asked, Processing, Succeeded, Abnormal, Closed, Refused];
        for (theirs, fine) in [
            ("SUCCESS", &[Succeeded][..]),
            ("PROCESSING", &[Processing, Succeeded, Abnormal, Closed]),
            ("CHANGE", &[Abnormal]),
            ("FAIL", &[Closed]),
        ] {
            for ours in all {
                let found = kinds(Some(&refund(60, ours)), &refund_row(60, theirs));
                assert_eq!(found.is_empty(), fine.contains(&ours), "{theirs} {ours:?}");
            }
        }
        let revoked = Row { trade_state: "REVOKED".into(), ..paid_row(100) };
        assert_eq!(kinds(Some(&payment(100)), &revoked), [DifferenceKind::StatusDiffers]);
        let both = refund_row(61, "SUCCESS");
        let kinds = kinds(Some(&refund(60, Closed)), &both);
        assert_eq!(kinds, [DifferenceKind::AmountDiffers, DifferenceKind::StatusDiffers]);
        let said = json(&compare(Some(&refund(60, Closed)), &refund_row(60, "SUCCESS"))[0]);
        assert!(said.contains(r#""ours":"closed","theirs":"SUCCESS""#), "{said}");
    }

    #[test]
    fn an_extra_row_names_the_number_another_system_may_know() {
        let differences = compare(None, &Row { out_trade_no: "TILL-7".into(), ..paid_row(250) });
        assert_eq!(
            json(&differences[0]),
            format!(
                r#"{{"kind":"extra","what":"payment","out_trade_no":"TILL-7","transaction_id":"{TRANSACTION}","theirs":250}}"#
            )
        );
        let extra = json(&compare(None, &refund_row(60, "SUCCESS"))[0]);
        assert!(extra.contains(r#""out_refund_no":"R1","theirs":60"#), "{extra}");
    }

    #[test]
    fn only_what_wechat_took_can_be_missing() {
        let missing = |line: &Line| missing(line).map(|difference| json(&difference));
        assert_eq!(
            missing(&payment(100)).unwrap(),
            format!(
                r#"{{"kind":"missing","what":"payment","out_trade_no":"ORDER1","transaction_id":"{TRANSACTION}","ours":100}}"#
            )
        );
        use RefundStage::*;
        for taken in [Processing, Succeeded, Abnormal] {
            assert!(missing(&refund(60, taken)).is_some(), "{taken:?}");
        }
        for not in [Waiting, Asked, Closed, Refused] {
            assert!(missing(&refund(60, not)).is_none(), "{not:?}");
        }
    }

    #[test]
    fn only_ten_minutes_on_either_side_of_midnight_look_next_door() {
        let (start, end) = (day().starts_at(), day().next().starts_at());
        let before = BeijingDay::parse("2026-11-22").unwrap();
        let after = BeijingDay::parse("2026-11-24").unwrap();
        let at = |instant: UnixSeconds, back: u64| UnixSeconds::new(instant.seconds() - back);
        assert_eq!(neighbour(day(), start), Some(before));
        assert_eq!(neighbour(day(), start.plus(599)), Some(before));
        assert_eq!(neighbour(day(), start.plus(600)), None);
        assert_eq!(neighbour(day(), at(end, 601)), None);
        assert_eq!(neighbour(day(), at(end, 600)), Some(after));
        assert_eq!(neighbour(day(), end), None, "not of this day at all");
        assert_eq!(neighbour(day(), at(start, 1)), None);
        assert_eq!(day_before(day()), before);

        let late = at(end, 5);
        let compared = end.plus(11 * 3600);
        assert!(is_left_to_next(day(), late, compared));
        assert!(!is_left_to_next(day(), start.plus(5), compared), "the day before has looked");
        assert!(!is_left_to_next(day(), late, compared.plus(86_400)), "the day after has looked");
    }

    #[test]
    fn rows_and_differences_are_counted() {
        let mut bill = BillTotals::default();
        for row in [paid_row(100), paid_row(50), refund_row(60, "SUCCESS")] {
            bill.add(&row);
        }
        assert_eq!(bill.payments, Total { count: 2, amount: 150 });
        assert_eq!(bill.refunds, Total { count: 1, amount: 60 });
        let mut counts = Counts::default();
        compare(None, &paid_row(1)).iter().for_each(|difference| counts.add(difference));
        counts.add(&missing(&payment(1)).unwrap());
        assert_eq!(counts, Counts { missing: 1, extra: 1, ..Counts::default() });
    }
}
