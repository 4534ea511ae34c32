//! What each question sends: method, path and JSON.
//!
//! Source: protocol pages "JSAPI下单", "H5下单", "Native下单", "APP下单", "查询订单", "关闭订单", "申请退款",
//! "查询单笔退款", "申请交易账单", "申请资金账单", "获取平台证书列表", read 2026-11.

use serde_json::{Value, json};
use wxpay_core::{
    Attach, BeijingDay, BeijingTime, Body, Fen, NonceStr, NotifyUrl, Openid, OutRefundNo,
    OutTradeNo, RefundDesc, SerialNo, TransactionId, UnixSeconds,
    bill::{BillKind, DownloadBill},
    fund_flow::{Account, DownloadFundFlow},
    question::{
        close_order::CloseOrder,
        order_query::{By, OrderQuery},
        prepay::{Prepay, Trade},
        refund::Refund,
        refund_query::{By as RefundBy, RefundQuery},
    },
    v3::{Ask, Certificates, Merchant, Request, SignedRequest},
};

use crate::vector::merchant;

fn ours() -> Merchant {
    merchant("wx2421b1c4370ec43b", "1900000109")
}

fn signed(request: Request, by: &Merchant) -> SignedRequest {
    let nonce = NonceStr::new("593BEC0C930BF1AFEB40B4A08C8FB242").unwrap();
    request.to_sign(UnixSeconds::new(1_767_225_600), nonce).signed(by, b"signature")
}

fn sent(question: &impl Ask) -> SignedRequest {
    signed(question.to_request(&ours()), &ours())
}

fn number() -> OutTradeNo {
    OutTradeNo::new("20260101120000A_-|*1").unwrap()
}

fn order(trade: Trade) -> Prepay {
    Prepay {
        out_trade_no: number(),
        body: Body::new("测试茶舍-\"明前\"龙井").unwrap(),
        total_fee: Fen::new(8_800),
        attach: Some(Attach::new("table 7").unwrap()),
        notify_url: NotifyUrl::new("https://pay.example.com/notify/v3").unwrap(),
        spbill_create_ip: "2001:db8::1".parse().unwrap(),
        time_expire: BeijingTime::parse("20260101123000").unwrap(),
        trade,
    }
}

/// What all four ways to pay have in common.
fn common() -> Value {
    json!({
        "appid": "wx2421b1c4370ec43b",
        "mchid": "1900000109",
        "description": "测试茶舍-\"明前\"龙井",
        "out_trade_no": "20260101120000A_-|*1",
        "time_expire": "2026-01-01T12:30:00+08:00",
        "attach": "table 7",
        "notify_url": "https://pay.example.com/notify/v3",
        "amount": { "total": 8800, "currency": "CNY" },
        "scene_info": { "payer_client_ip": "2001:db8::1" },
    })
}

#[test]
fn an_order_says_what_its_way_to_pay_needs_and_no_more() {
    let openid = Openid::new("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o").unwrap();
    let (wap_url, wap_name) = ("https://shop.example.com".into(), "测试茶舍".into());
    let native = Trade::Native { product_id: number() };
    let with = |name: &str, value: Value| {
        let mut body = common();
        body[name] = value;
        body
    };
    let h5_info =
        json!({ "type": "Wap", "app_name": "测试茶舍", "app_url": "https://shop.example.com" });
    let scene = json!({ "payer_client_ip": "2001:db8::1", "h5_info": h5_info });
    for (trade, way, expected) in [
        (
            Trade::Jsapi { openid },
            "jsapi",
            with("payer", json!({ "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" })),
        ),
        (Trade::Mweb { wap_url, wap_name }, "h5", with("scene_info", scene)),
        (native, "native", common()),
        (Trade::App, "app", common()),
    ] {
        let request = order(trade).to_request(&ours());
        let target = format!("/v3/pay/transactions/{way}");
        assert_eq!(request.name(), target);
        let sent = signed(request, &ours());
        assert_eq!((sent.method(), sent.target()), ("POST", &*target));
        assert_eq!(serde_json::from_str::<Value>(sent.body().unwrap()).unwrap(), expected, "{way}");
    }
    let without = sent(&Prepay { attach: None, ..order(Trade::App) });
    assert!(!without.body().unwrap().contains("attach"), "an absent field is absent, not null");
}

