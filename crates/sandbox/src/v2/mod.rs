//! API V2: the envelope around every call (通信标识, 签名, 业务结果).
//!
//! Every answer is HTTP 200 with `text/plain`; what went wrong is said in the body. An answer is
//! signed with the request's algorithm, except `return_code=FAIL`, which is never signed.
//! Source: pay.weixin.qq.com V2 协议规则, and a public probe of `/pay/orderquery`.

mod close_order;
mod craft;
mod diagnosis;
mod download;
mod identity;
mod order_query;
mod refund;
mod refund_query;
mod rules;
mod terms;
mod unified_order;

pub use craft::{Signing, V2Craft};

use crate::{
    bill,
    error_code::{ErrorCode, Side},
    fault::{Break, Broken, StatusFault},
    gateway::Gateway,
    ledger::{Message, Order},
    message::{Request, Response},
    news::push_identity,
    sign::{self, SignType},
    time::UnixSeconds,
    xml::{self, Fields},
};

/// DIFFERENCE: the real limit is not published; 64 KiB is far above every documented field.
const BODY_LIMIT: usize = 64 * 1024;

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    /// `return_code=FAIL`: unsigned, with nothing but `return_msg`.
    Communication(String),
    /// `result_code=FAIL`: signed.
    Business(&'static str, String),
    /// No answer at all (fault `timeout`).
    Silence,
}

impl Refusal {
    fn communication(text: impl Into<String>) -> Self {
        Self::Communication(text.into())
    }

    fn business(code: &'static str, description: impl Into<String>) -> Self {
        Self::Business(code, description.into())
    }
}

impl From<Break> for Refusal {
    fn from(broken: Break) -> Self {
        match broken {
            Break::Silence => Self::Silence,
            Break::SystemError => Self::business("SYSTEMERROR", "系统异常，请用相同参数重新调用"),
        }
    }
}

/// One call with its envelope checked.
struct Call {
    fields: Fields,
    sign_type: SignType,
}

/// One call's own rules.
enum Api {
    /// Inside the envelope.
    Enveloped(fn(&mut Gateway, UnixSeconds, &Call) -> Result<Fields, Refusal>),
    /// A table, or what stands in its place.
    Table(fn(&mut Gateway, UnixSeconds, &Request) -> Reply),
}

/// What is answered.
struct Reply {
    text: String,
    /// Whether it leaves as gzip.
    packed: bool,
    /// For the record.
    note: Option<String>,
}

/// Answers a call under `/pay/` or `/secapi/`; `None` keeps silent.
pub(crate) fn answer(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
) -> Option<Response> {
    let (what, api) = match request.path.as_str() {
        "/pay/unifiedorder" => ("unifiedorder", Api::Enveloped(unified_order::answer)),
        "/pay/orderquery" => ("orderquery", Api::Enveloped(order_query::answer)),
        "/pay/closeorder" => ("closeorder", Api::Enveloped(close_order::answer)),
        // DIFFERENCE: the real one also asks for the merchant's certificate (mTLS), here and for
        // the flow of funds; this one speaks plain HTTP.
        "/secapi/pay/refund" => ("refund", Api::Enveloped(refund::answer)),
        "/pay/refundquery" => ("refundquery", Api::Enveloped(refund_query::answer)),
        "/pay/downloadbill" => ("downloadbill", Api::Table(download::bill)),
        "/pay/downloadfundflow" => ("downloadfundflow", Api::Table(download::fund_flow)),
        // DIFFERENCE: the other V2 calls are not there.
        _ => return Some(Response::new(404, "text/plain", "")),
    };
    let out_trade_no = named_order(gateway, &request.body);
    let record = |gateway: &mut Gateway, message: Message| {
        gateway.ledger.record(Message { out_trade_no: out_trade_no.clone(), ..message });
    };
    record(gateway, Message::of_request(now, what, request));
    if what == "unifiedorder" {
        gateway.ask_by_amount(out_trade_no.as_deref(), named_fee(&request.body));
    }
    let order = out_trade_no.as_deref().and_then(|number| gateway.ledger.order(number));
    let faults = gateway.in_force(order);
    if let Some(page) = out_of_order(faults.v2_status) {
        record(gateway, Message::of_response(now, what, &page, page.text()));
        return Some(page);
    }
    let Reply { text, packed, note } = match api {
        Api::Enveloped(rules) => enveloped(gateway, now, request, rules, faults.breaks(what))?,
        Api::Table(table) => table(gateway, now, request),
    };
    let response = if packed {
        // UNCONFIRMED: the type, and that no `content-encoding` is said.
        Response::new(200, "application/x-gzip", bill::pack(&text))
    } else {
        Response::new(200, "text/plain", text.as_str())
    };
    record(gateway, Message { note, ..Message::of_response(now, what, &response, text) });
    Some(response)
}

