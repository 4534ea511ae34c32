//! For the shop's backend: `POST /v1/orders`, `GET /v1/orders/{no}`, `POST /v1/orders/{no}/close`.
use serde::{Deserialize, Serialize};
use wxpay_core::{Attach, Body, Fen, OutTradeNo, UnixSeconds};
use wxpay_merchant::{PageStatus, Terms};

use super::{Call, ticket::Ticket, view::OrderView};
use crate::{
    http::{body, problem::Problem, problem_code::Code, reply::Reply},
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
    let (order, created) = match ask(call, &number, &Ask::Create(terms)).await? {
        Told::Order { order, created } => (order, created),
        Told::Differs => return Err(Code::OrderDiffers.into()),
        _ => return Err(Problem::internal("an order's answer to its creation")),
    };
    let expires_at = order.expires_at();
    let ticket = Ticket { out_trade_no: number.clone() };
    let until = expires_at.plus(TOKEN_OUTLIVES_ORDER_SECONDS);
    let checkout_token = call.config.token_key.seal(Kind::Checkout, &ticket, until).await?;
    let status = if created { 201 } else { 200 };
    Reply::json(status, &Created { out_trade_no: &number, checkout_token, expires_at })
}

/// Everything about one order.
pub(super) async fn read(call: &Call<'_>, no: &str) -> Result<Reply, Problem> {
    Reply::json(200, &record(call, no, &Ask::Read).await?)
}

/// Asks for the order to be closed. 202 while WeChat has not confirmed it; the order goes on
/// trying by itself.
pub(super) async fn close(call: &Call<'_>, no: &str) -> Result<Reply, Problem> {
    let order = record(call, no, &Ask::Close).await?;
    match order.status {
        PageStatus::Paid | PageStatus::Refunded => Err(Code::OrderPaid.into()),
        PageStatus::Closed => Reply::json(200, &order),
        PageStatus::Unpaid | PageStatus::Paying | PageStatus::Unknown => Reply::json(202, &order),
    }
}

async fn record(call: &Call<'_>, no: &str, question: &Ask) -> Result<OrderView, Problem> {
    let number = OutTradeNo::new(no).map_err(|_| Code::OrderNotFound)?;
    match ask(call, &number, question).await? {
        Told::Record { order, history } => Ok(OrderView::of(&order, history)),
        Told::NotFound => Err(Code::OrderNotFound.into()),
        _ => Err(Problem::internal("an order's answer to the shop")),
    }
}

async fn ask(call: &Call<'_>, number: &OutTradeNo, question: &Ask) -> Result<Told, Problem> {
    mail::ask(call.env, BINDING, number.as_str(), question).await
}