#[test]
fn a_question_about_one_thing_has_its_number_in_the_path_and_not_in_the_log() {
    let transaction = TransactionId::new("4200000215201811190261405420").unwrap();
    let refund = OutRefundNo::new("20260101-1@a|b").unwrap();
    let by_refund = RefundQuery { by: RefundBy::OutRefundNo(refund), offset: 0 };
    for (request, target, name) in [
        (
            OrderQuery::of(number()).to_request(&ours()),
            "/v3/pay/transactions/out-trade-no/20260101120000A_-%7C*1?mchid=1900000109",
            "/v3/pay/transactions/out-trade-no",
        ),
        (
            OrderQuery { by: By::TransactionId(transaction) }.to_request(&ours()),
            "/v3/pay/transactions/id/4200000215201811190261405420?mchid=1900000109",
            "/v3/pay/transactions/id",
        ),
        (
            by_refund.to_request(&ours()),
            "/v3/refund/domestic/refunds/20260101-1@a%7Cb",
            "/v3/refund/domestic/refunds",
        ),
    ] {
        assert_eq!(request.name(), name);
        let sent = signed(request, &ours());
        assert_eq!((sent.method(), sent.target()), ("GET", target));
        assert_eq!(sent.body(), None, "{name}");
    }
}

#[test]
fn a_close_names_the_merchant_and_a_refund_its_amounts() {
    let close = sent(&CloseOrder { out_trade_no: number() });
    assert_eq!(close.target(), "/v3/pay/transactions/out-trade-no/20260101120000A_-%7C*1/close");
    assert_eq!(close.body(), Some(r#"{"mchid":"1900000109"}"#));
    let refund = sent(&Refund {
        transaction_id: TransactionId::new("4200000215201811190261405420").unwrap(),
        out_refund_no: OutRefundNo::new("20260101-1@a|b").unwrap(),
        total_fee: Fen::new(8_800),
        refund_fee: Fen::new(1),
        refund_desc: Some(RefundDesc::new("售罄").unwrap()),
        notify_url: NotifyUrl::new("https://pay.example.com/notify/v3").unwrap(),
    });
    assert_eq!((refund.method(), refund.target()), ("POST", "/v3/refund/domestic/refunds"));
    let expected = json!({
        "transaction_id": "4200000215201811190261405420",
        "out_refund_no": "20260101-1@a|b",
        "reason": "售罄",
        "notify_url": "https://pay.example.com/notify/v3",
        "amount": { "refund": 1, "total": 8800, "currency": "CNY" },
    });
    assert_eq!(serde_json::from_str::<Value>(refund.body().unwrap()).unwrap(), expected);
}

#[test]
fn bills_are_asked_for_by_day_and_certificates_by_nothing() {
    let day = BeijingDay::parse("2026-01-01").unwrap();
    let bill = sent(&DownloadBill { day, kind: BillKind::All });
    assert_eq!(
        bill.target(),
        "/v3/bill/tradebill?bill_date=2026-01-01&bill_type=ALL&tar_type=GZIP"
    );
    let flow = sent(&DownloadFundFlow { day, account: Account::Operation });
    assert_eq!(
        flow.target(),
        "/v3/bill/fundflowbill?bill_date=2026-01-01&account_type=OPERATION&tar_type=GZIP"
    );
    let certificates = signed(Certificates.to_request(), &ours());
    assert_eq!((certificates.method(), certificates.target()), ("GET", "/v3/certificates"));
}

#[test]
fn the_key_that_answers_shall_be_signed_by_is_named_where_there_is_one() {
    let key = SerialNo::new("PUB_KEY_ID_0114232134912410000000000000").unwrap();
    let named = Merchant { wechatpay_serial: Some(key.clone()), ..ours() };
    assert_eq!(signed(Certificates.to_request(), &named).wechatpay_serial(), Some(&key));
    assert_eq!(signed(Certificates.to_request(), &ours()).wechatpay_serial(), None);
}
