//! Buyers, WeChat's words and an order to try them on.
#![allow(dead_code, reason = "each file of tests uses some of it")]

use std::net::{IpAddr, Ipv4Addr};

use wxpay_core::{
    Api, ApiV2Key, Appid, Body, ErrorCode, Fen, Mchid, Notification, NotifyUrl, Openid,
    OutRefundNo, OutTradeNo, Outcome, RefundId, Refusal, TransactionId, UnixSeconds, Verified, Why,
    question::{
        close_order,
        order_query::OrderQuery,
        prepay::{self, Placed},
        refund,
        refund_query::{By, RefundQuery, RefundStatus},
    },
    v2::{
        Ask as _, Credential, Fields, SignType, notify::RawNotification, refund_notify::RefundNews,
    },
};
use wxpay_merchant::{
    Buyer, Decision, Happened, Input, NotifyUrls, Order, Refund, RefundAsk, RefundStage, Shop,
    Terms, Visitor, Way,
};

pub(crate) const START: u64 = 1_767_240_000;

pub(crate) fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(START + seconds)
}

pub(crate) fn number(text: &str) -> OutTradeNo {
    OutTradeNo::new(text).unwrap()
}

pub(crate) fn credential() -> Credential {
    let key = ApiV2Key::new("192006250b4c09247ec02edce69f6a2d".into()).unwrap(); // published test key
    let appid = Appid::new("wx2421b1c4370ec43b").unwrap();
    Credential::new(appid, Mchid::new("10000100").unwrap(), SignType::HmacSha256, key)
}

pub(crate) fn paid_fields(attempt: &str, transaction: &str, fen: u32, openid: &str) -> Fields {
    Fields::new()
        .with("return_code", "SUCCESS")
        .with("result_code", "SUCCESS")
        .with("trade_state", "SUCCESS")
        .with("trade_type", "JSAPI")
        .with("openid", openid)
        .with("out_trade_no", attempt)
        .with("transaction_id", transaction)
        .with("total_fee", fen)
        .with("time_end", "20260101120010")
}

pub(crate) fn notification(attempt: &str, transaction: &str, fen: u32) -> Verified<Notification> {
    notification_from(paid_fields(attempt, transaction, fen, "buyer-a"))
}

/// The same as news to an order.
pub(crate) fn notified(attempt: &str, transaction: &str, fen: u32) -> Input {
    Input::Notified(Api::V2, notification(attempt, transaction, fen))
}

pub(crate) fn notification_from(fields: Fields) -> Verified<Notification> {
    RawNotification::new(credential().as_wechat_would_say(fields)).verify(&credential()).unwrap()
}

pub(crate) fn queried(attempt: &str, fields: Fields) -> Input {
    let bytes = credential()
        .as_wechat_would_say(fields.with("return_code", "SUCCESS").with("result_code", "SUCCESS"));
    let query = OrderQuery::of(number(attempt));
    Input::Queried(number(attempt), query.read_response(&credential(), &bytes))
}

pub(crate) fn trade_state(attempt: &str, word: &str) -> Input {
    queried(attempt, Fields::new().with("out_trade_no", attempt).with("trade_state", word))
}

pub(crate) fn placed(attempt: &str, url: Option<&str>) -> Input {
    let placed = Placed {
        prepay_id: wxpay_core::PrepayId::new("wx21201855730335ac86f8c43d1889123400").ok(),
        url: url.map(str::to_owned),
    };
    Input::Ordered(number(attempt), Outcome::Known(prepay::Answer::Placed(placed)))
}

pub(crate) fn place_refused(attempt: &str, code: &str) -> Input {
    let refusal =
        Refusal { code: ErrorCode::read(code), description: String::new(), request_id: None };
    Input::Ordered(number(attempt), Outcome::Known(prepay::Answer::Refused(refusal)))
}

