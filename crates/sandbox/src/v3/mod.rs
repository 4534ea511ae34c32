//! API V3: the envelope around every call (签名, 应答签名, 错误码), and which call is answered where.
//!
//! Source: pay.weixin.qq.com V3 基本规则, and a public probe of the live gateway.

mod authorization;
mod bill;
mod call;
mod certificates;
mod diagnosis;
mod keys;
mod refund;
mod refund_news;
mod rules;
mod seal;
#[cfg(test)]
mod shop;
mod sign;

use serde_json::{Value, json};

pub(crate) use bill::Offer;
pub(crate) use call::{Call, Refusal, Reply, Said};
pub use diagnosis::Diagnosis;
pub use keys::KeyMode;
pub(crate) use keys::{Keys, PlatformKey};

use crate::{
    gateway::Gateway,
    ledger::{Direction, Message},
    message::{Request, Response},
    query,
    time::UnixSeconds,
};

/// DIFFERENCE: the real limit is not published; 64 KiB is far above every documented field.
const BODY_LIMIT: usize = 64 * 1024;

/// Diagnoses kept for reading; the oldest go first.
const DIAGNOSES_KEPT: usize = 50;

/// One API: the method it takes, and its own rules.
struct Api {
    /// What the record calls it.
    what: &'static str,
    method: &'static str,
    answer: fn(&mut Gateway, UnixSeconds, &Call) -> Result<Reply, Refusal>,
}

/// Which API a path belongs to, by its pieces behind `/v3/`.
fn api(path: &[&str]) -> Option<Api> {
    let get = |what, answer| Some(Api { what, method: "GET", answer });
    let post = |what, answer| Some(Api { what, method: "POST", answer });
    match path {
        ["certificates"] => get("v3_certificates", certificates::answer),
        ["refund", "domestic", "refunds"] => post("v3_refund", refund::ask),
        ["refund", "domestic", "refunds", _] => get("v3_refund_query", refund::query),
        ["bill", "tradebill"] => get("v3_tradebill", bill::trade),
        ["bill", "fundflowbill"] => get("v3_fundflowbill", bill::fund_flow),
        ["billdownload", "file"] => get("v3_billdownload", bill::download),
        // DIFFERENCE: the other V3 calls are not there.
        _ => None,
    }
}

/// What leaves, before it is signed.
struct Outcome {
    status: u16,
    content_type: &'static str,
    text: String,
    /// Whether it leaves as gzip.
    packed: bool,
    /// Whether WeChat signs it.
    signed: bool,
    /// The digits at the end of `Request-ID`.
    tail: u32,
}

/// Answers a call under `/v3/`; `None` keeps silent.
pub(crate) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
) -> Option<Response> {
    let path = request.path.strip_prefix("/v3/").unwrap_or_default();
    let path: Vec<String> = path.split('/').map(query::decode).collect();
    let pieces: Vec<&str> = path.iter().map(String::as_str).collect();
    // Source: a public probe: both are empty.
    let Some(api) = api(&pieces) else { return Some(Response::new(404, "text/plain", "")) };
    if request.method != api.method {
        return Some(Response::new(405, "text/plain", ""));
    }
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    let query = query::pairs(&request.query);
    let query = query.map(|(name, value)| (query::decode(name), query::decode(value))).collect();
    let call = Call { path, query, body };
    let out_trade_no = named_order(gateway, &call);
    let record = |gateway: &mut Gateway, direction, body: String, note| {
        let (what, out_trade_no) = (api.what, out_trade_no.clone());
        gateway.ledger.record(Message { at: now, direction, what, out_trade_no, body, note });
    };
    record(gateway, Direction::In, written(request), None);
    let (result, signed, note) = match check(gateway, now, request) {
        Ok(()) => ((api.answer)(gateway, now, &call), true, None),
        Err(Turned { refusal, signed, note }) => (Err(refusal), signed, note),
    };
    let outcome = match result {
        Ok(reply) => answered(reply),
        Err(Refusal::Said(said)) => refused(&said, signed),
        Err(Refusal::Silence) => return None,
    };
    record(gateway, Direction::Out, outcome.text.clone(), note);
    Some(seal_answer(gateway, now, request, outcome))
}

/// The order a call names, for the record only: it may be unsigned.
fn named_order(gateway: &Gateway, call: &Call) -> Option<String> {
    let pieces: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let of_refund = |number: &str| gateway.ledger.refund(number).map(|(order, _)| order);
    let order = match pieces.as_slice() {
        ["pay", "transactions", "out-trade-no", number, ..] => return Some((*number).to_owned()),
        ["pay", "transactions", "id", number] => gateway.ledger.by_transaction_id(number),
        ["refund", "domestic", "refunds", number] => of_refund(number),
        _ => match (call.text("/out_trade_no"), call.text("/transaction_id")) {
            (Some(number), _) => return Some(number.to_owned()),
            (None, number) => number.and_then(|number| gateway.ledger.by_transaction_id(number)),
        },
    };
    order.map(|order| order.out_trade_no.clone())
}

/// A request as the record shows it: a `GET` says everything in its first line.
fn written(request: &Request) -> String {
    let first = format!("{} {}", request.method, request.path_and_query());
    let body = String::from_utf8_lossy(&request.body);
    if body.is_empty() { first } else { format!("{first}\n{body}") }
}

/// A call turned away before anybody looked at what it asks.
struct Turned {
    refusal: Refusal,
    signed: bool,
    /// A remark for the developer.
    note: Option<String>,
}

