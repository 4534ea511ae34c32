//! From a request to an answer: who may call, which route, what went wrong.
use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
};

use worker::Env;
use zeroize::Zeroizing;

use crate::{
    border, clock,
    config::Config,
    http::{
        body,
        cors::From,
        head::Head,
        origin::Origin,
        problem::Problem,
        problem_code::Code,
        reply::Reply,
        routing::{Method, Route},
    },
    log::{Kind, Line, Severity},
    random,
    shop_keys::{Caller, Scope, ShopKeys},
};

mod bills;
mod checkout;
mod checkout_ask;
mod cursor;
mod doctor;
#[cfg(feature = "fault-injection")]
mod fault;
mod guard;
mod health;
mod lists;
mod notify;
mod oauth;
mod once;
mod orders;
mod reconciliation;
mod refunds;
mod ticket;
mod webhooks;

/// One request with everything a route may need.
struct Call<'a> {
    request: &'a web_sys::Request,
    request_id: &'a str,
    head: &'a Head,
    query: &'a str,
    env: &'a Env,
    config: Rc<Config>,
    noted: &'a Noted,
    /// What the browser takes this Worker for.
    own: Vec<Origin>,
    /// The body, where it was read before the route asks for it.
    given: Option<Vec<u8>>,
    /// What numbers made up under an Idempotency-Key come from.
    seed: Option<String>,
}

/// What the log is to say of a request, noted while it is answered.
#[derive(Default)]
struct Noted {
    /// Who of the shop's backend asks.
    caller: OnceCell<Caller>,
    /// The buyer came by IPv6. WeChat's middle page may see the same phone by IPv4, so where such
    /// buyers fail, this is where to look.
    is_v6: Cell<bool>,
}

impl Noted {
    /// Lets in who shows a key with this scope, and notes who it is.
    fn admit(
        &self,
        keys: &ShopKeys,
        authorization: Option<String>,
        scope: Scope,
    ) -> Result<(), Problem> {
        let shown = authorization.map(Zeroizing::new);
        let shown = shown.as_ref().map(|value| value.as_str());
        let caller = keys.admit(shown, scope, clock::now())?;
        // The first caller of a request is its only one.
        let _ = self.caller.set(caller);
        Ok(())
    }
}

/// Answers a request, whatever happens, and writes its line to the log.
pub(crate) async fn answer(request: &web_sys::Request, env: &Env) -> Reply {
    let started = clock::now_millis();
    let head = Head::of(request);
    let request_id = request_id(request);
    let route = Route::of(Method::of(head.method()), head.path());
    let (mut place, noted) = (None, Noted::default());
    let reply = admit(request, &request_id, &head, env, route, &noted).await.unwrap_or_else(
        |Refused { problem, from }| {
            place = problem.place;
            from.permit(problem.into_reply(&request_id))
        },
    );
    let line = Line {
        kind: Kind::Request,
        name: route.name(),
        outcome: reply.code.unwrap_or("ok"),
        took_ms: clock::now_millis().saturating_sub(started),
        status: Some(reply.status),
        request_id: Some(&request_id),
        key: noted.caller.get().map(Caller::name),
        ip: noted.is_v6.get().then_some("v6"),
        place,
        ..Line::default()
    };
    line.write(if reply.status < 500 { Severity::Info } else { Severity::Error });
    reply.with_header("x-request-id", request_id)
}

/// A problem, and who may read it: a page needs permission for bad news too.
struct Refused {
    problem: Problem,
    from: From,
}

/// Checks configuration and origin, then lets the route answer.
async fn admit(
    request: &web_sys::Request,
    request_id: &str,
    head: &Head,
    env: &Env,
    route: Route<'_>,
    noted: &Noted,
) -> Result<Reply, Refused> {
    let no_page = |problem| Refused { problem, from: From::NoPage };
    let config = match Config::of(env) {
        Ok(config) => config,
        Err(_) if route == Route::Doctor => {
            return doctor::without_config(request, env, noted).map_err(no_page);
        }
        Err(problem) => return Err(no_page(problem)),
    };
    let (query, own) = (head.query(), own(request, head, &config));
    let (given, seed) = (None, None);
    let mut call = Call { request, request_id, head, query, env, config, noted, own, given, seed };
    let from = From::of(call.header("origin").as_deref(), &call.own, &call.config.allowed_origins);
    let method = Method::of(head.method());
    if method == Method::Options {
        return Ok(from.preflight());
    }
    let answered = match from.may(method) {
        true => dispatch(&mut call, route).await,
        false => Err(Code::OriginNotAllowed.into()),
    };
    match answered {
        Ok(reply) => Ok(from.permit(reply)),
        Err(problem) => Err(Refused { problem, from }),
    }
}

