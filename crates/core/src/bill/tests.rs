use alloc::{format, string::ToString, vec::Vec};
use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;

const ALL: &str = include_str!("../../../../tests/vectors/v2-bill/all/bill.txt");
const OLD: &str = include_str!("../../../../tests/vectors/v2-bill/old-all/bill.txt");

type Read = Result<(Vec<Row>, Ending<Totals>), Malformed>;

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let (mut reader, mut rows) = (BillReader::new(), Vec::new());
    for chunk in chunks {
        reader.feed(chunk, &mut |row| rows.push(row))?;
    }
    Ok((rows, reader.finish()?))
}

fn read_text(text: &str) -> Read {
    read([text.as_bytes()])
}

fn complete(text: &str) -> (Vec<Row>, Totals) {
    match read_text(text).unwrap() {
        (rows, Ending::Complete(totals)) => (rows, totals),
        (_, Ending::Refused(refusal)) => panic!("{refusal:?}"),
    }
}

fn refused(text: &str) -> BillRefusal {
    match read_text(text).unwrap() {
        (_, Ending::Refused(refusal)) => refusal,
        (_, Ending::Complete(totals)) => panic!("{totals:?}"),
    }
}

/// The folder's `source.md` says where each vector is from.
#[test]
fn every_layout_reads_to_the_rows_it_was_written_from() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/v2-bill");
    let mut cases = 0;
    for case in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let text = |name: &str| fs::read_to_string(case.join(name)).unwrap();
        let expected: Vec<serde_json::Value> =
            text("rows.ndjson").lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        let bill = text("bill.txt");
        for bill in [
            bill.clone(),
            bill.replace('\n', "\r\n"),
            format!("\u{feff}{bill}"),
            bill.trim_end().to_string(),
        ] {
            let (rows, totals) = complete(&bill);
            let rows: Vec<_> = rows.iter().map(|row| serde_json::to_value(row).unwrap()).collect();
            assert_eq!(rows, expected, "{case:?}");
            assert_eq!(totals.rows, expected.len() as u64, "{case:?}");
        }
        cases += 1;
    }
    assert!(cases >= 4, "only {cases} bills were read");
}

#[test]
fn totals_are_those_of_the_bill() {
    let (rows, totals) = complete(ALL);
    let sum = |amounts: Vec<i64>| amounts.into_iter().sum::<i64>();
    assert_eq!(totals.total_fee.fen(), sum(rows.iter().map(|row| row.total_fee.fen()).collect()));
    let refunds = rows.iter().filter_map(|row| row.refund.as_ref());
    assert_eq!(totals.refund_fee.fen(), sum(refunds.map(|r| r.refund_fee.fen()).collect()));
    let commission = sum(rows.iter().map(|row| row.commission.millifen()).collect());
    assert_eq!(totals.commission.millifen(), commission);
}

#[test]
fn a_bill_that_breaks_off_is_never_taken_for_whole() {
    for bill in [ALL, OLD] {
        // Without its last line's end a bill is still whole.
        let bill = bill.trim_end();
        for (end, _) in bill.char_indices() {
            let Ok((_, ending)) = read_text(&bill[..end]) else { continue };
            // The totals' last cell may be cut within its decimals, and reads as another amount;
            // every row came before it.
            let last_cell = bill.rfind('`').unwrap();
            assert!(end > last_cell, "{ending:?} at {end}");
        }
    }
}

#[test]
fn a_row_too_many_or_too_few_is_noticed() {
    let row = ALL.lines().nth(1).unwrap();
    let twice = ALL.replacen(row, &format!("{row}\n{row}"), 1);
    assert_eq!(read_text(&twice), Err(Malformed::Rows { said: 4, found: 5 }));
    let none = ALL.replacen(&format!("{row}\n"), "", 1);
    assert_eq!(read_text(&none), Err(Malformed::Rows { said: 4, found: 3 }));
}

