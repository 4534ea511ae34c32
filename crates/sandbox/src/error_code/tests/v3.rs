//! What causes the errors of API V3.

use super::{Cause, cause, under};
use crate::{
    message::{Request, Response},
    shop::{NOW, Shop},
    v3::shop::Signing,
};

const QUERY: &str = "/v3/pay/transactions/out-trade-no/ORDER-000001?mchid=1900000109";
const REFUNDS: &str = "/v3/refund/domestic/refunds";

fn get(shop: &mut Shop, url: &str) -> Response {
    shop.v3_send(Request::get(url)).unwrap()
}

/// A native order of V3, changed by `change`.
fn v3_order(shop: &mut Shop, change: fn(&mut serde_json::Value)) -> Response {
    let mut terms = shop.v3_terms("native");
    change(&mut terms);
    shop.v3_send(Request::post("/v3/pay/transactions/native", terms.to_string())).unwrap()
}

fn v3_refund(shop: &mut Shop) -> Response {
    let terms = r#"{"out_trade_no":"ORDER-000001","out_refund_no":"R1","amount":{"refund":1,"total":990,"currency":"CNY"}}"#;
    shop.v3_send(Request::post(REFUNDS, terms)).unwrap()
}

fn v3_refund_under(shop: &mut Shop, fault: &str) -> Response {
    v3_order(shop, |_| {});
    shop.pay();
    under(shop, fault);
    v3_refund(shop)
}

