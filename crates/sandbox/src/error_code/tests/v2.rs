//! What causes the errors of API V2.

use super::{Cause, cause, under};
use crate::{
    message::{Request, Response},
    shop::{NO, NOW, Shop, with},
    xml::Fields,
};

const YEAR: i64 = 366 * 24 * 60 * 60;

fn order(shop: &mut Shop, name: &str, value: &str) -> Response {
    shop.send("/pay/unifiedorder", &with(&Shop::terms("JSAPI"), name, value)).unwrap()
}

fn order_again(shop: &mut Shop) -> Response {
    shop.send("/pay/unifiedorder", &Shop::terms("JSAPI")).unwrap()
}

fn paid(shop: &mut Shop) {
    shop.order("JSAPI");
    shop.pay();
}

fn refund(shop: &mut Shop, number: &str, fee: u64) -> Response {
    shop.send("/secapi/pay/refund", &Shop::refund_terms(number, fee)).unwrap()
}

fn refund_under(shop: &mut Shop, fault: &str) -> Response {
    paid(shop);
    under(shop, fault);
    refund(shop, "R1", 1)
}

fn named(shop: &mut Shop, path: &str) -> Response {
    shop.send(path, &Fields::from([("out_trade_no", NO)])).unwrap()
}

fn bill(shop: &mut Shop, fields: &[(&str, &str)]) -> Response {
    let mut asked = Fields::default();
    fields.iter().for_each(|(name, value)| asked.push(name, *value));
    shop.send("/pay/downloadbill", &asked).unwrap()
}

fn fund_flow(shop: &mut Shop, day: &str) -> Response {
    let fields = Fields::from([("bill_date", day), ("account_type", "Basic")]);
    shop.send("/pay/downloadfundflow", &fields).unwrap()
}

/// A body as it is, unsigned.
fn raw(shop: &mut Shop, body: &[u8]) -> Response {
    shop.gateway.handle(NOW, &Request::post("/pay/orderquery", body)).unwrap()
}

pub(super) const CODES: &[Cause] = &[
    cause!(
        "INVALID_REQUEST",
        "同一商户订单号换了参数再下单",
        "order the same number again with another amount",
        |shop| {
            shop.order("JSAPI");
            order(shop, "total_fee", "991")
        }
    ),
    cause!("NOAUTH", "`trade_type` 为 `APP`", "order with `trade_type` `APP`", |shop| order(
        shop,
        "trade_type",
        "APP"
    )),
    cause!(
        "ORDERPAID",
        "已支付的订单再下单或关单",
        "order again, or close, what is paid",
        |shop| {
            paid(shop);
            order_again(shop)
        }
    ),
    cause!(
        "ORDERCLOSED",
        "已关闭的订单再下单或再关单",
        "order again, or close again, what is closed",
        |shop| {
            shop.order("JSAPI");
            shop.close();
            order_again(shop)
        }
    ),
    cause!(
        "SYSTEMERROR",
        "`order=systemerror`，`query`、`close`、`refund` 同",
        "`order=systemerror`; so with `query`, `close`, `refund`",
        |shop| {
            under(shop, "order=systemerror");
            order_again(shop)
        }
    ),
    cause!("LACK_PARAMS", "下单时缺 `body`", "order without `body`", |shop| order(
        shop, "body", ""
    )),
    cause!(
        "ORDERNOTEXIST",
        "查询、关闭不存在的订单，或未支付的订单退款",
        "query or close an unknown order; refund an unpaid one",
        |shop| named(shop, "/pay/orderquery")
    ),
    cause!(
        "TRADE_STATE_ERROR",
        "`close=too_soon`，下单五分钟内关单",
        "`close=too_soon`, and close within five minutes of ordering",
        |shop| {
            shop.order("JSAPI");
            under(shop, "close=too_soon");
            named(shop, "/pay/closeorder")
        }
    ),
    cause!(
        "BIZERR_NEED_RETRY",
        "`refund=bizerr_need_retry`",
        "`refund=bizerr_need_retry`",
        |shop| refund_under(shop, "refund=bizerr_need_retry")
    ),
    cause!("TRADE_OVERDUE", "支付一年后退款", "refund a year after the payment", |shop| {
        paid(shop);
        shop.now = NOW + YEAR;
        refund(shop, "R1", 1)
    }),
    cause!("ERROR", "全额退款之后再退款", "refund what is refunded in full", |shop| {
        paid(shop);
        refund(shop, "R1", 990);
        refund(shop, "R2", 1)
    }),
    cause!(
        "USER_ACCOUNT_ABNORMAL",
        "`refund=user_account_abnormal`",
        "`refund=user_account_abnormal`",
        |shop| refund_under(shop, "refund=user_account_abnormal")
    ),
    cause!("NOTENOUGH", "`refund=notenough`", "`refund=notenough`", |shop| refund_under(
        shop,
        "refund=notenough"
    )),
    cause!(
        "FREQUENCY_LIMITED",
        "`refund=frequency_limited`",
        "`refund=frequency_limited`",
        |shop| refund_under(shop, "refund=frequency_limited")
    ),
    cause!("PARAM_ERROR", "退款金额为 0", "refund 0 fen", |shop| {
        paid(shop);
        refund(shop, "R1", 0)
    }),
    cause!(
        "REFUND_FEE_MISMATCH",
        "同一退款单号换了金额",
        "the same refund number with another amount",
        |shop| {
            paid(shop);
            refund(shop, "R1", 1);
            refund(shop, "R1", 2)
        }
    ),
    cause!(
        "REFUNDNOTEXIST",
        "查询没有退款的订单",
        "query the refunds of an order that has none",
        |shop| {
            paid(shop);
            named(shop, "/pay/refundquery")
        }
    ),
    cause!(
        "NO_BILL_EXIST",
        "资金账单：没有流水的一天",
        "flow of funds of a day without any",
        |shop| fund_flow(shop, "20270101")
    ),
    cause!(
        "BILL_CREATING",
        "资金账单：`bill=creating`，或次日 10 点前",
        "flow of funds under `bill=creating`, or before 10:00",
        |shop| {
            paid(shop);
            shop.now = NOW + 18 * 60 * 60;
            under(shop, "bill=creating");
            fund_flow(shop, "20270115")
        }
    ),
];