fn enveloped(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    rules: fn(&mut Gateway, UnixSeconds, &Call) -> Result<Fields, Refusal>,
    broken: Broken,
) -> Option<Reply> {
    let agreed = gateway.account.sign_type;
    let (call, outcome, note) = match open(gateway, now, request, agreed) {
        Ok(call) => {
            let outcome =
                refuse_by_name(gateway).and_then(|()| broken.around(|| rules(gateway, now, &call)));
            (Some(call), outcome, None)
        }
        Err((refusal, note)) => (None, Err(refusal), note),
    };
    let text = seal(gateway, call.as_ref(), outcome)?;
    Some(Reply { text, packed: false, note })
}

/// Refuses by the code that a fault names.
fn refuse_by_name(gateway: &Gateway) -> Result<(), Refusal> {
    match gateway.in_force(None).error.of(Side::V2) {
        Some(ErrorCode { code, text, .. }) => Err(Refusal::business(code, *text)),
        None => Ok(()),
    }
}

/// What a gateway that is not itself says to every call; nothing if it is.
///
/// UNCONFIRMED: that a proxy says it in HTML. API V2 itself has no status but 200.
fn out_of_order(status: StatusFault) -> Option<Response> {
    let (status, reason) = match status {
        StatusFault::Normal => return None,
        StatusFault::FrequencyLimited => (429, "Too Many Requests"),
        StatusFault::SystemError => (500, "Internal Server Error"),
        StatusFault::BadGateway => (502, "Bad Gateway"),
        StatusFault::ServiceUnavailable => (503, "Service Unavailable"),
    };
    let page = format!("<html><head><title>{status} {reason}</title></head></html>");
    Some(Response::new(status, "text/html", page))
}

/// The amount an order call names, in fen.
fn named_fee(body: &[u8]) -> Option<u64> {
    xml::decode(std::str::from_utf8(body).ok()?).ok()?.get("total_fee")?.parse().ok()
}

/// The order a body names, for the record only: it may be unsigned.
fn named_order(gateway: &Gateway, body: &[u8]) -> Option<String> {
    let fields = xml::decode(std::str::from_utf8(body).ok()?).ok()?;
    if let Some(out_trade_no) = fields.get("out_trade_no") {
        return Some(out_trade_no.to_owned());
    }
    let refund = fields.get("out_refund_no").and_then(|number| gateway.ledger.refund(number));
    let order = refund.map(|(order, _)| order).or_else(|| find_order(gateway, &fields))?;
    Some(order.out_trade_no.clone())
}

/// The order a call names.
fn find_order<'a>(gateway: &'a Gateway, fields: &Fields) -> Option<&'a Order> {
    gateway.ledger.named(fields.get("transaction_id"), fields.get("out_trade_no"))
}

/// Checks everything that does not depend on which call it is, up to the signature, which has to
/// be the `agreed` one if there is one.
fn open(
    gateway: &mut Gateway,
    now: UnixSeconds,
    request: &Request,
    agreed: Option<SignType>,
) -> Result<Call, (Refusal, Option<String>)> {
    let refuse = |text: &str| (Refusal::communication(text), None);
    // UNCONFIRMED: the wording of the envelope errors; only their codes (REQUIRE_POST_METHOD,
    // POST_DATA_EMPTY, NOT_UTF8, XML_FORMAT_ERROR) are documented.
    if request.method != "POST" {
        return Err(refuse("请使用post方法"));
    }
    if request.body.is_empty() {
        return Err(refuse("post数据为空"));
    }
    if request.body.len() > BODY_LIMIT {
        return Err(refuse("参数格式校验错误"));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| refuse("编码格式错误"))?;
    let fields = xml::decode(text)
        .map_err(|reason| (Refusal::communication("XML格式错误"), Some(reason)))?;
    let sign_type = match fields.get("sign_type") {
        None => Some(SignType::Md5),
        Some(word) => SignType::from_wire(word),
    };
    let at = gateway.signing_time(now);
    let wrong = diagnosis::of_signature(&gateway.account, at, request, &fields, sign_type, agreed);
    if let Some(diagnosis) = wrong {
        let note = gateway.diagnose(diagnosis);
        return Err((Refusal::communication("签名错误"), Some(note)));
    }
    let sign_type = sign_type.ok_or_else(|| refuse("invalid sign_type"))?;
    identity::check(&gateway.account, &fields).map_err(refuse)?;
    Ok(Call { fields, sign_type })
}

