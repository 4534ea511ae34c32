//! For the shop's backend: `GET /v1/bills/trade/{day}`, `GET /v1/bills/fundflow/{day}`.
//!
//! A bill is answered as it comes from WeChat, one JSON object a line (`application/x-ndjson`), at
//! the pace at which the caller reads: a bill of millions of rows needs no more memory than one of
//! ten. Whether it came whole is known at its end only, so an error there breaks the answer off,
//! which no HTTP client takes for its end.
use js_sys::{
    Uint8Array,
    futures::{JsFuture, spawn_local},
};
use web_sys::{TransformStream, WritableStreamDefaultWriter};
use wxpay_core::{
    BeijingDay,
    bill::{BillKind, DownloadBill},
    fund_flow::{Account, DownloadFundFlow},
};
use wxpay_merchant::Plan;

use super::{Call, lists::one_of};
use crate::{
    bill::{Bill, Row, Wish},
    clock,
    http::{problem::Problem, problem_code::Code, reply::Reply},
};

const NDJSON: &str = "application/x-ndjson";

/// The day's payments and refunds, one a line.
pub(super) async fn trade(call: &Call<'_>, day: &str) -> Result<Reply, Problem> {
    let day = day_of_bill(day)?;
    let kind = one_of(call, "type", &["ALL", "SUCCESS", "REFUND"])?;
    let kind = kind.as_deref().and_then(BillKind::parse).unwrap_or(BillKind::All);
    answer(call, &Wish::Trade(DownloadBill { day, kind })).await
}

/// The day's movements of one account, one a line.
pub(super) async fn fund_flow(call: &Call<'_>, day: &str) -> Result<Reply, Problem> {
    let day = day_of_bill(day)?;
    let account = one_of(call, "account", &["Basic", "Operation", "Fees"])?;
    let account = account.as_deref().and_then(Account::parse).unwrap_or(Account::Basic);
    answer(call, &Wish::FundFlow(DownloadFundFlow { day, account })).await
}

/// A day that is over. WeChat would refuse any other as a parameter out of range.
pub(super) fn day_of_bill(text: &str) -> Result<BeijingDay, Problem> {
    let day = BeijingDay::parse(text).map_err(|error| Problem::invalid(&error))?;
    match Plan::bill_can_exist(day, clock::now()) {
        true => Ok(day),
        false => Err(Code::BillNotReady.into()),
    }
}

async fn answer(call: &Call<'_>, wish: &Wish) -> Result<Reply, Problem> {
    let begun = Bill::begin(&call.config, wish).await?;
    let Some((rows, bill)) = begun else { return Ok(Reply::text(200, NDJSON, String::new())) };
    let pipe = TransformStream::new().map_err(worker::Error::from)?;
    let writer = pipe.writable().get_writer().map_err(worker::Error::from)?;
    spawn_local(pass_on(rows, bill, writer));
    Ok(Reply::stream(NDJSON, pipe.readable()))
}

/// Writes every row, waiting for the caller to take it, then ends the answer or breaks it off.
async fn pass_on(mut rows: Vec<Row>, mut bill: Bill, writer: WritableStreamDefaultWriter) {
    loop {
        let piece = Uint8Array::from(lines(&rows).as_slice());
        if JsFuture::from(writer.write_with_chunk(&piece)).await.is_err() {
            // The caller went away.
            return bill.stop();
        }
        rows = match bill.next().await {
            Ok(Some(rows)) => rows,
            Ok(None) => {
                let _ = JsFuture::from(writer.close()).await;
                return;
            }
            Err(_) => {
                let _ = JsFuture::from(writer.abort()).await;
                return;
            }
        };
    }
}

fn lines(rows: &[Row]) -> Vec<u8> {
    let mut lines = Vec::new();
    for row in rows {
        // Texts and whole numbers always have a JSON form, and a vector takes every byte.
        let _ = serde_json::to_writer(&mut lines, row);
        lines.push(b'\n');
    }
    lines
}
