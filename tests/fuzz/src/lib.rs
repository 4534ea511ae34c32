//! What is done with bytes that nobody meant: each function gives them to the sandbox as one part
//! of a request, and says what must hold whatever they were.
//!
//! Most of a gateway lies behind its signature, so half of the inputs are signed as a merchant
//! would, by a few lines of this crate's own. Nothing reached by such a request may panic or hang,
//! and no order may be paid by one: money moves at the cashier only.

mod shop;

use wxpay_sandbox::{ClientKind, Craft, Request};

use self::shop::Shop;

/// The body of a call of API V2: as it is, or as fields that the merchant has signed.
pub fn xml(bytes: &[u8]) {
    const CALLS: [&str; 7] = [
        "/pay/unifiedorder",
        "/pay/orderquery",
        "/pay/closeorder",
        "/secapi/pay/refund",
        "/pay/refundquery",
        "/pay/downloadbill",
        "/pay/downloadfundflow",
    ];
    let Some((call, signed, rest)) = choose(bytes, &CALLS) else { return };
    let mut shop = Shop::open();
    let body = if signed { shop.v2_signed(rest) } else { rest.to_vec() };
    let reply = shop.ask(&Request::post(call, body)).expect("V2 is silent by a fault only");
    assert_eq!(reply.status, 200, "V2 says in the body what is wrong");
    shop.close_up();
}

/// The body of a call of API V3, rightly signed; or what the control API crafts a notification of.
pub fn json(bytes: &[u8]) {
    const CALLS: [&str; 8] = [
        "/v3/pay/transactions/jsapi",
        "/v3/pay/transactions/h5",
        "/v3/pay/transactions/native",
        "/v3/pay/transactions/app",
        "/v3/pay/transactions/out-trade-no/FUZZ-UNPAID/close",
        "/v3/refund/domestic/refunds",
        "craft",
        "/cgi-bin/stable_token",
    ];
    let Some((call, _, body)) = choose(bytes, &CALLS) else { return };
    let mut shop = Shop::open();
    if call == "craft" {
        if let Ok(craft) = serde_json::from_slice::<Craft>(body) {
            shop.craft(&craft);
        }
        return;
    }
    let request = shop.v3_signed(Request::post(call, body));
    let reply = shop.ask(&request).expect("V3 is silent by a fault only");
    assert_ne!(reply.status, 401, "it was rightly signed");
    assert!(reply.status < 500, "{}", reply.text());
    shop.close_up();
}

/// The headers of a request, one a line, to either API and to the pages.
pub fn headers(bytes: &[u8]) {
    const CALLS: [&str; 4] = [
        "/v3/pay/transactions/native",
        "/v3/certificates",
        "/pay/orderquery",
        "/connect/oauth2/authorize?appid=wx2421b1c4370ec43b",
    ];
    let Some((call, signed, rest)) = choose(bytes, &CALLS) else { return };
    let mut shop = Shop::open();
    let mut request =
        if rest.len() % 2 == 0 { Request::get(call) } else { Request::post(call, "{}") };
    for line in String::from_utf8_lossy(rest).split('\n') {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        request = request.with_header(name, value.trim());
    }
    // Of two headers of one name the first counts, so what was made up stands before what is right.
    shop.ask(&if signed { shop.v3_signed(request) } else { request });
    shop.close_up();
}

/// The query of a call or a page, through each client and through none.
pub fn query(bytes: &[u8]) {
    const PAGES: [&str; 14] = [
        "/connect/oauth2/authorize",
        "/sns/oauth2/access_token",
        "/cgi-bin/mmpayweb-bin/checkmweb",
        "/cgi-bin/token",
        "/cgi-bin/ticket/getticket",
        "/scan",
        "/cashier",
        "/cashier/pay",
        "/cashier/cancel",
        "/v3/pay/transactions/out-trade-no/FUZZ-UNPAID",
        "/v3/bill/tradebill",
        "/v3/bill/fundflowbill",
        "/v3/billdownload/file",
        "/sandbox/client.js",
    ];
    const CLIENTS: [Option<ClientKind>; 4] =
        [None, Some(ClientKind::Wechat), Some(ClientKind::Phone), Some(ClientKind::Desktop)];
    let Some((page, signed, rest)) = choose(bytes, &PAGES) else { return };
    let mut shop = Shop::open();
    // A server hands on what is visible ASCII and nothing else.
    let query: String =
        rest.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
    let mut request = Request::get(page);
    request.client = CLIENTS[query.len() % CLIENTS.len()];
    request.query = query;
    shop.ask(&if signed { shop.v3_signed(request) } else { request });
    shop.close_up();
}

/// The first byte says which call, and whether it is signed.
fn choose<'a>(bytes: &'a [u8], calls: &[&'static str]) -> Option<(&'static str, bool, &'a [u8])> {
    let (first, rest) = bytes.split_first()?;
    let call = calls[usize::from(first >> 1) % calls.len()];
    Some((call, first & 1 == 1, rest))
}