/// Everything that does not depend on which call it is.
fn check(gateway: &mut Gateway, now: UnixSeconds, request: &Request) -> Result<(), Turned> {
    let turn = |signed| move |refusal| Turned { refusal, signed, note: None };
    // Source: a public probe: certificates and refunds look at these two before anything else.
    // UNCONFIRMED: that bills do, and that orders do after the signature.
    if !authorization::is_transaction(request) {
        check_headers(request).map_err(turn(false))?;
    }
    authorization::check(gateway, now, request).map_err(|unproven| {
        let note = unproven.diagnosis.as_ref().map(Diagnosis::note);
        gateway.diagnoses.extend(unproven.diagnosis);
        let old = gateway.diagnoses.len().saturating_sub(DIAGNOSES_KEPT);
        gateway.diagnoses.drain(..old);
        Turned { refusal: unproven.refusal, signed: false, note }
    })?;
    // UNCONFIRMED: that errors are signed once the caller is known. The documentation says that
    // all answers are; those that a probe has seen unsigned were all to strangers.
    check_headers(request).and_then(|()| check_body(request)).map_err(turn(true))
}

/// Source: pay.weixin.qq.com V3 基本规则: `Accept` and `User-Agent` have to be there.
fn check_headers(request: &Request) -> Result<(), Refusal> {
    let given = |name| request.header(name).is_some_and(|value| !value.is_empty());
    if given("accept") && given("user-agent") {
        Ok(())
    } else {
        Err(Refusal::new(400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent"))
    }
}

/// UNCONFIRMED: the codes and the wording.
fn check_body(request: &Request) -> Result<(), Refusal> {
    if request.body.is_empty() {
        return if request.method == "POST" { Err(rules::not_json()) } else { Ok(()) };
    }
    let json = request.header("content-type").is_some_and(|value| {
        value.split(';').next().unwrap_or_default().trim() == "application/json"
    });
    if !json {
        return Err(Refusal::new(400, "INVALID_REQUEST", "Http头Content-Type应为application/json"));
    }
    let sound = request.body.len() <= BODY_LIMIT
        && serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body.is_object());
    if sound { Ok(()) } else { Err(rules::not_json()) }
}

fn answered(reply: Reply) -> Outcome {
    let whole = Outcome {
        status: 200,
        content_type: JSON,
        text: String::new(),
        packed: false,
        signed: true,
        tail: 0,
    };
    match reply {
        Reply::Json(value) => Outcome { text: value.to_string(), ..whole },
        Reply::NoContent => Outcome { status: 204, ..whole },
        // UNCONFIRMED: both types, and that no `content-encoding` is said.
        Reply::Table { text, packed } => {
            let content_type = if packed { "application/x-gzip" } else { "text/plain" };
            Outcome { content_type, text, packed, signed: false, ..whole }
        }
    }
}

const JSON: &str = "application/json; charset=utf-8";

fn refused(said: &Said, signed: bool) -> Outcome {
    let mut body = json!({ "code": said.code, "message": said.message });
    if let (Some(detail), Some(object)) = (&said.detail, body.as_object_mut()) {
        object.insert("detail".to_owned(), detail.clone());
    }
    Outcome {
        status: said.status,
        content_type: JSON,
        text: body.to_string(),
        packed: false,
        signed,
        tail: said.tail,
    }
}

/// Whether the merchant has signed the four lines that raise a cashier: appid, timestamp, nonce, and
/// `prepay_id=…` for a page or the bare id for an app.
///
/// UNCONFIRMED: that another certificate of the merchant's than the order's is as good.
pub(crate) fn is_merchants(gateway: &Gateway, lines: [&str; 4], signature: &str) -> bool {
    let text = sign::cashier(lines);
    gateway.keys.merchants().iter().any(|merchant| merchant.key.verifies(&text, signature))
}

/// The headers of an answer, its signature among them.
fn seal_answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    outcome: Outcome,
) -> Response {
    let Outcome { status, content_type, text, packed, signed, tail } = outcome;
    let body = if packed { crate::bill::pack(&text) } else { text.into_bytes() };
    let mut response = Response { status, headers: Vec::new(), body };
    if status != 204 {
        response = response.with_header("content-type", content_type);
    }
    // Source: a public probe: a 401 of the orders' door has no Request-ID.
    if status != 401 || !authorization::is_transaction(request) {
        // UNCONFIRMED: the letters before the last dash, and that a success ends in 0.
        let request_id = format!("08{}-{tail}", gateway.random.hex(40).to_ascii_uppercase());
        response = response.with_header("request-id", &request_id);
    }
    let draw = gateway.random.percent();
    let nonce = gateway.random.hex(32);
    let key = gateway.keys.for_answer(request.header("wechatpay-serial"), draw);
    match key.filter(|_| signed) {
        Some(key) => signature_headers(key, now, nonce, &response.body)
            .iter()
            .fold(response, |response, (name, value)| response.with_header(name, value)),
        None => response,
    }
}

/// What WeChat Pay signs a body with.
fn signature_headers(
    key: &PlatformKey,
    now: UnixSeconds,
    nonce: String,
    body: &[u8],
) -> [(&'static str, String); 5] {
    let timestamp = now.to_string();
    let signature = key.key.sign(&sign::message(&timestamp, &nonce, body));
    [
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", sign::ALGORITHM.to_owned()),
        ("wechatpay-serial", key.serial.to_owned()),
    ]
}