pub(crate) fn closed(attempt: &str, answer: close_order::Answer) -> Input {
    Input::ClosedOff(number(attempt), Outcome::Known(answer))
}

pub(crate) fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))
}

pub(crate) fn jsapi(openid: &str) -> Buyer {
    Buyer { way: Way::Jsapi(Openid::new(openid).unwrap()), ip: ip(8) }
}

pub(crate) fn mweb(visitor: &str, last: u8) -> Buyer {
    Buyer {
        way: Way::Mweb(Visitor::new(&format!("visitor-of-tests-{visitor}")).unwrap()),
        ip: ip(last),
    }
}

pub(crate) fn checkout(buyer: Buyer) -> Input {
    checkout_by(Api::V2, buyer)
}

/// At a shop that places its new orders by this API.
pub(crate) fn checkout_by(api: Api, buyer: Buyer) -> Input {
    let path = if api == Api::V2 { "v2/pay" } else { "v3" };
    let shop = Shop {
        api,
        notify_url: NotifyUrl::new(&format!("https://pay.example.com/notify/{path}")).unwrap(),
        wap_url: "https://pay.example.com".to_owned(),
        wap_name: "示例商城".to_owned(),
    };
    Input::Checkout(buyer, shop)
}

pub(crate) fn order() -> Order {
    let terms =
        Terms::new(number("ORDER001"), Fen::new(1990), Body::new("茶").unwrap(), None, 1800)
            .unwrap();
    Order::create(terms, at(0)).order
}

/// Feeds inputs one after the other and keeps the last decision.
pub(crate) fn after(inputs: Vec<(u64, Input)>) -> Decision {
    let mut inputs = inputs.into_iter();
    let (time, first) = inputs.next().unwrap();
    inputs.fold(order().decide(first, at(time)), |last, (time, input)| {
        last.order.decide(input, at(time))
    })
}

pub(crate) fn bought() -> Vec<(u64, Input)> {
    vec![(0, checkout(jsapi("buyer-a"))), (0, placed("ORDER001", None))]
}

pub(crate) fn then(mut inputs: Vec<(u64, Input)>, more: Vec<(u64, Input)>) -> Vec<(u64, Input)> {
    inputs.extend(more);
    inputs
}

/// An order's life so far.
pub(crate) struct Life {
    pub(crate) last: Decision,
    pub(crate) history: Vec<Happened>,
}

impl Life {
    pub(crate) fn of(inputs: Vec<(u64, Input)>) -> Self {
        let terms = order().terms().clone();
        let last = Order::create(terms, at(0));
        let begin = Self { history: last.happened.clone(), last };
        inputs.into_iter().fold(begin, |life, (seconds, input)| life.then(seconds, input))
    }

    pub(crate) fn then(mut self, seconds: u64, input: Input) -> Self {
        self.last = self.last.order.decide(input, at(seconds));
        self.history.extend(self.last.happened.clone());
        self
    }

    /// The steps of every refund, as they were told.
    pub(crate) fn steps(&self) -> Vec<RefundStage> {
        let step = |line: &Happened| match line {
            Happened::Refund { status, .. } => Some(*status),
            _ => None,
        };
        self.history.iter().filter_map(step).collect()
    }

    pub(crate) fn refund(&self, number: &str) -> &Refund {
        self.last.order.refund(&refund_number(number)).unwrap()
    }

    /// What the shop is told, oldest first.
    pub(crate) fn events(&self) -> Vec<&'static str> {
        self.history.iter().filter_map(Happened::event_type).collect()
    }
}

/// Paid 1990 fen by `ORDER001` with transaction 42001, at second 10.
pub(crate) fn paid() -> Life {
    Life::of(bought()).then(10, notified("ORDER001", "42001", 1990))
}

pub(crate) fn refund_number(text: &str) -> OutRefundNo {
    OutRefundNo::new(text).unwrap()
}

