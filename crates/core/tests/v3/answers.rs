//! What each question makes of a signed reply; a reply to another question is none.

use serde_json::{Value, json};
use wxpay_core::{
    BeijingDay, Error, ErrorCode, Fen, Malformed, NotifyUrl, OutRefundNo, OutTradeNo, Outcome,
    TransactionId, Unverified, Verified, Why,
    bill::{BillKind, BillRefusal, DownloadBill},
    question::{
        close_order::{self, CloseOrder},
        order_query::{self, OrderQuery},
        prepay::{self, Prepay, Trade},
        refund::{self, Refund},
        refund_query::{self, RefundQuery, RefundStatus},
    },
    v3::{Ask, BillAnswer, Merchant, Statement},
};

use crate::vector::{Vector, merchant, said};

const NUMBER: &str = "1217752501201407033233368018";

fn ours() -> Merchant {
    merchant("wxd678efh567hg6787", "1900007291")
}

fn distrusted<T>(error: impl Into<Error>) -> Outcome<T> {
    Outcome::Unknown(Why::Distrusted(error.into()))
}

fn refused(code: &str) -> String {
    json!({ "code": code, "message": "…" }).to_string()
}

fn order(trade: Trade) -> Prepay {
    Prepay {
        out_trade_no: OutTradeNo::new(NUMBER).unwrap(),
        body: wxpay_core::Body::new("tea").unwrap(),
        total_fee: Fen::new(100),
        attach: None,
        notify_url: NotifyUrl::new("https://pay.example.com/notify/v3").unwrap(),
        spbill_create_ip: "203.0.113.7".parse().unwrap(),
        time_expire: wxpay_core::BeijingTime::parse("20260101123000").unwrap(),
        trade,
    }
}