pub(super) const MESSAGES: &[Cause] = &[
    cause!(
        "FAIL",
        "签名不对、没有签名或商户号不对",
        "a wrong signature, none, or another `mch_id`",
        |shop| raw(shop, b"<xml><mch_id>1</mch_id><sign>1</sign></xml>")
    ),
    cause!("FAIL", "用 GET 调用", "call by `GET`", |shop| {
        shop.gateway.handle(NOW, &Request::get("/pay/orderquery")).unwrap()
    }),
    cause!("FAIL", "正文为空", "an empty body", |shop| raw(shop, b"")),
    cause!("FAIL", "正文不是 UTF-8", "a body that is not UTF-8", |shop| raw(shop, b"\xff\xfe")),
    cause!("FAIL", "正文不是 XML", "a body that is not XML", |shop| { raw(shop, b"{}") }),
    cause!("FAIL", "正文超过 64 KiB", "a body of more than 64 KiB", |shop| raw(
        shop,
        &[b'x'; 70_000]
    )),
    cause!("FAIL", "查询时没有任何单号", "query without any number", |shop| {
        shop.send("/pay/orderquery", &Fields::default()).unwrap()
    }),
    cause!("FAIL", "JSAPI 下单缺 `openid`", "a JSAPI order without `openid`", |shop| order(
        shop, "openid", ""
    )),
    cause!("FAIL", "`appid` 不是 18 位", "an `appid` that has not 18 letters", |shop| {
        named_by_another_appid(shop, "wx1")
    }),
    cause!("FAIL", "别人的 `appid`", "somebody else's `appid`", |shop| {
        named_by_another_appid(shop, "wx0000000000000000")
    }),
    cause!("FAIL", "`time_expire` 不足一分钟", "`time_expire` in less than a minute", |shop| {
        order(shop, "time_expire", "20270115160030")
    }),
    cause!(
        "FAIL",
        "`spbill_create_ip` 不是 IP 地址；其他字段同",
        "`spbill_create_ip` is no address; so with other fields",
        |shop| order(shop, "spbill_create_ip", "home")
    ),
    cause!(
        "FAIL",
        "`body` 超过 127 个字；其他字段同",
        "a `body` of more than 127 letters; so with other fields",
        |shop| order(shop, "body", &"茶".repeat(128))
    ),
    cause!("20001", "交易账单：签名不对", "trade bill: a wrong signature", |shop| {
        shop.gateway.handle(NOW, &Request::post("/pay/downloadbill", "<xml></xml>")).unwrap()
    }),
    cause!("20001", "交易账单：缺 `bill_date`", "trade bill without `bill_date`", |shop| {
        bill(shop, &[])
    }),
    cause!(
        "20001",
        "交易账单：`bill_date` 格式不对",
        "trade bill of a `bill_date` that is no day",
        |shop| bill(shop, &[("bill_date", "2027-01-15")])
    ),
    cause!(
        "20001",
        "交易账单：`bill_type` 不对",
        "trade bill of another `bill_type`",
        |shop| bill(shop, &[("bill_date", "20270115"), ("bill_type", "NONE")])
    ),
    cause!(
        "20002",
        "交易账单：没有交易的一天",
        "trade bill of a day without payments",
        |shop| bill(shop, &[("bill_date", "20270101")])
    ),
    cause!(
        "20001",
        "交易账单：`bill=creating`，或次日 10 点前",
        "trade bill under `bill=creating`, or before 10:00",
        |shop| {
            paid(shop);
            shop.now = NOW + 18 * 60 * 60;
            under(shop, "bill=creating");
            bill(shop, &[("bill_date", "20270115")])
        }
    ),
];

/// A query that is rightly signed, and names another appid than the merchant's.
fn named_by_another_appid(shop: &mut Shop, appid: &str) -> Response {
    let right = std::mem::replace(&mut shop.gateway.account.appid, appid.to_owned());
    let body = shop.signed(&Fields::from([("out_trade_no", NO)]));
    shop.gateway.account.appid = right;
    raw(shop, body.as_bytes())
}