fn v3_close(shop: &mut Shop) -> Response {
    let url = "/v3/pay/transactions/out-trade-no/ORDER-000001/close";
    shop.v3_send(Request::post(url, r#"{"mchid":"1900000109"}"#)).unwrap()
}

fn get_under(shop: &mut Shop, fault: &str) -> Response {
    under(shop, fault);
    get(shop, QUERY)
}

fn tradebill(shop: &mut Shop, day: &str) -> Response {
    get(shop, &format!("/v3/bill/tradebill?bill_date={day}"))
}

/// A query signed otherwise than it should be.
fn signed(shop: &mut Shop, change: fn(&mut Signing)) -> Response {
    let mut signing = shop.v3_signing();
    change(&mut signing);
    let request = shop.v3_request(&signing, Request::get(QUERY));
    shop.gateway.handle(NOW, &request).unwrap()
}

fn unsigned(shop: &mut Shop, url: &str) -> Response {
    let request = Request::get(url).with_header("accept", "*/*").with_header("user-agent", "x");
    shop.gateway.handle(NOW, &request).unwrap()
}

pub(super) const CODES: &[Cause] = &[
    cause!("PARAM_ERROR", "下单缺 `description`", "order without `description`", |shop| {
        v3_order(shop, |terms| drop(terms["description"].take()))
    }),
    cause!(
        "INVALID_REQUEST",
        "多出文档里没有的字段",
        "a field that no document has",
        |shop| v3_order(shop, |terms| terms["total_fee"] = 1.into())
    ),
    cause!(
        "INVALID_REQUEST",
        "没有 `Accept` 或 `User-Agent`",
        "no `Accept` or no `User-Agent`",
        |shop| { shop.gateway.handle(NOW, &Request::get("/v3/certificates")).unwrap() }
    ),
    cause!("APPID_MCHID_NOT_MATCH", "别人的 `appid`", "somebody else's `appid`", |shop| {
        v3_order(shop, |terms| terms["appid"] = "wx0000000000000000".into())
    }),
    cause!("MCH_NOT_EXISTS", "别人的 `mchid`", "somebody else's `mchid`", |shop| get(
        shop,
        "/v3/pay/transactions/id/1?mchid=1"
    )),
    cause!(
        "ORDER_PAID",
        "已支付的订单再下单或关单",
        "order again, or close, what is paid",
        |shop| {
            v3_order(shop, |_| {});
            shop.pay();
            v3_close(shop)
        }
    ),
    cause!("ORDER_CLOSED", "已关闭的订单再下单", "order again what is closed", |shop| {
        v3_order(shop, |_| {});
        v3_close(shop);
        v3_order(shop, |_| {})
    }),
    cause!(
        "NO_STATEMENT_EXIST",
        "没有交易的一天",
        "the bill of a day without payments",
        |shop| tradebill(shop, "2027-01-01")
    ),
    cause!(
        "STATEMENT_CREATING",
        "`bill=creating`，或次日 10 点前",
        "`bill=creating`, or before 10:00",
        |shop| {
            v3_order(shop, |_| {});
            shop.pay();
            shop.now = NOW + 18 * 60 * 60;
            under(shop, "bill=creating");
            tradebill(shop, "2027-01-15")
        }
    ),
    cause!("SIGN_ERROR", "签名不对", "a wrong signature", |shop| signed(shop, |signing| {
        signing.signature = Some("AAAA".to_owned())
    })),
    cause!(
        "SIGN_ERROR",
        "时间戳相差五分钟以上",
        "a timestamp more than five minutes off",
        |shop| signed(shop, |signing| signing.timestamp = NOW - 301)
    ),
    cause!(
        "SIGN_ERROR",
        "`/v3/pay/transactions` 下没有 `Authorization`",
        "no `Authorization` below `/v3/pay/transactions`",
        |shop| unsigned(shop, QUERY)
    ),
    cause!("SIGN_ERROR", "别处没有 `Authorization`", "no `Authorization` elsewhere", |shop| {
        unsigned(shop, "/v3/certificates")
    }),
    cause!("NO_AUTH", "`bill=no_auth`", "`bill=no_auth`", |shop| {
        under(shop, "bill=no_auth");
        get(shop, "/v3/billdownload/file?token=x")
    }),
    cause!(
        "OUT_TRADE_NO_USED",
        "同一商户订单号换了参数再下单",
        "order the same number again with another amount",
        |shop| {
            v3_order(shop, |_| {});
            v3_order(shop, |terms| terms["amount"]["total"] = 991.into())
        }
    ),
    cause!(
        "TRADE_ERROR",
        "`close=too_soon`，下单五分钟内关单",
        "`close=too_soon`, and close within five minutes of ordering",
        |shop| {
            v3_order(shop, |_| {});
            under(shop, "close=too_soon");
            v3_close(shop)
        }
    ),
    cause!("NOT_ENOUGH", "`refund=notenough`", "`refund=notenough`", |shop| v3_refund_under(
        shop,
        "refund=notenough"
    )),
    cause!(
        "USER_ACCOUNT_ABNORMAL",
        "`refund=user_account_abnormal`",
        "`refund=user_account_abnormal`",
        |shop| v3_refund_under(shop, "refund=user_account_abnormal")
    ),
    cause!(
        "ORDER_NOT_EXIST",
        "查询或关闭不存在的订单",
        "query or close an unknown order",
        |shop| get(shop, QUERY)
    ),
    cause!("RESOURCE_NOT_EXISTS", "查询不存在的退款", "query an unknown refund", |shop| {
        get(shop, "/v3/refund/domestic/refunds/R1")
    }),
    cause!("RESOURCE_NOT_EXISTS", "未支付的订单退款", "refund what is not paid", |shop| {
        v3_refund(shop)
    }),
    cause!(
        "RESOURCE_NOT_EXISTS",
        "公钥模式下载平台证书",
        "download certificates in public-key mode",
        |shop| get(shop, "/v3/certificates")
    ),
    cause!("", "没有这个接口", "no such call", |shop| get(shop, "/v3/nothing")),
    cause!("", "方法不对", "another method", |shop| get(shop, "/v3/pay/transactions/native")),
    cause!(
        "FREQUENCY_LIMITED",
        "`v3_status=frequency_limited`",
        "`v3_status=frequency_limited`",
        |shop| get_under(shop, "v3_status=frequency_limited")
    ),
    cause!(
        "FREQUENCY_LIMITED",
        "`refund=frequency_limited`",
        "`refund=frequency_limited`",
        |shop| v3_refund_under(shop, "refund=frequency_limited")
    ),
    cause!(
        "SYSTEM_ERROR",
        "`v3_status=system_error`；`order`、`query`、`close`、`refund` 的 `systemerror`",
        "`v3_status=system_error`; `systemerror` of `order`, `query`, `close`, `refund`",
        |shop| get_under(shop, "v3_status=system_error")
    ),
    cause!("", "`v3_status=bad_gateway`", "`v3_status=bad_gateway`", |shop| get_under(
        shop,
        "v3_status=bad_gateway"
    )),
    cause!(
        "SERVICE_UNAVAILABLE",
        "`v3_status=service_unavailable`",
        "`v3_status=service_unavailable`",
        |shop| get_under(shop, "v3_status=service_unavailable")
    ),
];