/// Writes the answer; a call whose envelope was sound gets a signed one.
fn seal(
    gateway: &mut Gateway,
    call: Option<&Call>,
    outcome: Result<Fields, Refusal>,
) -> Option<String> {
    let mut fields = Fields::default();
    let Some(call) = call else {
        let Err(Refusal::Communication(text)) = outcome else { return None };
        return Some(xml::encode(&Fields::from([("return_code", "FAIL"), ("return_msg", &text)])));
    };
    if let Err(Refusal::Communication(text)) = outcome {
        return seal(gateway, None, Err(Refusal::Communication(text)));
    }
    fields.push("return_code", "SUCCESS");
    fields.push("return_msg", "OK");
    push_identity(&mut fields, &gateway.account, call.fields.get("sub_appid"));
    // An element that is there but empty, as real answers have it: it must not be signed.
    fields.push("device_info", call.fields.get("device_info").unwrap_or_default());
    fields.push("nonce_str", gateway.random.letters(16));
    match outcome {
        Ok(answer) => {
            fields.push("result_code", "SUCCESS");
            answer.iter().for_each(|(name, value)| fields.push(name, value));
        }
        Err(Refusal::Business(code, description)) => {
            fields.push("result_code", "FAIL");
            fields.push("err_code", code);
            fields.push("err_code_des", description);
        }
        Err(Refusal::Communication(_) | Refusal::Silence) => return None,
    }
    let signature = sign::sign(&fields, call.sign_type, &gateway.account.v2_key);
    fields.push("sign", signature);
    Some(xml::encode(&fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::Account,
        fault::{CloseFault, Faults, QueryFault},
        shop::{NO, NOW, Shop, refusal},
    };

    fn post(shop: &mut Shop, body: impl Into<Vec<u8>>) -> Fields {
        let reply = shop.gateway.handle(NOW, &Request::post("/pay/orderquery", body)).unwrap();
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/plain")));
        xml::decode(&reply.text()).unwrap()
    }

    #[test]
    fn a_broken_envelope_is_refused_unsigned_with_status_200() {
        let long = format!("<xml><a>{}</a></xml>", "x".repeat(BODY_LIMIT));
        for (body, text) in [
            (b"".to_vec(), "post数据为空"),
            (b"\xff\xfe<xml/>".to_vec(), "编码格式错误"),
            (b"{\"a\":1}".to_vec(), "XML格式错误"),
            (
                b"<!DOCTYPE xml [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><xml><a>&e;</a></xml>"
                    .to_vec(),
                "XML格式错误",
            ),
            (b"<xml><sign>1</sign><sign>2</sign></xml>".to_vec(), "XML格式错误"),
            (long.into_bytes(), "参数格式校验错误"),
            (b"<xml></xml>".to_vec(), "签名错误"),
            (b"<xml><mch_id>1</mch_id><sign>1</sign></xml>".to_vec(), "签名错误"),
        ] {
            let answer = post(&mut Shop::open(), body);
            assert_eq!(refusal(&answer), ("FAIL".to_owned(), text.to_owned()));
            assert_eq!(answer.iter().count(), 2);
        }
    }

    #[test]
    fn a_call_that_is_not_a_post_is_refused() {
        let mut shop = Shop::open();
        let reply = shop.gateway.handle(NOW, &Request::get("/pay/orderquery")).unwrap();
        assert!(reply.text().contains("请使用post方法"));
        assert_eq!(
            shop.gateway.handle(NOW, &Request::post("/pay/micropay", "x")).unwrap().status,
            404
        );
    }

    #[test]
    fn a_wrong_signature_is_refused_and_the_record_says_what_was_expected_without_the_key() {
        let mut shop = Shop::open();
        let body = format!(
            "<xml><appid>a</appid><mch_id>1900000109</mch_id><out_trade_no>{NO}</out_trade_no>\
             <sign_type>HMAC-SHA256</sign_type><sign>00</sign></xml>"
        );
        assert_eq!(refusal(&post(&mut shop, body)).1, "签名错误");
        let note = shop.gateway.ledger().messages().last().unwrap().note.clone().unwrap();
        assert!(note.contains("appid=a&mch_id=1900000109&out_trade_no=ORDER-000001&"));
        assert!(!note.contains(&Account::default().v2_key));
    }

    #[test]
    fn md5_is_refused_where_hmac_is_agreed_and_taken_where_anything_is() {
        let mut shop = Shop::open();
        shop.sign_type = SignType::Md5;
        assert_eq!(refusal(&shop.query()).1, "签名错误");
        for sign_type in [SignType::Md5, SignType::HmacSha256] {
            let mut shop = Shop::open_with(Account { sign_type: None, ..Account::default() });
            shop.sign_type = sign_type;
            assert_eq!(refusal(&shop.query()).0, "ORDERNOTEXIST");
        }
    }

    #[test]
    fn an_unpaid_order_is_notpay_a_paid_one_success_a_closed_one_closed() {
        let mut shop = Shop::open();
        assert_eq!(refusal(&shop.query()).0, "ORDERNOTEXIST");
        shop.order("JSAPI");
        let unpaid = shop.query();
        assert_eq!(unpaid.get("trade_state"), Some("NOTPAY"));
        assert_eq!(unpaid.get("trade_state_desc"), Some("订单未支付"));
        assert_eq!(unpaid.get("transaction_id"), None);
        assert!(unpaid.iter().any(|pair| pair == ("device_info", "")), "there, but empty");
        shop.pay();
        let paid = shop.query();
        assert_eq!(paid.get("trade_state"), Some("SUCCESS"));
        assert_eq!(paid.get("total_fee"), Some("990"));
        assert_eq!(paid.get("transaction_id").map(str::len), Some(28));
        let by_transaction =
            Fields::from([("transaction_id", paid.get("transaction_id").unwrap())]);
        assert_eq!(shop.call("/pay/orderquery", &by_transaction).get("out_trade_no"), Some(NO));
        assert_eq!(refusal(&shop.close()).0, "ORDERPAID");
    }

    #[test]
    fn a_query_says_what_the_fault_says_of_unpaid_orders_only() {
        for (query, unpaid, paid) in [
            (QueryFault::Userpaying, "USERPAYING", "SUCCESS"),
            (QueryFault::Payerror, "PAYERROR", "SUCCESS"),
            (QueryFault::NewWord, "A WORD OF TOMORROW", "SUCCESS"),
            (QueryFault::Bare, "NOTPAY", "SUCCESS"),
        ] {
            let mut shop = Shop::open();
            shop.order("JSAPI");
            shop.gateway.set_faults(Faults { query, ..Faults::default() });
            assert_eq!(shop.query().get("trade_state"), Some(unpaid));
            shop.pay();
            assert_eq!(shop.query().get("trade_state"), Some(paid));
            assert_eq!(shop.query().get("total_fee"), Some("990"));
        }
    }

    #[test]
    fn a_bare_answer_has_what_is_promised_and_no_more() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.pay();
        shop.refund("R1", 990);
        assert!(shop.query().get("transaction_id").is_some());
        let query = QueryFault::Bare;
        shop.gateway.set_faults(Faults { query, ..Faults::default() });
        let bare = shop.query();
        assert_eq!((bare.get("trade_state"), bare.get("out_trade_no")), (Some("REFUND"), Some(NO)));
        assert_eq!((bare.get("transaction_id"), bare.get("total_fee")), (None, None));
    }

    #[test]
    fn closing_within_five_minutes_can_be_refused() {
        let mut shop = Shop::open();
        shop.order("JSAPI");
        shop.gateway.set_faults(Faults { close: CloseFault::TooSoon, ..Faults::default() });
        shop.now = NOW + 299;
        assert_eq!(refusal(&shop.close()).0, "TRADE_STATE_ERROR");
        shop.now = NOW + 300;
        assert_eq!(shop.close().get("result_code"), Some("SUCCESS"));
    }

    #[test]
    fn an_order_closes_once_and_then_cannot_be_paid() {
        let mut shop = Shop::open();
        assert_eq!(refusal(&shop.close()).0, "ORDERNOTEXIST");
        shop.order("JSAPI");
        assert_eq!(shop.close().get("result_code"), Some("SUCCESS"));
        assert_eq!(refusal(&shop.close()).0, "ORDERCLOSED");
        assert_eq!(shop.query().get("trade_state"), Some("CLOSED"));
        assert!(shop.gateway.pay(NOW, NO, "o").is_err());
        assert_eq!(refusal(&shop.order("JSAPI")).0, "ORDERCLOSED");
    }
}