/// Lets in whom the route is for, by the table of routes, so that no route can forget it.
async fn dispatch(call: &mut Call<'_>, route: Route<'_>) -> Result<Reply, Problem> {
    if route.is_notification() {
        return guard::notification(call, route).await;
    }
    if route.is_for_pages() {
        guard::page(call)?;
    }
    let Some(scope) = route.scope() else { return respond(call, route).await };
    guard::shop(call, scope)?;
    match call.header(once::HEADER) {
        Some(key) if Method::of(call.head.method()) == Method::Post => {
            once::once(call, route, &key).await
        }
        _ => respond(call, route).await,
    }
}

async fn respond(call: &Call<'_>, route: Route<'_>) -> Result<Reply, Problem> {
    match route {
        Route::Health => health::health(),
        Route::CreateOrder => orders::create(call).await,
        Route::ListOrders => lists::orders(call).await,
        Route::ListEvents => lists::events(call).await,
        Route::Reconciliation(day) => reconciliation::read(call, day).await,
        Route::Reconcile(day) => reconciliation::run(call, day).await,
        Route::TradeBill(day) => bills::trade(call, day).await,
        Route::FundFlowBill(day) => bills::fund_flow(call, day).await,
        Route::ReadOrder(no) => orders::read(call, no).await,
        Route::CloseOrder(no) => orders::close(call, no).await,
        Route::Reprice(no) => orders::reprice(call, no).await,
        Route::CreateRefund(no) => refunds::create(call, no).await,
        Route::ReadRefund(no, refund) => refunds::read(call, no, refund).await,
        Route::Resend(id) => webhooks::resend(call, id).await,
        Route::VerifyWebhook => webhooks::verify(call).await,
        Route::Doctor => doctor::examine(call).await,
        Route::Checkout => checkout::checkout(call).await,
        Route::CheckoutStatus(token) => checkout::status(call, token).await,
        Route::Authorize => oauth::authorize(call).await,
        Route::Session => oauth::session(call).await,
        Route::NotifyPay => notify::pay(call).await,
        Route::NotifyRefund => notify::refund(call).await,
        Route::NotifyV3 => notify::v3(call).await,
        #[cfg(feature = "fault-injection")]
        Route::Panic(no) => fault::panic(call, no).await,
        Route::WrongMethod(allow) => Err(Problem::wrong_method(allow)),
        Route::Unknown => Err(Code::NotFound.into()),
    }
}

impl Call<'_> {
    fn header(&self, name: &str) -> Option<String> {
        border::header(self.request, name)
    }

    /// Lets in who shows a key of the shop's with this scope.
    fn admit(&self, scope: Scope) -> Result<(), Problem> {
        self.noted.admit(&self.config.shop_keys, self.header("authorization"), scope)
    }

    async fn body(&self) -> Result<Vec<u8>, Problem> {
        match &self.given {
            Some(body) => Ok(body.clone()),
            None => Ok(body::of_request(self.request).await?),
        }
    }

    /// 28 hex digits that name something new and that nobody guesses; as short as that so that
    /// attempts' marks (`*9`) fit behind. Under an Idempotency-Key they come from the key, so that
    /// the same request, done again after a crash, names the same thing. `what` is one fixed word
    /// per kind of thing, so that no two kinds share a number.
    fn new_number(&self, what: &str) -> Result<String, Problem> {
        const BYTES: usize = 14;
        match &self.seed {
            None => Ok(random::hex(&random::bytes::<BYTES>()?)),
            Some(seed) => {
                let derived = self.config.token_key.fingerprint(what, seed.as_bytes());
                Ok(random::hex(derived.split_at(BYTES).0))
            }
        }
    }

    /// Whether a page of this origin is the shop's.
    fn is_ours(&self, origin: &Origin) -> bool {
        self.own.contains(origin) || self.config.allowed_origins.contains(origin)
    }
}

/// The origins that browsers take this Worker for: the configured one, and the one it was asked by.
/// A page cannot choose its `Host`, so a page whose origin is that host was served from here.
fn own(request: &web_sys::Request, head: &Head, config: &Config) -> Vec<Origin> {
    let scheme = head.url().split_once("://").map_or("https", |(scheme, _)| scheme);
    let asked =
        border::header(request, "host").and_then(|host| Origin::of(&format!("{scheme}://{host}")));
    asked.into_iter().chain([config.public_url.clone()]).collect()
}

/// Cloudflare's own id for the request where there is one, so that both logs can be matched.
fn request_id(request: &web_sys::Request) -> String {
    let ray = border::header(request, "cf-ray").filter(|ray| {
        (1..=64).contains(&ray.len())
            && ray.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    ray.or_else(|| random::bytes::<8>().ok().map(|bytes| random::hex(&bytes))).unwrap_or_default()
}
