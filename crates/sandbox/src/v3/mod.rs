//! API V3: the envelope around every call (签名, 应答签名, 错误码), and which call is answered where.
//!
//! Source: pay.weixin.qq.com V3 基本规则, and a public probe of the live gateway.

mod authorization;
mod bill;
mod call;
mod certificates;
mod close;
mod craft;
mod diagnosis;
pub(crate) mod keys;
mod news;
mod order;
mod outcome;
mod query;
mod refund;
mod refund_news;
mod rules;
pub(crate) mod seal;
#[cfg(test)]
pub(crate) mod shop;
pub(crate) mod sign;
pub(crate) mod signature;
mod terms;
mod transaction;

use serde_json::Value;

pub(crate) use bill::Offer;
pub(crate) use call::{Call, Refusal, Reply};
pub use craft::Craft;
pub(crate) use keys::Keys;
pub use keys::{KeyChanges, KeyKind, KeyMode, KeysReport, MerchantKeyReport, PlatformKeyReport};
pub(crate) use news::News;
use outcome::Outcome;
pub(crate) use seal::open as unseal;

use crate::{
    error_code::{ErrorCode, Side},
    fault::Broken,
    gateway::Gateway,
    ledger::Message,
    message::{Request, Response},
    query as url_query,
    time::UnixSeconds,
};

/// DIFFERENCE: the real limit is not published; 64 KiB is far above every documented field.
const BODY_LIMIT: usize = 64 * 1024;

/// One API: the method it takes, and its own rules.
struct Api {
    /// What the record calls it.
    what: &'static str,
    method: &'static str,
    answer: Answer,
}

type Answer = fn(&mut Gateway, UnixSeconds, &Call) -> Result<Reply, Refusal>;

/// Which API a path belongs to, by its pieces behind `/v3/`.
fn api(path: &[&str]) -> Option<Api> {
    let get = |what, answer| Some(Api { what, method: "GET", answer });
    let post = |what, answer| Some(Api { what, method: "POST", answer });
    match path {
        ["certificates"] => get("v3_certificates", certificates::answer),
        ["pay", "transactions", "jsapi" | "h5" | "native" | "app"] => {
            post("v3_order", order::answer)
        }
        ["pay", "transactions", "id", _] => get("v3_query", query::by_transaction_id),
        ["pay", "transactions", "out-trade-no", _] => get("v3_query", query::by_out_trade_no),
        ["pay", "transactions", "out-trade-no", _, "close"] => post("v3_close", close::answer),
        ["refund", "domestic", "refunds"] => post("v3_refund", refund::ask),
        ["refund", "domestic", "refunds", _] => get("v3_refund_query", refund::query),
        ["bill", "tradebill"] => get("v3_tradebill", bill::trade),
        ["bill", "fundflowbill"] => get("v3_fundflowbill", bill::fund_flow),
        ["billdownload", "file"] => get("v3_billdownload", bill::download),
        // DIFFERENCE: the other V3 calls are not there.
        _ => None,
    }
}

/// Answers a call under `/v3/`; `None` keeps silent.
pub(crate) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
) -> Option<Response> {
    let path = request.path.strip_prefix("/v3/").unwrap_or_default();
    let path: Vec<String> = path.split('/').map(url_query::decode).collect();
    let pieces: Vec<&str> = path.iter().map(String::as_str).collect();
    // Source: a public probe: both are empty.
    let Some(api) = api(&pieces) else { return Some(Response::new(404, "text/plain", "")) };
    if request.method != api.method {
        return Some(Response::new(405, "text/plain", ""));
    }
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    let query = url_query::pairs(&request.query);
    let query =
        query.map(|(name, value)| (url_query::decode(name), url_query::decode(value))).collect();
    let call = Call { path, query, body };
    let out_trade_no = named_order(gateway, &call);
    let record = |gateway: &mut Gateway, message: Message| {
        gateway.ledger.record(Message { out_trade_no: out_trade_no.clone(), ..message });
    };
    record(gateway, Message::of_request(now, api.what, request));
    if api.what == "v3_order" {
        gateway.ask_by_amount(out_trade_no.as_deref(), call.number("/amount/total"));
    }
    let order = out_trade_no.as_deref().and_then(|number| gateway.ledger.order(number));
    let faults = gateway.in_force(order);
    let (outcome, note) = match Outcome::out_of_order(faults.v3_status) {
        Some(outcome) => (outcome, None),
        None => outcome(gateway, now, request, &call, api.answer, faults.breaks(api.what))?,
    };
    let text = outcome.text.clone();
    let response = outcome.send(gateway, now, request);
    let message = Message::of_response(now, api.what, &response, text);
    record(gateway, Message { note, ..message });
    Some(response)
}