#[test]
fn what_is_not_the_table_is_named() {
    let changed = |from: &str, to: &str| read_text(&ALL.replacen(from, to, 1)).unwrap_err();
    assert_eq!(read_text(""), Err(Malformed::Missing("总交易单数")));
    assert_eq!(read_text("hello"), Err(Malformed::Missing("交易时间")));
    assert_eq!(read_text(&format!("{ALL}more")), Err(Malformed::Table { line: 8 }));
    assert_eq!(changed(",`0.60%", ""), Malformed::Table { line: 2 });
    assert_eq!(changed("`6.00,", "`6.005,"), Malformed::Field("应结订单金额"));
    assert_eq!(changed("2019-07-25 ", "25.7.2019 "), Malformed::Field("交易时间"));
    assert_eq!(changed("微信订单号", "another"), Malformed::Missing("微信订单号"));
    let not_utf8 = [ALL.as_bytes(), b"\xff\n"].concat();
    assert_eq!(read([not_utf8.as_slice()]), Err(Malformed::Table { line: 8 }));
}

#[test]
fn a_line_has_an_end() {
    let endless = "x".repeat(LINE_LIMIT_BYTES);
    let mut reader = BillReader::new();
    assert_eq!(reader.feed(endless.as_bytes(), &mut |_| ()), Ok(()));
    let limit = LINE_LIMIT_BYTES;
    assert_eq!(reader.feed(b"x", &mut |_| ()), Err(Malformed::TooLarge { limit }));
}

#[test]
fn a_refusal_has_an_end_too() {
    let (mut reader, limit) = (BillReader::new(), crate::v2::MESSAGE_LIMIT_BYTES);
    let lines = format!("<xml>\n{}", "x\n".repeat(limit));
    let fed = reader.feed(lines.as_bytes(), &mut |_| ());
    assert_eq!(fed, Err(Malformed::TooLarge { limit }));
}

#[test]
fn every_reason_for_no_bill_is_told_apart() {
    let said = |message: &str| {
        refused(&format!(
            "<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[{message}]]></return_msg>\n</xml>"
        ))
    };
    assert_eq!(said("No Bill Exist"), BillRefusal::NotThere);
    assert_eq!(said("NO Bill Exist"), BillRefusal::NotThere);
    assert_eq!(said("Bill Creating"), BillRefusal::Creating);
    assert_eq!(said("SYSTEMERROR"), BillRefusal::Refused("SYSTEMERROR".into()));
    assert!(said("SIGN ERROR").is_about_our_signature());
    assert!(said("签名错误").is_about_our_signature());
    assert!(!said("invalid bill_type").is_about_our_signature());
    let number = "<xml><return_code>FAIL</return_code><return_msg>x</return_msg><error_code>20002</error_code></xml>";
    assert_eq!(refused(number), BillRefusal::NotThere);
    assert!(
        read_text("<html>\n<body>400 No required SSL certificate was sent</body></html>").is_err()
    );
}

/// A bill, whole or with a few bytes spoilt.
fn bill() -> impl Strategy<Value = Vec<u8>> {
    let spoilt = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (prop::sample::select(alloc::vec![ALL, OLD]), spoilt).prop_map(|(text, spoilt)| {
        let mut bytes = text.as_bytes().to_vec();
        for (place, byte) in spoilt {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn where_it_is_cut_makes_no_difference(bill in bill(), size in 1_usize..200, first in 0_usize..200) {
        let (head, tail) = bill.split_at(first);
        let cut = read(core::iter::once(head).chain(tail.chunks(size)));
        prop_assert_eq!(cut, read([bill.as_slice()]));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), text in "[`,\n<>\u{feff}交易时间0-9.-]{0,200}") {
        let _ = read([bytes.as_slice()]);
        let _ = read_text(&text);
        let _ = read_text(&format!("{}\n{text}", ALL.lines().next().unwrap()));
    }

    #[test]
    fn any_product_name_leaves_the_amounts_where_they_are(body in "[^\r\n\u{0}]{1,60}") {
        let text = ALL.replacen("示例商城,纸巾\"大\"包", &body, 1);
        let (rows, _) = complete(&text);
        prop_assert_eq!(rows[0].total_fee.fen(), 600);
        prop_assert_eq!(rows[0].commission.millifen(), 4000);
        prop_assert_eq!(&rows[0].attach, "a,b");
        prop_assert_eq!(&rows[0].body, &body);
    }
}