pub(crate) fn wish(number: &str, fen: u32) -> RefundAsk {
    RefundAsk {
        out_refund_no: refund_number(number),
        transaction_id: None,
        amount: Fen::new(fen),
        reason: None,
        notify_urls: NotifyUrls {
            v2: NotifyUrl::new("https://pay.example.com/notify/v2/refund").unwrap(),
            v3: NotifyUrl::new("https://pay.example.com/notify/v3").unwrap(),
        },
    }
}

pub(crate) fn ask(number: &str, fen: u32) -> Input {
    Input::RefundAsked(wish(number, fen))
}

pub(crate) fn refund_id(number: &str) -> RefundId {
    RefundId::new(&format!("50{number}")).unwrap()
}

pub(crate) fn accepted(number: &str) -> Input {
    let answer = refund::Answer::Accepted { refund_id: refund_id(number) };
    Input::RefundAnswered(refund_number(number), Outcome::Known(answer))
}

pub(crate) fn refused(number: &str, code: &str) -> Input {
    let refusal =
        Refusal { code: ErrorCode::read(code), description: String::new(), request_id: None };
    Input::RefundAnswered(refund_number(number), Outcome::Known(refund::Answer::Refused(refusal)))
}

pub(crate) fn unanswered(number: &str) -> Input {
    Input::RefundAnswered(refund_number(number), Outcome::Unknown(Why::Timeout))
}

/// A refund as WeChat tells it: number, fen, `refund_status`.
pub(crate) type Record<'a> = (&'a str, u32, &'a str);

/// WeChat's answer about an attempt: `records` from `offset` on, of `total`.
pub(crate) fn refunds_of(attempt: &str, offset: u32, total: usize, records: &[Record]) -> Input {
    let fields = page(attempt, records).with("total_refund_count", total);
    told(By::OutTradeNo(number(attempt)), offset, fields)
}

/// WeChat's answer about one refund of `ORDER001`.
pub(crate) fn refund_is(refund: &str, fen: u32, status: &str) -> Input {
    told(By::OutRefundNo(refund_number(refund)), 0, page("ORDER001", &[(refund, fen, status)]))
}

/// WeChat knows no such refund, or none of this attempt.
pub(crate) fn no_such_refund(by: By) -> Input {
    refund_query_refused(by, "REFUNDNOTEXIST")
}

/// WeChat's signed no to a question about refunds.
pub(crate) fn refund_query_refused(by: By, code: &str) -> Input {
    let no = Fields::new()
        .with("return_code", "SUCCESS")
        .with("result_code", "FAIL")
        .with("err_code", code);
    told(by, 0, no)
}

fn page(attempt: &str, records: &[Record]) -> Fields {
    let transaction = if attempt == "ORDER001" { "42001" } else { "42002" };
    let head = Fields::new()
        .with("return_code", "SUCCESS")
        .with("result_code", "SUCCESS")
        .with("transaction_id", transaction)
        .with("out_trade_no", attempt)
        .with("refund_count", records.len());
    records.iter().enumerate().fold(head, |fields, (n, (number, fen, status))| {
        fields
            .with(&format!("out_refund_no_{n}"), *number)
            .with(&format!("refund_id_{n}"), refund_id(number))
            .with(&format!("refund_fee_{n}"), *fen)
            .with(&format!("refund_status_{n}"), *status)
    })
}

fn told(by: By, offset: u32, fields: Fields) -> Input {
    let bytes = credential().as_wechat_would_say(fields);
    let query = RefundQuery { by: by.clone(), offset };
    Input::RefundsQueried(by, offset, query.read_response(&credential(), &bytes))
}

/// A refund notification, which anybody may have made.
pub(crate) fn hint(attempt: &str, refund: &str, status: RefundStatus) -> Input {
    Input::RefundHinted(RefundNews {
        out_trade_no: number(attempt),
        transaction_id: TransactionId::new("42001").unwrap(),
        out_refund_no: refund_number(refund),
        refund_id: refund_id(refund),
        status,
    })
}
