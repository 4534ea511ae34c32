//! For the shop's backend: `POST /v1/orders`, `GET /v1/orders/{no}`, and `POST` of its `close` and
//! `amount`.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wxpay_core::{Attach, Body, Fen, OutTradeNo, UnixSeconds};
use wxpay_merchant::{PageStatus, Terms};

use super::{Call, ticket::Ticket};
use crate::{
    http::{body, problem::Problem, problem_code::Code, query, reply::Reply},
    object::{
        mail,
        order::{Ask, BINDING, Told},
    },
    token::Kind,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrder {
    out_trade_no: Option<OutTradeNo>,
    amount: Fen,
    description: Body,
    attach: Option<Attach>,
    expires_in: Option<u64>,
}

#[derive(Serialize)]
struct Created<'a> {
    out_trade_no: &'a OutTradeNo,
    checkout_token: String,
    expires_at: UnixSeconds,
}

/// A page may come back to its token a day after the order ended, and still learn how it ended.
const TOKEN_OUTLIVES_ORDER_SECONDS: u64 = 86_400;

/// Creates an order; sent again unchanged, it finds the same one.
pub(super) async fn create(call: &Call<'_>) -> Result<Reply, Problem> {
    let new: NewOrder = body::parse(&call.body().await?)?;
    let number = match new.out_trade_no {
        Some(number) => number,
        None => OutTradeNo::new(&call.new_number("order")?)
            .map_err(|_| Problem::internal("a new number broke its rule"))?,
    };
    let expires_in = new.expires_in.unwrap_or(call.config.order_seconds);
    let terms = Terms::new(number.clone(), new.amount, new.description, new.attach, expires_in)
        .map_err(|error| Problem::invalid(&error))?;
    let (created, expires_at) = match ask(call, &number, &Ask::Create(terms)).await? {
        Told::Created { created, expires_at } => (created, expires_at),
        Told::Differs => return Err(Code::OrderDiffers.into()),
        _ => return Err(Problem::internal("an order's answer to its creation")),
    };
    let ticket = Ticket { out_trade_no: number.clone() };
    let until = expires_at.plus(TOKEN_OUTLIVES_ORDER_SECONDS);
    let checkout_token = call.config.token_key.seal(Kind::Checkout, &ticket, until)?;
    let status = if created { 201 } else { 200 };
    Reply::json(status, &Created { out_trade_no: &number, checkout_token, expires_at })
}

/// Everything about one order.
pub(super) async fn read(call: &Call<'_>, no: &str) -> Result<Reply, Problem> {
    Ok(Reply::view(200, record(call, no, &Ask::Read).await?.view))
}

/// Asks for the order to be closed. 202 while WeChat has not confirmed it; the order goes on
/// trying by itself.
pub(super) async fn close(call: &Call<'_>, no: &str) -> Result<Reply, Problem> {
    let order = record(call, no, &Ask::Close).await?;
    match order.status {
        PageStatus::Paid | PageStatus::Refunded => Err(Code::OrderPaid.into()),
        PageStatus::Closed => Ok(Reply::view(200, order.view)),
        PageStatus::Unpaid | PageStatus::Paying | PageStatus::Unknown => {
            Ok(Reply::view(202, order.view))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAmount {
    amount: Fen,
}

/// 改价. 202 while somebody may still pay the old amount; the order goes on closing that by itself.
pub(super) async fn reprice(call: &Call<'_>, no: &str) -> Result<Reply, Problem> {
    let NewAmount { amount } = body::parse(&call.body().await?)?;
    if amount.fen() == 0 {
        return Err(Problem::with_detail(Code::InvalidField, "`amount`: expected at least 1 fen"));
    }
    let order = record(call, no, &Ask::Reprice(amount)).await?;
    match order.status {
        PageStatus::Paid | PageStatus::Refunded => Err(Code::OrderPaid.into()),
        PageStatus::Closed => Err(Code::OrderClosed.into()),
        _ if !order.settled => Ok(Reply::view(202, order.view)),
        _ => Ok(Reply::view(200, order.view)),
    }
}

struct Record {
    status: PageStatus,
    settled: bool,
    view: Box<RawValue>,
}

async fn record(call: &Call<'_>, no: &str, question: &Ask) -> Result<Record, Problem> {
    match ask(call, &number(no)?, question).await? {
        Told::Record { status, settled, view } => Ok(Record { status, settled, view }),
        Told::NotFound => Err(Code::OrderNotFound.into()),
        _ => Err(Problem::internal("an order's answer to the shop")),
    }
}

/// The order number in a path.
pub(super) fn number(no: &str) -> Result<OutTradeNo, Problem> {
    let no = query::decode(no).ok_or(Code::OrderNotFound)?;
    Ok(OutTradeNo::new(&no).map_err(|_| Code::OrderNotFound)?)
}

pub(super) async fn ask(
    call: &Call<'_>,
    number: &OutTradeNo,
    question: &Ask,
) -> Result<Told, Problem> {
    mail::ask(call.env, BINDING, number.as_str(), question).await
}