#[test]
fn a_placed_order_gives_its_handle_and_no_other_ways_handle() {
    let openid = wxpay_core::Openid::new("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o").unwrap();
    let mweb = Trade::Mweb { wap_url: "https://shop.example.com".into(), wap_name: "tea".into() };
    let native = Trade::Native { product_id: OutTradeNo::new(NUMBER).unwrap() };
    let prepay_id = wxpay_core::PrepayId::new("wx26112221580621e9b071c00d9e093b0000").unwrap();
    let jsapi = json!({ "prepay_id": prepay_id.as_str() }).to_string();
    let url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";
    for (trade, name, handle) in [
        (Trade::Jsapi { openid }, "prepay_id", None),
        (Trade::App, "prepay_id", None),
        (mweb, "h5_url", Some(url)),
        (native, "code_url", Some("weixin://wxpay/bizpayurl?pr=p4lpSuKzz")),
    ] {
        let (question, ours) = (order(trade), ours());
        let body = handle.map_or(jsapi.clone(), |url| json!({ name: url }).to_string());
        let prepay_id = handle.is_none().then(|| prepay_id.clone());
        let placed = prepay::Placed { prepay_id, url: handle.map(str::to_owned) };
        let known = Outcome::Known(prepay::Answer::Placed(placed));
        assert_eq!(question.read_reply(&ours, said(200, &body)), known);
        let other = question.read_reply(&ours, said(200, r#"{"other":"x"}"#));
        assert_eq!(other, distrusted(Malformed::Missing(name)));
        let no = question.read_reply(&ours, said(403, &refused("OUT_TRADE_NO_USED")));
        let Outcome::Known(prepay::Answer::Refused(refusal)) = no else { panic!("{no:?}") };
        assert_eq!(refusal.code, ErrorCode::OutTradeNoUsed);
    }
}

/// The vector's payment with one field changed.
fn payment(name: &str, value: Value) -> String {
    let mut payment = Vector::named("v3-resource/payment").json("plain.json");
    payment[name] = value;
    payment.to_string()
}

fn queried(body: &str) -> Outcome<order_query::Answer> {
    let question = OrderQuery::of(OutTradeNo::new(NUMBER).unwrap());
    match question.read_reply(&ours(), said(200, body)) {
        Outcome::Known(answer) => Outcome::Known(Verified::into_inner(answer)),
        Outcome::Unknown(why) => Outcome::Unknown(why),
    }
}

#[test]
fn each_state_of_an_order_has_its_answer() {
    use order_query::Answer::{Closed, NotPaid, Paid, Paying, Refund, Unrecognised};

    let state = |state: &str| queried(&payment("trade_state", json!(state)));
    let Outcome::Known(Paid(paid)) = state("SUCCESS") else { panic!("not paid") };
    assert_eq!((paid.total_fee, paid.out_trade_no.as_str()), (Fen::new(100), NUMBER));
    for (word, answer) in [
        ("REFUND", Refund(Some(paid))),
        ("NOTPAY", NotPaid),
        ("PAYERROR", NotPaid),
        ("USERPAYING", Paying),
        ("CLOSED", Closed),
        ("REVOKED", Closed),
        ("PAID_MAYBE", Unrecognised("PAID_MAYBE".into())),
    ] {
        assert_eq!(state(word), Outcome::Known(answer), "{word}");
    }
    // What is not paid has neither transaction nor payer.
    let bare = json!({
        "appid": "wxd678efh567hg6787", "mchid": "1900007291", "out_trade_no": NUMBER,
        "trade_state": "NOTPAY", "trade_state_desc": "订单未支付",
    });
    assert_eq!(queried(&bare.to_string()), Outcome::Known(NotPaid));
}

#[test]
fn another_order_s_or_another_merchant_s_answer_is_no_answer() {
    for (name, value, why) in [
        ("out_trade_no", "1217752501201407033233368019", Malformed::Field("out_trade_no").into()),
        ("mchid", "1900000109", Error::Unverified(Unverified::Identity("mchid"))),
        ("appid", "wx2421b1c4370ec43b", Error::Unverified(Unverified::Identity("appid"))),
    ] {
        assert_eq!(queried(&payment(name, json!(value))), distrusted(why));
    }
    let question = OrderQuery::of(OutTradeNo::new(NUMBER).unwrap());
    for code in ["ORDER_NOT_EXIST", "ORDERNOTEXIST"] {
        let answer = question.read_reply(&ours(), said(404, &refused(code)));
        let Outcome::Known(answer) = answer else { panic!("{code}") };
        assert_eq!(answer.get(), &order_query::Answer::NotExist, "both spellings are one code");
    }
}

#[test]
fn a_close_is_answered_by_204_or_by_what_the_order_has_become() {
    use close_order::Answer::{Closed, NotExist, Paid};

    let question = CloseOrder { out_trade_no: OutTradeNo::new(NUMBER).unwrap() };
    for (status, body, answer) in [
        (204, String::new(), Closed),
        (400, refused("ORDER_CLOSED"), Closed),
        (400, refused("ORDER_PAID"), Paid),
        (404, refused("ORDER_NOT_EXIST"), NotExist),
    ] {
        assert_eq!(question.read_reply(&ours(), said(status, &body)), Outcome::Known(answer));
    }
    let rule = question.read_reply(&ours(), said(403, &refused("RULE_LIMIT")));
    assert!(matches!(rule, Outcome::Known(close_order::Answer::Refused(_))));
}

/// A refund as WeChat tells of it, with one field changed.
fn refund(name: &str, value: Value) -> String {
    let mut refund = json!({
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": NUMBER,
        "transaction_id": "1217752501201407033233368018",
        "out_trade_no": NUMBER,
        "channel": "ORIGINAL",
        "user_received_account": "招商银行信用卡0403",
        "create_time": "2020-12-01T16:18:12+08:00",
        "status": "PROCESSING",
        "amount": { "total": 100, "refund": 30, "payer_total": 90, "payer_refund": 27, "currency": "CNY" },
    });
    refund[name] = value;
    refund.to_string()
}

#[test]
fn a_refund_is_accepted_as_it_was_asked_for_or_not_at_all() {
    let wish = Refund {
        transaction_id: TransactionId::new("1217752501201407033233368018").unwrap(),
        out_refund_no: OutRefundNo::new(NUMBER).unwrap(),
        total_fee: Fen::new(100),
        refund_fee: Fen::new(30),
        refund_desc: None,
        notify_url: NotifyUrl::new("https://pay.example.com/notify/v3").unwrap(),
    };
    let answer = |body: &str| wish.read_reply(&ours(), said(200, body));
    let Outcome::Known(refund::Answer::Accepted { refund_id }) =
        answer(&refund("status", json!("PROCESSING")))
    else {
        panic!("not accepted");
    };
    assert_eq!(refund_id.as_str(), "50000000382019052709732678859");
    for (name, value, field) in [
        ("out_refund_no", json!("1217752501201407033233368019"), "out_refund_no"),
        ("transaction_id", json!("1217752501201407033233368019"), "transaction_id"),
        ("amount", json!({ "total": 100, "refund": 31 }), "amount.refund"),
    ] {
        assert_eq!(answer(&refund(name, value)), distrusted(Malformed::Field(field)), "{name}");
    }
    let short = wish.read_reply(&ours(), said(403, &refused("NOT_ENOUGH")));
    let Outcome::Known(refund::Answer::Refused(refusal)) = short else { panic!("{short:?}") };
    assert_eq!(refusal.code, ErrorCode::NotEnough);
}

#[test]
fn each_state_of_a_refund_has_its_answer() {
    let question = RefundQuery {
        by: refund_query::By::OutRefundNo(OutRefundNo::new(NUMBER).unwrap()),
        offset: 0,
    };
    let answer = |status, body: &str| match question.read_reply(&ours(), said(status, body)) {
        Outcome::Known(answer) => answer.into_inner(),
        Outcome::Unknown(why) => panic!("{why:?}"),
    };
    for (word, status) in [
        ("PROCESSING", RefundStatus::Processing),
        ("SUCCESS", RefundStatus::Success),
        ("ABNORMAL", RefundStatus::Abnormal),
        ("CLOSED", RefundStatus::Closed),
        ("PERHAPS", RefundStatus::Unrecognised("PERHAPS".into())),
    ] {
        let refund_query::Answer::Found(page) = answer(200, &refund("status", json!(word))) else {
            panic!("{word}");
        };
        assert_eq!((page.total, &page.refunds[0].status), (1, &status));
        assert_eq!(page.refunds[0].amount, Fen::new(30));
    }
    let never = answer(404, &refused("RESOURCE_NOT_EXISTS"));
    assert_eq!(never, refund_query::Answer::NotExist);
    let another = refund("out_refund_no", json!("1217752501201407033233368019"));
    let another = question.read_reply(&ours(), said(200, &another));
    assert_eq!(another, distrusted(Malformed::Field("out_refund_no")));
}

fn billed(status: u16, body: &str) -> Outcome<BillAnswer> {
    let day = BeijingDay::parse("2026-01-01").unwrap();
    DownloadBill { day, kind: BillKind::All }.read_reply(&ours(), said(status, body))
}

fn statement(url: &str) -> Outcome<BillAnswer> {
    // sha1 of "abc". Source: FIPS 180-4, the example of SHA-1.
    let hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
    let body = json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": url });
    billed(200, &body.to_string())
}

fn ready(url: &str) -> Statement {
    match statement(url) {
        Outcome::Known(BillAnswer::Ready(statement)) => statement,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bill_is_fetched_from_the_gateway_whatever_host_was_named() {
    let url = "https://elsewhere.example/v3/billdownload/file?token=a%2Bb&tartype=gzip";
    let nonce = wxpay_core::NonceStr::new("593BEC0C930BF1AFEB40B4A08C8FB242").unwrap();
    let download = ready(url).download;
    assert_eq!(download.name(), "/v3/billdownload/file");
    let to_sign = download.to_sign(wxpay_core::UnixSeconds::new(1), nonce);
    let sent = to_sign.signed(&ours(), b"signature");
    assert_eq!(sent.target(), "/v3/billdownload/file?token=a%2Bb&tartype=gzip");
    for wrong in ["/v3/billdownload/file", "https://api.mch.weixin.qq.com/pay/x", "https://a/v3/ b"]
    {
        assert_eq!(statement(wrong), distrusted(Malformed::Field("download_url")), "{wrong}");
    }
}

#[test]
fn a_bill_is_the_one_announced_or_none() {
    let statement = ready("https://api.mch.weixin.qq.com/v3/billdownload/file?token=1");
    let check = |parts: &[&str]| {
        let mut check = statement.hash_check();
        parts.iter().for_each(|part| check.feed(part.as_bytes()));
        check.finish()
    };
    assert_eq!(check(&["a", "", "bc"]), Ok(()));
    for other in ["", "ab", "abc\n"] {
        assert_eq!(check(&[other]), Err(Malformed::Hash), "{other}");
    }
}

#[test]
fn a_day_without_a_bill_is_an_answer() {
    for (code, expected) in [
        ("NO_STATEMENT_EXIST", BillRefusal::NotThere),
        ("STATEMENT_CREATING", BillRefusal::Creating),
    ] {
        let answer = billed(400, &refused(code));
        assert_eq!(answer, Outcome::Known(BillAnswer::Refused(expected)), "{code}");
    }
}