/// What is answered, and a remark for the developer; `None` keeps silent.
fn outcome(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    call: &Call,
    answer: Answer,
    broken: Broken,
) -> Option<(Outcome, Option<String>)> {
    let (result, signed, note) = match check(gateway, now, request) {
        Ok(()) => {
            let answered =
                refuse_by_name(gateway).and_then(|()| broken.around(|| answer(gateway, now, call)));
            (answered, true, None)
        }
        Err(Turned { refusal, signed, note }) => (Err(refusal), signed, note),
    };
    let outcome = match result {
        Ok(reply) => Outcome::from(reply),
        Err(Refusal::Said(said)) => Outcome::refused(&said, signed),
        Err(Refusal::Silence) => return None,
    };
    Some((outcome, note))
}

/// Refuses by the code that a fault names.
fn refuse_by_name(gateway: &Gateway) -> Result<(), Refusal> {
    match gateway.in_force(None).error.of(Side::V3) {
        Some(ErrorCode { code, status, text, .. }) => Err(Refusal::new(*status, code, *text)),
        None => Ok(()),
    }
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
        let note = unproven.diagnosis.map(|diagnosis| gateway.diagnose(*diagnosis));
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

/// Whether the merchant has signed the four lines that raise a cashier: appid, timestamp, nonce, and
/// `prepay_id=…` for a page or the bare id for an app.
///
/// UNCONFIRMED: that another certificate of the merchant's than the order's is as good.
pub(crate) fn is_merchants(gateway: &Gateway, lines: [&str; 4], signature: &str) -> bool {
    let text = sign::cashier(lines);
    gateway.keys.merchants().iter().any(|merchant| merchant.key.verifies(&text, signature))
}

#[cfg(test)]
mod tests {
    use super::{shop::refusal, *};
    use crate::{
        account::Account,
        fault::{Faults, StatusFault, V3Fault},
        shop::{NO, NOW, Shop},
    };

    fn query() -> Request {
        Request::get(&format!("/v3/pay/transactions/out-trade-no/{NO}?mchid=1900000109"))
    }

    fn said(shop: &mut Shop, request: &Request) -> (u16, String) {
        let reply = shop.gateway.handle(shop.now, request).unwrap();
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        assert_eq!(reply.header("wechatpay-signature"), None, "a stranger gets no signature");
        (reply.status, body["message"].as_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn unknown_paths_and_other_methods_get_an_empty_answer() {
        let mut shop = Shop::open();
        for (request, status) in [
            (Request::get("/v3/pay/transactions/native"), 405),
            (Request::post("/v3/certificates", "{}"), 405),
            (Request::get("/v3/pay/transactions/micropay"), 404),
            (Request::get("/v3/"), 404),
        ] {
            let reply = shop.gateway.handle(NOW, &request).unwrap();
            assert_eq!((reply.status, reply.body.len()), (status, 0));
        }
    }

    #[test]
    fn strangers_are_turned_away_in_the_words_of_the_live_gateway() {
        let mut shop = Shop::open();
        let signing = shop.v3_signing();
        let headed = |request: Request| {
            request.with_header("accept", "*/*").with_header("user-agent", "test")
        };
        let malformed = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
        let stale = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
        let certificates = || Request::get("/v3/certificates");
        let shifted = |by| shop::Signing { timestamp: NOW + by, ..signing.clone() };
        let forged = shop::Signing { signature: Some("AAAA".to_owned()), ..signing.clone() };
        let late_and_forged = shop::Signing { signature: Some("AAAA".to_owned()), ..shifted(301) };
        let cases = [
            (certificates(), 400, "Http头缺少Accept或User-Agent"),
            (headed(certificates()), 401, malformed),
            (headed(query()), 401, "签名信息错误，验签失败"),
            (
                headed(query()).with_header("authorization", "Bearer x"),
                401,
                "签名信息错误，验签失败",
            ),
            (query(), 401, "签名信息错误，验签失败"),
            (shop.v3_request(&forged, query()), 401, "签名错误"),
            (shop.v3_request(&forged, certificates()), 401, "签名错误"),
            (shop.v3_request(&shifted(301), query()), 401, stale),
            (shop.v3_request(&shifted(-301), query()), 401, stale),
            (shop.v3_request(&late_and_forged, query()), 401, stale),
        ];
        for (request, status, message) in cases {
            assert_eq!(said(&mut shop, &request), (status, message.to_owned()));
        }
        let reply = shop.gateway.handle(NOW, &shop.v3_request(&forged, query())).unwrap();
        assert_eq!(reply.header("request-id"), None);
        let reply = shop.gateway.handle(NOW, &shop.v3_request(&forged, certificates())).unwrap();
        assert!(reply.header("request-id").unwrap().ends_with("-268443699"));
        for by in [300, -300] {
            let request =
                shop.v3_request(&shop::Signing { timestamp: NOW + by, ..signing.clone() }, query());
            assert_eq!(shop.gateway.handle(NOW, &request).unwrap().status, 404);
        }
    }

    #[test]
    fn a_known_caller_gets_signed_refusals_whose_request_id_ends_in_the_known_digits() {
        let mut shop = Shop::open();
        let reply = shop.v3_send(query()).unwrap();
        assert!(shop.v3_is_signed(&reply));
        assert!(reply.header("request-id").unwrap().ends_with("-268512771"));
        for (body, content_type) in
            [("{", "application/json"), ("[]", "application/json"), ("{}", "text/plain")]
        {
            let request = Request::post("/v3/pay/transactions/native", body)
                .with_header("content-type", content_type);
            let reply = shop.v3_send(request).unwrap();
            assert_eq!(reply.status, 400);
            assert!(shop.v3_is_signed(&reply));
        }
    }

    #[test]
    fn an_answer_without_a_body_is_signed_too() {
        let mut shop = Shop::open();
        shop.v3_order("native");
        let body = r#"{"mchid":"1900000109"}"#;
        let url = format!("/v3/pay/transactions/out-trade-no/{NO}/close");
        let reply = shop.v3_send(Request::post(&url, body)).unwrap();
        assert_eq!((reply.status, reply.body.len()), (204, 0));
        assert!(shop.v3_is_signed(&reply));
    }

    fn serial_of_answer(shop: &mut Shop, asked: Option<&str>) -> String {
        let request = match asked {
            Some(serial) => query().with_header("wechatpay-serial", serial),
            None => query(),
        };
        shop.v3_send(request).unwrap().header("wechatpay-serial").unwrap().to_owned()
    }

    #[test]
    fn the_mode_says_who_signs_and_the_request_may_ask() {
        let certificate = "5157A1C0DE5A9DB0C5A8B1E0F3D24C6E70918A01";
        let public_key = "PUB_KEY_ID_0119000001090000000000000001";
        for (v3_keys, asked, signs) in [
            (KeyMode::PublicKey, None, public_key),
            (KeyMode::PublicKey, Some(certificate), public_key),
            (KeyMode::Certificate, None, certificate),
            (KeyMode::Certificate, Some(public_key), certificate),
            (KeyMode::Mixed, None, certificate),
            (KeyMode::Mixed, Some(public_key), public_key),
            (KeyMode::Mixed, Some("unknown"), certificate),
        ] {
            let mut shop = Shop::open_with(Account { v3_keys, ..Account::default() });
            assert_eq!(serial_of_answer(&mut shop, asked), signs, "{v3_keys:?} {asked:?}");
        }
    }

    #[test]
    fn certificates_are_sealed_under_the_apiv3_key_and_there_are_none_in_public_key_mode() {
        let mut shop = Shop::open();
        let answer = shop.v3_get("/v3/certificates");
        assert_eq!(refusal(&answer), (404, "RESOURCE_NOT_EXISTS"));
        assert_eq!(
            answer.1["message"],
            "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。"
        );
        let account = Account { v3_keys: KeyMode::Certificate, ..Account::default() };
        let mut shop = Shop::open_with(account);
        shop.gateway.keys.add_certificate(NOW.into()).unwrap();
        let (status, answer) = shop.v3_get("/v3/certificates");
        assert_eq!((status, answer["data"].as_array().unwrap().len()), (200, 2));
        for row in answer["data"].as_array().unwrap() {
            let sealed = &row["encrypt_certificate"];
            let text = |name: &str| sealed[name].as_str().unwrap();
            let key = &shop.gateway.account().v3_key;
            let pem = seal::open(key, text("nonce"), text("associated_data"), text("ciphertext"));
            let pem = String::from_utf8(pem.unwrap()).unwrap();
            let known = shop.gateway.keys.platform(row["serial_no"].as_str().unwrap()).unwrap();
            assert_eq!(pem, known.pem());
            assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
        }
    }

    #[test]
    fn a_ramp_gives_the_newest_key_its_share() {
        let account = Account { v3_keys: KeyMode::Certificate, ..Account::default() };
        let mut shop = Shop::open_with(account);
        let new = shop.gateway.keys.add_certificate(NOW.into()).unwrap();
        for (percent, least, most) in [(0, 0, 0), (50, 20, 80), (100, 100, 100)] {
            shop.gateway.keys.newest_percent = percent;
            let signed = (0..100).filter(|_| serial_of_answer(&mut shop, None) == new).count();
            assert!((least..=most).contains(&signed), "{signed} of 100 at {percent} %");
        }
    }

    #[test]
    fn a_second_merchant_certificate_is_as_good_as_the_first_and_a_retired_one_is_none() {
        let mut shop = Shop::open();
        let new = shop.gateway.keys.add_merchant(NOW.into()).unwrap();
        let old = shop.v3_signing();
        let by = |serial: &str| shop::Signing { serial: serial.to_owned(), ..old.clone() };
        let request = shop.v3_request(&by(new), query());
        assert_eq!(shop.gateway.handle(NOW, &request).unwrap().status, 404);
        let request = shop.v3_request(&old, query());
        assert!(shop.gateway.keys.retire(&old.serial));
        assert_eq!(said(&mut shop, &request), (401, "签名错误".to_owned()));
    }

    #[test]
    fn one_seed_gives_one_answer_byte_by_byte() {
        let answer = || {
            let mut shop = Shop::open();
            let terms = shop.v3_terms("jsapi").to_string();
            shop.v3_send(Request::post("/v3/pay/transactions/jsapi", terms))
        };
        assert_eq!(answer(), answer());
    }

    #[test]
    fn a_gateway_out_of_order_answers_every_call_unsigned_and_does_nothing() {
        for (v3_status, status, code) in [
            (StatusFault::FrequencyLimited, 429, "FREQUENCY_LIMITED"),
            (StatusFault::SystemError, 500, "SYSTEM_ERROR"),
            (StatusFault::BadGateway, 502, ""),
            (StatusFault::ServiceUnavailable, 503, "SERVICE_UNAVAILABLE"),
        ] {
            let mut shop = Shop::open();
            shop.gateway.set_faults(Faults { v3_status, ..Faults::default() });
            let terms = shop.v3_terms("jsapi").to_string();
            let reply = shop.v3_send(Request::post("/v3/pay/transactions/jsapi", terms)).unwrap();
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            assert_eq!(refusal(&(reply.status, body)), (status, code));
            assert_eq!(reply.header("wechatpay-signature"), None);
            assert_eq!(shop.gateway.ledger().orders().count(), 0);
        }
    }

    #[test]
    fn an_answer_is_spoilt_as_the_fault_says_and_a_204_as_well() {
        for v3_answer in [
            V3Fault::Unsigned,
            V3Fault::WrongSerial,
            V3Fault::UnknownSerial,
            V3Fault::Stale,
            V3Fault::Future,
            V3Fault::WrongSignature,
            V3Fault::WrongAlgorithm,
        ] {
            let mut shop = Shop::open();
            shop.v3_order("native");
            shop.gateway.set_faults(Faults { v3_answer, ..Faults::default() });
            let body = r#"{"mchid":"1900000109"}"#;
            let url = format!("/v3/pay/transactions/out-trade-no/{NO}/close");
            for request in [query(), Request::post(&url, body)] {
                let reply = shop.v3_send(request).unwrap();
                assert!(reply.status < 300 && !shop.v3_is_signed(&reply), "{v3_answer:?}");
            }
        }
    }

    #[test]
    fn probes_come_at_the_rate_that_was_set() {
        let mut shop = Shop::open();
        for (percent, least, most) in [(0, 0, 0), (30, 10, 50), (100, 100, 100)] {
            let faults = Faults { probe_answer_percent: percent, ..Faults::default() };
            shop.gateway.set_faults(faults);
            let is_probe = |reply: Response| {
                reply
                    .header("wechatpay-signature")
                    .is_some_and(|signature| signature.starts_with("WECHATPAY/SIGNTEST/"))
            };
            let probes = (0..100).filter(|_| is_probe(shop.v3_send(query()).unwrap())).count();
            assert!((least..=most).contains(&probes), "{probes} of 100 at {percent} %");
        }
    }

    #[test]
    fn a_clock_that_was_moved_leaves_signatures_at_everybody_elses_time() {
        let mut shop = Shop::open();
        shop.v3_order("native");
        let day = 86_400;
        let request = shop.v3_request(&shop.v3_signing(), query());
        assert_eq!(said(&mut shop_at(NOW + day), &request).0, 401, "in a world of one clock");
        shop.gateway.set_ahead_seconds(day);
        let reply = shop.gateway.handle(NOW + day, &request).unwrap();
        assert_eq!(reply.status, 200);
        assert!(shop.v3_is_signed(&reply), "at the shop's time");
        shop.gateway.pay(NOW + day, NO, "o").unwrap();
        let delivery = shop.gateway.due(NOW + day).remove(0);
        assert!(delivery.headers.contains(&("wechatpay-timestamp", NOW.to_string())));
    }

    fn shop_at(now: UnixSeconds) -> Shop {
        Shop { now, ..Shop::open() }
    }
}
