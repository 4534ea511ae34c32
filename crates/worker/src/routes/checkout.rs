//! For the page: `POST /v1/checkout` and `GET /v1/checkout/{return_token}`.
use serde::Serialize;
use wxpay_core::{
    Api, ErrorCode, OutTradeNo, PrepayId, UnixSeconds, request_payment::RequestPayment,
};
use wxpay_merchant::{Handed, Offer};

use super::{
    Call,
    checkout_ask::{self, CheckoutAsk},
    ticket::Ticket,
};
use crate::{
    clock,
    http::{body, problem::Problem, problem_code::Code, reply::Reply},
    object::{
        mail,
        order::{Ask, BINDING, Told},
    },
    random,
    token::Kind,
};

/// The page may come back and ask for as long as WeChat keeps an unpaid order.
/// Source: protocol page "统一下单", 7 days, read 2026-11.
const RETURN_TOKEN_SECONDS: u64 = 7 * 86_400;

/// Lets a buyer pay: what to pay is ours or the shop's word, how and by whom is the page's.
pub(super) async fn checkout(call: &Call<'_>) -> Result<Reply, Problem> {
    let ask: CheckoutAsk = body::parse(&call.body().await?)?;
    let buyer = checkout_ask::buyer(call, &ask).await?;
    let (number, terms) = checkout_ask::order(call, &ask).await?;
    let letter = Ask::Checkout { terms, buyer };
    match mail::ask(call.env, BINDING, number.as_str(), &letter).await? {
        Told::Offer { offer, expired, second_key } => {
            hand_out(call, &number, offer, expired, second_key).await
        }
        Told::Differs => Err(Code::OrderDiffers.into()),
        Told::NotFound => Err(Code::OrderNotFound.into()),
        _ => Err(Problem::internal("an order's answer to a checkout")),
    }
}

#[derive(Serialize)]
struct HandedOut<'a> {
    channel: &'static str,
    out_trade_no: &'a OutTradeNo,
    return_token: String,
    expires_at: UnixSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_payment: Option<RequestPayment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mweb_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_url: Option<String>,
}

async fn hand_out(
    call: &Call<'_>,
    out_trade_no: &OutTradeNo,
    offer: Offer,
    expired: bool,
    second_key: bool,
) -> Result<Reply, Problem> {
    let now = clock::now();
    let handed = match offer {
        Offer::Pay(handed) => handed,
        Offer::Paid => return Err(Code::OrderPaid.into()),
        Offer::Closed if expired => return Err(Code::OrderExpired.into()),
        Offer::Closed => return Err(Code::OrderClosed.into()),
        Offer::Refused(code) => return Err(refused(&code)),
        Offer::Unknown => return Err(Code::OrderUnknown.into()),
        Offer::HeldByOther => return Err(Code::OrderHeld.into()),
        Offer::Exhausted => return Err(Code::OrderExhausted.into()),
    };
    let ticket = Ticket { out_trade_no: out_trade_no.clone() };
    let until = now.plus(RETURN_TOKEN_SECONDS);
    let return_token = call.config.token_key.seal(Kind::Return, &ticket, until)?;
    let empty = |channel, expires_at| HandedOut {
        channel,
        out_trade_no,
        return_token,
        expires_at,
        request_payment: None,
        mweb_url: None,
        code_url: None,
    };
    let handed_out = match handed {
        Handed::Bridge { api, prepay_id, expires_at } => {
            let signed = sign_payment(call, api, prepay_id, second_key).await?;
            HandedOut { request_payment: Some(signed), ..empty("jsapi", expires_at) }
        }
        Handed::MwebUrl { mweb_url, expires_at } => {
            HandedOut { mweb_url: Some(mweb_url), ..empty("mweb", expires_at) }
        }
        Handed::CodeUrl { code_url, expires_at } => {
            HandedOut { code_url: Some(code_url), ..empty("native", expires_at) }
        }
    };
    Reply::json(200, &handed_out)
}

/// The page's fields are signed by the key that the order itself went out under.
async fn sign_payment(
    call: &Call<'_>,
    api: Api,
    prepay_id: PrepayId,
    second_key: bool,
) -> Result<RequestPayment, Problem> {
    let (config, now) = (&call.config, clock::now());
    match (api, &config.v3) {
        (Api::V3, Some(v3)) => v3.sign_payment(prepay_id, now).await,
        (Api::V3, None) => {
            let missing = "`WXPAY_API_V3_KEY`: this order was placed by API V3";
            Err(Problem::with_detail(Code::Misconfigured, missing))
        }
        (Api::V2, _) => {
            let missing = "`WXPAY_API_V2_KEY`: this order was placed by API V2";
            let signer = config.signer_by(second_key);
            let signer =
                signer.ok_or_else(|| Problem::with_detail(Code::Misconfigured, missing))?;
            Ok(RequestPayment::sign(&signer, &prepay_id, now, &random::nonce_str()?))
        }
    }
}

/// WeChat's code with the documented remedy; its own words may quote the request, so they stay out.
fn refused(code: &str) -> Problem {
    let remedy = ErrorCode::read(code).remedy();
    Problem::with_detail(Code::GatewayRefused, format!("`{code}`: {remedy}"))
}

/// How the order stands; asks WeChat where our own record is not final.
pub(super) async fn status(call: &Call<'_>, token: &str) -> Result<Reply, Problem> {
    let ticket: Ticket = call.config.token_key.open(Kind::Return, token, clock::now())?;
    match mail::ask(call.env, BINDING, ticket.out_trade_no.as_str(), &Ask::Status).await? {
        Told::Status(view) => Ok(Reply::view(200, view)),
        Told::NotFound => Err(Code::OrderNotFound.into()),
        _ => Err(Problem::internal("an order's answer to a page")),
    }
}
