//! The catalogue of error codes (错误码目录), `ERRORS.md`: every code is caused here, and its row is
//! held against what was really said.

mod pages;
mod v2;
mod v3;

use serde_json::Value;

use super::{CODES, ErrorCode, Side};
use crate::{
    client::ClientKind,
    fault::{FaultChanges, Faults, HEADER},
    message::{Request, Response},
    shop::{NO, Shop, error_text},
    xml::{self, Fields},
};

/// How a row of the page comes about. Status and text are the page's, and what is really said.
struct Cause {
    code: &'static str,
    chinese: &'static str,
    english: &'static str,
    act: fn(&mut Shop) -> Response,
}

/// A row: its code, how it comes about in Chinese and in English, and that in a shop.
macro_rules! cause {
    ($code:literal, $chinese:literal, $english:literal, $act:expr) => {
        Cause { code: $code, chinese: $chinese, english: $english, act: $act }
    };
}
use cause;

/// A heading of the page, its rows, and by whom named codes below it are said.
struct Section {
    heading: &'static str,
    causes: &'static [Cause],
    named: Option<Side>,
}

const SECTIONS: [Section; 7] = [
    Section { heading: "API V2: `err_code`", causes: v2::CODES, named: Some(Side::V2) },
    Section { heading: "API V2: `return_msg`", causes: v2::MESSAGES, named: None },
    Section { heading: "API V3", causes: v3::CODES, named: Some(Side::V3) },
    Section {
        heading: "公众平台 `api.weixin.qq.com`",
        causes: pages::PLATFORM,
        named: Some(Side::Platform),
    },
    Section {
        heading: "网页授权的错误页 (OAuth error pages)",
        causes: pages::OAUTH,
        named: Some(Side::Page),
    },
    Section {
        heading: "H5 支付中间页 (middle page)", causes: pages::MIDDLE_PAGE, named: None
    },
    Section { heading: "JSAPI 调起支付 (bridge)", causes: pages::BRIDGE, named: None },
];

/// Code, status and text of an answer, whoever gives it.
fn seen(reply: &Response) -> (String, u16, String) {
    let status = reply.status;
    let body = reply.text();
    if let Ok(json) = serde_json::from_str::<Value>(&body) {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let (code, text) = if let Some(errcode) = json["errcode"].as_i64() {
            (errcode.to_string(), text("errmsg"))
        } else if json.get("err_msg").is_some() {
            let described = if text("err_desc").is_empty() { "err_msg" } else { "err_desc" };
            (text("err_code"), text(described))
        } else {
            (text("code"), text("message"))
        };
        // A number of the request's follows; it is another each time.
        let text = text.split(", rid: ").next().unwrap().to_owned();
        return (code, status, text);
    }
    if let Ok(fields) = xml::decode(&body) {
        let text = |name: &str| fields.get(name).map(str::to_owned);
        let code = text("err_code").or(text("error_code")).or(text("return_code")).unwrap();
        let text = text("err_code_des").or(text("return_msg")).unwrap();
        return (code, status, text);
    }
    let text = error_text(reply).unwrap_or_default();
    let code = text.split_once("错误码:").map_or("", |(_, code)| code).to_owned();
    (code, status, text)
}

fn row(code: &str, status: u16, text: &str, chinese: &str, english: &str) -> String {
    let code = if code.is_empty() { String::new() } else { format!("`{code}`") };
    format!("| {code} | {status} | {text} | {chinese} | {english} |")
}

/// A call that whoever speaks for `side` answers, under `error=code`.
fn named(side: Side, code: &str) -> (String, u16, String) {
    let mut shop = Shop::open();
    let request = match side {
        Side::V2 => {
            let fields = Fields::from([("out_trade_no", NO)]);
            Request::post("/pay/orderquery", shop.signed(&fields))
        }
        Side::V3 => {
            let url = format!("/v3/pay/transactions/out-trade-no/{NO}?mchid=1900000109");
            shop.v3_request(&shop.v3_signing(), Request::get(&url))
        }
        Side::Platform => Request::get("/sns/oauth2/access_token"),
        Side::Page => Request::get("/connect/oauth2/authorize").through(ClientKind::Wechat),
    };
    let request = request.with_header(HEADER, &format!("error={code}"));
    seen(&shop.gateway.handle(shop.now, &request).unwrap())
}

/// The rows that a section has by what is really said.
fn rows(section: &Section) -> Vec<String> {
    let caused = section.causes.iter().map(|cause| {
        let (code, status, text) = seen(&(cause.act)(&mut Shop::open()));
        assert_eq!(code, cause.code, "{text}: {}", cause.english);
        row(&code, status, &text, cause.chinese, cause.english)
    });
    let of_side = |known: &&ErrorCode| Some(known.side) == section.named;
    let by_name = CODES.iter().filter(of_side).map(|known| {
        let ErrorCode { side, code, status, .. } = known;
        let (said, seen_status, text) = named(*side, code);
        assert_eq!((said.as_str(), seen_status), (*code, *status));
        let how = format!("`X-Sandbox-Fault: error={code}`");
        row(code, *status, &text, &how, &how)
    });
    caused.chain(by_name).collect()
}

#[test]
fn every_error_of_the_catalogue_is_caused_and_says_what_its_row_says() {
    let page = include_str!("../../../ERRORS.md");
    let mut expected_page = String::new();
    let mut found_page = String::new();
    for section in &SECTIONS {
        let heading = format!("\n## {}\n", section.heading);
        let rest = page.split_once(&heading).map_or("", |(_, rest)| rest);
        let table = rest.split("\n## ").next().unwrap();
        let found: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).skip(2).collect();
        found_page += &format!("{heading}{}\n", found.join("\n"));
        expected_page += &format!("{heading}{}\n", rows(section).join("\n"));
    }
    assert!(found_page == expected_page, "the page should have:\n{expected_page}");
}

/// Puts a fault into force.
fn under(shop: &mut Shop, fault: &str) {
    let changes = FaultChanges::read(fault).unwrap();
    shop.gateway.set_faults(changes.apply(Faults::default()));
}
