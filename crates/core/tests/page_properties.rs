//! Whatever text comes in, `page` answers without a panic, and what it promises to keep it keeps.

use proptest::prelude::*;
use wxpay_core::page::{
    AuthorizeUrl, BridgeNews, Cashier, Hints, Refusal, Scope, TakenCode, check_request_payment,
    detect, put_mweb_url, put_return_url, take_code,
};

fn mweb_url(cashier: &str, page: &str, hosts: &str) -> Result<String, Refusal> {
    let mut out = String::new();
    put_mweb_url(&mut out, cashier, page, hosts).map(|()| out)
}

fn return_url(page: &str, token: &str) -> String {
    let mut out = String::new();
    put_return_url(&mut out, page, token);
    out
}

fn authorize_url(url: AuthorizeUrl<'_>) -> Result<String, Refusal> {
    let mut out = String::new();
    url.put(&mut out).map(|()| out)
}

fn taken(href: &str) -> Option<(TakenCode<'_>, String)> {
    let mut cleaned = String::new();
    take_code(href, &mut cleaned).map(|taken| (taken, cleaned))
}

/// Any text at all, and text that looks enough like ours to get further in.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z:/?#&=%.@\\[\\]付\\\\0-9 ]{0,60}",
        "https?://[a-z.:@]{0,12}(/[a-z%=&?#付]{0,20})?",
        "(MicroMessenger/|miniProgram/|Windows|iPad|wxwork|[0-9.]{1,5}| ){0,9}",
        "(\\?|&|#|code=[a-z]{0,2}|state=[a-z]{0,2}|x=1|/){0,12}",
    ]
}

/// An independent decoder, so that the encoder is not checked by itself.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

const CASHIER: &str =
    "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";

proptest! {
    #[test]
    fn no_text_makes_any_function_panic(a in text(), b in text(), c in text(), touch: bool) {
        let _ = detect(&a, Hints { environment: &b, touch, mobile: !touch, platform: &c });
        let _ = taken(&a);
        let _ = mweb_url(&a, &b, &c);
        let _ = return_url(&a, &b);
        let _ = BridgeNews::from_texts(&a, &b, &c);
        let _ = check_request_payment(&[&a, &b, &c, &a, &b, &c], Cashier::Bridge);
        let _ = authorize_url(AuthorizeUrl {
            appid: &a,
            redirect_uri: &b,
            scope: Scope::Base,
            state: &c,
            force_popup: touch,
        });
        let _ = Scope::from_word(&a);
    }

    #[test]
    fn the_return_page_comes_out_of_redirect_url_as_it_went_in(page in text()) {
        if let Ok(url) = mweb_url(CASHIER, &page, "") {
            let encoded = url.strip_prefix(CASHIER).and_then(|rest| rest.strip_prefix("&redirect_url="));
            prop_assert_eq!(encoded.and_then(decode), Some(page));
            prop_assert!(mweb_url(&url, "https://shop.example/", "").is_err());
        }
    }

    #[test]
    fn the_page_comes_out_of_redirect_uri_as_it_went_in(page in text(), state in "[a-zA-Z0-9]{1,128}") {
        let url = AuthorizeUrl {
            appid: "wx2421b1c4370ec43b",
            redirect_uri: &page,
            scope: Scope::Base,
            state: &state,
            force_popup: false,
        };
        if let Ok(url) = authorize_url(url) {
            let encoded = url.split("&redirect_uri=").nth(1).and_then(|rest| rest.split('&').next());
            prop_assert_eq!(encoded.and_then(decode), Some(page));
        }
    }

    #[test]
    fn what_wechat_put_into_a_clean_address_is_taken_and_the_address_is_as_before(
        path in "[a-z/.]{1,10}",
        query in proptest::option::of("[a-z]{1,3}=[a-z0-9%]{0,5}(&[b-z]{1,3}=[^&#\\x00]{0,5}){0,3}"),
        hash in proptest::option::of("/[a-z/]{0,8}(\\?x=[a-z]{0,3})?"),
        code in "[a-zA-Z0-9_-]{1,40}",
        state in "[a-zA-Z0-9]{0,40}",
    ) {
        let before = |query: Option<String>| {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            let hash = hash.as_ref().map(|hash| format!("#{hash}")).unwrap_or_default();
            format!("https://shop.example/{path}{query}{hash}")
        };
        let answer = format!("code={code}&state={state}");
        let href = match &query {
            None => before(Some(answer)),
            Some(query) => before(Some(format!("{query}&{answer}"))),
        };
        let (answer, cleaned) = taken(&href).unwrap();
        prop_assert_eq!(answer.code, code);
        prop_assert_eq!(answer.state, state);
        prop_assert_eq!(&cleaned, &before(query));
        prop_assert_eq!(taken(&cleaned), None);
    }

    #[test]
    fn taking_a_code_makes_the_address_shorter(href in text()) {
        if let Some((answer, cleaned)) = taken(&href) {
            prop_assert!(!answer.code.is_empty());
            prop_assert!(cleaned.len() < href.len());
        }
    }

    #[test]
    fn a_return_token_is_there_once_however_often_it_is_put(page in text(), a in "[a-z]{1,9}", b in "[a-z]{1,9}") {
        let once = return_url(&page, &a);
        let twice = return_url(&once, &b);
        prop_assert_eq!(&twice, &return_url(&page, &b));
        let head = twice.split('#').next().unwrap();
        let expected = format!("wxpay_return={b}");
        prop_assert!(head.ends_with(&expected));
    }
}
