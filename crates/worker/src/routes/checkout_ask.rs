//! What a page may ask for at checkout, and what we make of it: which order, which buyer.
use serde::Deserialize;
use wxpay_core::OutTradeNo;
use wxpay_merchant::{Buyer, CartError, Terms, Visitor, Way};

use super::{Call, ticket::Ticket};
use crate::{
    clock,
    http::{client_ip::client_ip, origin::Origin, problem::Problem, problem_code::Code},
    login, random,
    token::Kind,
};

/// The body of `POST /v1/checkout`. There is no amount in it, nor an address: those are not the
/// page's to say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckoutAsk {
    checkout_token: Option<String>,
    cart: Option<String>,
    sku: Option<String>,
    quantity: Option<u32>,
    /// The page's own random name for this purchase: the same name is the same order.
    purchase_id: Option<Visitor>,
    channel: Channel,
    session: Option<String>,
    visitor: Option<Visitor>,
    return_url: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Channel {
    Jsapi,
    Mweb,
    Native,
}

/// Who pays, and from where.
pub(super) async fn buyer(call: &Call<'_>, ask: &CheckoutAsk) -> Result<Buyer, Problem> {
    if let Some(url) = &ask.return_url
        && !Origin::of(url).is_some_and(|origin| call.is_ours(&origin))
    {
        return Err(Code::ReturnToNotAllowed.into());
    }
    let header = call.header(&call.config.client_ip_header);
    let ip = client_ip(header.as_deref(), call.config.is_real_gateway())?;
    call.noted.is_v6.set(ip.is_ipv6());
    let way = match ask.channel {
        Channel::Jsapi => {
            let session = ask.session.as_deref().ok_or(Code::SessionRequired)?;
            Way::Jsapi(login::openid(&call.config, session).await?)
        }
        Channel::Mweb => Way::Mweb(visitor(ask)?),
        Channel::Native => Way::Native(visitor(ask)?),
    };
    Ok(Buyer { way, ip })
}

/// A page that does not name itself is nobody we have seen: it never gets another's link.
fn visitor(ask: &CheckoutAsk) -> Result<Visitor, Problem> {
    match &ask.visitor {
        Some(visitor) => Ok(visitor.clone()),
        None => Visitor::new(&random::hex(&random::bytes::<16>()?))
            .map_err(|_| Problem::internal("a random visitor broke its rule")),
    }
}

/// Which order is paid: its number, and its terms where this request may be the first to name it.
pub(super) async fn order(
    call: &Call<'_>,
    ask: &CheckoutAsk,
) -> Result<(OutTradeNo, Option<Terms>), Problem> {
    let terms = match (&ask.checkout_token, &ask.cart, &ask.sku) {
        (Some(token), None, None) => {
            let key = &call.config.token_key;
            let ticket: Ticket = key.open(Kind::Checkout, token, clock::now())?;
            return Ok((ticket.out_trade_no, None));
        }
        (None, Some(cart), None) => signed_by_the_shop(call, cart)?,
        (None, None, Some(sku)) => from_the_catalogue(call, ask, sku)?,
        _ => {
            let rule = "expected exactly one of `checkout_token`, `cart`, `sku`";
            return Err(Problem::with_detail(Code::MalformedRequest, rule));
        }
    };
    Ok((terms.out_trade_no().clone(), Some(terms)))
}

fn signed_by_the_shop(call: &Call<'_>, token: &str) -> Result<Terms, Problem> {
    let config = &call.config;
    let terms = config.cart_key.verify(token, clock::now(), config.order_seconds);
    terms.map_err(|error| match error {
        CartError::Tampered => Code::CartTampered.into(),
        CartError::Expired => Code::CartExpired.into(),
        // serde's text may quote the claim, which only the shop should see.
        CartError::Claims(_) => Code::CartMalformed.into(),
    })
}

fn from_the_catalogue(call: &Call<'_>, ask: &CheckoutAsk, sku: &str) -> Result<Terms, Problem> {
    let purchase = call.config.catalogue.purchase(sku, ask.quantity.unwrap_or(1))?;
    let purchase_id = ask.purchase_id.clone().ok_or_else(|| {
        Problem::with_detail(
            Code::MalformedRequest,
            "missing field `purchase_id`, needed with `sku`",
        )
    })?;
    let fingerprint =
        call.config.token_key.fingerprint("purchase", String::from(purchase_id).as_bytes());
    let (half, _) = fingerprint.split_at(NUMBER_BYTES);
    let number = OutTradeNo::new(&random::hex(half));
    let number = number.map_err(|_| Problem::internal("a derived number broke its rule"))?;
    let seconds = call.config.order_seconds;
    Terms::new(number, purchase.amount, purchase.description, None, seconds)
        .map_err(|error| Problem::invalid(&error))
}

/// 28 hex digits: nobody else's purchase is hit by chance, and `*9` still fits behind.
const NUMBER_BYTES: usize = 14;
